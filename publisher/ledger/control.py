"""What people do to announcements and channels: hold, release, cancel, retry, resolve, pause, resume.

Each takes effect between any two attempts, in every process that uses this ledger, as soon as it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, true, update

from publisher.channel import Receipt
from publisher.errors import UsageError
from publisher.hours import Hours
from publisher.ledger import acts, events
from publisher.ledger.claims import INDEXED
from publisher.ledger.looks import Looks
from publisher.ledger.pages import PAGE, freed
from publisher.ledger.parts import LATE, OPEN, PAST_ADVICE
from publisher.ledger.schema import announcement, delivery, lane, part, subscriber, tick
from publisher.ledger.statements import Plan, ensure_lane

MANY = 1000
"""Readers of a mailing in one statement."""


class Control(Looks):
    """The state machine's moves that people make. `by` is who says so; every move is an event."""

    def hold(self, key: str, by: str, reason: str = "") -> None:
        """Nothing more of it leaves until it is released."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if row.ended:
                raise UsageError(f"{key} was {row.ended}; there is nothing to hold")
            self._set(c, key, OPEN, part.c.kind == PAGE, **freed(at))
            held = self._set(c, key, OPEN, state="held", kind=None, error=f"held by {by}")
            held += self._any(
                c, key, ("sending", "unknown")
            )  # if it turns out not to have left, it stays here
            if not held and self._any(c, key):
                raise UsageError(f"nothing of {key} is left to hold")
            c.execute(update(announcement).where(announcement.c.id == key).values(held=True))
            events.append(c, at, key, "held", by, reason=reason)

    def release(self, key: str, by: str) -> None:
        """Let an announcement go that is held, or waits for its page: what is late is due now; the embargo stays."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if row.ended:
                raise UsageError(f"{key} was {row.ended}; there is nothing to release")
            if self._any_past(c, key, at):
                raise UsageError(f"{key} {PAST_ADVICE}")
            # What was held for its page and rescheduled since will be asked for at the new time.
            now = or_(part.c.state != "held", part.c.due <= at)
            pageless = self._set(
                c, key, (*OPEN, "held"), part.c.kind == PAGE, now, last_start=None, **freed(at)
            )
            late = self._set(
                c,
                key,
                ("held",),
                part.c.due <= at,
                state="planned",
                due=at,
                last_start=None,
                first=None,
                error=None,
                kind=None,
            )
            early = self._set(c, key, ("held",), state="planned", first=None, error=None, kind=None)
            if not (late or early or pageless or row.held):
                raise UsageError(f"{key} is not held, nor does it wait for its page")
            waived = bool(pageless or row.page_waived)
            c.execute(
                update(announcement).where(announcement.c.id == key).values(held=False, page_waived=waived)
            )
            events.append(c, at, key, "released", by, page_waived=waived)

    def _any_past(self, c: Connection, key: str, at: float) -> bool:
        left = select(part.c.id).join(delivery, delivery.c.id == part.c.delivery)
        theirs = (delivery.c.announcement == key, delivery.c.day_end <= at)
        return c.execute(left.where(*theirs, part.c.state.in_((*OPEN, "held"))).limit(1)).first() is not None

    def cancel(self, key: str, by: str, reason: str = "") -> None:
        """Nothing more of it leaves, ever. What is public already stays public."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if row.ended:
                raise UsageError(f"{key} was {row.ended} already")
            stopped = self._set(c, key, (*OPEN, "held", "failed"), acts.unsettled(), state="cancelled")
            if not stopped and self._any(c, key) and not self._any(c, key, ("sending", "unknown")):
                raise UsageError(f"nothing of {key} is left to cancel; it is public")
            # Also bars what is on its way or in doubt, should it turn out not to have left.
            c.execute(update(announcement).where(announcement.c.id == key).values(ended="cancelled"))
            events.append(c, at, key, "cancelled", by, reason=reason, parts=stopped)

    def reschedule(self, key: str, plan: Plan, by: str, lateness: float, hours: Hours | None = None) -> None:
        """Give what has not left yet another time, each channel with its offset; approvals stay.

        What was held because it was too late is planned again.
        """
        assert plan.at is not None
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if row.ended:
                raise UsageError(f"{key} was {row.ended}; it has no plan any more")
            c.execute(update(announcement).where(announcement.c.id == key).values(**plan.columns))
            self._set(c, key, OPEN, part.c.kind == PAGE, **freed(at))
            self._set(c, key, ("held",), part.c.kind == LATE, state="planned", kind=None, error=None)
            moved: dict[str, float] = {}
            # What puts right something that is public is never put off.
            new = or_(delivery.c.target.is_(None), delivery.c.action == "replace")
            for of in c.execute(select(delivery).where(delivery.c.announcement == key, new)).all():
                due = (hours or Hours()).due(of.channel, plan.at.at, asked=True)
                mine = part.c.delivery == of.id
                last = plan.not_after or due + lateness
                moves = self._set(c, key, ("planned", "held"), mine, due=due, last_start=last)
                if moves or (of.addressed and not self._any_part(c, of.id)):  # readers may still join
                    c.execute(update(delivery).where(delivery.c.id == of.id).values(due=due))
                    moved[of.id] = due
            if not moved and self._any(c, key):
                raise UsageError(f"nothing of {key} is left to reschedule")
            events.append(
                c,
                at,
                key,
                "rescheduled",
                by,
                due=plan.at.at,
                wall=plan.at.wall,
                zone=plan.at.zone,
                deliveries=moved,
            )

    def retry(self, of: str, by: str) -> None:
        """Try a failed or waiting delivery again now, with a fresh budget of attempts."""
        with self.write() as c:
            row = c.execute(select(delivery).where(delivery.c.id == of)).one()
            at, ended = self._clock(c), self._lock(c, row.announcement).ended
            if ended and not (row.target if ended == "cancelled" else row.action == "retract"):
                raise UsageError(f"{row.announcement} was {ended}; nothing of {of} is tried again")
            again = c.execute(
                update(part)
                .where(part.c.delivery == of, part.c.state.in_(("failed", "waiting")), _reachable(row))
                .values(state="waiting", due=at, tries=0, first=None, error=None, kind=None)
            ).rowcount
            if not again:
                states = sorted(set(c.scalars(select(part.c.state).where(part.c.delivery == of))))
                raise UsageError(
                    f"{of} is {', '.join(states) or 'empty'}; only what is failed or waiting can be tried again"
                    + (", and only for readers who are still on the list" if row.addressed else "")
                    + ("; answer it with `publisher resolve`" if "unknown" in states else "")
                )
            events.append(c, at, row.announcement, "retried", by, delivery=of, parts=again)

    def resolve(self, of: str, by: str, *, published: bool, receipt: Receipt | None = None) -> None:
        """A person's answer to an unknown outcome. Not published: it waits, due now."""
        with self.write() as c:
            row = c.execute(select(delivery).where(delivery.c.id == of)).one()
            at, _ = self._clock(c), self._lock(c, row.announcement)
            values: dict[str, Any] = {
                "find_due": None,
                "error": None,
                "kind": None,
                "hint": None,
                "settled": at,
            }
            if published:
                found = receipt or Receipt("")
                values |= {
                    "state": "delivered",
                    "receipt": {"id": found.id, "url": found.url, "data": {"by": by}},
                }
            else:
                state = self._after(c, row, "waiting")
                values |= {"state": state, "due": at, "tries": 0, "first": None}
            unknown = part.c.delivery == of, part.c.state == "unknown"
            # One receipt names one post of a thread; a mailing's readers may be very many.
            some = select(part.c.id).where(*unknown).order_by(part.c.n).limit(MANY if row.addressed else 1)
            change = update(part).where(part.c.id.in_(some)).values(**values)
            done, worded = 0, bool(acts.words(c, row)["posts"])
            while those := c.execute(change.returning(part.c.n, part.c.recipient)).all():
                done += len(those)
                whom = [one.recipient for one in those]
                acts.settled(c, at, row, those[0].n, whom, values["state"], worded)
                if not row.addressed:
                    break
            if not done:
                states = sorted(set(c.scalars(select(part.c.state).where(part.c.delivery == of))))
                raise UsageError(
                    f"{of} is {', '.join(states) or 'empty'}; only an unknown outcome can be resolved"
                )
            events.append(
                c,
                at,
                row.announcement,
                "resolved",
                by,
                delivery=of,
                published=published,
                parts=done,
                id=receipt.id if receipt else None,
                url=receipt.url if receipt else None,
            )

    def pause(self, by: str, channel: str = "", reason: str = "") -> None:
        """Nothing leaves (on one channel, or at all) until somebody resumes."""
        with self.write() as c:
            name = channel or "*"
            at = self._lane(c, name)
            c.execute(update(lane).where(lane.c.name == name).values(paused=True, by=by, reason=reason))
            events.append(c, at, events.GLOBAL, "paused", by, channel=channel, reason=reason)

    def resume(self, by: str, channel: str = "") -> None:
        """End a pause, and a block: what waited for a person is due now."""
        with self.write() as c:
            name = channel or "*"
            at = self._lane(c, name)
            row = c.execute(select(lane).where(lane.c.name == name)).one()
            if not row.paused and not row.blocked:
                raise UsageError(f"{channel or 'nothing'} is {'not ' if channel else ''}paused or blocked")
            c.execute(
                update(lane)
                .where(lane.c.name == name)
                .values(paused=False, blocked=None, by=None, reason=None)
            )
            if channel:
                theirs = select(delivery.c.id).where(delivery.c.channel == channel)
                c.execute(
                    update(part).where(part.c.delivery.in_(theirs), part.c.state == "waiting").values(due=at)
                )
            events.append(c, at, events.GLOBAL, "resumed", by, channel=channel)

    def lanes(self) -> Sequence[Row[Any]]:
        with self.read() as c:
            return c.execute(select(lane).order_by(lane.c.name)).all()

    def ticked(self, host: str) -> None:
        """A clock on `host` is alive."""
        with self.write() as c:
            if not c.execute(update(tick).where(tick.c.host == host).values(at=self.now())).rowcount:
                c.execute(tick.insert().values(host=host, at=self.now()))

    def ticks(self) -> Sequence[Row[Any]]:
        """Each host's last tick, newest first."""
        with self.read() as c:
            return c.execute(select(tick).order_by(tick.c.at.desc())).all()

    def counts(self) -> dict[str, int]:
        """How many parts are in each state. Readers whom a mailing did not reach, as it did others, are `refused`."""
        by_state = select(part.c.state, func.count().label("n")).group_by(part.c.state)
        with self.read() as c:
            found = {row.state: row.n for row in c.execute(by_state.order_by(part.c.state))}
            if found.get("failed"):
                failed = (
                    select(func.count()).select_from(part).join(delivery, delivery.c.id == part.c.delivery)
                )
                refused = int(c.scalar(failed.where(part.c.state == "failed", acts.reached())) or 0)
                found |= {"failed": found["failed"] - refused, "refused": refused}
            return {state: n for state, n in found.items() if n}

    def some(self, state: str, most: int) -> list[str]:
        """The first few deliveries of which a part is in a state; a mailing that reached somebody has not failed."""
        rows = select(delivery.c.id).where(
            select(part.c.id).where(part.c.delivery == delivery.c.id, part.c.state == state).exists()
        )
        if state == "failed":
            rows = rows.where(~acts.reached())
        with self.read() as c:
            return list(c.scalars(rows.order_by(delivery.c.id).limit(most)))

    def overdue(self) -> int:
        """Parts that should have gone out a minute ago and could have, had a clock been running."""
        with self.read() as c:
            late = (
                select(func.count())
                .select_from(part)
                .join(delivery, delivery.c.id == part.c.delivery)
                .where(
                    INDEXED,
                    part.c.due < self.now() - 60,
                    # A mailing that has begun is at it: each reader has their turn.
                    or_(delivery.c.until.is_(None), delivery.c.until < self.now()),
                    acts.ready(),
                )
            )
            return int(c.execute(late).scalar_one())

    def differing(self) -> list[str]:
        """Deliveries of which something else is public than was approved."""
        with self.read() as c:
            public = select(part.c.id).where(part.c.delivery == delivery.c.id, part.c.state == "delivered")
            bad = delivery.c.live.in_(("changed", "cut", "deleted"))
            return list(c.scalars(select(delivery.c.id).where(bad, public.exists()).order_by(delivery.c.id)))

    # ------------------------------------------------------------ within a transaction

    def _lane(self, c: Connection, name: str) -> float:
        """Lock a lane (and the global one, which orders the global chain); the time."""
        ensure_lane(c, name)
        rows = select(lane.c.name).where(lane.c.name.in_(("*", name))).order_by(lane.c.name)
        c.execute(rows.with_for_update())
        return self._clock(c)

    def _set(self, c: Connection, key: str, states: Sequence[str], *where: Any, **values: Any) -> int:
        theirs = select(delivery.c.id).where(delivery.c.announcement == key)
        changed = update(part).where(part.c.delivery.in_(theirs), part.c.state.in_(states), *where)
        return int(c.execute(changed.values(**values)).rowcount)

    def _any(self, c: Connection, key: str, states: Sequence[str] = ()) -> bool:
        rows = (
            select(part.c.id)
            .join(delivery, delivery.c.id == part.c.delivery)
            .where(delivery.c.announcement == key)
        )
        rows = rows.where(part.c.state.in_(states)) if states else rows
        return c.execute(rows.limit(1)).first() is not None


def _reachable(of: Row[Any]) -> ColumnElement[bool]:
    """Whether a part is a post's, or its reader's who may be mailed."""
    here = select(subscriber.c.id).where(subscriber.c.id == part.c.recipient, subscriber.c.active)
    return true() if not of.addressed or of.action in acts.TELLS else here.exists()
