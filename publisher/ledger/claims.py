"""What may leave now: every condition of leaving, as statements, and nowhere else.

Made once at import: building so large a statement takes longer than running it. Those conditions that hold for a
delivery as a whole stand apart from those of its parts, so that of a mailing to a million that may not go the
million is not asked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    String,
    TextClause,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    text,
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


def stepped(at: Column[Any], where: TextClause) -> CTE:
    """The deliveries that have such parts with `at` in the past, by jumps through an index on (at, delivery).

    A mailing's parts share their instant and are one jump; to read them all would take a second for each million.
    """
    order = (at, part.c.delivery)
    first = select(*order).where(where, at <= NOW).order_by(*order).limit(1).subquery()
    step = select(first.c[at.name].label("at"), first.c.delivery.label("delivery")).cte(
        "step", recursive=True
    )
    # Not one comparison of pairs: SQLite would read all that are equal to where it stands.
    same = select(part.c.delivery).where(where, at == step.c.at, part.c.delivery > step.c.delivery)
    beside = same.order_by(part.c.delivery).limit(1).scalar_subquery()
    later_at, later = (
        select(column).where(where, at > step.c.at, at <= NOW).order_by(*order).limit(1).scalar_subquery()
        for column in order
    )
    next_at = case((beside.is_not(None), step.c.at), else_=later_at)
    return step.union_all(select(next_at, func.coalesce(beside, later)).where(step.c.at.is_not(None)))


_OF = delivery.alias("of")


def _due(*which: ColumnElement[bool]) -> Select[Any]:
    turn = _parts().where(part.c.delivery == _OF.c.id, INDEXED, *_turn()).correlate(_OF)
    found = _joined(select(_OF), _OF).where(*which, *_may(_OF), turn.exists())
    ordered: Select[Any] = found.order_by(_OF.c.due, _OF.c.id)
    return ordered


DUE = _due(_OF.c.id.in_(select(stepped(part.c.due, INDEXED).c.delivery)))
"""Deliveries of which a part can be claimed now."""
DUE_OF = _due(_OF.c.announcement == bindparam("only", type_=String))
"""… of one announcement."""


def _late() -> Select[Any]:
    step = stepped(part.c.last_start, INDEXED)
    untried = select(part.c.id).where(part.c.delivery == delivery.c.id, INDEXED, late())
    return select(delivery.c.id).where(
        delivery.c.id.in_(select(step.c.delivery)),
        or_(delivery.c.until.is_(None), delivery.c.until < NOW),
        untried.exists(),
    )


def late(at: ColumnElement[float] = NOW) -> ColumnElement[bool]:
    """Whether a part that nobody tried is past its limit, which is never before it is due."""
    return and_(part.c.attempt == 0, part.c.last_start < at)


LATE = _late()
"""Deliveries with parts that nobody tried and whose last moment to begin has passed."""

PAST = select(delivery.c.id).where(
    delivery.c.day_end <= NOW, delivery.c.id.in_(select(stepped(part.c.due, INDEXED).c.delivery))
)
"""Deliveries that are due and of whose words the only day is over."""


def _claim() -> ReturningUpdate[Any]:
    """The one statement that moves parts to `sending`: of one delivery, `most` at most.

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
        .returning(*part.c)
    )


CLAIM = _claim()

STILL = _joined(_parts()).where(
    UNSETTLED,
    part.c.state == "sending",
    part.c.delivery == bindparam("key", type_=String),
    part.c.worker == bindparam("me", type_=String),
    *_turn(),
    *_may(paced=False),
)
"""Of the parts that a process has claimed and perhaps not sent yet, those that may still go."""
