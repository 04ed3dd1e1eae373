"""Deliveries that wait for their statement's page: what is due is asked for again soon, and not for ever.

Waiting is no attempt, so that the limit on first attempts stays: what is still waiting then is held.
"""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, select, update

from publisher.ledger import claims, events
from publisher.ledger.batches import Batches
from publisher.ledger.parts import OPEN
from publisher.ledger.schema import announcement, part

PAGE = "PageMissing"
"""The kind of what waits for its page, and of what was held because the page did not come in time."""

SOON, LATER, SOON_FOR = 5.0, 30.0, 600.0
"""Seconds between two askings: at first, and once a page has been missing for SOON_FOR."""

PARKED = 86_400.0
CARRIERS = 20
"""Of a mailing only so many parts come due at each asking: a round must not write a row for every reader."""


class Pages(Batches):
    """The moves of a delivery whose page is not there yet. `settled` of a waiting part is since when."""

    def page_state(self, of: Row[Any]) -> Literal["unasked", "missing", "settled"]:
        """Whether the page of a delivery is to be asked for; "settled": it went out, or a person waived it."""
        with self.read() as c:
            if self._waived(c, of) or c.scalar(self._one(of, part.c.attempt > 0)) is not None:
                return "settled"
            waits = c.scalar(self._one(of, part.c.kind == PAGE, part.c.state.in_(OPEN)))
            return "unasked" if waits is None else "missing"

    def page_missing(self, of: Row[Any], reason: str) -> float | None:
        """Let a delivery wait for its page: when to ask again, or None when a person just let it go."""
        with self.write() as c:
            self._order(c, of)
            at = self._clock(c)
            if self._waived(c, of):
                return None
            since = c.scalar(select(part.c.settled).where(_untried(of), part.c.kind == PAGE).limit(1))
            parked = {"state": "waiting", "kind": PAGE, "error": reason, "due": at + PARKED}
            moved = c.execute(
                update(part).where(_untried(of), part.c.due <= at).values(**parked, settled=since or at)
            ).rowcount
            if since is None:
                if not moved:
                    return None
                events.append(c, at, of.announcement, "page missing", delivery=of.id, reason=reason)
                since = at
            again = at + (SOON if at - since < SOON_FOR else LATER)
            first = select(part.c.id).where(_untried(of)).order_by(part.c.n, part.c.id).limit(CARRIERS)
            c.execute(
                update(part).where(part.c.id.in_(list(c.scalars(first)))).values(due=again, error=reason)
            )
            return again

    def page_there(self, of: Row[Any]) -> None:
        """The page answers: what waited for it is due now."""
        with self.write() as c:
            self._order(c, of)
            at = self._clock(c)
            if c.execute(update(part).where(_untried(of), part.c.kind == PAGE).values(**freed(at))).rowcount:
                events.append(c, at, of.announcement, "page there", delivery=of.id)

    def sweep(self) -> int:
        """Besides: what waits untried past its limit is held, which says that the page is why."""
        with self.read() as c:
            late = and_(part.c.state == "waiting", claims.late(self.now()))
            rows = select(part.c.delivery, part.c.kind).where(
                late, part.c.delivery.in_(claims.SWEPT[c.dialect.name].late)
            )
            keys = c.execute(rows.distinct(), {"skew": self.skew}).all()
        changed = super().sweep()
        for key, kind in keys:
            why = "its page did not come in time" if kind == PAGE else "too late"
            changed += self._move(
                key, late, "held", f"{why}: a person must release it", kind=kind or "TooLate", due=self.now()
            )
        return changed

    # ------------------------------------------------------------ within a transaction

    def _waived(self, c: Connection, of: Row[Any]) -> bool:
        return bool(c.scalar(select(announcement.c.page_waived).where(announcement.c.id == of.announcement)))

    def _one(self, of: Row[Any], *where: ColumnElement[bool]) -> Any:
        return select(part.c.id).where(part.c.delivery == of.id, *where).limit(1)


def freed(at: float) -> dict[str, Any]:
    """The columns of a part that waits for its page no more and may go now."""
    return {"state": "planned", "due": at, "kind": None, "error": None, "settled": None}


def _untried(of: Row[Any]) -> ColumnElement[bool]:
    return and_(part.c.delivery == of.id, part.c.state.in_(OPEN), part.c.attempt == 0)
