"""The migrations and the tables say the same."""

import json
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import publisher.ledger
from publisher.ledger import schema
from publisher.likeness import traits
from publisher.statement import Block, Statement

FOLDER = Path(publisher.ledger.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgres_url"))


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


def test_migrating_from_nothing_makes_the_very_tables_a_new_ledger_has(empty_url: str) -> None:
    """A ledger that grew by migrations is the same as one made today."""
    engine, alembic = create_engine(empty_url), config()
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
        assert compare_metadata(MigrationContext.configure(connection), schema.meta) == []


def test_the_code_works_with_the_newest_migration() -> None:
    """`schema.VERSION` names the head."""
    assert ScriptDirectory.from_config(config()).get_current_head() == schema.VERSION


def test_what_acted_on_a_post_keeps_its_target(empty_url: str) -> None:
    """A retraction that an older version stored is found again."""
    engine, alembic = create_engine(empty_url), config()
    content = '{"target": "abc/x", "action": "retract"}'
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
        connection.execute(text("INSERT INTO announcement (id, revision, created, language, title, url, source, statement_digest, channels, held, page_waived) VALUES ('abc', 2, 0, 'en', '', '', '', '', '[]', false, false)"))  # fmt: skip
        for action, said in (("publish", "{}"), ("retract", content)):
            connection.execute(
                text("INSERT INTO rendering VALUES ('abc', 2, 'x', 'en', :action, '', :said)"),
                {"action": action, "said": said},
            )
        command.upgrade(alembic, "0002")
        found = connection.execute(text("SELECT action, target FROM rendering ORDER BY action")).all()
    assert [tuple(row) for row in found] == [("publish", ""), ("retract", "abc/x")]


def test_a_statement_that_an_older_version_stored_is_found_by_its_traits(empty_url: str) -> None:
    engine, alembic = create_engine(empty_url), config()
    said = Statement("Ports agree", (Block("paragraph", "All sign."),))
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0004")
        connection.execute(text("INSERT INTO announcement (id, revision, created, language, title, url, source, statement_digest, channels, held, page_waived) VALUES ('abc', 1, 0, 'en', '', '', '', '', '[]', false, false)"))  # fmt: skip
        connection.execute(
            text("INSERT INTO revision VALUES ('abc', 1, :said, '', 0, '')"),
            {"said": json.dumps(said.dump())},
        )
        command.upgrade(alembic, "head")
        found = connection.execute(text("SELECT number FROM trait WHERE announcement = 'abc'")).scalars()
        assert set(found) == traits(said)
