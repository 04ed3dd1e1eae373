"""What is looked at ahead of time, what was found, and what people were told about.

A look is done by whichever host takes it first; a notice is told by whichever takes its cause first, and kept
until the cause is gone, so that several hosts and restarts tell it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from publisher.ledger import events
from publisher.ledger.claims import INDEXED
from publisher.ledger.pages import Pages
from publisher.ledger.schema import delivery, event, lane, look, notice, part

CHECKED = "checked"
"""The global event that says how a channel stands; written when that has changed."""

FEW = 50
"""Parts that are read where the next deliveries are wanted."""

SLACK = 86_400.0
"""Seconds for which a look back is made up for where no clock ran at its time."""
OVERLAP = 200
"""Events read again at each asking: a transaction that began earlier may commit later."""


class Looks(Pages):
    """Queries and moves for looks and notices."""

    # ------------------------------------------------------------ looks

    def plan_looks(self, kind: str, minutes: Sequence[float]) -> None:
        """Make the looks at what falls due within the longest of `minutes`, so many minutes before.

        Of those whose time has passed only the latest is made: a plan at short notice is looked at once, now.
        """
        ahead = max(minutes) * 60
        with self.read() as c:
            now = self._clock(c)
            soon = (
                select(part.c.delivery, func.min(part.c.due).label("due"))
                .where(
                    INDEXED,
                    part.c.state == "planned",
                    part.c.attempt == 0,
                    part.c.due > now,
                    part.c.due <= now + ahead,
                )
                .group_by(part.c.delivery)
            )
            wanted = {(of, at) for of, due in c.execute(soon) for at in _times(due, minutes, now)}
            found = select(look.c.delivery, look.c.due).where(
                look.c.kind == kind, look.c.delivery.in_({of for of, _ in wanted})
            )
            missing = wanted - {(of, at) for of, at in c.execute(found)}
        self._plan_missing(kind, missing)

    def _plan_missing(self, kind: str, missing: Iterable[tuple[str, float]]) -> None:
        for of, at in sorted(missing):
            try:
                with self.write() as c:
                    c.execute(insert(look).values(delivery=of, kind=kind, due=at))
            except IntegrityError:
                continue  # another host made it this moment, or the delivery was dropped

    def plan_read_backs(self, kind: str, minutes: Sequence[float]) -> None:
        """Make the looks at what went out, so many minutes after it did; of those that have passed only the latest."""
        longest = 60 * max(minutes) + SLACK
        with self.read() as c:
            now = self._clock(c)
            out = (
                select(part.c.delivery, func.max(part.c.settled).label("out"))
                .join(delivery, delivery.c.id == part.c.delivery)
                .where(
                    ~delivery.c.addressed,
                    or_(delivery.c.live_at.is_(None), delivery.c.live_at > now - longest),
                    part.c.state == "delivered",
                )
                .group_by(part.c.delivery)
            )
            wanted = set()
            for of, at in c.execute(out):
                times = sorted((at or now) + 60 * m for m in minutes)
                passed = [t for t in times if t <= now]
                wanted |= {(of, t) for t in (*passed[-1:], *times[len(passed) :])}
            found = select(look.c.delivery, look.c.due).where(
                look.c.kind == kind, look.c.delivery.in_({of for of, _ in wanted})
            )
            missing = wanted - {(of, at) for of, at in c.execute(found)}
        self._plan_missing(kind, missing)

    def look_again(self, of: str, kind: str, after: float, longest: float) -> None:
        """One more look in `after` seconds, unless one comes before or the last was planned `longest` seconds ago."""
        with self.write() as c:
            at = self._clock(c)
            mine = look.c.delivery == of, look.c.kind == kind
            comes = select(look.c.id).where(*mine, look.c.done.is_(None), look.c.due <= at + after)
            first = c.scalar(select(func.min(look.c.due)).where(*mine))
            if c.execute(comes.limit(1)).first() is None and first is not None and at - first < longest:
                c.execute(insert(look).values(delivery=of, kind=kind, due=at + after))

    def due_looks(self, kind: str) -> list[Row[Any]]:
        """Looks that are due and not done: the look's id as `look`, its time as `look_due`, and the delivery."""
        with self.read() as c:
            rows = select(look.c.id.label("look"), look.c.due.label("look_due"), *delivery.c).join(
                delivery, delivery.c.id == look.c.delivery
            )
            due = and_(look.c.kind == kind, look.c.done.is_(None), look.c.due <= self.now())
            return list(c.execute(rows.where(due).order_by(look.c.due, look.c.id)))

    def take_look(self, key: int) -> bool:
        """Take a look for this process; False when another one has."""
        with self.write() as c:
            taken = update(look).where(look.c.id == key, look.c.done.is_(None)).values(done=self.now())
            return bool(c.execute(taken).rowcount)

    def falls_due(self, of: str) -> float | None:
        """When an untried delivery falls due; None when nothing of it is planned any more."""
        with self.read() as c:
            planned = and_(part.c.delivery == of, part.c.state == "planned", part.c.attempt == 0)
            found: float | None = c.scalar(select(func.min(part.c.due)).where(planned))
            return found

    # ------------------------------------------------------------ how channels stand

    def checked(self, channel: str, standing: Mapping[str, Any]) -> None:
        """Record how a channel stands, when it stands otherwise than at the last check.

        `standing`: "trouble" (a list of [what, fix]), "ends" and "what" (which ends first, and when).
        """
        with self.write() as c:
            c.execute(select(lane.c.name).where(lane.c.name == "*").with_for_update())
            data = {"channel": channel, **standing}
            if _worded(_standing(c).get(channel)) != _worded(data):
                events.append(c, self._clock(c), events.GLOBAL, CHECKED, **data)

    def standing(self) -> dict[str, dict[str, Any]]:
        """How each channel stood at its last check, by name."""
        with self.read() as c:
            return _standing(c)

    def planned_on(self, channel: str, after: float = 0.0) -> list[Row[Any]]:
        """Deliveries of a channel with something still to go out that falls due after `after`: the first few."""
        with self.read() as c:
            rows = (
                select(part.c.due.label("falls_due"), *delivery.c)
                .join(delivery, delivery.c.id == part.c.delivery)
                .where(INDEXED, part.c.due > after, delivery.c.channel == channel)
                .order_by(part.c.due, part.c.id)
            )
            found = {row.id: row for row in reversed(c.execute(rows.limit(FEW)).all())}
        return sorted(found.values(), key=lambda row: (row.falls_due, row.id))

    # ------------------------------------------------------------ what may have to be told

    def news(self, after: int, since: float) -> tuple[int, set[str]]:
        """The last event's row, and the announcements with events newer than row `after`.

        The first time (`after` 0): with events newer than `since`, and all that have a part a person may be
        needed for.
        """
        with self.read() as c:
            last = int(c.scalar(select(func.max(event.c.id))) or 0)
            fresh = select(event.c.chain).where(event.c.at > since, event.c.id > after - OVERLAP).distinct()
            found = set(c.scalars(fresh)) if after < last or after == 0 else set()
            if after == 0:
                stuck = part.c.state.in_(("unknown", "failed", "held"))
                rows = select(delivery.c.announcement).join(part, part.c.delivery == delivery.c.id)
                found |= set(c.scalars(rows.where(stuck).distinct()))
            return last, found - {events.GLOBAL}

    def without_looks(self, of: str) -> int:
        """How many parts of a delivery are in doubt that no machine will look up any more."""
        with self.read() as c:
            doubt = and_(part.c.delivery == of, part.c.state == "unknown", part.c.find_due.is_(None))
            return int(c.execute(select(func.count()).where(doubt)).scalar_one())

    def take_notice(self, cause: str, lapse: float) -> Literal["mine", "told", "later"]:
        """Take a cause for this process to tell about; "later": another one is at it, or it is not time yet.

        `at` is when it was told; while somebody is at it, minus the time at which another may take over, in
        `lapse` seconds.
        """
        with self.write() as c:
            over = -(self.now() + lapse)
            stale = and_(notice.c.cause == cause, notice.c.at < 0, notice.c.at > -self.now())
            if c.execute(update(notice).where(stale).values(at=over)).rowcount:
                return "mine"
            try:
                with c.begin_nested():
                    c.execute(insert(notice).values(cause=cause, at=over))
            except IntegrityError:
                at = c.scalar(select(notice.c.at).where(notice.c.cause == cause))
                return "told" if at is not None and at >= 0 else "later"
            return "mine"

    def keep_notice(self, cause: str, again: float | None = None) -> None:
        """It was told; or it was not, and may be tried `again` in so many seconds."""
        with self.write() as c:
            at = self.now() if again is None else -(self.now() + again)
            c.execute(update(notice).where(notice.c.cause == cause).values(at=at))

    def drop_notices(self, subject: str, present: Iterable[str]) -> None:
        """Forget what was told about a subject (a cause's first word) and is not so any more."""
        present = set(present)
        with self.read() as c:
            known = c.scalars(
                select(notice.c.cause).where(notice.c.cause.startswith(f"{subject} ", autoescape=True))
            )
            gone = [cause for cause in known if cause not in present]
        if gone:
            with self.write() as c:
                c.execute(delete(notice).where(notice.c.cause.in_(gone)))

    # ------------------------------------------------------------ within a transaction

    def _drop_deliveries(self, c: Connection, key: str) -> None:
        theirs = select(delivery.c.id).where(delivery.c.announcement == key)
        c.execute(delete(look).where(look.c.delivery.in_(theirs)))
        super()._drop_deliveries(c, key)


def _times(due: float, minutes: Sequence[float], now: float) -> list[float]:
    """When to look at what falls due then: the times to come, and the latest of those that have passed."""
    times = sorted(due - 60 * m for m in minutes)
    passed = [at for at in times if at <= now]
    return passed[-1:] + times[len(passed) :]


def alike(text: str) -> str:
    """What two wordings of one trouble share: without figures and ids, which differ each time."""
    return " ".join(word for word in text.split() if not any(map(str.isdigit, word)))


def _worded(standing: dict[str, Any] | None) -> dict[str, Any] | None:
    return standing and standing | {"trouble": [alike(what) for what, _ in standing["trouble"]]}


def _standing(c: Connection) -> dict[str, dict[str, Any]]:
    rows = select(event.c.data).where(event.c.chain == events.GLOBAL, event.c.kind == CHECKED)
    return {data["channel"]: data for data in c.scalars(rows.order_by(event.c.seq))}
