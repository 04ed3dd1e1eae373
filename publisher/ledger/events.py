"""Events: only ever appended, each carrying the hash of the one before it in its chain.

A chain is one announcement's, or "" for what concerns none, so that no chain is a queue for every host.
The caller holds the announcement's row (or the lane "*") in its transaction; that orders the chain.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from publisher.digest import sha256
from publisher.ledger.schema import chain as heads
from publisher.ledger.schema import event

GLOBAL = ""
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` in seconds since the epoch, `data` JSON without secrets."""

    chain: str
    seq: int
    at: float
    kind: str
    who: str
    data: dict[str, Any]
    previous: str
    hash: str

    def proof(self) -> str:
        """The hash this event must carry."""
        return sha256([self.chain, self.seq, repr(self.at), self.kind, self.who, self.data, self.previous])


# Made once: an event is written for every step, and making a statement takes longer than running it.
_LAST = select(heads).where(heads.c.name == bindparam("of"))
_ON = heads.update().where(heads.c.name == bindparam("of"))


def append(connection: Connection, at: float, chain: str, kind: str, who: str = "", **data: Any) -> None:
    """Add one event to its chain, in the caller's transaction."""
    last = connection.execute(_LAST, {"of": chain}).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, FIRST)
    made = Event(chain, seq, at, kind, who, data, previous, "")
    proof = made.proof()
    connection.execute(event.insert(), asdict(made) | {"hash": proof})
    if last:
        connection.execute(_ON, {"of": chain, "seq": seq, "hash": proof})
    else:
        connection.execute(heads.insert(), {"name": chain, "seq": seq, "hash": proof})


def read(connection: Connection, chain: str | None = None, after: int = 0) -> list[tuple[int, Event]]:
    """Events with their row ids in the order they happened; of one chain, or of all; newer than row `after`."""
    rows = select(event).where(event.c.id > after).order_by(event.c.id)
    if chain is not None:
        rows = rows.where(event.c.chain == chain)
    return [
        (r.id, Event(r.chain, r.seq, r.at, r.kind, r.who, r.data, r.previous, r.hash))
        for r in connection.execute(rows)
    ]


def verify(connection: Connection) -> list[str]:
    """A sentence for every row that was edited, removed, added or reordered; empty when every chain holds.

    Rows cut off a chain's end leave no gap in it, so each chain is also held against its recorded head.
    """
    faults: list[str] = []
    expected: dict[str, tuple[int, str]] = {}
    rows = connection.execute(select(event).order_by(event.c.chain, event.c.seq))
    for r in rows:
        found = Event(r.chain, r.seq, r.at, r.kind, r.who, r.data, r.previous, r.hash)
        seq, previous = expected.get(r.chain, (1, FIRST))
        where = f"event {r.seq} of {r.chain or 'the global log'} ({r.kind}, row {r.id})"
        if r.seq != seq:
            gap = f"event {seq}" if r.seq == seq + 1 else f"events {seq} to {r.seq - 1}"
            faults.append(f"{where}: {gap} before it {'is' if r.seq == seq + 1 else 'are'} missing")
        elif r.previous != previous:
            faults.append(f"{where}: does not follow the event before it; one was replaced or reordered")
        if found.proof() != r.hash:
            faults.append(f"{where}: its content is not what was recorded")
        expected[r.chain] = (r.seq + 1, r.hash)
    return faults + _ends(connection, expected)


def _ends(connection: Connection, expected: dict[str, tuple[int, str]]) -> list[str]:
    """What the recorded heads say that the rows do not."""
    faults = []
    for head in connection.execute(select(heads).order_by(heads.c.name)):
        following, proof = expected.pop(head.name, (1, FIRST))
        if (following - 1, proof) != (head.seq, head.hash):
            faults.append(
                f"{head.name or 'the global log'}: its last event is {following - 1}, the ledger recorded {head.seq}; "
                "events at its end were removed, added or replaced"
            )
    return faults + [f"{name or 'the global log'}: has events but no recorded head" for name in expected]
