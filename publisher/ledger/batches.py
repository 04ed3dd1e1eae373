"""Mailings: many recipients' parts claimed in one commit and settled in one, with a journal between the two.

The claim is the same statement that claims one part, with the same conditions. Those of a batch that did not go
after all (the mailing was held, the process had to stop, somebody left the list) are put back.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Function, Row, Update, bindparam, column, func, select, update

from publisher import audience, journal
from publisher.channel import Part, Receipt, Recipient, Rendering
from publisher.ledger import acts, claims, events
from publisher.ledger.parts import PROVABLE, Claimed, Parts, Verdict, receipt, stored, told, worker
from publisher.ledger.schema import announcement, delivery, identity, lane, part, subscriber

PUT_BACK = Verdict("waiting", spent=False)
"""What becomes of a part that was claimed and surely not sent: its turn comes again."""
LEFT = Verdict("cancelled", "Left", "left the list", spent=False)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a channel sends: recipients a second, over all and to single destinations (`*`: each other one)."""

    rate: float | None = None
    rates: Mapping[str, float] | None = None


class Batches(Parts):
    """Claiming and settling many parts of one addressed delivery at once."""

    @cached_property
    def journals(self) -> Path:
        """Where the journals of this ledger's mailings are: beside it, or in the user's state folder."""
        url = self.engine.url
        if url.get_backend_name() == "sqlite" and url.database:
            return Path(f"{url.database}.journals")
        from platformdirs import user_state_path

        with self.read() as c:
            name = c.scalar(select(identity.c.value).where(identity.c.name == "ledger"))
        state = os.environ.get("STATE_DIRECTORY", "").split(":")[0] or user_state_path("publisher")
        return Path(state) / "journals" / str(name or "ledger")

    def claim_many(
        self,
        of: Row[Any],
        approvals: int,
        patience: float,
        most: int,
        *,
        words: Rendering,
        horizon: float,
        pace: Pace = Pace(),
        keep: Callable[[list[tuple[int, int]]], None] = lambda parts: None,
        leaving: Callable[[str, int], bool] = lambda key, id: True,
    ) -> list[Claimed]:
        """Move at most `most` due parts of a mailing to `sending` and commit; none when none may go now.

        A mailing that has begun goes on for `horizon` seconds, however late each one's turn comes. `keep` is told
        the parts and their attempts before the commit: should it fail, nothing is claimed. `leaving` is what each
        part's own asks, with its key and id.
        """
        with self.write() as c:
            self._order(c, of, alone=bool(pace.rate or pace.rates))
            if approvals > 1:
                self._one_each(c, of)
            given = {"needed": approvals, "skew": self.skew, "key": of.id, "patience": patience}
            rows = c.execute(claims.CLAIM_MANY, given | {"me": worker(), "most": most}).all()
            if not rows:
                return []
            self._begin(c, of, horizon)
            people = audience.recipients(c, [r.recipient for r in rows], left=of.action in acts.TELLS)
            if pace.rates:
                rows = self._in_turn(c, of, rows, people, pace.rates)
            if pace.rate and rows:
                self._spend(c, of.channel, len(rows) / pace.rate)
            first = self._answered(c, of, [r.recipient for r in rows])
            keep([(r.id, r.attempt) for r in rows])
            made = partial(self._addressed, of, words, people, first, leaving)
            return [made(row) for row in rows]

    def settle_many(
        self, of: Row[Any], verdicts: Iterable[tuple[Claimed, Verdict]]
    ) -> list[tuple[Claimed, str]]:
        """Record what became of many attempts at once; those that were theirs to say, each with its new state."""
        given = {claimed.row.id: (claimed, verdict) for claimed, verdict in verdicts}
        gone = [c.row.recipient for c, v in given.values() if v.gone]
        if gone:
            audience.bounced(self, gone)
        slow = [v for _, v in given.values() if v.pace is not None or v.block]
        with self.write() as c:
            self._order(c, of, alone=bool(slow))
            for verdict in slow:
                self._slow(c, of, verdict)
            at = self._clock(c)
            accepted = {key: cv for key, cv in given.items() if cv[1].receipt}
            others = {key: cv for key, cv in given.items() if not cv[1].receipt}
            mine = [*self._accept(c, at, accepted), *self._still_theirs(c, others)]
            row = c.execute(select(announcement).where(announcement.c.id == of.announcement)).one()
            ends = {key: self._end(c, of, row, *given[key]) for key in mine}
            self._forget_leavers(c, of, given, ends)
            self._write(c, at, [(*given[key], ends[key]) for key in mine if key in others])
            resting = defaultdict(list)
            for key in mine:
                resting[ends[key]].append(given[key][0].row.recipient)
            for state, recipients in resting.items():
                acts.settled(c, at, of, 0, recipients, state, worded=True)
            for key in mine:
                claimed, verdict = given[key]
                if verdict.state == "unknown":
                    facts = {"delivery": of.id, "n": 0, "attempt": claimed.row.attempt} | told(verdict)
                    events.append(c, at, of.announcement, "unknown", **facts)
            return [(given[key][0], ends[key]) for key in mine]

    def still(self, of: Row[Any], approvals: int) -> set[int]:
        """Of this process's claimed parts of a mailing, the ids of those that may still go."""
        with self.read() as c:
            given = {"needed": approvals, "skew": self.skew, "key": of.id, "me": worker()}
            return set(c.scalars(claims.STILL, given).all())

    def rest(self, of: Row[Any], until: float) -> None:
        """What is left of a mailing goes on at `until`."""
        with self.write() as c:
            self._order(c, of)
            theirs = part.c.delivery == of.id, claims.INDEXED, part.c.due < until
            if c.execute(update(part).where(*theirs).values(due=until)).rowcount:
                events.append(c, self._clock(c), of.announcement, "resting", delivery=of.id, until=until)

    def doubtful(self, key: str, most: int = 100) -> list[str]:
        """The addresses of a mailing's readers of whom it is not known whether they got it; the first so many."""
        rows = (
            select(subscriber.c.address)
            .join(part, part.c.recipient == subscriber.c.id)
            .where(claims.UNSETTLED, part.c.state == "unknown", part.c.delivery == key)
            .order_by(part.c.id)
            .limit(most)
        )
        with self.read() as c:
            return list(c.scalars(rows))

    def mailed(self, of: Row[Any], counts: Mapping[str, Any]) -> None:
        """A run over a mailing came to its end: what it did, as one event."""
        with self.write() as c:
            self._order(c, of)
            events.append(c, self._clock(c), of.announcement, "mailed", delivery=of.id, **counts)

    def free_at(self, channel: str) -> float:
        """When a channel's pace lets the next claim through."""
        with self.read() as c:
            return float(c.scalar(select(lane.c.free).where(lane.c.name == channel)) or 0.0)

    def sweep(self) -> int:
        """Besides: take over what processes of this host left in their journals when they died."""
        return sum(self._recover(one) for one in journal.left(self.journals)) + super().sweep()

    def gone(self, workers: Iterable[str]) -> list[str]:
        """Besides: nobody is as long as there is a journal of theirs, locked by the living or not yet taken over."""
        here = journal.workers(self.journals)
        return [worker for worker in super().gone(workers) if worker not in here]

    # ------------------------------------------------------------ within a transaction

    def _begin(self, c: Connection, of: Row[Any], horizon: float) -> None:
        begun = update(delivery).where(delivery.c.id == of.id, delivery.c.until.is_(None))
        at = self._clock(c)
        if c.execute(begun.values(until=at + horizon)).rowcount:
            events.append(c, at, of.announcement, "mailing", delivery=of.id)

    def _spend(self, c: Connection, name: str, seconds: float) -> None:
        """Take so much of a lane's time; what it did not use before is not saved up."""
        at = self._clock(c)
        free = max(float(c.scalar(select(lane.c.free).where(lane.c.name == name)) or 0.0), at)
        c.execute(update(lane).where(lane.c.name == name).values(free=free + seconds))

    def _in_turn(
        self,
        c: Connection,
        of: Row[Any],
        rows: Sequence[Row[Any]],
        people: Mapping[str, Any],
        rates: Mapping[str, float],
    ) -> list[Row[Any]]:
        """Those that may go now at each destination's pace; the others are given their turn, and unclaimed.

        A lane for each destination is the pace of all hosts together.
        """
        at, go, later = self._clock(c), [], []
        free: dict[str, float] = {}
        for row in rows:
            person = people.get(row.recipient)
            where = person.address.rpartition("@")[2].lower() if person else ""
            rate = rates.get(where, rates.get("*"))
            if not rate or row.kind == TURN:
                go.append(row)
                continue
            name = f"{of.channel}@{where}"[:64]
            if name not in free:
                free[name] = self._opened(c, name)
            turn = max(free[name], at)
            free[name] = turn + 1 / rate
            if turn <= at + SPREAD:
                go.append(row)
            else:
                later.append({"of": row.id, "turn": turn, "was": "planned" if row.tries == 0 else "waiting"})
        for name, until in free.items():
            c.execute(update(lane).where(lane.c.name == name).values(free=until))
        if later:
            c.execute(_LATER, later)
        return go

    def _opened(self, c: Connection, name: str) -> float:
        from publisher.ledger.statements import ensure_lane

        ensure_lane(c, name)
        return float(c.scalar(select(lane.c.free).where(lane.c.name == name).with_for_update()) or 0.0)

    def _answered(self, c: Connection, of: Row[Any], recipients: Sequence[str]) -> dict[str, Receipt | None]:
        """The receipts of the mails that these answer, by recipient."""
        if not of.target or of.action == "replace":
            return {}
        theirs = part.c.delivery == of.target, part.c.n == 0, part.c.recipient.in_(recipients)
        rows = c.execute(select(part.c.recipient, part.c.receipt).where(*theirs))
        return {row.recipient: receipt(row.receipt) for row in rows}

    def _addressed(
        self,
        of: Row[Any],
        words: Rendering,
        people: Mapping[str, Recipient],
        first: Mapping[str, Receipt | None],
        leaving: Callable[[str, int], bool],
        row: Row[Any],
    ) -> Claimed:
        key = f"{of.id}#{row.recipient}"
        answers, person = first.get(row.recipient), people.get(row.recipient)
        may = partial(leaving, key, row.id)
        made = Part(key, words, row.n, row.attempt, row.started, answers, person, self.blob, may)
        return Claimed(made, of.prepared or {}, row, of)

    def _accept(self, c: Connection, at: float, given: Mapping[int, tuple[Claimed, Verdict]]) -> list[int]:
        """Write that these were accepted; the parts of which that was theirs to say."""
        if not given:
            return []
        rows = [
            [key, claimed.row.attempt, stored(verdict.receipt)]
            for key, (claimed, verdict) in given.items()
            if verdict.receipt
        ]
        done = c.execute(_ACCEPTED[c.dialect.name], {"at": at, "rows": rows}).rowcount
        if done == len(rows):
            return list(given)
        written = part.c.id.in_(list(given)), part.c.state == "delivered", part.c.settled == at
        return list(c.scalars(select(part.c.id).where(*written)).all())

    def _still_theirs(self, c: Connection, given: Mapping[int, tuple[Claimed, Verdict]]) -> list[int]:
        """The parts whose present attempt these verdicts are about. Whoever else writes them holds the same lock."""
        if not given:
            return []
        theirs = part.c.id.in_(list(given)), part.c.state.in_(("sending", "unknown"))
        found = c.execute(select(part.c.id, part.c.attempt).where(*theirs)).all()
        return [row.id for row in found if row.attempt == given[row.id][0].row.attempt]

    def _end(self, c: Connection, of: Row[Any], row: Row[Any], claimed: Claimed, verdict: Verdict) -> str:
        """The state a part comes to, after all that was said while it was on its way."""
        if verdict.state not in ("waiting", "failed"):
            return verdict.state
        state = acts.unsent(c, of, row, verdict.state)
        untried = verdict is PUT_BACK and not claimed.row.tries
        return "planned" if untried and state == "waiting" else state

    def _forget_leavers(
        self, c: Connection, of: Row[Any], given: dict[int, tuple[Claimed, Verdict]], ends: dict[int, str]
    ) -> None:
        """Who left the list meanwhile is not waited for."""
        waits = {
            given[key][0].row.recipient: key for key, state in ends.items() if state in ("planned", "waiting")
        }
        if not waits:
            return
        there = audience.recipients(c, list(waits), left=of.action in acts.TELLS)
        for recipient, key in waits.items():
            if recipient not in there:
                ends[key], given[key] = "cancelled", (given[key][0], LEFT)

    def _write(self, c: Connection, at: float, ended: Sequence[tuple[Claimed, Verdict, str]]) -> None:
        rows = [
            {
                "of": claimed.row.id,
                "to": state,
                "why": verdict.kind or None,
                "said": verdict.error or None,
                "find": verdict.find_due,
                "at": at,
                "spent": claimed.row.tries + (1 if verdict.spent else 0),
                "again": verdict.due if verdict.due is not None else claimed.row.due,
            }
            for claimed, verdict, state in ended
        ]
        if rows:
            c.execute(_SETTLED, rows)

    # ------------------------------------------------------------ after a death

    def _recover(self, left: journal.Left) -> int:
        """Settle what a dead process knew, and put back what it surely had not sent; the rest becomes unknown."""
        with self.read() as c:
            found = c.execute(select(part).where(part.c.id.in_(list(left.batch)))).all()
            theirs = [
                r
                for r in found
                if (r.state, r.worker, r.attempt) == ("sending", left.worker, left.batch[r.id])
            ]
            keys = {r.delivery for r in theirs}
            deliveries = {of.id: of for of in c.execute(select(delivery).where(delivery.c.id.in_(keys)))}
        verdicts = defaultdict(list)
        for row in theirs:
            verdict = _known(left, row.id)
            if verdict is not None:
                of = deliveries[row.delivery]
                verdicts[of.id].append((Claimed(Part(row.delivery, _NO_WORDS), {}, row, of), verdict))
        changed = sum(len(self.settle_many(deliveries[key], each)) for key, each in verdicts.items())
        # A server may still be at the commit of a process that died while it waited for it.
        if all(r.attempt >= left.batch[r.id] for r in found) or left.age > STALE:
            left.forget()
        return changed


STALE = 60.0
"""Seconds after which nobody commits any more what a dead process had asked for."""
TURN = "Turn"
"""The kind of a part that waits for its turn at its destination."""
SPREAD = 0.5
"""Seconds within which a destination's next turns are taken together."""
_NO_WORDS = Rendering("", "", ())

_SETTLED = (
    update(part)
    .where(part.c.id == bindparam("of"))
    .values(
        state=bindparam("to"),
        kind=bindparam("why"),
        error=bindparam("said"),
        find_due=bindparam("find"),
        settled=bindparam("at"),
        tries=bindparam("spent"),
        due=bindparam("again"),
    )
)


def _accepted(each: Function[Any]) -> Update:
    """One statement for all that were accepted; `each` makes rows of [part, attempt, receipt] of JSON.

    A statement for each row, or a row for each answer, would hand the interpreter to another thread each time.
    """
    row = each.table_valued(column("value", JSON), name="given").c.value
    theirs = part.c.id == row[0].as_integer(), part.c.attempt == row[1].as_integer()
    none: dict[str, Any] = dict.fromkeys(("kind", "error", "find_due"))
    return (
        update(part)
        .where(*theirs, part.c.state.in_(PROVABLE))
        .values(state="delivered", receipt=row[2], settled=bindparam("at"), tries=part.c.tries + 1, **none)
    )


_ACCEPTED = {
    "sqlite": _accepted(func.json_each(bindparam("rows", type_=JSON))),
    "postgresql": _accepted(func.json_array_elements(bindparam("rows", type_=JSON))),
}
_LATER = (
    update(part)
    .where(part.c.id == bindparam("of"))
    .values(
        state=bindparam("was"),
        due=bindparam("turn"),
        kind=TURN,
        attempt=part.c.attempt - 1,
        first=func.nullif(part.c.first, part.c.started),
        started=None,
        worker=None,
    )
)


def _known(left: journal.Left, id: int) -> Verdict | None:
    """What became of a part, as far as a journal knows; None when nobody can say."""
    if data := left.results.get(id):
        return Verdict(**data | {"receipt": Receipt(**data["receipt"]) if data.get("receipt") else None})
    return PUT_BACK if left.whole and id not in left.sent else None
