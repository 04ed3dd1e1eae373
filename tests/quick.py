"""What keeps the suite quick: ledgers that open quickly, for tests open thousands; few examples of each property."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from publisher.ledger import engine


def ledgers(put: Callable[[Any, str, Any], object] = setattr) -> None:
    """From now on, in this process, commits to SQLite do not wait for the disk, and ledgers share what is compiled.

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

    put(engine, "create_engine", created)
    put(engine, "_on_connect", connected)


def examples(few: int) -> int:
    """How many examples Hypothesis tries of a property: other ones each time, and with `make soak` many more."""
    return few * int(os.environ.get("PUBLISHER_TEST_EXAMPLES", "1"))
