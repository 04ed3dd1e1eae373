"""What is done to things that are public: retractions and corrections, planned like any other delivery."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from publisher.channel import Rendering
from publisher.errors import UsageError
from publisher.hours import Hours
from publisher.ledger import events
from publisher.ledger.control import Control
from publisher.ledger.parts import OPEN
from publisher.ledger.schema import announcement, approval, delivery, part
from publisher.ledger.statements import LEFT, NewDelivery
from publisher.render import announcement_digest
from publisher.statement import Statement


class Outward(Control):
    """Acting on what has left. Every act is a delivery with a target and a reason, approved by name."""

    def out(self, key: str) -> list[str]:
        """Deliveries of an announcement of which something is, or may be, public."""
        with self.read() as c:
            rows = (
                select(delivery.c.id)
                .join(part, part.c.delivery == delivery.c.id)
                .where(delivery.c.announcement == key, delivery.c.action != "retract")
                .where(part.c.state.in_([s for s in LEFT if s != "retracted"]))
                .distinct()
                .order_by(delivery.c.id)
            )
            return list(c.scalars(rows))

    def stop(self, key: str, by: str, reason: str) -> int:
        """Cancel at once whatever of an announcement has not left, on every channel. How many parts."""
        with self.write() as c:
            at, _ = self._clock(c), self._lock(c, key)
            theirs = select(delivery.c.id).where(
                delivery.c.announcement == key, delivery.c.action != "retract"
            )
            stopped = c.execute(
                update(part)
                .where(part.c.delivery.in_(theirs), part.c.state.in_((*OPEN, "held", "failed")))
                .values(state="cancelled")
            ).rowcount
            # Bars what is on its way or in doubt too, should it turn out not to have left.
            c.execute(
                update(announcement).where(announcement.c.id == key).values(held=False, ended="cancelled")
            )
            events.append(c, at, key, "stopped", by, reason=reason, parts=stopped)
            return int(stopped)

    def act(
        self,
        key: str,
        deliveries: Sequence[NewDelivery],
        by: str,
        *,
        needed: int,
        reason: str,
        statement: Statement | None = None,
    ) -> bool:
        """Approve and plan deliveries that act on what is public, as the announcement's next revision.

        `statement` is the corrected one, where there is one. With `needed` approvals above one the second name
        is given with `approve`. Returns whether it is approved now. Raises UsageError when nothing is new.
        """  # fmt: skip
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            known = self._load(c, row)
            present = {(r.target, r.action) for r in known.renderings if statement is None}
            fresh = [d for d in deliveries if (d.rendering.target, d.rendering.action) not in present]
            if not fresh:
                raise UsageError(f"that was asked for already; see `publisher show {key}`")
            replaced = {(d.rendering.channel, d.rendering.language, d.rendering.action) for d in fresh}
            kept = [r for r in known.renderings if (r.channel, r.language, r.action) not in replaced]
            renderings: list[Rendering] = [*kept, *(d.rendering for d in fresh)]
            said = statement or known.statement
            n, digest = int(row.revision) + 1, announcement_digest(said, renderings)
            c.execute(update(announcement).where(announcement.c.id == key).values(revision=n))
            self._store(c, key, n, said, renderings, at, by)
            acts = {d.rendering.channel: d.rendering.action for d in fresh}
            events.append(c, at, key, "revised", by, revision=n, digest=digest, acts=acts, reason=reason)
            c.execute(insert(approval).values(announcement=key, digest=digest, by=by, at=at))
            events.append(c, at, key, "approved", by, revision=n, digest=digest, reason=reason)
            if needed > 1:
                return False
            self._plan(c, self._lock(c, key), fresh, at, 0.0, by, Hours())
            return True
