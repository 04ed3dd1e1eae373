"""The migrations and the tables say the same."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import publisher.ledger
from publisher.ledger import schema

FOLDER = Path(publisher.ledger.__file__).parent / "migrations"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


def test_migrating_from_nothing_makes_the_very_tables_a_new_ledger_has(database_url: str) -> None:
    """A ledger that grew by migrations is the same as one made today."""
    engine, alembic = create_engine(database_url), config()
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
        assert compare_metadata(MigrationContext.configure(connection), schema.meta) == []


def test_the_code_works_with_the_newest_migration() -> None:
    """`schema.VERSION` names the head."""
    assert ScriptDirectory.from_config(config()).get_current_head() == schema.VERSION
