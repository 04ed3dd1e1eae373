"""The ledger's tables. Times are seconds since the epoch by the database's clock.

announcement 1─n revision 1─n rendering          what was said, in exactly which words
announcement 1─n trait                           by what a changed version of it is recognised
announcement 1─n approval                        who approved which digest
announcement 1─n delivery 1─n part               what is to leave, one part per irreversible request
lane                                             one row per channel (and "*" for all): paused, blocked, pace
look, notice, identity                           what is looked at later, what was told, what this ledger is
seen                                             what a webhook, a feed or a folder has handed in
event, chain                                     append-only, hash-chained per announcement; each chain's head
blob                                             media by digest
subscriber, suppression                          the audience
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

VERSION = "0005"
"""The Alembic revision this code works with."""

meta = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _only(where: str) -> dict[str, Any]:
    """What makes an index partial."""
    return {"postgresql_where": text(where), "sqlite_where": text(where)}


announcement = Table(
    "announcement",
    meta,
    Column("id", String(12), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("language", String(35), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("statement_digest", String(64), nullable=False, index=True),
    Column("channels", JSON, nullable=False),
    # The plan: the instant, and the wall time and zone that were approved.
    Column("due", Float),
    Column("wall", String(40)),
    Column("zone", String(64)),
    Column("not_after", Float),
    Column("embargo", Float),
    Column("embargo_wall", String(40)),
    Column("embargo_zone", String(64)),
    Column("held", Boolean, nullable=False),
    Column("page_waived", Boolean, nullable=False),  # goes out though its page is not there
    Column("ended", String(12)),  # rejected, cancelled, retracted
)

# By what a later statement is found to be a changed version of it; see likeness.py.
trait = Table(
    "trait",
    meta,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("announcement", ForeignKey(announcement.c.id), primary_key=True, index=True),
)

revision = Table(
    "revision",
    meta,
    Column("announcement", ForeignKey(announcement.c.id), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("statement", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created", Float, nullable=False),
    Column("by", Text, nullable=False),
)

rendering = Table(
    "rendering",
    meta,
    Column("announcement", ForeignKey(announcement.c.id), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("channel", String(64), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("action", String(12), primary_key=True),
    Column("target", String(120), primary_key=True),  # the delivery it acts on, or ""
    Column("digest", String(64), nullable=False),
    Column("content", JSON, nullable=False),
)

approval = Table(
    "approval",
    meta,
    Column("announcement", ForeignKey(announcement.c.id), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("by", String(200), primary_key=True),
    Column("at", Float, nullable=False),
)

delivery = Table(
    "delivery",
    meta,
    Column("id", String(120), primary_key=True),
    Column("announcement", ForeignKey(announcement.c.id), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("channel", String(64), nullable=False),
    Column("language", String(35), nullable=False),
    Column("action", String(12), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("due", Float, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("service", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("cost", Float),  # US dollars, as the preview said
    # A rendering that speaks of "today" is true on one day only: the claim keeps to it.
    Column("day_start", Float),
    Column("day_end", Float),
    # What an amend, reply, replace, repair or retract delivery acts on, and why.
    Column("target", String(120)),
    Column("reason", Text),
    Column("prepared", JSON),
    Column("until", Float),  # a mailing that has begun goes on until then, however late a reader's turn comes
    Column("live", String(12)),
    Column("live_at", Float),
    Column("live_text", Text),
    UniqueConstraint(
        "announcement", "revision", "channel", "language", "action", "target", name="uq_delivery_act"
    ),
)

part = Table(
    "part",
    meta,
    Column("id", Integer, primary_key=True),
    Column("delivery", ForeignKey(delivery.c.id), nullable=False),
    Column("n", Integer, nullable=False),
    Column("recipient", String(16), nullable=False),  # a subscriber's id, or ""
    Column("state", String(12), nullable=False),
    Column("due", Float, nullable=False),
    Column("last_start", Float),  # a first attempt later than this is held for a person
    Column("attempt", Integer, nullable=False),  # counts every claim; a late answer must name its own
    Column("tries", Integer, nullable=False),  # counts those that spent one of the allowed attempts
    Column("first", Float),  # when the first attempt was claimed
    Column("started", Float),
    Column("deadline", Float),  # without an answer by then, the outcome is unknown
    Column("worker", String(120)),
    Column("find_due", Float),
    Column("finds", Integer, nullable=False),
    Column("receipt", JSON),
    Column("kind", String(40)),
    Column("error", Text),
    Column("hint", Text),
    Column("settled", Float),
    UniqueConstraint("delivery", "n", "recipient"),
    # What is due, by delivery: a mailing's parts are many and due at one instant, and are stepped over as one.
    Index("ix_part_due", "due", "delivery", **_only("state IN ('planned', 'waiting')")),
    Index("ix_part_next", "delivery", "due", "n", "id", **_only("state IN ('planned', 'waiting')")),
    Index("ix_part_late", "last_start", "delivery", **_only("state IN ('planned', 'waiting')")),
    Index("ix_part_open", "state", **_only("state IN ('sending', 'unknown')")),
    Index("ix_part_delivery_state", "delivery", "state"),
    sqlite_autoincrement=True,  # an id is never given again: a late answer must not settle another part
)

lane = Table(
    "lane",
    meta,
    Column("name", String(64), primary_key=True),  # a channel, or "*"
    Column("paused", Boolean, nullable=False),
    Column("blocked", Text),
    Column("reason", Text),
    Column("by", Text),
    Column("free", Float, nullable=False),  # nothing is claimed before this instant
)

event = Table(
    "event",
    meta,
    Column("id", Integer, primary_key=True),
    Column("chain", String(12), nullable=False),  # an announcement's id, or "" for global events
    Column("seq", Integer, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("who", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "seq"),
)

chain = Table(
    "chain",
    meta,
    Column("name", String(12), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

blob = Table(
    "blob",
    meta,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# What is to be looked at later: a check before a plan falls due, a read-back after it went out.
look = Table(
    "look",
    meta,
    Column("id", Integer, primary_key=True),
    Column("delivery", ForeignKey(delivery.c.id), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("due", Float, nullable=False),
    Column("done", Float),
    UniqueConstraint("delivery", "kind", "due"),
    Index("ix_look_open", "due", **_only("done IS NULL")),
)

# Each cause is told once.
notice = Table(
    "notice",
    meta,
    Column("cause", String(200), primary_key=True),
    Column("at", Float, nullable=False),
)

# What this ledger is and where it lives, so that a copy that is started beside it can be noticed.
identity = Table(
    "identity",
    meta,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

# What a trigger has handed in: a signed request, an item of a feed, a page that is being taken this moment.
seen = Table(
    "seen",
    meta,
    Column("trigger", String(20), primary_key=True),
    Column("item", String(64), primary_key=True),  # a digest
    Column("digest", String(64), nullable=False),  # of what it said
    Column("announcement", String(12)),
    Column("url", Text, nullable=False),
    Column("at", Float, nullable=False),
)

tick = Table(
    "tick",
    meta,
    Column("host", String(120), primary_key=True),
    Column("at", Float, nullable=False),
)

subscriber = Table(
    "subscriber",
    meta,
    Column("id", String(16), primary_key=True),
    Column("address", Text, nullable=False),
    Column("normal", String(320), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("token", String(64), nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("active", Boolean, nullable=False),
)

suppression = Table(
    "suppression",
    meta,
    Column("normal", String(320), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
)
