"""Mail that came back, and whom no mail is sent to because of it.

A bad address (5.1.x) and a complaint end it at once; any other failure for good (5.x.x) once it came for `STATEMENTS`
statements within a year. A policy (5.7.x) and a sender's address that is refused (5.1.7, 5.1.8) are about us: nobody is
taken off the list for them. Delays pass. What cannot be proven to be about a reader changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, select, update

from publisher import audience
from publisher.channel import Channel, Returned
from publisher.errors import SettingsError
from publisher.ledger.engine import Database
from publisher.ledger.schema import delivery, part, subscriber

if TYPE_CHECKING:
    from publisher.settings import Settings

STATEMENTS = 3
"""Statements whose mail must have come back before an address that exists counts as dead."""
YEAR = 365 * 86400.0
WHO = "(returned mail)"
"""Who did it, in the log."""
MARK = "returned "
"""How the part of a mail that came back begins its hint; the status follows."""

Done = Literal["suppressed", "counted", "known", "ignored", "unproven"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one mail: `done`, and why, for people. `address` is the reader's, or ""."""

    said: Returned
    done: Done
    why: str
    address: str = ""


def reader_of(settings: Settings) -> Channel:
    """The channel in use that can read what came back. Raises SettingsError where there is none."""
    for name in settings.channel_names:
        channel = settings.channel(name)
        if hasattr(channel, "returned"):
            return channel
    raise SettingsError("no channel in use gets mail back: PUBLISHER_CHANNELS lacks email")


def take(db: Database, channel: Any, mail: bytes, to: str = "", *, dry: bool = False) -> Effect:
    """Act on one mail that came back. Doing it again changes nothing. Raises StatementError when it is no mail."""
    said: Returned = channel.returned(
        mail, to, lambda key: audience.token(db, key), lambda token: audience.whose(db, token)
    )
    if said.kind in ("delayed", "other"):
        return Effect(said, "ignored", "it passes" if said.kind == "delayed" else "it reports no failure")
    if not said.reader:
        return Effect(said, "unproven", "it does not prove whose mail it was")
    if said.kind == "failed" and (why := _about_us(said.status)):
        return Effect(said, "ignored", why)
    with db.read() if dry else db.write() as c:
        return _effect(c, db, said, dry)


def _about_us(status: str) -> str:
    if status.startswith("4."):
        return "it is no failure for good"
    if status.startswith("5.7."):
        return (
            "a policy refused us, not the reader's address; `publisher doctor` looks at SPF, DKIM and DMARC"
        )
    return "our own address was refused, not the reader's" if status in ("5.1.7", "5.1.8") else ""


def _effect(c: Connection, db: Database, said: Returned, dry: bool) -> Effect:
    person = c.execute(select(subscriber).where(subscriber.c.id == said.reader)).one()
    reason = "complained" if said.kind == "complaint" else "bounced"
    if not person.active and audience.stopped(c, person.normal) != "left":
        return Effect(said, "known", "they are off the list already", person.address)
    if reason == "complained":
        why = "they complained"
    elif said.status.startswith("5.1."):
        why = "the address does not exist"
    else:
        times, new = _counted(c, db, said, dry)
        if not times:
            return Effect(
                said, "unproven", "it does not say of which statement it was the mail", person.address
            )
        if times < STATEMENTS:
            done: Done = "counted" if new else "known"
            return Effect(said, done, f"mail of {times} of {STATEMENTS} statements came back", person.address)
        why = f"mail of {times} statements came back"
    if not dry:
        audience.suppress(c, db, person, reason, WHO, status=said.status, mail_of=said.announcement)
    return Effect(said, "suppressed", why, person.address)


def _counted(c: Connection, db: Database, said: Returned, dry: bool) -> tuple[int, bool]:
    """How many statements' mail to this reader came back, with this one, and whether that is news; 0: of none."""
    addressed = delivery.c.announcement == said.announcement, delivery.c.addressed
    # By delivery, which the parts' index begins with.
    theirs = part.c.delivery == delivery.c.id, part.c.n == 0, part.c.recipient == said.reader
    tried = c.scalars(select(part.c.id).where(*addressed, *theirs, part.c.attempt > 0)).all()
    if not tried:
        return 0, False
    before = set(
        c.scalars(
            select(delivery.c.announcement).where(
                delivery.c.addressed, *theirs, part.c.hint.like(f"{MARK}%"), part.c.settled > db.now() - YEAR
            )
        )
    )
    if not dry:
        c.execute(update(part).where(part.c.id.in_(tried)).values(hint=f"{MARK}{said.status}".strip()))
    return len(before | {said.announcement}), said.announcement not in before
