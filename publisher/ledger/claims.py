"""What may leave now: every condition of leaving, as statements, and nowhere else.

Made once at import: building so large a statement takes longer than running it. Those conditions that hold for a
delivery as a whole stand apart from those of its parts, so that of a mailing to a million that may not go the
million is not asked.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.dml import ReturningUpdate

from publisher.ledger import acts
from publisher.ledger.engine import now
from publisher.ledger.schema import announcement, approval, delivery, lane, part, revision, subscriber

INDEXED = text("part.state IN ('planned', 'waiting')")
UNSETTLED = text("part.state IN ('sending', 'unknown')")
"""The conditions of the partial indexes, word for word: with bound values SQLite would not see that they apply."""

NOW = now() + bindparam("skew", type_=Float)


def _may(of: FromClause = delivery, *, paced: bool = True) -> tuple[ColumnElement[bool], ...]:
    """Whether anything of a delivery may go now; `of` is joined with its announcement and revision.

    Without `paced` the channel's pace is not asked: what was claimed already has been counted in it.
    """
    given = (
        select(func.count(approval.c.by))  # one row for each person: ledger/people.py sees to it
        .where(approval.c.announcement == of.c.announcement, approval.c.digest == revision.c.digest)
        .scalar_subquery()
    )
    closed = select(lane.c.name).where(
        lane.c.name.in_(("*", of.c.channel)),
        or_(lane.c.paused, lane.c.blocked.is_not(None), lane.c.free > NOW if paced else false()),
    )
    return (
        ~announcement.c.held,
        or_(
            announcement.c.ended.is_(None),
            of.c.action == "retract",
            and_(of.c.target.is_not(None), announcement.c.ended != "retracted"),
        ),
        or_(announcement.c.embargo.is_(None), announcement.c.embargo <= NOW),
        or_(of.c.day_start.is_(None), and_(of.c.day_start <= NOW, of.c.day_end > NOW)),
        given >= bindparam("needed", type_=Integer),
        ~closed.exists(),
    )


def _turn() -> tuple[ColumnElement[bool], ...]:
    """Whether it is a part's turn, of a delivery that may go."""
    before = aliased(part)
    follows = select(before.c.id).where(
        before.c.delivery == part.c.delivery,
        before.c.recipient == part.c.recipient,
        before.c.n == part.c.n - 1,
        before.c.state != "delivered",
    )
    # A correction goes to those who got the first mail, whoever has left the list since.
    reader = select(subscriber.c.id).where(
        subscriber.c.id == part.c.recipient, or_(subscriber.c.active, delivery.c.action.in_(acts.TELLS))
    )
    return (
        part.c.due <= NOW,
        or_(
            part.c.attempt > 0, part.c.last_start.is_(None), part.c.last_start >= NOW, delivery.c.until >= NOW
        ),
        or_(delivery.c.action == "retract", ~follows.exists()),
        acts.ready(),
        or_(part.c.recipient == "", reader.exists()),
    )


def claimable() -> Select[Any]:
    """The ids of parts that may go now."""
    return _joined(_parts()).where(INDEXED, *_turn(), *_may())


def _joined(found: Select[Any], of: FromClause = delivery) -> Select[Any]:
    its = and_(revision.c.announcement == of.c.announcement, revision.c.n == of.c.revision)
    return found.join(announcement, announcement.c.id == of.c.announcement).join(revision, its)


def _parts() -> Select[Any]:
    return select(part.c.id).join(delivery, delivery.c.id == part.c.delivery)


def stepped(at: Column[Any], *, pairs: bool) -> Select[Any]:
    """The deliveries that have open parts with `at` in the past, by jumps through an index on (at, delivery).

    A mailing's parts share their instant and are one jump; to read them all would take a second for each million.
    `pairs`: jump by one comparison of pairs, of which SQLite would read all that are equal to where it stands.
    Without, PostgreSQL would read every later delivery: what many parts share it takes for what most of them have.
    """
    order = (at, part.c.delivery)
    first = select(*order).where(INDEXED, at <= NOW).order_by(*order).limit(1).subquery()
    step = select(first.c[at.name].label("at"), first.c.delivery.label("delivery")).cte(
        "step", recursive=True
    )

    def next_after(where: ColumnElement[bool]) -> list[Any]:
        found = select(*order).where(INDEXED, where, at <= NOW).order_by(*order).limit(1)
        return [found.with_only_columns(column).scalar_subquery() for column in order]

    if pairs:
        following = next_after(tuple_(*order) > tuple_(step.c.at, step.c.delivery))
    else:
        same = select(part.c.delivery).where(INDEXED, at == step.c.at, part.c.delivery > step.c.delivery)
        beside = same.order_by(part.c.delivery).limit(1).scalar_subquery()
        later_at, later = next_after(at > step.c.at)
        following = [case((beside.is_not(None), step.c.at), else_=later_at), func.coalesce(beside, later)]
    steps = step.union_all(select(*following).where(step.c.at.is_not(None)))
    return select(steps.c.delivery)


_OF = delivery.alias("of")


def _due(*which: ColumnElement[bool]) -> Select[Any]:
    turn = _parts().where(part.c.delivery == _OF.c.id, INDEXED, *_turn()).correlate(_OF)
    found = _joined(select(_OF), _OF).where(*which, *_may(_OF), turn.exists())
    ordered: Select[Any] = found.order_by(_OF.c.due, _OF.c.id)
    return ordered


DUE_OF = _due(_OF.c.announcement == bindparam("only", type_=String))
"""Deliveries of one announcement of which a part can be claimed now."""


def late(at: ColumnElement[float] = NOW) -> ColumnElement[bool]:
    """Whether a part that nobody tried is past its limit, which is never before it is due."""
    return and_(part.c.attempt == 0, part.c.last_start < at)


class Swept(NamedTuple):
    """What is asked for at every tick, over all announcements."""

    due: Select[Any]
    """Deliveries of which a part can be claimed now."""
    late: Select[Any]
    """Deliveries with parts that nobody tried and whose last moment to begin has passed."""
    past: Select[Any]
    """Deliveries that are due and of whose words the only day is over."""


def _swept(*, pairs: bool) -> Swept:
    due, ends = (stepped(at, pairs=pairs) for at in (part.c.due, part.c.last_start))
    untried = select(part.c.id).where(part.c.delivery == delivery.c.id, INDEXED, late())
    missed = or_(delivery.c.until.is_(None), delivery.c.until < NOW)
    ids = select(delivery.c.id)
    return Swept(
        _due(_OF.c.id.in_(due)),
        ids.where(delivery.c.id.in_(ends), missed, untried.exists()),
        ids.where(delivery.c.day_end <= NOW, delivery.c.id.in_(due)),
    )


SWEPT = {"sqlite": _swept(pairs=False), "postgresql": _swept(pairs=True)}
"""By the database that is asked."""


def _claim(*told: Column[Any]) -> ReturningUpdate[Any]:
    """The one statement that moves parts to `sending`: of one delivery, `most` at most. `told`: what it returns.

    A CTE, because PostgreSQL may evaluate `IN (SELECT … LIMIT 1)` anew for each row, and then takes many.
    """
    due = (
        claimable()
        .where(part.c.delivery == bindparam("key", type_=String))
        .order_by(part.c.due, part.c.n, part.c.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=part, skip_locked=True)
        .cte("due")
    )
    return (
        update(part)
        .where(part.c.id.in_(select(due.c.id)))
        .values(
            state="sending",
            attempt=part.c.attempt + 1,
            first=func.coalesce(part.c.first, NOW),
            started=NOW,
            deadline=NOW + bindparam("patience", type_=Float),
            worker=bindparam("me", type_=String),
            finds=0,
        )
        .returning(*told)
    )


CLAIM = _claim(*part.c)
CLAIM_MANY = _claim(
    *(part.c.id, part.c.n, part.c.recipient, part.c.attempt, part.c.tries),
    *(part.c.first, part.c.started, part.c.due, part.c.last_start, part.c.kind),
)
"""The same, with what is needed of each of many."""

STILL = _joined(_parts()).where(
    UNSETTLED,
    part.c.state == "sending",
    part.c.delivery == bindparam("key", type_=String),
    part.c.worker == bindparam("me", type_=String),
    *_turn(),
    *_may(paced=False),
)
"""Of the parts that a process has claimed and perhaps not sent yet, those that may still go."""
