"""The audience: subscribers and whom no mail may reach. The only room that knows addresses."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, literal, select, update

from publisher.channel import Recipient
from publisher.errors import UsageError
from publisher.ledger import events
from publisher.ledger.engine import Database
from publisher.ledger.schema import lane, part, subscriber, suppression

NEW = {"state": "planned", "attempt": 0, "tries": 0, "finds": 0}
"""A part nobody has tried yet."""

PROBE = "doctor-asks-whether-this-page-answers"
"""The token of nobody, with which the doctor asks whether the unsubscribe page is there."""


@dataclass(slots=True)
class Import:
    """What became of a list: counts, and each refused line with its reason."""

    added: int = 0
    known: int = 0
    suppressed: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def normal(address: str) -> tuple[str, str]:
    """An address as it is written on an envelope, and the form in which two are the same.

    Raises UsageError when it is none.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise UsageError(f"{address.strip()[:80]!r} is no e-mail address: {error}") from None
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
        at = _locked(c, db)
        stopped = c.scalar(select(suppression.c.reason).where(suppression.c.normal == key))
        if stopped is not None:
            raise UsageError(f"{written} must not be mailed ({stopped})")
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
        at = _locked(c, db)
        found = c.execute(
            update(subscriber).where(subscriber.c.normal == key, subscriber.c.active).values(active=False)
        )
        if not found.rowcount:
            raise UsageError(f"{written} is not on the list")
        if not c.scalar(select(func.count()).where(suppression.c.normal == key)):
            c.execute(insert(suppression).values(normal=key, reason=reason, at=at))
        events.append(c, at, events.GLOBAL, "unsubscribed", by, count=1, reason=reason)


def reader(db: Database, token: str) -> Row[Any] | None:
    """Whose unsubscribe token this is; None when nobody's."""
    if not token.isascii() or not token.isprintable():
        return None
    with db.read() as c:
        return c.execute(select(subscriber).where(subscriber.c.token == token)).first()


def leave(db: Database, token: str) -> bool:
    """Take the reader with this token off the list, for good and at once; doing it again changes nothing.

    False when it is nobody's.
    """
    with db.write() as c:
        at = _locked(c, db)
        found = c.execute(select(subscriber).where(subscriber.c.token == token)).first()
        if found is None:
            return False
        if found.active:
            c.execute(update(subscriber).where(subscriber.c.id == found.id).values(active=False))
            if not c.scalar(select(func.count()).where(suppression.c.normal == found.normal)):
                c.execute(insert(suppression).values(normal=found.normal, reason="left", at=at))
            events.append(c, at, events.GLOBAL, "unsubscribed", "(reader)", count=1, reason="left")
        return True


def load(db: Database, text: str, *, source: str = "", by: str = "") -> Import:
    """Import CSV with a header (`email`, optionally `name`, `language`, `tags`), or one address a line.

    Never revives somebody who left or was suppressed.
    """
    result = Import()
    rows: list[dict[str, Any]] = []
    with db.write() as c:
        at = _locked(c, db)
        known = set(c.scalars(select(subscriber.c.normal)))
        stopped = set(c.scalars(select(suppression.c.normal)))
        for number, person in _people(text):
            try:
                written, key = normal(person.get("email", ""))
            except UsageError as error:
                result.refused.append((number, str(error)))
                continue
            if key in stopped:
                result.suppressed += 1
            elif key in known:
                result.known += 1
            else:
                known.add(key)
                tags = [t.strip() for t in person.get("tags", "").split(",") if t.strip()]
                rows.append(
                    _row(written, key, person.get("name", ""), person.get("language", ""), tags, source, at)
                )
        for start in range(0, len(rows), 5000):
            c.execute(insert(subscriber), rows[start : start + 5000])
        result.added = len(rows)
        if rows:
            events.append(c, at, events.GLOBAL, "subscribed", by, count=len(rows), source=source)
    return result


def listed(db: Database) -> Iterator[Row[Any]]:
    """Everybody who is on the list now, by address."""
    with db.read() as c:
        yield from c.execute(select(subscriber).where(subscriber.c.active).order_by(subscriber.c.normal))


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
        why = c.scalar(select(suppression.c.reason).where(suppression.c.normal == row.normal))
        row = row if left and why in (None, "left") else None
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


def _locked(c: Connection, db: Database) -> float:
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


def _people(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and fields of each person in a list."""
    lines = text.lstrip("\ufeff").splitlines()
    header = lines[0].lower() if lines else ""
    delimiter = max(",;\t", key=header.count)
    if "email" in [h.strip().strip('"') for h in header.split(delimiter)]:
        reader = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=delimiter)
        for row in reader:
            yield (
                reader.line_num,
                {(k or "").strip().lower(): (v or "") for k, v in row.items() if isinstance(v, str)},
            )
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, {"email": line}
