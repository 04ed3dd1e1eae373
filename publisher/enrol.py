"""Import: a list of any length into the audience, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, insert, select, update

from publisher import audience
from publisher.address import normal
from publisher.errors import UsageError
from publisher.ledger import events
from publisher.ledger.engine import Database
from publisher.ledger.schema import subscriber, suppression
from publisher.roster import Person

BATCH = 2000
"""Rows in one transaction."""
SHOWN = 1000
"""Refused lines that are kept with their reasons; the others are counted."""

Refused = Callable[[int, str, str], object]
"""Told of each refused line: its number, what stands there for an address, and why."""


def _nobody(line: int, email: str, why: str) -> None: ...


@dataclass(slots=True)
class Import:
    """What became of a list: counts, and the first refused lines with their reasons.

    `suppressed` were not added since they must not be mailed; `stopped` are new among those.
    """

    added: int = 0
    known: int = 0
    suppressed: int = 0
    stopped: int = 0
    unusable: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    told: Refused = _nobody

    def refuse(self, person: Person, why: str) -> None:
        self.unusable += 1
        self.told(person.line, person.email, why)
        if len(self.refused) < SHOWN:
            self.refused.append((person.line, why))


def load(
    db: Database,
    people: Iterable[Person],
    *,
    source: str = "",
    by: str = "",
    suppress: bool = False,
    dry: bool = False,
    refused: Refused = _nobody,
) -> Import:
    """Import people, a batch at a time, each in a transaction of its own: deliveries go on meanwhile.

    Never revives somebody who left or was suppressed. Who comes with a reason not to be mailed, and everybody when
    `suppress`, is taken off the list for good. `dry` changes nothing, and counts the same. `refused` is told of every
    line that cannot be used.
    """
    result, seen = Import(told=refused), _Seen() if dry else None
    for batch in batched(people, BATCH):
        with db.read() if dry else db.write() as c:
            _take(c, db, batch, result, source=source, by=by, suppress=suppress, seen=seen)
    return result


def _take(
    c: Connection,
    db: Database,
    batch: Sequence[Person],
    result: Import,
    *,
    source: str,
    by: str,
    suppress: bool,
    seen: _Seen | None,
) -> None:
    wanted, off = _sorted(batch, result, suppress)
    at = 0.0 if seen else audience.locked(c, db)
    keys = [*wanted, *off]
    known = set(c.scalars(select(subscriber.c.normal).where(subscriber.c.normal.in_(keys))))
    off_limits = set(c.scalars(select(suppression.c.normal).where(suppression.c.normal.in_(keys))))
    if seen:
        known |= seen.before(wanted)
        off_limits |= seen.before([f"-{key}" for key in off], 1)
    off = {key: why for key, why in off.items() if key not in off_limits}
    new = [
        row for key, row in wanted.items() if key not in off_limits and key not in known and key not in off
    ]
    result.suppressed += sum(key in off_limits or key in off for key in wanted)
    result.known += sum(key in known and key not in off_limits and key not in off for key in wanted)
    result.stopped += len(off)
    result.added += len(new)
    if seen:
        seen.add([*(row[1] for row in new), *(f"-{key}" for key in off)])
        return
    if off:
        c.execute(insert(suppression), [{"normal": key, "reason": why, "at": at} for key, why in off.items()])
        gone = update(subscriber).where(subscriber.c.normal.in_(list(off)), subscriber.c.active)
        audience.withdraw(c, list(c.scalars(gone.values(active=False).returning(subscriber.c.id))))
        events.append(c, at, events.GLOBAL, "unsubscribed", by, count=len(off), reason="import")
    if new:
        c.execute(
            insert(subscriber),
            [audience.new(w, k, p.name, p.language, p.tags, source, at) for w, k, p in new],
        )
        events.append(c, at, events.GLOBAL, "subscribed", by, count=len(new), source=source)


def _sorted(
    batch: Sequence[Person], result: Import, suppress: bool
) -> tuple[dict[str, tuple[str, str, Person]], dict[str, str]]:
    """Whom to add and whom to mail no more, by normalised address; what cannot be used goes into `result`."""
    wanted: dict[str, tuple[str, str, Person]] = {}
    off: dict[str, str] = {}
    for person in batch:
        try:
            if person.fault and not suppress:
                raise UsageError(person.fault)
            written, key = normal(person.email)
        except UsageError as error:
            result.refuse(person, str(error))
            continue
        if suppress or person.stop:
            off.setdefault(key, person.stop or "suppressed")
        elif key in wanted:
            result.known += 1
        else:
            wanted[key] = (written, key, person)
    return wanted, off


class _Seen:
    """Who came earlier in a dry run: on disk, so that memory does not grow with the file."""

    def __init__(self) -> None:
        import sqlite3

        self._db = sqlite3.connect("")
        self._db.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def before(self, keys: Iterable[str], skip: int = 0) -> set[str]:
        """Those of `keys` that were added, without their first `skip` characters."""
        asked = "SELECT 1 FROM seen WHERE key = ?"
        return {key[skip:] for key in keys if self._db.execute(asked, (key,)).fetchone()}

    def add(self, keys: Iterable[str]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(key,) for key in keys])


def batched(items: Iterable[Person], size: int) -> Iterator[list[Person]]:
    """`items` in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
