"""The audience: subscribers and whom no mail may reach. The only room that knows addresses."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, update

from publisher.channel import Recipient
from publisher.errors import UsageError
from publisher.ledger import events
from publisher.ledger.engine import Database
from publisher.ledger.schema import lane, part, subscriber, suppression
from publisher.roster import Person

NEW = {"state": "planned", "attempt": 0, "tries": 0, "finds": 0}
"""A part nobody has tried yet."""
BATCH = 2000
"""Rows in one transaction."""
_LOOKALIKE = {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
"""Scripts with letters that pass for Latin ones."""
SHOWN = 1000
"""Refused lines that are kept with their reasons; the others are counted."""

PROBE = "doctor-asks-whether-this-page-answers"
"""The token of nobody, with which the doctor asks whether the unsubscribe page is there."""


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

    def refuse(self, line: int, why: str) -> None:
        self.unusable += 1
        if len(self.refused) < SHOWN:
            self.refused.append((line, why))


def normal(address: str) -> tuple[str, str]:
    """An address as it is written on an envelope, and the form in which two are the same.

    Raises UsageError when it is none.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise UsageError(f"{address.strip()[:80]!r} is no e-mail address: {error}") from None
    for label in (found.local_part, *found.domain.split(".")):
        scripts = {unicodedata.name(c, "?").split()[0] for c in label if c.isalpha()}
        if "LATIN" in scripts and scripts & _LOOKALIKE:
            raise UsageError(f"{address.strip()[:80]!r} mixes letters that look alike; type it anew")
    return found.normalized, found.normalized.casefold()


def add(
    db: Database,
    address: str,
    *,
    name: str = "",
    language: str = "",
    tags: Sequence[str] = (),
    source: str = "",
    by: str = "",
) -> bool:
    """Add one subscriber. False when they are on the list already. Raises UsageError when they must not be mailed."""
    written, key = normal(address)
    with db.write() as c:
        at = locked(c, db)
        if why := stopped(c, key):
            raise UsageError(f"{written} must not be mailed ({why})")
        present = c.execute(select(subscriber).where(subscriber.c.normal == key)).first()
        if present is not None and present.active:
            return False
        if present is not None:
            raise UsageError(f"{written} has left the list")
        c.execute(insert(subscriber), [_row(written, key, name, language, tags, source, at)])
        events.append(c, at, events.GLOBAL, "subscribed", by, count=1, source=source)
        return True


def remove(db: Database, address: str, *, by: str = "", reason: str = "left") -> None:
    """Take somebody off the list for good; takes effect in a mailing that is already under way."""
    written, key = normal(address)
    with db.write() as c:
        found = c.execute(select(subscriber).where(subscriber.c.normal == key, subscriber.c.active)).first()
        if found is None:
            raise UsageError(f"{written} is not on the list")
        suppress(c, db, found, reason, by)


def reader(db: Database, token: str) -> Row[Any] | None:
    """Whose unsubscribe token this is; None when nobody's."""
    if not token.isascii() or not token.isprintable():
        return None
    with db.read() as c:
        return c.execute(select(subscriber).where(subscriber.c.token == token)).first()


def whose(db: Database, token: str) -> str:
    """The id of the reader with this unsubscribe token; "" for nobody's."""
    found = reader(db, token)
    return str(found.id) if found else ""


def token(db: Database, key: str) -> str:
    """The unsubscribe token of the subscriber with this id; "" for nobody."""
    with db.read() as c:
        return c.scalar(select(subscriber.c.token).where(subscriber.c.id == key)) or ""


def leave(db: Database, token: str) -> bool:
    """Take the reader with this token off the list, for good and at once; doing it again changes nothing.

    False when it is nobody's.
    """
    with db.write() as c:
        found = c.execute(select(subscriber).where(subscriber.c.token == token)).first()
        if found is not None and found.active:
            suppress(c, db, found, "left", "(reader)")
        return found is not None


def suppress(c: Connection, db: Database, who: Row[Any], reason: str, by: str, **facts: Any) -> None:
    """Take a subscriber off the list for good, or give another reason why they are; `facts` go into the log."""
    at = locked(c, db)
    c.execute(update(subscriber).where(subscriber.c.id == who.id).values(active=False))
    if not c.execute(
        update(suppression).where(suppression.c.normal == who.normal).values(reason=reason, at=at)
    ).rowcount:
        c.execute(insert(suppression).values(normal=who.normal, reason=reason, at=at))
    events.append(c, at, events.GLOBAL, "unsubscribed", by, count=1, reason=reason, **facts)


def stopped(c: Connection, key: str) -> str:
    """Why the normalised address `key` must not be mailed; "" where it may."""
    return c.scalar(select(suppression.c.reason).where(suppression.c.normal == key)) or ""


def load(
    db: Database,
    people: Iterable[Person],
    *,
    source: str = "",
    by: str = "",
    suppress: bool = False,
    dry: bool = False,
) -> Import:
    """Import people, a batch at a time, each in a transaction of its own: deliveries go on meanwhile.

    Never revives somebody who left or was suppressed. Who comes with a reason not to be mailed, and everybody when
    `suppress`, is taken off the list for good. `dry` changes nothing, and counts the same.
    """
    result, seen = Import(), _Seen() if dry else None
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
    at = 0.0 if seen else locked(c, db)
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
        c.execute(update(subscriber).where(subscriber.c.normal.in_(list(off))).values(active=False))
        events.append(c, at, events.GLOBAL, "unsubscribed", by, count=len(off), reason="import")
    if new:
        c.execute(insert(subscriber), [_row(w, k, p.name, p.language, p.tags, source, at) for w, k, p in new])
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
            result.refuse(person.line, str(error))
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


def suppressed(db: Database) -> Iterator[Row[Any]]:
    """Whom no mail may reach, by address, with the reason."""
    with db.read() as c:
        yield from c.execution_options(yield_per=BATCH).execute(
            select(suppression).order_by(suppression.c.normal)
        )


def listed(db: Database) -> Iterator[Row[Any]]:
    """Everybody who is on the list now, by address."""
    with db.read() as c:
        yield from c.execution_options(yield_per=BATCH).execute(
            select(subscriber).where(subscriber.c.active).order_by(subscriber.c.normal)
        )


def size(db: Database) -> int:
    with db.read() as c:
        return int(
            c.execute(select(func.count()).select_from(subscriber).where(subscriber.c.active)).scalar_one()
        )


def recipient(c: Connection, key: str, *, left: bool = False) -> Recipient | None:
    """The person a part is addressed to; None when they have left since, unless those who left count too.

    Nobody whose address bounced or who complained is mailed again.
    """
    row = c.execute(select(subscriber).where(subscriber.c.id == key)).first()
    if row is not None and not row.active:
        row = row if left and stopped(c, row.normal) in ("", "left") else None
    return Recipient(row.id, row.address, row.name, row.token) if row else None


def add_parts(
    c: Connection,
    key: str,
    state: str,
    due: float,
    last: float | None,
    language: str,
    others: Sequence[str] | None,
) -> None:
    """One part of the delivery `key` for each active subscriber who reads `language`.

    `others` given: the delivery in the main language, which serves everybody whose language is none of them.
    """
    theirs = (
        subscriber.c.language == language if others is None else subscriber.c.language.not_in(list(others))
    )
    present = select(part.c.id).where(part.c.delivery == key, part.c.recipient == subscriber.c.id).exists()
    values = NEW | {"delivery": key, "n": 0, "state": state, "due": due, "last_start": last}
    people = select(*(literal(v) for v in values.values()), subscriber.c.id).where(
        subscriber.c.active, theirs, ~present
    )
    c.execute(insert(part).from_select([*values, "recipient"], people))


def drop_leavers(c: Connection, key: str) -> None:
    """Forget the parts, none of them tried yet, of people who have left the list."""
    gone = select(subscriber.c.id).where(~subscriber.c.active)
    c.execute(delete(part).where(part.c.delivery == key, part.c.attempt == 0, part.c.recipient.in_(gone)))


def locked(c: Connection, db: Database) -> float:
    """The time; the global chain is ordered by whoever holds its lane."""
    c.execute(select(lane.c.name).where(lane.c.name == "*").with_for_update())
    return float(c.execute(select(db.now())).scalar_one())


def _row(
    address: str, key: str, name: str, language: str, tags: Sequence[str], source: str, at: float
) -> dict[str, Any]:
    return {
        "id": secrets.token_hex(8),
        "address": address,
        "normal": key,
        "name": name.strip(),
        "language": language.strip(),
        "tags": list(tags),
        "token": secrets.token_urlsafe(24),
        "source": source,
        "created": at,
        "active": True,
    }
