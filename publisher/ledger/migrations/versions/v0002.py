"""Several deliveries of one channel may be acted on at once: a post and the reply that corrects it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

KEY = ("announcement", "revision", "channel", "language", "action")


def upgrade() -> None:
    connection = op.get_bind()
    with op.batch_alter_table("rendering") as batch:
        batch.add_column(sa.Column("target", sa.String(length=120), nullable=False, server_default=""))
    rendering = sa.table(
        "rendering", *(sa.column(name) for name in (*KEY, "target")), sa.column("content", sa.JSON)
    )
    for row in connection.execute(sa.select(rendering).where(rendering.c.action != "publish")).all():
        here = [rendering.c[name] == getattr(row, name) for name in KEY]
        connection.execute(sa.update(rendering).where(*here).values(target=row.content["target"]))
    with op.batch_alter_table("rendering") as batch:
        batch.alter_column("target", existing_type=sa.String(length=120), server_default=None)
        batch.drop_constraint("pk_rendering", type_="primary")
        batch.create_primary_key("pk_rendering", [*KEY, "target"])
    with op.batch_alter_table("delivery") as batch:
        batch.drop_constraint(
            op.f("uq_delivery_announcement_revision_channel_language_action"), type_="unique"
        )
        batch.create_unique_constraint("uq_delivery_act", [*KEY, "target"])
