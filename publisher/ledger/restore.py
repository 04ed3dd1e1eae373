"""Restoring a backup: everything in one transaction, paused, and whatever may have gone out since is `unknown`."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, create_engine, delete, func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from publisher import plan
from publisher.errors import PublisherError, SettingsError, UsageError
from publisher.ledger import events, identity, schema
from publisher.ledger.backup import Backup, described, plain, pour, reading, synced
from publisher.ledger.engine import Database, now
from publisher.ledger.schema import lane, part

CONTENT = (schema.announcement, schema.subscriber, schema.suppression, schema.event)
"""A ledger with no row in these holds nothing."""

ENDS = ("", "-wal", "-shm")
"""The files that a SQLite database in use consists of."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore made. `aside`: where the ledger is that was in its place.

    `unknown`, `held`, `failed`: the deliveries that have such parts now.
    """

    backup: Backup
    place: str
    aside: Path | None
    unknown: list[str]
    held: list[str]
    failed: list[str]


def restore(url: str, file: Path, *, by: str, aside: bool = False) -> Restored:
    """Make the ledger at `url` from a backup. It must be new or empty; `aside` moves a SQLite file aside.

    Raises UsageError when the file is no backup or the ledger is not empty, SettingsError for a backup of another
    schema, PublisherError when the backup is damaged. Nothing was changed then.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    with reading(file) as source:
        made = described(source, file)
        if made.version != schema.VERSION:
            raise SettingsError(
                f"{file} has schema {made.version}, this version needs {schema.VERSION}. Restore it with the version "
                f"of publisher that made it; or, if it is older, let PUBLISHER_DATABASE_URL name a copy of it, run "
                "`publisher ledger migrate`, and make a backup of that"
            )
        if make_url(url).get_backend_name() == "sqlite":
            return _into_file(source, made, url, by, aside)
        db = Database(url)
        try:
            return _poured(source, made, db, db.place, by)
        finally:
            db.close()


def _into_file(source: Connection, made: Backup, url: str, by: str, aside: bool) -> Restored:
    """Made beside the ledger, and put in its place when it is complete."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise UsageError("PUBLISHER_DATABASE_URL names no file to restore into")
    path = Path(name).absolute()
    if path.exists() and path.samefile(made.file):
        raise UsageError(f"{path} is the backup itself; PUBLISHER_DATABASE_URL must name another place")
    if path.exists() and not aside and (found := _content(url)):
        raise UsageError(
            f"the ledger {path} is not empty ({found}): say --yes to have it moved aside, where it is kept, or let "
            "PUBLISHER_DATABASE_URL name a new place"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}-restored.part")
    _drop(fresh)
    fresh.touch(0o600)
    db = Database(f"sqlite:///{fresh}")
    try:
        restored = _poured(source, made, db, str(path), by)
        db.close()
        old = _moved_aside(path, by) if path.exists() else None
        if old:
            shutil.copymode(old, fresh)
        fresh.rename(path)
        synced(path.parent)
    finally:
        db.close()
        _drop(fresh)
    return replace(restored, aside=old)


def _poured(source: Connection, made: Backup, db: Database, place: str, by: str) -> Restored:
    """The one transaction: rows, pause, doubts, home."""
    with db.engine.begin() as c:
        _alone(c, db)
        for table in reversed(schema.meta.sorted_tables):
            c.execute(delete(table))  # what a new ledger has of its own
        ours = schema.meta.tables
        pour(source, c, [t for t in plain(source) if t.name in ours and t.name != "tick"])
        _continue_numbers(c)
        identity.settle(c, identity.here(c, place), made.ledger)
        # Where this clock lags behind the backup's, the later of the two is the safe one.
        now = max(float(c.execute(select(db.now())).scalar_one()), made.at)
        moment = plan.shown(made.at)
        c.execute(
            update(lane)
            .where(lane.c.name == "*")
            .values(paused=True, by=by, reason=f"restored from the backup of {moment}")
        )
        why = f"restored from the backup of {moment}; it may have gone out since"
        unknown = identity.doubt(c, now, made.at, "Restored", why)
        facts = {"backup": made.at, "of": made.place, "host": made.host, "into": place, "unknown": unknown}
        events.append(c, now, events.GLOBAL, "restored", by, **facts)
        if faults := events.verify(c):
            raise PublisherError(f"the event log did not come over whole: {faults[0]}; nothing was restored")
        return Restored(made, place, None, *(_deliveries(c, s) for s in ("unknown", "held", "failed")))


def _alone(c: Connection, db: Database) -> None:
    """Nobody else may begin to use an empty ledger on a server while it is filled. Raises UsageError."""
    if c.dialect.name != "postgresql":
        return
    names = ", ".join(c.dialect.identifier_preparer.format_table(t) for t in schema.meta.sorted_tables)
    c.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    if found := _counted(c):
        raise UsageError(
            f"the ledger {db.place} is not empty ({found}) and is left alone: let PUBLISHER_DATABASE_URL name a new "
            "database, or a new schema"
        )


def _continue_numbers(c: Connection) -> None:
    """PostgreSQL numbers on from where the restored rows end."""
    if c.dialect.name != "postgresql":
        return
    for table in schema.meta.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            last = select(func.max(column)).scalar_subquery()
            series = func.pg_get_serial_sequence(table.name, column.name)
            c.execute(select(func.setval(series, func.coalesce(last, 1), last.is_not(None))))


def _deliveries(c: Connection, state: str) -> list[str]:
    rows = select(part.c.delivery).where(part.c.state == state).distinct()
    return list(c.scalars(rows.order_by(part.c.delivery)))


def _content(url: str) -> str:
    """What a ledger holds, in words; "" for nothing. What cannot be read counts as something."""
    try:
        db = Database(url, as_it_is=True)
        try:
            with db.read() as c:
                return "" if db.version() is None else _counted(c)
        finally:
            db.close()
    except (DBAPIError, SettingsError):
        return "it cannot be read"


def _counted(c: Connection) -> str:
    counts = [(t.name, c.execute(select(func.count()).select_from(t)).scalar_one()) for t in CONTENT]
    return ", ".join(f"{n} {name}{'s' if n > 1 else ''}" for name, n in counts if n)


def _moved_aside(path: Path, by: str) -> Path:
    """Rename a ledger that another takes the place of, paused, so that it sends nothing when it is opened again.

    Raises SettingsError while somebody has it open: SQLite loses what is written to a file moved away under it.
    """
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 2.0}, poolclass=NullPool)
    try:
        with closing(engine.raw_connection()) as alone:
            alone.cursor().execute("PRAGMA journal_mode=DELETE")  # granted to the only one who has it open
        with engine.begin() as c:
            reason = "another ledger was restored in the place of this one"
            c.execute(update(lane).where(lane.c.name == "*").values(paused=True, by=by, reason=reason))
            at = float(c.execute(select(now())).scalar_one())
            events.append(c, at, events.GLOBAL, "paused", by, channel="", reason=reason)
    except (DBAPIError, sqlite3.Error) as error:
        code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise SettingsError(
                f"another process has {path} open: stop every publisher that runs on it, then restore"
            ) from None
        # Damaged, or no ledger: nothing can be sent from it.
    finally:
        engine.dispose()
    aside = _free(path)
    for end in ENDS:
        rest = _with(path, end)
        if rest.exists():
            rest.rename(_with(aside, end))
    return aside


def _free(path: Path) -> Path:
    """A name that tells what the old ledger was, and when it was put aside."""
    stamp = f"{path.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = (path.with_name(stamp + (f"-{n}" if n else "")) for n in count())
    return next(name for name in names if not name.exists())


def _with(path: Path, end: str) -> Path:
    return path.with_name(path.name + end)


def _drop(path: Path) -> None:
    for end in (*ENDS, "-journal"):
        _with(path, end).unlink(missing_ok=True)
