"""The ledger as first shipped"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("statement_digest", sa.String(length=64), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("due", sa.Float(), nullable=True),
        sa.Column("wall", sa.String(length=40), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("not_after", sa.Float(), nullable=True),
        sa.Column("embargo", sa.Float(), nullable=True),
        sa.Column("embargo_wall", sa.String(length=40), nullable=True),
        sa.Column("embargo_zone", sa.String(length=64), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("page_waived", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.String(length=12), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_announcement_statement_digest"), ["statement_digest"], unique=False
        )

    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "chain",
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chain")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("chain", "seq", name=op.f("uq_event_chain_seq")),
    )
    op.create_table(
        "identity",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_identity")),
    )
    op.create_table(
        "lane",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("free", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lane")),
    )
    op.create_table(
        "notice",
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("cause", name=op.f("pk_notice")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("normal", sa.String(length=320), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("normal", name=op.f("uq_subscriber_normal")),
        sa.UniqueConstraint("token", name=op.f("uq_subscriber_token")),
    )
    op.create_table(
        "suppression",
        sa.Column("normal", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("normal", name=op.f("pk_suppression")),
    )
    op.create_table(
        "tick",
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_tick")),
    )
    op.create_table(
        "approval",
        sa.Column("announcement", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.id"], name=op.f("fk_approval_announcement")),
        sa.PrimaryKeyConstraint("announcement", "digest", "by", name=op.f("pk_approval")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=120), nullable=False),
        sa.Column("announcement", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("addressed", sa.Boolean(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("day_start", sa.Float(), nullable=True),
        sa.Column("day_end", sa.Float(), nullable=True),
        sa.Column("target", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("prepared", sa.JSON(), nullable=True),
        sa.Column("live", sa.String(length=12), nullable=True),
        sa.Column("live_at", sa.Float(), nullable=True),
        sa.Column("live_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.id"], name=op.f("fk_delivery_announcement")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "announcement",
            "revision",
            "channel",
            "language",
            "action",
            name=op.f("uq_delivery_announcement_revision_channel_language_action"),
        ),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_announcement"), ["announcement"], unique=False)

    op.create_table(
        "rendering",
        sa.Column("announcement", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement"], ["announcement.id"], name=op.f("fk_rendering_announcement")
        ),
        sa.PrimaryKeyConstraint(
            "announcement", "revision", "channel", "language", "action", name=op.f("pk_rendering")
        ),
    )
    op.create_table(
        "revision",
        sa.Column("announcement", sa.String(length=12), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["announcement"], ["announcement.id"], name=op.f("fk_revision_announcement")),
        sa.PrimaryKeyConstraint("announcement", "n", name=op.f("pk_revision")),
    )
    op.create_table(
        "look",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("done", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name=op.f("fk_look_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        sa.UniqueConstraint("delivery", "kind", "due", name=op.f("uq_look_delivery_kind_due")),
    )
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_look_delivery"), ["delivery"], unique=False)
        batch_op.create_index(
            "ix_look_open",
            ["due"],
            unique=False,
            postgresql_where=sa.text("done IS NULL"),
            sqlite_where=sa.text("done IS NULL"),
        )

    op.create_table(
        "part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery", sa.String(length=120), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due", sa.Float(), nullable=False),
        sa.Column("last_start", sa.Float(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first", sa.Float(), nullable=True),
        sa.Column("started", sa.Float(), nullable=True),
        sa.Column("deadline", sa.Float(), nullable=True),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("find_due", sa.Float(), nullable=True),
        sa.Column("finds", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("settled", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name=op.f("fk_part_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_part")),
        sa.UniqueConstraint("delivery", "n", "recipient", name=op.f("uq_part_delivery_n_recipient")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.create_index("ix_part_delivery_state", ["delivery", "state"], unique=False)
        batch_op.create_index(
            "ix_part_due",
            ["due"],
            unique=False,
            postgresql_where=sa.text("state IN ('planned', 'waiting')"),
            sqlite_where=sa.text("state IN ('planned', 'waiting')"),
        )
        batch_op.create_index(
            "ix_part_open",
            ["state"],
            unique=False,
            postgresql_where=sa.text("state IN ('sending', 'unknown')"),
            sqlite_where=sa.text("state IN ('sending', 'unknown')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_part_open",
            postgresql_where=sa.text("state IN ('sending', 'unknown')"),
            sqlite_where=sa.text("state IN ('sending', 'unknown')"),
        )
        batch_op.drop_index(
            "ix_part_due",
            postgresql_where=sa.text("state IN ('planned', 'waiting')"),
            sqlite_where=sa.text("state IN ('planned', 'waiting')"),
        )
        batch_op.drop_index("ix_part_delivery_state")

    op.drop_table("part")
    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_look_open", postgresql_where=sa.text("done IS NULL"), sqlite_where=sa.text("done IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_look_delivery"))

    op.drop_table("look")
    op.drop_table("revision")
    op.drop_table("rendering")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_announcement"))

    op.drop_table("delivery")
    op.drop_table("approval")
    op.drop_table("tick")
    op.drop_table("suppression")
    op.drop_table("subscriber")
    op.drop_table("notice")
    op.drop_table("lane")
    op.drop_table("identity")
    op.drop_table("event")
    op.drop_table("chain")
    op.drop_table("blob")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcement_statement_digest"))

    op.drop_table("announcement")
