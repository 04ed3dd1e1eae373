"""What is done to things that are public: retractions, corrections and repairs, planned like any other delivery."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update
from sqlalchemy.orm import aliased

from publisher import audience
from publisher.channel import Receipt, Rendering
from publisher.errors import PublisherError, UsageError
from publisher.hours import Hours
from publisher.ledger import acts, events, people
from publisher.ledger.control import Control
from publisher.ledger.parts import Claimed
from publisher.ledger.schema import announcement, approval, delivery, look, part, rendering, revision
from publisher.ledger.statements import Known, NewDelivery, facts
from publisher.render import announcement_digest
from publisher.statement import Statement

SEEN = "seen"
"""The look, and the event, of a person who has seen what no machine can read back."""


class Stale(PublisherError):
    """Something left between the rendering of an act and its approval; it is to be rendered anew."""


class Outward(Control):
    """Acting on what has left. Every act is a delivery with a target and a reason, approved by name."""

    def out(self, key: str) -> list[str]:
        """Deliveries of an announcement of which something of their own is, or may be, public."""
        with self.read() as c:
            rows = (
                select(delivery.c.id)
                .join(part, part.c.delivery == delivery.c.id)
                .where(
                    delivery.c.announcement == key,
                    delivery.c.action.not_in((*acts.AMENDS, "retract")),
                    part.c.state.in_(acts.OUT),
                )
                .distinct()
                .order_by(delivery.c.id)
            )
            return list(c.scalars(rows))

    def stop(self, key: str, by: str, reason: str) -> int:
        """Cancel at once whatever of an announcement has not left, on every channel, for good. How many parts."""
        with self.write() as c:
            at, _ = self._clock(c), self._lock(c, key)
            theirs = select(delivery.c.id).where(
                delivery.c.announcement == key, delivery.c.action != "retract"
            )
            stopped = c.execute(
                update(part)
                .where(part.c.delivery.in_(theirs), part.c.state.in_(acts.UNSENT), acts.unsettled())
                .values(state="cancelled")
            ).rowcount
            # Bars what is on its way or in doubt too, should it turn out not to have left.
            c.execute(
                update(announcement).where(announcement.c.id == key).values(held=False, ended="retracted")
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
        stops: Collection[str] = (),
        unleft: Collection[str] = (),
        changes: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Approve and plan deliveries that act on earlier ones, as the announcement's next revision.

        `statement` is the corrected one, where there is one; `stops` the first deliveries of what has other words
        now; `unleft` the deliveries of which nothing had left when this was rendered; `changes` the old and new
        texts, for the log. With `needed` approvals above one
        the second name is given with `approve`; until then what has not left is held. Returns whether it is
        approved now. Raises UsageError when nothing is new, Stale when something left meanwhile.
        """  # fmt: skip
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            known = self._load(c, row)
            self._still(c, unleft)
            present = {_identity(r) for r in known.renderings if statement is None}
            fresh = [d for d in deliveries if _identity(d.rendering) not in present]
            if not fresh:
                raise UsageError(f"that was asked for already; see `publisher show {key}`")
            replaced = {_identity(d.rendering) for d in fresh}
            kept = [r for r in known.renderings if _identity(r) not in replaced]
            renderings: list[Rendering] = [*kept, *(d.rendering for d in fresh)]
            n, digest = self._next(c, known, statement or known.statement, renderings, at, by)
            does = {f"{d.rendering.target}.{d.rendering.action}": d.rendering.digest for d in fresh}
            what = "corrected" if statement else "retracted"
            data = {"revision": n, "digest": digest, "reason": reason, "acts": does, "stops": sorted(stops)}
            events.append(c, at, key, what, by, **data, changes=list(changes))
            people.forget(c, key, digest)  # words that come back need all their approvals again
            people.record(c, key, digest, by, at)
            events.append(c, at, key, "approved", by, revision=n, digest=digest, reason=reason)
            if needed > 1:
                acts.stop(c, sorted(stops), "held")
                return False
            self._plan(c, self._lock(c, key), fresh, at, 0.0, by, Hours())
            return True

    def statement(self, key: str, n: int) -> Statement:
        """An announcement's statement as it read in a revision."""
        with self.read() as c:
            rows = select(revision.c.statement).where(revision.c.announcement == key, revision.c.n == n)
            return Statement.load(c.execute(rows).scalar_one())

    def retractions(self, key: str) -> set[str]:
        """Deliveries of an announcement whose retraction was asked for."""
        with self.read() as c:
            current = select(announcement.c.revision).where(announcement.c.id == key).scalar_subquery()
            rows = select(rendering.c.target).where(
                rendering.c.announcement == key,
                rendering.c.revision == current,
                rendering.c.action == "retract",
            )
            return set(c.scalars(rows))

    def press(self, key: str, by: str) -> None:
        """Try a retraction that has not succeeded yet once more now, whatever stopped it, with a fresh budget."""
        with self.write() as c:
            at, _ = self._clock(c), self._lock(c, key)
            mine, there = aliased(part), aliased(part)
            out = select(there.c.id).where(
                there.c.delivery == delivery.c.target,
                there.c.n == mine.c.n,
                there.c.recipient == mine.c.recipient,
                there.c.state.in_(acts.OUT),
            )
            theirs = (
                select(mine.c.id)
                .join(delivery, delivery.c.id == mine.c.delivery)
                .where(
                    delivery.c.announcement == key,
                    delivery.c.action == "retract",
                    mine.c.state.in_((*acts.UNSENT, "cancelled")),
                    # What was planned just now goes by itself, to however many.
                    or_(mine.c.state != "planned", mine.c.due > at),
                    out.exists(),
                )
            )
            again = {"state": "waiting", "due": at, "tries": 0, "first": None, "error": None, "kind": None}
            # A mailing's readers may be more than a statement takes values: they are named by a query.
            pressed = c.execute(update(part).where(part.c.id.in_(theirs)).values(**again)).rowcount
            if pressed:
                events.append(c, at, key, "pressed", by, parts=pressed)

    def withdraw(self, key: str, by: str, reason: str, *, for_good: bool = False) -> None:
        """Drop a correction or retraction that lacks an approval: what was approved before stands, what it held goes on.

        `for_good`: because the whole announcement is retracted.         Raises UsageError when none waits.
        """
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            known = self._load(c, row)
            if not self._waits(c, known):
                raise UsageError(
                    f"nothing of {key} waits for an approval; take it back with `publisher retract`"
                )
            older = c.execute(
                select(revision)
                .join(approval, approval.c.digest == revision.c.digest)
                .where(revision.c.announcement == key, revision.c.n < known.revision)
                .order_by(revision.c.n.desc())
            )
            before = next((r for r in older if self._planned(c, r)), None)
            if before is None:
                raise UsageError(f"{key} has no revision that was approved before")
            contents = select(rendering.c.content).where(
                rendering.c.announcement == key, rendering.c.revision == before.n
            )
            renderings = [Rendering.load(content) for content in c.scalars(contents)]
            people.forget(c, key, known.digest)  # asked for again it needs all its approvals again
            _, digest = self._next(c, known, Statement.load(before.statement), renderings, at, by)
            if row.ended == "retracted" and not for_good and not self._taken(c, key):
                # Nothing more of it leaves all the same; what is public may be corrected, or taken down later.
                c.execute(update(announcement).where(announcement.c.id == key).values(ended="cancelled"))
            stopped = dict(acts.corrections(c, key)).get(known.revision, [])
            again = {"state": "held" if row.held else "planned", "kind": None, "error": None}
            for first in stopped:
                theirs = part.c.delivery.in_(acts.family(first)), part.c.state == "held"
                c.execute(update(part).where(*theirs, part.c.kind == acts.CORRECTED).values(**again))
            events.append(c, at, key, "rejected", by, reason=reason, revision=known.revision, back_to=digest)

    def waits(self, key: str, known: Known | None = None) -> list[Rendering]:
        """The acts of an announcement that were asked for and lack an approval; `known` where it was read already."""
        known = known or self.known(key)
        with self.read() as c:
            return self._waits(c, known)

    def unseen(self, key: str | None = None) -> list[str]:
        """Deliveries that are out, cannot be read back, and that nobody has looked at yet."""
        with self.read() as c:
            out = select(part.c.id).where(part.c.delivery == delivery.c.id, part.c.state == "delivered")
            looked = select(look.c.id).where(look.c.delivery == delivery.c.id, look.c.kind == SEEN)
            rows = select(delivery.c.id).where(
                or_(delivery.c.live == "unreadable", delivery.c.addressed), out.exists(), ~looked.exists()
            )
            rows = rows.where(delivery.c.announcement == key) if key else rows
            return list(c.scalars(rows.order_by(delivery.c.due.desc(), delivery.c.id)))

    def see(self, deliveries: Sequence[str], by: str) -> None:
        """A person has looked at these, and what is public is as approved."""
        with self.write() as c:
            at = self._clock(c)
            for of in deliveries:
                key = of.partition("/")[0]
                self._lock(c, key)
                c.execute(insert(look).values(delivery=of, kind=SEEN, due=at, done=at))
                events.append(c, at, key, SEEN, by, delivery=of)

    def whose(self, claimed: Claimed, receipt: Receipt) -> str:
        """The other delivery that a post is known to be of; "" where there is none, or this one only acts on it."""
        of = claimed.of
        if of.action in acts.AMENDS or (of.action == "retract" and not claimed.part.rendering.posts):
            return ""
        with self.read() as c:
            rows = (
                select(delivery.c.id)
                .join(part, part.c.delivery == delivery.c.id)
                .where(
                    delivery.c.channel == of.channel,
                    delivery.c.service == of.service,
                    ~delivery.c.addressed,
                    part.c.id != claimed.row.id,
                    part.c.receipt["id"].as_string() == receipt.id,
                )
            )
            return str(c.scalar(rows.limit(1)) or "")

    def in_force(self, of: Row[Any]) -> Rendering:
        """What a post says now as far as was approved: its last change that was delivered, else its own words."""
        with self.read() as c:
            changes = (
                select(delivery)
                .join(part, part.c.delivery == delivery.c.id)
                .where(delivery.c.target == of.id, delivery.c.action == "amend", part.c.state == "delivered")
                .order_by(delivery.c.revision.desc())
            )
            return Rendering.load(acts.words(c, c.execute(changes.limit(1)).first() or of))

    def repair(self, of: str, by: str, found: str | None) -> None:
        """Plan that a delivery's post says again what was approved; `found` is what it says now.

        No approval is asked for: the words are the approved ones, and so is their digest.
        """
        with self.write() as c:
            row = c.execute(select(delivery).where(delivery.c.id == of)).one()
            at, known = self._clock(c), self._lock(c, row.announcement)
            target = row.target if row.action in acts.AMENDS else row.id
            repairs = delivery.c.target == target, delivery.c.action == "repair"
            there = c.execute(select(delivery).where(*repairs)).all()
            same = next((r for r in there if r.digest == row.digest), None)
            key = same.id if same else _fresh(f"{target}.repair", {r.id for r in there})
            if same is None:
                keep = ("revision", "channel", "language", "digest", "addressed", "service", "account")
                values = {name: getattr(row, name) for name in keep}
                c.execute(
                    insert(delivery).values(
                        id=key, announcement=known.id, action="repair", target=target, due=at, **values
                    )
                )
                sent = select(part.c.n).where(part.c.delivery == of, part.c.state == "delivered")
                acts.insert_parts(
                    c,
                    key,
                    [audience.NEW | {"n": n, "recipient": "", "due": at, "last_start": None}
                     for n in c.scalars(sent)],
                )  # fmt: skip
            else:
                again = {
                    "state": "planned",
                    "due": at,
                    "tries": 0,
                    "first": None,
                    "error": None,
                    "kind": None,
                }
                settled = part.c.state.in_(("delivered", "failed", "cancelled", "waiting"))
                c.execute(update(part).where(part.c.delivery == key, settled).values(**again))
            approved = [post["copies"][0][1] for post in acts.words(c, row)["posts"]]
            events.append(c, at, known.id, "repair", by, delivery=key, of=of, found=found, approved=approved)

    # ------------------------------------------------------------ within a transaction

    def _next(
        self,
        c: Connection,
        known: Known,
        statement: Statement,
        renderings: Sequence[Rendering],
        at: float,
        by: str,
    ) -> tuple[int, str]:
        """Store the next revision and make it the current one; its number and digest."""
        n = known.revision + 1
        values = {"revision": n, **facts(statement)}
        c.execute(update(announcement).where(announcement.c.id == known.id).values(**values))
        self._store(c, known.id, n, statement, renderings, at, by)
        return n, announcement_digest(statement, renderings)

    def _still(self, c: Connection, unleft: Collection[str]) -> None:
        left = select(part.c.delivery).where(part.c.delivery.in_(list(unleft)), part.c.state.in_(acts.OUT))
        if unleft and (of := c.scalar(left.limit(1))):
            raise Stale(f"{of} went out meanwhile: look at it again")

    def _waits(self, c: Connection, known: Known) -> list[Rendering]:
        """Acts of the current revision that were never planned: those lack an approval."""
        if not any(r.target for r in known.renderings):
            return []
        rows = select(delivery.c.target, delivery.c.action, delivery.c.digest).where(
            delivery.c.announcement == known.id, delivery.c.target.is_not(None)
        )
        last = {(r.target, r.action): r.digest for r in c.execute(rows.order_by(delivery.c.revision))}
        return [r for r in known.renderings if r.target and last.get((r.target, r.action)) != r.digest]

    def _taken(self, c: Connection, key: str) -> bool:
        """Whether a retraction was planned."""
        made = delivery.c.announcement == key, delivery.c.action == "retract"
        return c.execute(select(delivery.c.id).where(*made).limit(1)).first() is not None

    def _planned(self, c: Connection, r: Row[Any]) -> bool:
        """Whether deliveries of a revision were made."""
        made = select(delivery.c.id).where(
            delivery.c.announcement == r.announcement, delivery.c.revision == r.n
        )
        return c.execute(made.limit(1)).first() is not None


def _identity(r: Rendering) -> tuple[str, str, str, str]:
    return r.channel, r.language, r.action, r.target


def _fresh(key: str, taken: Collection[str]) -> str:
    return next(k for k in (key, *(f"{key}{n}" for n in range(2, len(taken) + 3))) if k not in taken)


__all__ = ["Outward", "Stale"]
