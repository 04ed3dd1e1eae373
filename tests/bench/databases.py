"""An empty PostgreSQL schema for a bench, where `PUBLISHER_TEST_POSTGRES_URL` or the local server answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError


@contextmanager
def postgresql() -> Iterator[str | None]:
    """The URL of the schema, dropped afterwards; None, saying so, where no server answers."""
    server = os.environ.get("PUBLISHER_TEST_POSTGRES_URL", "postgresql+psycopg://root@127.0.0.1:5432/test")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as c:
            c.execute(text("DROP SCHEMA IF EXISTS publisher_bench CASCADE"))
            c.execute(text("CREATE SCHEMA publisher_bench"))
    except SQLAlchemyError as error:
        print(f"PostgreSQL left out: {type(error).__name__}")
        yield None
        return
    yield f"{server}?options=-csearch_path%3Dpublisher_bench"
    with admin.connect() as c:
        c.execute(text("DROP SCHEMA publisher_bench CASCADE"))
    admin.dispose()
