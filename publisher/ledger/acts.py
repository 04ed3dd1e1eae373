"""Acts: deliveries that act on an earlier one, and how the two keep in step.

amend, reply, repair, retract   act on what is public: a part of theirs may go once the part it acts on is delivered
replace                         stands in for what is not: it may go once nothing of its target, or of an earlier
                                replacement, is or may be public

Until it is known whether a part is public, both may be planned for it; when that is settled, one of them goes
and the other has nothing to act on any more (`MOOT`). The target of a replacement is always the first delivery,
its `versions` are that and all replacements. Everything here happens inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from publisher import audience
from publisher.channel import Rendering
from publisher.ledger.schema import announcement, delivery, event, part, rendering

TELLS = ("reply", "retract")
"""What goes to exactly those who were told before, whatever the list is now."""
AMENDS = ("amend", "repair")
"""What changes a post where it stands: the post itself stays the target's."""
OPEN = ("planned", "waiting")
WAITS = (*OPEN, "held")
UNSENT = (*WAITS, "failed")
OUT = ("sending", "delivered", "unknown")
"""Part states in which something is or may be public now."""

MOOT = "Moot"
"""The kind of a part that has nothing to act on, or to stand in for, any more."""
CORRECTED = "Corrected"
"""The kind of a part that was stopped before it left, because a correction takes its place."""


# ---------------------------------------------------------------- the claim's conditions


def ready() -> ColumnElement[bool]:
    """Whether a part that acts on another may go; true for one that acts on none."""
    target, other, others = aliased(part), aliased(part), aliased(delivery)
    theirs = (target.c.delivery == delivery.c.target, target.c.recipient == part.c.recipient)
    public = select(target.c.id).where(*theirs, target.c.n == part.c.n, target.c.state == "delivered")
    version = aliased(delivery)
    there = (
        select(target.c.id)
        .join(version, version.c.id == target.c.delivery)
        .where(
            or_(
                version.c.id == delivery.c.target,
                and_(version.c.target == delivery.c.target, version.c.action == "replace"),
            ),
            version.c.id != delivery.c.id,
            target.c.recipient == part.c.recipient,
            target.c.state.not_in(("retracted", "cancelled")),
        )
    )
    # Two changes of one post on their way at once could land in either order.
    changing = (
        select(other.c.id)
        .join(others, others.c.id == other.c.delivery)
        .where(
            others.c.target == delivery.c.target,
            others.c.action.in_(AMENDS),
            others.c.id != delivery.c.id,
            other.c.n == part.c.n,
            other.c.recipient == part.c.recipient,
            other.c.state.in_(("sending", "unknown")),
        )
    )
    return or_(
        delivery.c.target.is_(None),
        and_(delivery.c.action == "replace", ~there.exists()),
        and_(
            delivery.c.action != "replace",
            public.exists(),
            or_(delivery.c.action.not_in(AMENDS), ~changing.exists()),
        ),
    )


# ---------------------------------------------------------------- planning


Theirs = list[dict[str, Any]] | Select[Any]
"""The parts of an act; of one on a mailing what selects them, so that of a million readers none is held in memory."""


def parts(c: Connection, r: Rendering, at: float, addressed: bool, going: Collection[str] = ()) -> Theirs:
    """The parts of an act, as it is planned now. `going`: deliveries that are to be taken down."""
    if addressed:
        return _readers(r, at)
    if r.action == "replace":
        return _replacing(c, r, at, going)
    theirs = select(part.c.n, part.c.recipient).where(part.c.delivery == r.target, part.c.state.in_(OUT))
    if r.action == "reply" or (r.action == "retract" and r.posts):
        theirs = theirs.where(part.c.n == 0)
    elif r.action == "amend":
        theirs = theirs.where(part.c.n < len(r.posts))
    return [_new(row.n, row.recipient, at) for row in c.execute(theirs.order_by(part.c.id))]


def _replacing(c: Connection, r: Rendering, at: float, going: Collection[str]) -> list[dict[str, Any]]:
    """One part for each post, unless a version is public."""
    theirs = c.execute(select(part).where(part.c.delivery.in_(versions(r.target))).order_by(part.c.id)).all()
    stopped = [p for p in theirs if p.state in WAITS or p.kind == CORRECTED]
    if any(p.state == "delivered" and p.delivery not in going for p in theirs):
        return []
    was_out = any(p.state in (*OUT, "retracted") for p in theirs)
    due = at if was_out else max((p.due for p in stopped), default=at)
    last = max((p.last_start or 0.0 for p in stopped), default=0.0)
    return [_new(n, "", max(at, due), last if due > at else None) for n in range(len(r.posts))]


def _readers(r: Rendering, at: float) -> Select[Any]:
    """Whom an act on a mailing is for: recipient, due, last_start.

    Those who were reached, or may have been; of what stands in for a mail those whom no version has reached for sure.
    """
    theirs = part.c.delivery == r.target, part.c.n == 0
    if r.action != "replace":
        told = select(part.c.recipient, literal(at).label("due"), cast(null(), Float).label("last_start"))
        return told.where(*theirs, part.c.state.in_(OUT)).order_by(part.c.id)
    other, doubt = aliased(part), part.c.state.in_(("sending", "unknown"))
    reached = select(other.c.id).where(
        other.c.delivery.in_(versions(r.target)),
        other.c.n == 0,
        other.c.recipient == part.c.recipient,
        other.c.state.in_(("delivered", "failed")),
    )
    due = case((part.c.due > at, part.c.due), else_=at)
    last = case((part.c.last_start > due, part.c.last_start))
    left = or_(part.c.state.in_(WAITS), part.c.kind == CORRECTED, doubt)
    found = select(part.c.recipient, due.label("due"), last.label("last_start"))
    return found.where(*theirs, left, ~reached.exists()).order_by(doubt, part.c.id)


def earliest(c: Connection, theirs: Theirs, at: float) -> float:
    """When the first of these parts falls due; `at` where there are none."""
    if isinstance(theirs, Select):
        return float(c.scalar(select(func.min(theirs.subquery().c.due))) or at)
    return min((p["due"] for p in theirs), default=at)


def _new(n: int, recipient: str, due: float, last: float | None = None) -> dict[str, Any]:
    return audience.NEW | {
        "n": n,
        "recipient": recipient,
        "due": due,
        "last_start": last if last and last > due else None,
    }


def versions(target: str) -> Select[Any]:
    """A first delivery and all its replacements."""
    return select(delivery.c.id).where(
        or_(delivery.c.id == target, and_(delivery.c.target == target, delivery.c.action == "replace"))
    )


def family(first: str) -> Select[Any]:
    """A first delivery with its replacements and whatever corrects one of them; not what takes them down."""
    return select(delivery.c.id).where(
        or_(
            delivery.c.id.in_(versions(first)),
            and_(delivery.c.target.in_(versions(first)), delivery.c.action.in_((*AMENDS, "reply"))),
        )
    )


def stop(c: Connection, firsts: Sequence[str], state: str) -> None:
    """Hold or cancel whatever of these families has not left: a correction takes its place.

    A mail that was refused for good stays refused.
    """
    values = {"state": state, "kind": CORRECTED, "error": "a correction takes its place"}
    mailing = select(delivery.c.id).where(delivery.c.addressed)
    for first in firsts:
        waits = or_(part.c.state.in_(WAITS), and_(part.c.state == "failed", part.c.delivery.not_in(mailing)))
        c.execute(update(part).where(part.c.delivery.in_(family(first)), waits).values(**values))


def reached() -> ColumnElement[bool]:
    """Whether a delivery is a mailing that somebody has got."""
    got = select(part.c.id).where(part.c.delivery == delivery.c.id, part.c.state == "delivered")
    return and_(delivery.c.addressed, got.correlate(delivery).exists())


def unsettled() -> ColumnElement[bool]:
    """Not a mail that was refused while others were taken: that is a result, and stays one whatever is stopped."""
    return or_(part.c.state != "failed", part.c.delivery.not_in(select(delivery.c.id).where(reached())))


def corrections(c: Connection, key: str) -> list[tuple[int, list[str]]]:
    """The corrections of an announcement that were not dropped: each one's revision, and which families it stops."""
    rows = select(event.c.kind, event.c.data).where(
        event.c.chain == key, event.c.kind.in_(("corrected", "rejected"))
    )
    events = c.execute(rows.order_by(event.c.seq)).all()
    dropped = {e.data.get("revision") for e in events if e.kind == "rejected"}
    made = [e.data for e in events if e.kind == "corrected" and e.data["revision"] not in dropped]
    return [(data["revision"], data["stops"]) for data in made]


# ---------------------------------------------------------------- keeping in step


def unsent(c: Connection, of: Row[Any], row: Row[Any], state: str) -> str:
    """What a part that surely did not leave becomes. `row`: its announcement's ended, held, revision.

    Cancelled or held, if that was said while it was on its way; a retraction goes on whatever was said.
    """
    if state not in ("waiting", "failed", "held") or of.action == "retract":
        return state
    if row.ended == "retracted" or (row.ended and not of.target):
        return "cancelled"
    first = _first(c, of)
    since = [n for n, stops in corrections(c, of.announcement) if n > of.revision and first in stops]
    if since:
        planned = select(delivery.c.id).where(
            delivery.c.announcement == of.announcement, delivery.c.revision.in_(since)
        )
        return "cancelled" if c.execute(planned.limit(1)).first() else "held"
    return "held" if row.held and state == "waiting" and not of.target else state


def _first(c: Connection, of: Row[Any]) -> str:
    """The first delivery of the family that one belongs to."""
    if not of.target:
        return str(of.id)
    target = c.execute(select(delivery.c.target).where(delivery.c.id == of.target)).first()
    return str(target.target or of.target) if target else str(of.target)


# Made once: every delivered mail asks.
_ACTS = select(delivery.c.id, delivery.c.action, delivery.c.target).where(
    delivery.c.announcement == bindparam("announcement", type_=String),
    delivery.c.id != bindparam("itself", type_=String),
    delivery.c.target.is_not(None),
)


def settled(
    c: Connection, at: float, of: Row[Any], n: int, recipients: Collection[str], state: str, worded: bool
) -> None:
    """A part of `of`, or of a mailing many, came to rest in `state`: what acts on it, and what it acted on, follows.

    `worded`: the rendering has posts; a retraction without takes down, one with only tells.
    """
    if state == "delivered" and of.target:
        if of.action == "retract" and not worded:
            _taken_down(c, of, n, recipients)
        elif of.action in AMENDS:
            c.execute(update(delivery).where(_on(of.target), delivery.c.id != of.id).values(live=None))
    if state not in ("delivered", "cancelled"):
        return
    first = of.target if of.action == "replace" else of.id
    given = {"announcement": of.announcement, "itself": of.id}
    acts = [a for a in c.execute(_ACTS, given) if a.target in (of.id, first)]
    follow = [a for a in acts if a.action != "replace" and a.target == of.id]
    whom = part.c.recipient.in_(recipients)
    theirs = and_(part.c.delivery.in_([a.id for a in follow]), part.c.n == n, whom)
    if state == "cancelled":
        if follow:
            none = {"state": "cancelled", "kind": MOOT, "error": "what it was to act on did not leave"}
            c.execute(update(part).where(theirs, part.c.state.in_(UNSENT)).values(**none))
        return
    if follow:
        ended = c.scalar(select(announcement.c.ended).where(announcement.c.id == of.announcement))
        may = [a.id for a in follow if a.action == "retract" or ended != "retracted"]
        again = {"state": "planned", "kind": None, "error": None, "due": at}
        moot = and_(theirs, part.c.delivery.in_(may), part.c.state == "cancelled", part.c.kind == MOOT)
        c.execute(update(part).where(moot).values(**again))
    stands_in = [a.id for a in acts if a.action == "replace"]
    if stands_in and not any(a.action == "retract" for a in follow):
        out = {"state": "cancelled", "kind": MOOT, "error": "what it was to replace is public"}
        c.execute(
            update(part).where(part.c.delivery.in_(stands_in), whom, part.c.state.in_(UNSENT)).values(**out)
        )


def _taken_down(c: Connection, of: Row[Any], n: int, recipients: Collection[str]) -> None:
    """A post is gone, and with it every change that was made to it."""
    post = select(delivery.c.id).where(_on(of.target))
    c.execute(
        update(part)
        .where(
            part.c.delivery.in_(post),
            part.c.n == n,
            part.c.recipient.in_(recipients),
            part.c.state == "delivered",
        )
        .values(state="retracted")
    )
    c.execute(update(delivery).where(_on(of.target)).values(live=None))


def _on(target: str) -> ColumnElement[bool]:
    """A post's own delivery, and those that changed it where it stands."""
    return or_(delivery.c.id == target, and_(delivery.c.target == target, delivery.c.action.in_(AMENDS)))


# ---------------------------------------------------------------- what stands


def words(c: Connection, of: Row[Any]) -> dict[str, Any]:
    """The stored rendering of a delivery; of a repair, the one it restores."""
    here = and_(
        rendering.c.announcement == of.announcement,
        rendering.c.revision == of.revision,
        rendering.c.channel == of.channel,
        rendering.c.language == of.language,
    )
    if of.action != "repair":
        own = and_(here, rendering.c.action == of.action, rendering.c.target == (of.target or ""))
        return dict(c.execute(select(rendering.c.content).where(own)).scalar_one())
    amended = and_(here, rendering.c.action == "amend", rendering.c.target == of.target)
    found = c.execute(select(rendering.c.content, rendering.c.digest).where(amended)).first()
    if found and found.digest == of.digest:
        return dict(found.content)
    target = c.execute(select(delivery).where(delivery.c.id == of.target)).one()
    return words(c, target)


def insert_parts(c: Connection, key: str, theirs: Theirs) -> None:
    """Give these parts to the delivery `key`."""
    if isinstance(theirs, Select):
        values = audience.NEW | {"delivery": key, "n": 0}
        people = theirs.add_columns(*(literal(v) for v in values.values()))
        c.execute(insert(part).from_select(["recipient", "due", "last_start", *values], people))
    elif theirs:
        c.execute(insert(part), [row | {"delivery": key} for row in theirs])
