"""What this ledger is and where it lives, so that a copy that is started beside the original is noticed.

A ledger has an id for life and a home: for SQLite the machine, the file system and the inode of its file, for
PostgreSQL the server's system identifier, the database and the table. A copy is always somewhere else. It is asked
once in a process, before its first write: nothing can be claimed without one, and reading needs no home. Away from
home everything is paused, and what was due is `unknown`, for the other one may have sent it; the new place is home
from then on, and a person's `publisher resume` is what accepts it.

A file that was renamed is at home, and so is a standby that was promoted. The clone of a whole disk or virtual
machine cannot be told from the original.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, case, delete, func, insert, or_, select, text, update

from publisher import plan
from publisher.digest import sha256
from publisher.ledger import events
from publisher.ledger.schema import announcement, delivery, event, identity, lane, part, tick

if TYPE_CHECKING:
    from publisher.ledger.engine import Database

MACHINE = Path("/etc/machine-id")

TOLD = ("host", "where")
"""What of a home is for people only: a host's name and a mount point may change and the ledger stays where it is."""


def arrive(db: Database) -> None:
    """Before a process's first write: a ledger that is not at home is paused, and what was due is in doubt."""
    with db.read() as c:
        if _at_home(_home(c), here(c, db.place)):
            return
    with db.engine.begin() as c:
        c.execute(select(lane.c.name).where(lane.c.name == "*").with_for_update())
        old, new = _home(c), here(c, db.place)
        if old is None:
            settle(c, new)  # made before ledgers had homes
        elif not _at_home(old, new):
            _stop(c, float(c.execute(select(db.now())).scalar_one()), old, new)


def settle(c: Connection, home: Mapping[str, str], ledger: str = "") -> None:
    """Make `home` this ledger's home; a ledger without an id gets one, or `ledger`. From now on it is no backup."""
    known = c.scalar(select(identity.c.value).where(identity.c.name == "ledger"))
    values = {"ledger": ledger or known or uuid.uuid4().hex, "home": json.dumps(dict(home))}
    c.execute(delete(identity).where(identity.c.name.in_([*values, "backup"])))
    c.execute(insert(identity), [{"name": name, "value": value} for name, value in values.items()])


def here(c: Connection, where: str) -> dict[str, str]:
    """Where the ledger on this connection is. A value that cannot be found out is "", and equals any.

    `where` is the place's name for people. A ledger in memory is nowhere: {}.
    """
    told = {"host": socket.gethostname(), "where": where}
    if c.dialect.name == "postgresql":
        return told | _in_server(c)
    file = str(c.exec_driver_sql("SELECT file FROM pragma_database_list WHERE name = 'main'").scalar_one())
    if not file:
        return {}
    # Not the device's number: it may be another one after a restart, the file system's id mostly is not.
    return told | {
        "machine": _machine(),
        "filesystem": str(os.statvfs(file).f_fsid or ""),
        "inode": str(Path(file).stat().st_ino),
    }


def doubt(c: Connection, now: float, since: float, kind: str, why: str) -> list[str]:
    """Whatever another ledger may have sent after `since` is `unknown`: all that is sending, or due by `now`.

    It is looked up where that is possible, from `now` on. The deliveries it concerns.
    """
    open_ = or_(part.c.state == "sending", and_(part.c.state.in_(("planned", "waiting")), part.c.due <= now))
    theirs = select(part.c.delivery).where(open_)
    concerned = c.execute(select(delivery).where(delivery.c.id.in_(theirs)).order_by(delivery.c.id)).all()
    values = {
        "state": "unknown",
        "kind": kind,
        "error": why,
        "started": now,
        "first": func.coalesce(part.c.first, case((part.c.due > since, part.c.due), else_=since)),
        "last_start": None,  # once a person has said that it is not public, it is not too late for it
        "settled": now,
        "finds": 0,
        # Of a mailing nothing can be looked up, and there may be very many.
        "find_due": case((part.c.recipient == "", now)),
    }
    for of in concerned:
        c.execute(select(announcement.c.id).where(announcement.c.id == of.announcement).with_for_update())
        mine = and_(part.c.delivery == of.id, open_)
        some = c.execute(select(part.c.n, part.c.attempt).where(mine).order_by(part.c.id).limit(20)).all()
        count = c.execute(update(part).where(mine).values(**values)).rowcount
        parts = [[p.n, p.attempt] for p in some]
        events.append(
            c, now, of.announcement, "unknown", delivery=of.id, reason=why, parts=parts, count=count
        )
    return [of.id for of in concerned]


def _stop(c: Connection, now: float, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Pause a ledger that is away from its home, and make its new place its home."""
    since = min(now, _last_sign(c) or now)
    reason = (
        f"this ledger was at {_told(old)} and is now at {_told(new)}: was it copied or moved? If the other one "
        "goes on, leave this one paused, or both would post. If it was moved for good, see that nothing runs on "
        "the other one, then `publisher resume` accepts the new place"
    )
    before = c.execute(select(lane).where(lane.c.name == "*")).one()
    if before.paused and before.reason:
        reason += f". It was paused before: {before.reason}"
    c.execute(update(lane).where(lane.c.name == "*").values(paused=True, reason=reason, by=None))
    doubtful = doubt(
        c,
        now,
        since,
        "Moved",
        f"this ledger was copied or moved after {plan.shown(since)}; the other one may have sent it",
    )
    settle(c, new)
    events.append(
        c,
        now,
        events.GLOBAL,
        "paused",
        channel="",
        reason=reason,
        old=dict(old),
        new=dict(new),
        unknown=doubtful,
    )
    logging.getLogger(__name__).warning("everything is paused: %s", reason)


def _home(c: Connection) -> dict[str, str] | None:
    found = c.scalar(select(identity.c.value).where(identity.c.name == "home"))
    return json.loads(found) if found else None


def _at_home(old: Mapping[str, str] | None, new: Mapping[str, str]) -> bool:
    if not new:
        return True
    if old is None:
        return False
    names = (set(old) | set(new)) - set(TOLD)
    # A name that only one of them has is of another kind of database.
    return all(name in old and name in new and _same(old[name], new[name]) for name in names)


def _same(one: str, other: str) -> bool:
    return one == other or not one or not other


def _told(home: Mapping[str, str]) -> str:
    return f"{home.get('where')} on {home.get('host')}"


def _last_sign(c: Connection) -> float | None:
    """When this ledger was last surely at work."""
    signs = c.execute(
        select(select(func.max(event.c.at)).scalar_subquery(), select(func.max(tick.c.at)).scalar_subquery())
    ).one()
    return max((at for at in signs if at is not None), default=None)


def _machine() -> str:
    """This machine's id, not to be told as it is (machine-id(5)); "" where it has none, as in most containers."""
    try:
        found = MACHINE.read_text().strip()
    except OSError:
        return ""
    return sha256(["publisher", found])[:16] if found else ""


def _in_server(c: Connection) -> dict[str, Any]:
    """Stays the same through restarts, renamings and fail-overs; a restored dump is another one."""
    may = c.scalar(text("SELECT has_function_privilege('pg_control_system()', 'execute')"))
    system = c.scalar(text("SELECT system_identifier::text FROM pg_control_system()")) if may else ""
    place = text(
        "SELECT oid::text, to_regclass('identity')::oid::text FROM pg_database WHERE datname = current_database()"
    )
    database, table = c.execute(place).one()
    return {"system": system or "", "database": database or "", "table": table or ""}
