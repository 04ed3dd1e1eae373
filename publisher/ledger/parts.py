"""Claiming and settling parts. The claim is the attempt record: it is committed before the wire.

Embargo, pause, hold, approval, plan and pace are conditions of the one statement that claims, against the
database's clock (`claims`); nothing outside it can let a part through.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    false,
    func,
    or_,
    select,
    update,
)

from publisher import audience, plan
from publisher.channel import Part, Prepared, Receipt, Rendering
from publisher.ledger import acts, claims, events, people
from publisher.ledger.claims import INDEXED, UNSETTLED
from publisher.ledger.schema import (
    announcement,
    delivery,
    lane,
    part,
    revision,
)
from publisher.ledger.statements import Statements

OPEN = ("planned", "waiting")

PROVABLE = ("sending", "unknown", *OPEN, "held", "failed", "cancelled")

LATE = "TooLate"
"""The kind of trouble of a part that was held because its time had passed."""
PAST = "DayPast"
"""… because its words speak of a day that is over."""
PAST_ADVICE = "speaks of the day it was issued, which is over: cancel it, and submit it again with --undated"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One part in `sending`, and what a channel needs to send it. `row` is the part's, `of` the delivery's."""

    part: Part
    prepared: Prepared
    row: Row[Any]
    of: Row[Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an attempt: the part's next state, and why. Times in seconds since the epoch."""

    state: str
    kind: str = ""
    error: str = ""
    receipt: Receipt | None = None
    due: float | None = None
    find_due: float | None = None
    hint: str | None = None
    spent: bool = True
    block: bool = False
    pace: float | None = None
    gone: bool = False
    """Nobody is at this recipient's address."""


@cache
def worker() -> str:
    """This process, so that another one on the same host can see that it died: host, pid and start time."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When a process was started, in clock ticks; "" when there is none (a pid may be used again)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def dead(name: str) -> bool:
    """Whether the named worker surely died: same host, and its process is gone."""
    host, _, rest = name.rpartition(":")
    host, _, pid = host.rpartition(":")
    return host == socket.gethostname() and Path("/proc/self/stat").exists() and _started(int(pid)) != rest


class Parts(Statements):
    """The state machine's moves that machines make."""

    def due(self, approvals: int, only: str | None = None) -> list[Row[Any]]:
        """Deliveries of which a part can be claimed now, of one announcement or of all."""
        given = {"needed": approvals, "skew": self.skew}
        with self.read() as c:
            if only:
                return list(c.execute(claims.DUE_OF, given | {"only": only}))
            return list(c.execute(claims.SWEPT[c.dialect.name].due, given))

    def claim(
        self, of: Row[Any], approvals: int, patience: float, words: Rendering | None = None
    ) -> Claimed | None:
        """Move one due part of a delivery to `sending` and commit; None when none may go now.

        `words` is its stored rendering where the caller has read it already.
        """
        with self.write() as c:
            self._order(c, of)
            if approvals > 1:
                self._one_each(c, of)
            given = {
                "needed": approvals,
                "skew": self.skew,
                "key": of.id,
                "patience": patience,
                "me": worker(),
                "most": 1,
            }
            row = c.execute(claims.CLAIM, given).first()
            if row is None:
                return None
            if not row.recipient:
                events.append(
                    c,
                    row.started,
                    of.announcement,
                    "attempt",
                    delivery=of.id,
                    n=row.n,
                    attempt=row.attempt,
                    worker=worker(),
                )
            return self._claimed(c, row, of, words)

    def settle(self, claimed: Claimed, verdict: Verdict) -> bool:
        """Record what became of an attempt. False when it is not this attempt's to say any more."""
        row, of = claimed.row, claimed.of
        with self.write() as c:
            slows = verdict.pace is not None or verdict.block
            self._order(c, of, alone=slows)
            if slows:
                self._slow(c, of, verdict)
            state = self._after(c, of, verdict.state)
            values: dict[str, Any] = {
                "state": state,
                "kind": verdict.kind or None,
                "error": verdict.error or None,
                "hint": verdict.hint,
                "find_due": verdict.find_due,
                "settled": self.now(),
                "tries": part.c.tries + (1 if verdict.spent else 0),
            }
            if verdict.receipt:
                values["receipt"] = stored(verdict.receipt)
            if verdict.due is not None:
                values["due"] = verdict.due
            changed = c.execute(
                update(part)
                .where(
                    part.c.id == row.id,
                    part.c.attempt == row.attempt,
                    # A receipt is proof, whatever was thought meanwhile; anything else counts while it is awaited.
                    part.c.state.in_(PROVABLE if verdict.receipt else ("sending", "unknown")),
                )
                .values(**values)
            ).rowcount
            if changed:
                worded = bool(claimed.part.rendering.posts)
                acts.settled(c, self._clock(c), of, row.n, [row.recipient], state, worded)
            if changed and (not row.recipient or verdict.state == "unknown"):
                events.append(
                    c,
                    self._clock(c),
                    of.announcement,
                    state,
                    delivery=of.id,
                    n=row.n,
                    attempt=row.attempt,
                    **told(verdict),
                )
            return bool(changed)

    def looked(self, claimed: Claimed, reason: str, find_due: float | None) -> None:
        """`find` could not tell; when to look again, or None when only a person can say."""
        with self.write() as c:
            self._order(c, claimed.of)
            c.execute(
                update(part)
                .where(part.c.id == claimed.row.id, part.c.state == "unknown")
                .values(finds=part.c.finds + 1, find_due=find_due)
            )
            events.append(
                c,
                self._clock(c),
                claimed.of.announcement,
                "looked",
                delivery=claimed.of.id,
                n=claimed.row.n,
                reason=reason,
                again=find_due,
            )

    def in_doubt(self, only: str | None = None) -> list[Claimed]:
        """Parts whose outcome is unknown and that are due to be looked up."""
        with self.read() as c:
            rows = (
                select(part)
                .join(delivery, delivery.c.id == part.c.delivery)
                .where(UNSETTLED, part.c.state == "unknown", part.c.find_due <= self.now())
            )
            if only:
                rows = rows.where(delivery.c.announcement == only)
            found = []
            for row in c.execute(rows.order_by(part.c.find_due)).all():
                of = c.execute(select(delivery).where(delivery.c.id == row.delivery)).one()
                found.append(self._claimed(c, row, of))
            return found

    def sweep(self) -> int:
        """Give up on answers that will not come, and hold what is too late. How many parts changed.

        A part `sending` past its deadline, or whose worker died on this host, becomes `unknown` and is
        looked up at once.
        """
        changed = 0
        with self.read() as c:
            sending = c.execute(select(part.c.worker).where(UNSETTLED, part.c.state == "sending").distinct())
            gone = self.gone(name for (name,) in sending if name)
            late = (
                or_(part.c.deadline < self.now(), part.c.worker.in_(gone))
                if gone
                else part.c.deadline < self.now()
            )
            rows = (
                c.execute(
                    select(part.c.delivery).where(UNSETTLED, part.c.state == "sending", late).distinct()
                )
                .scalars()
                .all()
            )
            overdue = c.scalars(claims.SWEPT[c.dialect.name].late, {"skew": self.skew}).all()
            over = c.scalars(claims.SWEPT[c.dialect.name].past, {"skew": self.skew}).all()
        for key in rows:
            changed += self._move(
                key,
                and_(part.c.state == "sending", late),
                "unknown",
                "no answer, or the process died while sending",
                find_due=self.now(),
                kind="OutcomeUnknown",
            )
        missed = and_(part.c.state == "planned", claims.late(self.now()))
        for key in overdue:
            changed += self._move(key, missed, "held", self._too_late(key, missed), kind=LATE)
        for key in over:
            changed += self._move(
                key, and_(INDEXED, part.c.due < self.now()), "held", f"it {PAST_ADVICE}", kind=PAST
            )
        return changed

    def _too_late(self, key: str, missed: ColumnElement[bool]) -> str:
        with self.read() as c:
            last = c.scalar(select(func.max(part.c.last_start)).where(part.c.delivery == key, missed))
        by = (
            f" it was to go out by {plan.shown(last)};" if last is not None else ""
        )  # else somebody else held it
        return f"too late:{by} a person must release it"

    def gone(self, workers: Iterable[str]) -> list[str]:
        """Those that surely died."""
        return [name for name in workers if dead(name)]

    def block(self, of: Row[Any], reason: str) -> None:
        """Stop a delivery's channel until a person acts; nothing was claimed."""
        with self.write() as c:
            self._order(c, of, alone=True)
            self._slow(c, of, Verdict("waiting", error=reason, block=True))

    def keep_prepared(self, of: Row[Any], prepared: Prepared) -> None:
        with self.write() as c:
            c.execute(update(delivery).where(delivery.c.id == of.id).values(prepared=prepared))

    def refresh_audience(self, of: Row[Any]) -> None:
        """Before a mailing's first attempt: who joined gets a part, who left loses theirs."""
        with self.write() as c:
            self._order(c, of)
            first = c.execute(select(part).where(part.c.delivery == of.id).limit(1)).first()
            begun = select(part.c.id).where(part.c.delivery == of.id, part.c.attempt > 0).limit(1)
            if first is None or of.until is not None or c.execute(begun).first():
                return
            audience.drop_leavers(c, of.id)
            main = c.scalar(select(announcement.c.language).where(announcement.c.id == of.announcement))
            mailings = c.execute(
                select(delivery.c.id, delivery.c.language).where(
                    delivery.c.announcement == of.announcement,
                    delivery.c.channel == of.channel,
                    delivery.c.addressed,
                    delivery.c.target.is_(None),
                )
            ).all()
            languages = [m.language for m in mailings]
            plan = first.state, first.due, first.last_start
            for mailing in mailings:
                # One that had no readers when it was planned falls due with this one, should it have some by now.
                if mailing.id == of.id or not self._any_part(c, mailing.id):
                    audience.add_parts(c, mailing.id, *plan, mailing.language, languages, main or "")

    def _any_part(self, c: Connection, key: str) -> bool:
        return c.execute(select(part.c.id).where(part.c.delivery == key).limit(1)).first() is not None

    def live(self, of: Row[Any], state: str, text: str | None, n: int = 0, reason: str = "") -> None:
        """Record what was read back of a delivery; a later post of a thread does not hide an earlier one's trouble."""
        with self.write() as c:
            self._order(c, of)
            at = self._clock(c)
            keep = delivery.c.live.in_(("cut", "changed", "deleted")) if n else false()
            c.execute(
                update(delivery)
                .where(delivery.c.id == of.id, or_(delivery.c.live.is_(None), ~keep))
                .values(live=state, live_at=at, live_text=text)
            )
            why = {"reason": reason} if reason else {}
            events.append(c, at, of.announcement, "read back", delivery=of.id, live=state, text=text, **why)

    def rendering(self, of: Row[Any]) -> Rendering:
        with self.read() as c:
            return self._rendering(c, of)

    def parts(self, key: str) -> list[Row[Any]]:
        """A delivery's parts in order."""
        with self.read() as c:
            return list(c.execute(select(part).where(part.c.delivery == key).order_by(part.c.n, part.c.id)))

    def tally(self, key: str) -> list[Row[Any]]:
        """A delivery's parts by state: state, n, due (the earliest), attempt (the most)."""
        with self.read() as c:
            rows = select(
                part.c.state,
                func.count().label("n"),
                func.min(part.c.due).label("due"),
                func.max(part.c.attempt).label("attempt"),
            )
            return list(c.execute(rows.where(part.c.delivery == key).group_by(part.c.state)))

    def trouble(self, key: str, state: str, *, mailing: bool = False) -> Row[Any] | None:
        """A part of a delivery in this state that has something to say: of a thread the first, of a mailing any."""
        rows = select(part).where(part.c.delivery == key, part.c.state == state, part.c.error.is_not(None))
        # Asked for the first of a million, SQLite would look at each of them.
        rows = rows if mailing else rows.order_by(part.c.n, part.c.id)
        with self.read() as c:
            return c.execute(rows.limit(1)).first()

    def deliveries(self, key: str) -> list[Row[Any]]:
        """An announcement's deliveries, by channel and language, in the order they were approved."""
        with self.read() as c:
            rows = select(delivery).where(delivery.c.announcement == key)
            return list(
                c.execute(
                    rows.order_by(delivery.c.channel, delivery.c.language, delivery.c.revision, delivery.c.id)
                )
            )

    def next_due(self, after: float = 0.0) -> float | None:
        """The next instant later than `after` at which something may have to be done, if any is known."""
        kinds = (
            (part.c.due, INDEXED),
            (part.c.find_due, and_(UNSETTLED, part.c.state == "unknown")),
            (part.c.deadline, and_(UNSETTLED, part.c.state == "sending")),
        )
        first = [select(func.min(at)).where(open_, at > after).scalar_subquery() for at, open_ in kinds]
        # A pace that lets through again; a destination's is in its parts' own times.
        paces = select(func.min(lane.c.free)).where(lane.c.free > after, ~lane.c.name.contains("@"))
        first.append(paces.scalar_subquery())
        with self.read() as c:
            dues = c.execute(select(*first)).one()
        return min((d for d in dues if d is not None), default=None)

    # ------------------------------------------------------------ within a transaction

    def _order(self, c: Connection, of: Row[Any], *, alone: bool = False) -> None:
        """Take the locks that pause, hold and cancel take, so that a claim is either before them or after.

        `alone` when the caller will change the channel's lane: two that share it could never both change it.
        On SQLite the transaction holds the only write lock anyway.
        """
        if c.dialect.name == "postgresql":
            names = select(lane.c.name).where(lane.c.name.in_(("*", of.channel))).order_by(lane.c.name)
            c.execute(names.with_for_update(read=not alone))
            c.execute(select(announcement.c.id).where(announcement.c.id == of.announcement).with_for_update())

    def _one_each(self, c: Connection, of: Row[Any]) -> None:
        """Let nobody count as two: an earlier version took each spelling of a name for a person."""
        mine = revision.c.announcement == of.announcement, revision.c.n == of.revision
        digest = c.execute(select(revision.c.digest).where(*mine)).scalar_one()
        if twice := people.drop_twice_named(c, of.announcement, digest):
            events.append(
                c, self._clock(c), of.announcement, "not another person", digest=digest, names=twice
            )

    def _claimed(self, c: Connection, row: Row[Any], of: Row[Any], words: Rendering | None = None) -> Claimed:
        return Claimed(
            Part(
                key=f"{of.id}#{row.recipient or row.n}",
                rendering=words or self._rendering(c, of),
                n=row.n,
                attempt=row.attempt,
                started=row.started,
                reply_to=self._predecessor(c, row, of),
                recipient=audience.recipient(c, row.recipient, left=of.action in acts.TELLS)
                if row.recipient
                else None,
                blob=self.blob,
            ),
            of.prepared or {},
            row,
            of,
        )

    def _rendering(self, c: Connection, of: Row[Any]) -> Rendering:
        return Rendering.load(acts.words(c, of))

    def _after(self, c: Connection, of: Row[Any], state: str) -> str:
        """What a part that surely did not leave becomes: cancelled or held, if that was said while it was on its way."""
        if state not in ("waiting", "failed", "held"):
            return state
        row = c.execute(select(announcement).where(announcement.c.id == of.announcement)).one()
        return acts.unsent(c, of, row, state)

    def _predecessor(self, c: Connection, row: Row[Any], of: Row[Any]) -> Receipt | None:
        """The receipt of what a part acts on: the same part of the target, else the post before it in a thread."""
        acts_on = of.target and of.action != "replace"
        if not row.n and not acts_on:
            return None
        key, n = (of.target, row.n) if acts_on else (row.delivery, row.n - 1)
        same = (part.c.delivery == key, part.c.recipient == row.recipient, part.c.n == n)
        return receipt(c.scalar(select(part.c.receipt).where(*same)))

    def _slow(self, c: Connection, of: Row[Any], verdict: Verdict) -> None:
        """Move the channel's pace, or stop the channel for a person."""
        if verdict.pace is not None:
            c.execute(
                update(lane)
                .where(lane.c.name == of.channel, lane.c.free < verdict.pace)
                .values(free=verdict.pace)
            )
        if verdict.block:
            stopped = c.execute(
                update(lane)
                .where(lane.c.name == of.channel, lane.c.blocked.is_(None))
                .values(blocked=verdict.error)
            ).rowcount
            if stopped:
                events.append(
                    c, self._clock(c), of.announcement, "blocked", channel=of.channel, reason=verdict.error
                )

    def _move(self, key: str, where: ColumnElement[bool], state: str, why: str, **values: Any) -> int:
        """Move those parts of a delivery to `state`, with an event for those that are posts."""
        with self.write() as c:
            of = c.execute(select(delivery).where(delivery.c.id == key)).one()
            self._order(c, of)
            rows = c.execute(
                update(part)
                .where(part.c.delivery == key, where)
                .values(state=state, error=why, **values)
                .returning(part.c.n, part.c.attempt, part.c.recipient)
            ).all()
            if rows:
                events.append(
                    c,
                    self._clock(c),
                    of.announcement,
                    state,
                    delivery=key,
                    reason=why,
                    parts=[[r.n, r.attempt] for r in rows[:20]],
                    count=len(rows),
                )
            return len(rows)


def stored(of: Receipt) -> dict[str, Any]:
    """A receipt as it is stored."""
    return {"id": of.id, "url": of.url, "data": dict(of.data)}


def receipt(data: dict[str, Any] | None) -> Receipt | None:
    """A receipt as stored."""
    return Receipt(data["id"], data.get("url", ""), data.get("data", {})) if data else None


def told(verdict: Verdict) -> dict[str, Any]:
    """A verdict as an event's data."""
    data: dict[str, Any] = {}
    if verdict.kind:
        data |= {"error": verdict.kind, "reason": verdict.error}
    if verdict.receipt:
        data |= {"id": verdict.receipt.id, "url": verdict.receipt.url}
    if verdict.due is not None:
        data["due"] = verdict.due
    return data
