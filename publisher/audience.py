"""The audience: subscribers and whom no mail may reach. The only room that knows addresses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from publisher.address import normal
from publisher.channel import Recipient
from publisher.errors import UsageError
from publisher.intake.fields import language_tag
from publisher.ledger import events
from publisher.ledger.engine import Database, gathered
from publisher.ledger.schema import delivery, identity, lane, part, subscriber, suppression

NEW = {"state": "planned", "attempt": 0, "tries": 0, "finds": 0}
"""A part nobody has tried yet."""
BATCH = 2000
"""Rows that are read at once."""
CONFIRMED = "confirmed by the reader"
"""Where somebody comes from who has subscribed himself."""

PROBE = "doctor-asks-whether-this-page-answers"
"""The token of nobody, with which the doctor asks whether the unsubscribe page is there."""


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
    tag = language_tag(language)
    if language and not tag:
        raise UsageError(f"the language {language[:40]!r} is no tag such as fr")
    with db.write() as c:
        at = locked(c, db)
        if why := stopped(c, key):
            raise UsageError(f"{written} must not be mailed ({why})")
        present = c.execute(select(subscriber).where(subscriber.c.normal == key)).first()
        if present is not None and present.active:
            return False
        if present is not None:
            raise UsageError(f"{written} has left the list")
        c.execute(insert(subscriber), [new(written, key, name, tag, tags, source, at)])
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


def confirm(db: Database, address: str, language: str, asked: float) -> bool:
    """Put a reader on the list who has confirmed it himself, whatever was before; again changes nothing.

    `asked` is when he asked for it; False when he has left since.
    """
    written, key = normal(address)
    with db.write() as c:
        at = locked(c, db)
        stopped_at = c.scalar(select(suppression.c.at).where(suppression.c.normal == key))
        if stopped_at is not None and stopped_at >= asked:
            return False
        c.execute(delete(suppression).where(suppression.c.normal == key))
        present = c.execute(select(subscriber).where(subscriber.c.normal == key)).first()
        if present is None:
            c.execute(insert(subscriber), [new(written, key, "", language, (), CONFIRMED, at)])
        else:
            mine = update(subscriber).where(subscriber.c.id == present.id)
            c.execute(mine.values(active=True, language=language, source=CONFIRMED))
        if present is None or not present.active:
            events.append(c, at, events.GLOBAL, "subscribed", "(reader)", count=1, source=CONFIRMED)
        return True


def secret(db: Database) -> str:
    """The ledger's own key for links to people who are not on the list; made when it is first wanted."""
    mine = select(identity.c.value).where(identity.c.name == "links")
    with db.read() as c:
        if known := c.scalar(mine):
            return str(known)
    with db.write() as c:
        locked(c, db)
        if not c.scalar(mine):
            c.execute(insert(identity).values(name="links", value=secrets.token_hex(32)))
        return str(c.scalar(mine))


def suppress(c: Connection, db: Database, who: Row[Any], reason: str, by: str, **facts: Any) -> None:
    """Take a subscriber off the list for good, or give another reason why they are; `facts` go into the log."""
    at = locked(c, db)
    c.execute(update(subscriber).where(subscriber.c.id == who.id).values(active=False))
    if not c.execute(
        update(suppression).where(suppression.c.normal == who.normal).values(reason=reason, at=at)
    ).rowcount:
        c.execute(insert(suppression).values(normal=who.normal, reason=reason, at=at))
    withdraw(c, [who.id])
    events.append(c, at, events.GLOBAL, "unsubscribed", by, count=1, reason=reason, **facts)


def stopped(c: Connection, key: str) -> str:
    """Why the normalised address `key` must not be mailed; "" where it may."""
    return c.scalar(select(suppression.c.reason).where(suppression.c.normal == key)) or ""


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


def readers(db: Database, languages: Sequence[str], main: str) -> dict[str, int]:
    """How many get each of `languages`, of which `main` is for whoever reads none of them."""
    count = select(func.count()).select_from(subscriber)
    with db.read() as c:
        return {
            tag: int(c.scalar(count.where(subscriber.c.active, reads(tag, languages, main))) or 0)
            for tag in languages
        }


def recipient(c: Connection, key: str, *, left: bool = False) -> Recipient | None:
    """The person a part is addressed to; None when they have left since, unless those who left count too.

    Nobody whose address bounced or who complained is mailed again.
    """
    return recipients(c, [key], left=left).get(key)


def recipients(c: Connection, keys: Sequence[str], *, left: bool = False) -> dict[str, Recipient]:
    """The same of many people at once, by their ids; who must not be mailed is missing."""
    told = (subscriber.c[name] for name in ("id", "address", "name", "token", "normal", "active"))
    rows = c.scalar(select(gathered(c, *told)).where(subscriber.c.id.in_(keys))) or []
    away = [normal for *_, normal, active in rows if not active]
    stopped: set[str] = set()
    if left and away:
        why = suppression.c.normal.in_(away), suppression.c.reason != "left"
        stopped = set(c.scalars(select(suppression.c.normal).where(*why)))
    return {
        id: Recipient(id, address, name, token)
        for id, address, name, token, normal, active in rows
        if active or (left and normal not in stopped)
    }


def bounced(db: Database, keys: Sequence[str]) -> None:
    """A relay said that nobody is at these people's addresses: take them off the list for good."""
    with db.write() as c:
        locked(c, db)
        for who in c.execute(select(subscriber).where(subscriber.c.id.in_(keys), subscriber.c.active)).all():
            suppress(c, db, who, "bounced", "(bounce)")


def withdraw(c: Connection, keys: Sequence[str]) -> None:
    """Cancel what these people, by their ids, would still get of a mailing that is under way.

    Those that have not begun leave them out when they do; a correction goes to those who got the first mail.
    """
    begun = select(delivery.c.id).where(
        delivery.c.until.is_not(None), delivery.c.action.in_(("publish", "replace"))
    )
    for mailing in c.scalars(begun).all():
        theirs = part.c.delivery == mailing, part.c.n == 0, part.c.recipient.in_(keys)
        c.execute(
            update(part)
            .where(*theirs, part.c.state.in_(("planned", "waiting", "held")))
            .values(state="cancelled", kind="Left", error="left the list")
        )


def add_parts(
    c: Connection,
    key: str,
    state: str,
    due: float,
    last: float | None,
    language: str,
    languages: Sequence[str],
    main: str,
) -> None:
    """One part of the delivery `key`, in `language`, for each active subscriber who gets that one of `languages`."""
    # As a difference of sets: to look up each reader for himself, PostgreSQL reads all parts for each of them where
    # it does not know yet how many there are.
    present = select(part.c.recipient).where(part.c.delivery == key, part.c.n == 0)
    wanted = select(subscriber.c.id).where(subscriber.c.active, reads(language, languages, main))
    people = wanted.except_(present).subquery()
    values = NEW | {"delivery": key, "n": 0, "state": state, "due": due, "last_start": last}
    rows = select(*(literal(v) for v in values.values()), people.c.id)
    c.execute(insert(part).from_select([*values, "recipient"], rows))


def reads(language: str, languages: Sequence[str], main: str) -> ColumnElement[bool]:
    """Who gets `language` where there are `languages`: a reader of fr-CH gets that, else fr, else the `main` one.

    (Lookup of RFC 4647 3.4: each reader has exactly one.)
    """
    others = [tag for tag in languages if tag != language]
    narrower = [tag for tag in others if tag.startswith(f"{language}-")]
    mine = and_(_within(language), *(~_within(tag) for tag in narrower))
    return or_(mine, and_(true(), *(~_within(tag) for tag in others))) if language == main else mine


def _within(language: str) -> ColumnElement[bool]:
    return or_(
        subscriber.c.language == language, subscriber.c.language.startswith(f"{language}-", autoescape=True)
    )


def drop_leavers(c: Connection, key: str) -> None:
    """Forget the parts, none of them tried yet, of people who have left the list."""
    gone = select(subscriber.c.id).where(~subscriber.c.active)
    c.execute(delete(part).where(part.c.delivery == key, part.c.attempt == 0, part.c.recipient.in_(gone)))


def locked(c: Connection, db: Database) -> float:
    """The time; the global chain is ordered by whoever holds its lane."""
    c.execute(select(lane.c.name).where(lane.c.name == "*").with_for_update())
    return float(c.execute(select(db.now())).scalar_one())


def new(
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
