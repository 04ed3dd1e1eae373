"""What keeps the suite quick: ledgers that open quickly, for tests open thousands; templates compiled once; few examples of each property."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partialmethod
from typing import Any

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlalchemy import MetaData, create_mock_engine

from publisher.ledger import engine, schema


def ledgers(put: Callable[[Any, str, Any], object] = setattr) -> None:
    """From now on, in this process, commits to SQLite do not wait for the disk, and ledgers share what is compiled,
    the making of their tables too.

    Waiting is for power cuts, and no test makes one. SQLAlchemy keeps what it has compiled for each engine, and the
    dialect is in the key: all of SQLite share one, and those of one place on PostgreSQL.
    """
    create, on_connect = engine.create_engine, engine._on_connect
    first: dict[str, tuple[Any, Any]] = {}

    def created(url: Any, **options: Any) -> Any:
        made = create(url, **options)
        place = "sqlite" if made.dialect.name == "sqlite" else str(url)
        shared, made._compiled_cache = first.setdefault(place, (made.dialect, made._compiled_cache))
        made.dialect = made.pool._dialect = shared
        return made

    def connected(connection: Any, record: Any) -> None:
        on_connect(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    def create_all(connection: Any) -> None:
        if connection.dialect.name != "sqlite":
            MetaData.create_all(schema.meta, connection)
            return
        for said in _statements():
            connection.connection.driver_connection.execute(said)

    put(schema.meta, "create_all", create_all)
    put(engine, "create_engine", created)
    put(engine, "_on_connect", connected)


@cache
def _statements() -> list[str]:
    """What makes the tables on SQLite: to find that out takes longer than to do it."""
    said: list[str] = []
    mock = create_mock_engine(
        "sqlite://", lambda made, *_, **__: said.append(str(made.compile(dialect=mock.dialect)))
    )
    MetaData.create_all(schema.meta, mock, checkfirst=False)  # type: ignore[arg-type]
    return said


class _Compiled(BytecodeCache):
    """Templates as they were compiled in this process: every command makes environments of its own."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, object], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum, bucket.environment.autoescape))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum, bucket.environment.autoescape] = bucket.code


def templates(put: Callable[[Any, str, Any], object] = setattr) -> None:
    """From now on, in this process, a template is compiled once."""
    made = partialmethod(ImmutableSandboxedEnvironment.__init__, bytecode_cache=_Compiled())
    put(ImmutableSandboxedEnvironment, "__init__", made)


def examples(few: int) -> int:
    """How many examples Hypothesis tries of a property: other ones each time, and with `make soak` many more."""
    return few * int(os.environ.get("PUBLISHER_TEST_EXAMPLES", "1"))
