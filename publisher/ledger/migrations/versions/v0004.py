"""A mailing that has begun goes on, and a million readers who are due are found as one delivery"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("until", sa.Float(), nullable=True))
    op.drop_index("ix_part_due", "part")
    only = sa.text("state IN ('planned', 'waiting')")
    for name, columns in (
        ("ix_part_due", ["due", "delivery"]),
        ("ix_part_next", ["delivery", "due", "n", "id"]),
        ("ix_part_late", ["last_start", "delivery"]),
    ):
        op.create_index(name, "part", columns, postgresql_where=only, sqlite_where=only)
