"""Alembic's migrations of the ledger, and the one way they are run. Alembic is imported only then."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

FOLDER = Path(__file__).parent


def upgrade(connection: Connection, revision: str) -> None:
    """Bring the tables on a connection up to a revision, in the transaction that is open on it."""
    config = _config()
    from alembic import command

    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def known(revision: str) -> bool:
    """Whether there is a migration of this name; one of a newer version is none."""
    config = _config()
    from alembic.script import ScriptDirectory

    return any(script.revision == revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _config() -> Config:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of its plug-ins while it is imported
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config
