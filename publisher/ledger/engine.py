"""Opening the ledger: SQLite in WAL mode by default, PostgreSQL for several machines; one clock for both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Engine, Float, create_engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, FunctionElement

from publisher.errors import SettingsError
from publisher.ledger import identity, schema

BUSY = 30.0
"""Seconds a writer waits for another one on SQLite."""


class _Now(FunctionElement[float]):
    """The database's clock in seconds since the epoch. Hosts' clocks drift; this one is shared."""

    type = Float()
    inherit_cache = True


@compiles(_Now, "sqlite")
def _now_sqlite(*_: Any, **__: Any) -> str:
    # unixepoch('subsec') needs SQLite 3.42; Debian 12 has 3.40.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_Now, "postgresql")
def _now_postgresql(*_: Any, **__: Any) -> str:
    # Stable within the transaction, so that the partial index on `due` is used.
    return "(extract(epoch from now())::double precision)"


_NOW = _Now() + 0.0


def now() -> ColumnElement[float]:
    """The database's clock, as an expression in a statement."""
    return _NOW


def gathered(c: Connection, *columns: ColumnElement[Any]) -> ColumnElement[Any]:
    """These columns of all rows as one value: a list of lists, or nothing where there are no rows.

    SQLite's driver hands the interpreter to other threads with each row that it reads.
    """
    if c.dialect.name == "sqlite":
        return func.json_group_array(func.json_array(*columns), type_=JSON)
    return func.json_agg(func.json_build_array(*columns), type_=JSON)


class Database:
    """One ledger's connections. `skew` moves its clock, in seconds: the seam by which tests travel in time.

    `as_it_is` opens whatever is there: nothing is made, and its schema may be another one.
    """

    def __init__(self, url: str, *, as_it_is: bool = False) -> None:
        self.url = url
        self.skew = 0.0
        self.engine = _engine(url)
        # SQLite lets one write at a time, and makes the others ask again in ever longer steps: in turn is quicker.
        self._turn = threading.RLock() if self.engine.dialect.name == "sqlite" else nullcontext()
        self._arrived = as_it_is
        self._open(as_it_is)

    @property
    def place(self) -> str:
        """Where the ledger is, for people; never its password."""
        url = self.engine.url
        return (
            str(url.database)
            if url.get_backend_name() == "sqlite"
            else url.render_as_string(hide_password=True)
        )

    def now(self) -> ColumnElement[float]:
        """The clock, as an expression in a statement."""
        return now() + self.skew if self.skew else now()

    def clock(self) -> float:
        """The clock's reading."""
        with self.read() as connection:
            return float(connection.execute(select(self.now())).scalar_one())

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; on SQLite it holds the write lock from its start."""
        if not self._arrived:
            identity.arrive(self)
            self._arrived = True
        with self._turn, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.engine.connect() as connection:
            yield connection.execution_options(write=False)

    def close(self) -> None:
        self.engine.dispose()

    def version(self) -> str | None:
        """The revision of its schema; None when there are no tables, "" when they are not a ledger's."""
        with self.read() as connection:
            tables = inspect(connection).get_table_names()
            if "alembic_version" not in tables:
                return "" if tables else None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""

    def _open(self, as_it_is: bool) -> None:
        try:
            found = self.version()
            if as_it_is:
                return
            if found is None:
                self._create()
            elif found != schema.VERSION:
                raise SettingsError(
                    f"the ledger {self.place} has schema {found or 'unknown'}, this version needs {schema.VERSION}; "
                    "nothing was changed. `publisher ledger migrate` brings an older one up to date, after a backup"
                )
            self._refuse_forgetful_cluster()
        except SQLAlchemyError as error:
            raise SettingsError(f"the ledger {self.place} cannot be opened: {_short(error)}") from None

    def _create(self) -> None:
        """A missing ledger is made at once, by whichever of several processes comes first."""
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(7_130_421)))
            if inspect(connection).has_table("alembic_version"):
                return
            schema.meta.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:v)"), {"v": schema.VERSION})
            connection.execute(schema.lane.insert().values(name="*", paused=False, free=0.0))
            identity.settle(connection, identity.here(connection, self.place))

    def _refuse_forgetful_cluster(self) -> None:
        """A fail-over that forgets an acknowledged attempt posts twice: measured 953 times in 4,000."""
        if self.engine.dialect.name != "postgresql":
            return
        with self.read() as connection:
            standbys = connection.execute(text("SELECT count(*) FROM pg_stat_replication")).scalar_one()
            names = connection.execute(text("SHOW synchronous_standby_names")).scalar_one()
        if standbys and not str(names).strip():
            raise SettingsError(
                f"{self.place} has standbys but replicates asynchronously: a fail-over could forget that a post "
                "went out. Set synchronous_standby_names on the server"
            )


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise SettingsError(
                f"PUBLISHER_DATABASE_URL: {backend} is not supported; use sqlite or postgresql+psycopg"
            )
        if backend == "postgresql":
            # Our statements are long and quick: compiling one takes a thousand times as long as running it.
            options = f"{parsed.query.get('options', '')} -c jit=off".strip()
            return create_engine(parsed, pool_pre_ping=True, connect_args={"options": options})
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        made = create_engine(parsed, connect_args={"timeout": BUSY})
    except (ArgumentError, NoSuchModuleError):
        raise SettingsError(
            "PUBLISHER_DATABASE_URL is no database URL; write sqlite:////path or postgresql+psycopg://…"
        ) from None
    except ModuleNotFoundError:
        raise SettingsError(
            "the PostgreSQL driver is missing: install announcement-publisher[postgres]"
        ) from None
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise SettingsError(
            f"the ledger's folder {error.filename} cannot be made: {reason}; set PUBLISHER_DATABASE_URL to a place "
            "where this account may write"
        ) from None
    event.listen(made, "connect", _on_connect)
    event.listen(made, "begin", _on_begin)
    return made


def _on_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(
        "PRAGMA synchronous=FULL"
    )  # NORMAL may forget a commit at a power cut, and then post twice
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(
        "BEGIN IMMEDIATE" if connection.get_execution_options().get("write", True) else "BEGIN"
    )


def _short(error: Exception) -> str:
    """The driver's own sentence, without the statement and its parameters."""
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:200]
