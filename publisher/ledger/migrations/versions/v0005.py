"""A changed version of a statement is found by its traits, however many statements there are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.likeness import traits
from publisher.statement import Statement

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    made = op.create_table(
        "trait",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("announcement", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.id"], name="fk_trait_announcement"),
        sa.PrimaryKeyConstraint("number", "announcement", name="pk_trait"),
    )
    op.create_index("ix_trait_announcement", "trait", ["announcement"])
    known = sa.table("announcement", sa.column("id"), sa.column("revision"))
    said = sa.table("revision", sa.column("announcement"), sa.column("n"), sa.column("statement", sa.JSON))
    here = (said.c.announcement == known.c.id) & (said.c.n == known.c.revision)
    connection = op.get_bind()
    for key, statement in connection.execute(sa.select(known.c.id, said.c.statement).join(said, here)).all():
        rows = [{"number": one, "announcement": key} for one in traits(Statement.load(statement))]
        connection.execute(sa.insert(made), rows)
