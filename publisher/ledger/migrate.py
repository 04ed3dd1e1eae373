"""Changing an existing ledger's schema, which nothing else does: after a backup, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text
from sqlalchemy.engine import make_url

from publisher.errors import PublisherError, SettingsError
from publisher.ledger import events, migrations, schema
from publisher.ledger.backup import Backup, backup
from publisher.ledger.engine import Database

QUIET = 15.0
"""Seconds after a clock's last tick; it ticks every five, so then it has been stopped."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """A ledger that was brought from one schema to another, and the backup of what it was before."""

    place: str
    old: str
    new: str
    backup: Backup


def migrate(url: str, target: Path, *, by: str) -> Migrated | None:
    """Bring the ledger at `url` to this version's schema, after a backup to `target`; None when it has it.

    All or nothing: nobody else writes from before the backup until it is done. The way back is to restore the
    backup with the version that made the ledger. Raises SettingsError when it must not be done now, or cannot.
    """
    name = make_url(url).database
    if make_url(url).get_backend_name() == "sqlite" and not (name and Path(name).exists()):
        return None
    db = Database(url, as_it_is=True)
    try:
        old = db.version()
        if old in (None, schema.VERSION):
            return None
        _possible(db, str(old))
        with _alone(db) as c:
            made = backup(db, target)
            migrations.upgrade(c, schema.VERSION)
            _proven(c)
            at = float(c.execute(select(db.now())).scalar_one())
            c.execute(select(schema.lane.c.name).where(schema.lane.c.name == "*").with_for_update())
            facts = {"old": old, "new": schema.VERSION, "backup": str(made.file)}
            events.append(c, at, events.GLOBAL, "migrated", by, **facts)
        return Migrated(db.place, str(old), schema.VERSION, made)
    finally:
        db.close()


def _possible(db: Database, old: str) -> None:
    if not old:
        raise SettingsError(f"{db.place} has tables that are no ledger's; nothing was changed")
    if not migrations.known(old):
        raise SettingsError(
            f"the ledger {db.place} has schema {old}, which this version does not know: it was made by a newer one. "
            "Install that; nothing was changed"
        )
    with db.read() as c:
        ago = c.execute(select(db.now() - func.max(schema.tick.c.at))).scalar()
        if ago is not None and ago < QUIET:
            host = c.scalar(select(schema.tick.c.host).order_by(schema.tick.c.at.desc()).limit(1))
            raise SettingsError(
                f"a clock ran on {host} {max(ago, 0):.0f} s ago: stop every publisher that runs on this ledger, wait "
                f"{QUIET:.0f} s, then migrate; nothing was changed"
            )


@contextmanager
def _alone(db: Database) -> Iterator[Connection]:
    """A transaction in which others may read the ledger and nobody else writes to it."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as c:
            names = [c.dialect.identifier_preparer.quote(n) for n in inspect(c).get_table_names()]
            c.execute(text(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE"))
            yield c
        return
    with db.engine.connect() as c:
        driver = c.connection.driver_connection
        assert driver is not None
        # A table that is made anew is dropped in between; its children's references must outlive that.
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with c.begin():
                yield c
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _proven(c: Connection) -> None:
    """Raises PublisherError, and so changes nothing, when the migration broke something."""
    if c.dialect.name == "sqlite" and (broken := c.exec_driver_sql("PRAGMA foreign_key_check").first()):
        raise PublisherError(f"migrating broke a reference in {broken[0]}; nothing was changed")
    if faults := events.verify(c):
        raise PublisherError(f"the event log does not hold after migrating: {faults[0]}; nothing was changed")
