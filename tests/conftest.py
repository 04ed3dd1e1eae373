"""Fixtures that several tests share: a ledger on each database, a channel that does as it is told."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from publisher.channel import Channel, Copy, Form, LiveText, Outcome, Part, Post, Receipt, Rendering, Unclear
from publisher.ledger import Ledger, NewDelivery, Plan, engine, identity, schema
from publisher.settings import Retry
from publisher.statement import Block, Statement
from tests import quick

# The state folder of whoever runs the tests is not theirs; processes they start inherit it.
os.environ["XDG_STATE_HOME"] = STATE = tempfile.mkdtemp(prefix="publisher-tests-")

HERE = "http://127.0.0.1:1"


def pytest_unconfigure() -> None:
    """Not at the interpreter's exit: the workers of pytest-xdist end without one."""
    shutil.rmtree(STATE, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def as_shipped() -> Iterator[Callable[[Any, Any], None]]:
    """What the product does to a new connection to SQLite, which tests have it do differently: see quick.py."""
    shipped = engine._on_connect
    with pytest.MonkeyPatch.context() as patch:
        quick.ledgers(patch.setattr)
        quick.templates(patch.setattr)
        yield shipped


def _postgres() -> str | None:
    """A PostgreSQL that answers: the one that is named, else the local one."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    named = os.environ.get("PUBLISHER_TEST_POSTGRES_URL")
    url = named or "postgresql+psycopg://root@127.0.0.1:5432/test"
    try:
        engine = create_engine(url, connect_args={"connect_timeout": 3})
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except (SQLAlchemyError, ImportError):
        if named or os.environ.get("PUBLISHER_TEST_POSTGRES_REQUIRED"):
            raise
        return None
    return url


@pytest.fixture(scope="session")
def postgres_server() -> str:
    url = _postgres()
    if url is None:
        pytest.skip("no PostgreSQL answers at 127.0.0.1:5432 and PUBLISHER_TEST_POSTGRES_URL is not set")
    return url


@contextmanager
def _schema(server: str) -> Iterator[str]:
    from sqlalchemy import create_engine, text

    name = f"t{uuid.uuid4().hex[:12]}"
    made = create_engine(server, isolation_level="AUTOCOMMIT")
    with made.connect() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield f"{server}?options=-csearch_path%3D{name}"
    finally:
        with made.connect() as connection:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
        made.dispose()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A schema of its own on the server, with nothing in it, dropped afterwards."""
    with _schema(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def emptied(postgres_server: str) -> Iterator[Callable[[], str]]:
    """The URL of a ledger on PostgreSQL that is as if new: one for all tests, for making its tables takes longest."""
    with ExitStack() as stack:
        kept: list[tuple[str, str]] = []

        def url() -> str:
            if not (kept and _empty(*kept[0])):
                place = stack.enter_context(_schema(postgres_server))
                place += f"&application_name={place.rpartition('%3D')[2]}"
                Ledger(place).close()
                kept[:] = [(place, _tables(place))]
            return kept[0][0]

        yield url


def _tables(url: str) -> str:
    """What the tables of a ledger on PostgreSQL are: its schema, in few letters."""
    from sqlalchemy import NullPool, create_engine, text

    with create_engine(url, poolclass=NullPool).connect() as c:
        return str(c.scalar(text(TABLES)))


TABLES = """
    SELECT md5(string_agg(concat_ws(' ', relname, relkind, attname, atttypid), ',' ORDER BY relname, attnum))
        || (SELECT version_num FROM alembic_version)
    FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE relnamespace = current_schema()::regnamespace
"""

LEAVE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = current_schema() AND pid <> pg_backend_pid()
"""

NUMBERS = "SELECT setval(format('%I', relname)::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = current_schema()::regnamespace"


def _empty(url: str, tables: str) -> bool:
    """Make the ledger at a URL as if new; False when a test has left it with other tables."""
    from sqlalchemy import NullPool, create_engine, text

    with create_engine(url, poolclass=NullPool).begin() as c:
        c.execute(
            text(LEAVE)
        )  # whoever has it open still, a process that was killed or a test that did not close it
        if c.scalar(text(TABLES)) != tables:
            return False
        for table in reversed(schema.meta.sorted_tables):
            c.execute(table.delete())
        c.execute(text(NUMBERS))
        c.execute(schema.lane.insert().values(name="*", paused=False, free=0.0))
        identity.settle(c, identity.here(c, url))
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a ledger may be made, or stands and is as if new."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("emptied")())


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    opened = Ledger(database_url)
    yield opened
    opened.close()


def rendering(
    channel: str = "one", text: str = "The words.", *, parts: int = 1, language: str = "en"
) -> Rendering:
    posts = tuple(
        Post((Copy("post", f"{text}{n or ''}", f"{text}{n or ''}", len(text), 280),)) for n in range(parts)
    )
    return Rendering(channel, language, posts, link="https://www.example.org/s")


def statement(title: str = "A statement", text: str = "The words.") -> Statement:
    return Statement(title, (Block("paragraph", text),), url="https://www.example.org/s", source="s.md")


@dataclass
class Told(Channel):
    """A channel in memory: answers with the next of `answers` (an exception is raised), else a receipt."""

    name = "one"  # type: ignore[misc]
    answers: list[Any] = field(default_factory=list)
    finds: list[Outcome] = field(default_factory=list)
    sent: list[Part] = field(default_factory=list)
    prepared: int = 0
    find_after: tuple[float, ...] = (5, 30)
    patience: float = 60.0
    live: LiveText | None = None
    form: Form = field(default_factory=Form)

    @property
    def service(self) -> str:
        return HERE

    @property
    def account(self) -> str:
        return "@office"

    def prepare(self, rendering: Rendering, blob: Callable[[str], bytes]) -> dict[str, Any]:
        self.prepared += 1
        return {"prepared": self.prepared}

    def send(self, part: Part, prepared: dict[str, Any]) -> Receipt:
        self.sent.append(part)
        answer = (
            self.answers.pop(0)
            if self.answers
            else Receipt(f"id{len(self.sent)}", f"{HERE}/{len(self.sent)}")
        )
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]

    def find(self, part: Part, since: float) -> Outcome:
        return self.finds.pop(0) if self.finds else Unclear("not seen")

    def read(self, receipt: Receipt) -> LiveText:
        return self.live or LiveText(self.sent[-1].post["post"].text if self.sent else None)


@dataclass
class Office:
    """A ledger, channels that do as they are told, and what was observed."""

    ledger: Ledger
    channels: dict[str, Told] = field(default_factory=dict)
    observed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    retry: Retry = field(default_factory=Retry)
    approvals: int = 1

    def channel(self, name: str = "one") -> Told:
        return self.channels.setdefault(name, Told())

    def submit(self, *names: str, plan: Plan | None = None, parts: int = 1, **of: Any) -> str:
        names = names or ("one",)
        renderings = [rendering(n, parts=parts) for n in names]
        return self.ledger.submit(statement(**of), renderings, "author", plan=plan or Plan(), channels=names)

    def approve(self, key: str, by: str = "officer", **options: Any) -> bool:
        deliveries = [NewDelivery(r, HERE, "@office", False) for r in self.ledger.known(key).renderings]
        return self.ledger.approve(key, by, deliveries, needed=self.approvals, **options)

    def planned(self, *names: str, **options: Any) -> str:
        key = self.submit(*names, **options)
        self.approve(key)
        return key

    def deliver(self, key: str | None = None) -> None:
        from publisher.deliver import Delivering

        made = Delivering(
            self.ledger, self.channel, self.retry, self.approvals, lambda e, f: self.observed.append((e, f))
        )
        made.until_idle(key)
        made.close()

    def states(self, key: str) -> dict[str, list[str]]:
        return {
            row.channel: [p.state for p in self.ledger.parts(row.id)] for row in self.ledger.deliveries(key)
        }

    def part(self, key: str, channel: str = "one", n: int = 0) -> Any:
        return self.ledger.parts(f"{key}/{channel}")[n]


@pytest.fixture
def office(ledger: Ledger) -> Office:
    return Office(ledger)


@pytest.fixture
def make_rendering() -> Callable[..., Rendering]:
    return rendering


@pytest.fixture
def make_statement() -> Callable[..., Statement]:
    return statement
