"""Backups: one SQLite file with the ledger's own tables, whichever database the ledger is in.

A backup is of one moment and is made while everything goes on. It is written beside its target, proven, and put in
place when it is complete, so that whatever bears the target's name is a whole backup. Nobody but its owner can read
it: it holds the subscribers, and their tokens for leaving the list.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from publisher import __version__
from publisher.errors import PublisherError, UsageError
from publisher.ledger import events, migrations
from publisher.ledger.engine import Database
from publisher.ledger.schema import identity

SLICE = 500
"""Rows that are in memory at a time; of blobs, one."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What is in a backup file. `at` in seconds since the epoch by the ledger's clock; `counts` rows by table."""

    file: Path
    at: float
    ledger: str
    place: str
    host: str
    version: str
    counts: dict[str, int]
    bytes: int


def backup(db: Database, target: Path, *, replace: bool = False) -> Backup:
    """Write a backup of a ledger of any schema; it may be in use. What is in it.

    Raises UsageError when it cannot be written there (or something is there, without `replace`), PublisherError
    when the copy's event chains do not hold; then nothing was written.
    """
    target = _target(db, target, replace)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".part", dir=target.parent)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    os.close(handle)  # made for its owner alone, and it stays so
    part = Path(name)
    try:
        copied = _copied_file if db.engine.dialect.name == "sqlite" else _copied_rows
        at = copied(db, part)
        _mark(part, {"at": at, "place": db.place, "host": socket.gethostname(), "publisher": __version__})
        with reading(part) as c:
            made = described(c, target)
        synced(part)
        part.replace(target)
        synced(target.parent)
    finally:
        for rest in (part, part.with_name(f"{part.name}-journal")):
            rest.unlink(missing_ok=True)
    return made


@contextmanager
def reading(file: Path) -> Iterator[Connection]:
    """A connection on a backup file, which is not changed by it."""
    uri = f"file:{quote(str(file.resolve()))}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)
    try:
        with engine.connect() as c:
            yield c
    finally:
        engine.dispose()


def described(c: Connection, file: Path) -> Backup:
    """What is in a backup file, once it is proven. Raises UsageError when it is none, PublisherError when damaged."""
    try:
        tables = inspect(c).get_table_names()
        found = (
            dict(c.execute(select(identity.c.name, identity.c.value)).all()) if "identity" in tables else {}
        )
        if "alembic_version" not in tables or "backup" not in found:
            raise UsageError(f"{file} is no backup of a ledger; `publisher ledger backup` makes one")
        version = str(c.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
        if (sound := c.exec_driver_sql("PRAGMA quick_check(1)").scalar()) != "ok":
            raise PublisherError(f"{file} is damaged: {sound}")
        if faults := events.verify(c):
            more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
            raise PublisherError(f"{file}: its event log does not hold: {faults[0]}{more}")
    except DBAPIError as error:
        raise UsageError(f"{file} is no backup of a ledger: {error.orig}") from None
    made = json.loads(found["backup"])
    counts = {
        table.name: int(c.execute(select(func.count()).select_from(table)).scalar_one())
        for table in plain(c)
        if table.name not in ("alembic_version", "identity")
    }
    return Backup(
        file, made["at"], found.get("ledger", ""), made["place"], made["host"], version, counts, _size(c)
    )


def plain(c: Connection) -> list[Table]:
    """The tables on a connection, parents first, with the types that rows are copied by."""
    found = MetaData()
    found.reflect(c)
    made = MetaData()
    return [
        Table(t.name, made, *(Column(x.name, _plain_type(x), primary_key=x.primary_key) for x in t.columns))
        for t in found.sorted_tables
    ]


def pour(source: Connection, target: Connection, tables: Iterable[Table]) -> None:
    """Copy rows, a slice at a time."""
    for table in tables:
        large = any(isinstance(column.type, LargeBinary) for column in table.columns)
        options = {"stream_results": True, "yield_per": 1 if large else SLICE}
        for some in source.execute(select(table), execution_options=options).partitions():
            target.execute(insert(table), [dict(row._mapping) for row in some])


def shown(made: Backup) -> dict[str, Any]:
    """As JSON."""
    from publisher.views import moment

    return asdict(made) | {"file": str(made.file), "at": moment(made.at)}


def _plain_type(column: Column[Any]) -> Any:
    kind = column.type.as_generic()
    # Without it a missing value would come back as the JSON text "null".
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


def _target(db: Database, target: Path, replace: bool) -> Path:
    """Where the backup goes, links followed. Never onto the ledger itself."""
    target = target.resolve()
    if not target.parent.is_dir():
        raise UsageError(f"there is no folder {target.parent}")
    if not os.path.lexists(target):
        return target
    if not target.is_file():
        raise UsageError(f"{target} is no file; name one for the backup")
    own = Path(db.place).resolve() if db.engine.dialect.name == "sqlite" else None
    if own and own.exists() and any(target == own.with_name(own.name + end) for end in ("", "-wal", "-shm")):
        raise UsageError(f"{target} is the ledger itself; name another file for the backup")
    if not replace:
        raise UsageError(f"{target} exists; name another file, or say --yes to replace it")
    return target


def _copied_file(db: Database, part: Path) -> float:
    """SQLite's own online copy: in one step it is of one moment, and keeps nobody from writing. The moment."""
    at = db.clock()
    with closing(db.engine.raw_connection()) as source, closing(sqlite3.connect(part)) as copy:
        driver = source.driver_connection
        assert driver is not None
        driver.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself
    return at


def _copied_rows(db: Database, part: Path) -> float:
    """Row by row out of one snapshot of PostgreSQL, into the tables that migrations make. The moment."""
    snapshot = db.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    file = _writing(part)
    try:
        with snapshot.connect() as source, file.begin() as copy:
            at = float(source.execute(select(db.now())).scalar_one())
            version = source.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            migrations.upgrade(copy, str(version))
            pour(source, copy, [t for t in plain(copy) if t.name != "alembic_version"])
    finally:
        file.dispose()
    return at


def _mark(part: Path, facts: dict[str, Any]) -> None:
    file = _writing(part)
    with file.begin() as c:
        c.execute(insert(identity).values(name="backup", value=json.dumps(facts)))
    file.dispose()


def _writing(part: Path) -> Engine:
    return create_engine(f"sqlite:///{part}", poolclass=NullPool)


def _size(c: Connection) -> int:
    pages, page = (c.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
    return int(pages) * int(page)


def synced(path: Path) -> None:
    """Not in place before it is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
