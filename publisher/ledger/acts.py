"""Acts: deliveries that act on an earlier one, and how the two keep in step.

amend, reply, repair, retract   act on what is public: a part of theirs may go once the part it acts on is delivered
replace                         stands in for what is not: it may go once nothing of its target, or of an earlier
                                replacement, is or may be public

Until it is known whether a part is public, both may be planned for it; when that is settled, one of them goes
and the other has nothing to act on any more (`MOOT`). The target of a replacement is always the first delivery,
its `versions` are that and all replacements. Everything here happens inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, or_, select, update
from sqlalchemy.orm import aliased

from publisher import audience
from publisher.channel import Rendering
from publisher.ledger.schema import announcement, delivery, part, rendering

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


def parts(c: Connection, r: Rendering, at: float, addressed: bool) -> list[dict[str, Any]]:
    """The parts of an act, as it is planned now. A replacement first stops what has not left of its target."""
    if r.action == "replace":
        return _replacing(c, r, at, addressed)
    theirs = select(part.c.n, part.c.recipient).where(part.c.delivery == r.target, part.c.state.in_(OUT))
    if r.action == "reply" or (r.action == "retract" and r.posts):
        theirs = theirs.where(part.c.n == 0)
    elif r.action == "amend":
        theirs = theirs.where(part.c.n < len(r.posts))
    return [_new(row.n, row.recipient, at) for row in c.execute(theirs.order_by(part.c.id))]


def _replacing(c: Connection, r: Rendering, at: float, addressed: bool) -> list[dict[str, Any]]:
    """One part for each reader, or post, that no version has reached for sure."""
    theirs = c.execute(select(part).where(part.c.delivery.in_(versions(r.target))).order_by(part.c.id)).all()
    stop(c, r.target, "cancelled", WAITS if addressed else UNSENT)
    if addressed:
        reached = {p.recipient for p in theirs if p.state in ("delivered", "failed")}
        return [
            _new(0, p.recipient, max(at, p.due), p.last_start)
            for p in theirs
            if p.delivery == r.target and p.recipient not in reached and _stopped(p)
        ]
    unsent = [p for p in theirs if p.state in UNSENT]
    if len(unsent) < len(theirs) or not unsent or (due := max(p.due for p in unsent)) <= at:
        return [_new(n, "", at) for n in range(len(r.posts))]
    return [_new(n, "", due, unsent[0].last_start) for n in range(len(r.posts))]


def _stopped(p: Row[Any]) -> bool:
    """Whether a reader's part was stopped for a correction, or may turn out not to have left."""
    return p.state in ("sending", "unknown", *OPEN, "held") or p.kind == CORRECTED


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


def stop(c: Connection, target: str, state: str, states: Sequence[str] = UNSENT) -> int:
    """Hold or cancel whatever of a delivery's versions has not left, because a correction takes its place."""
    values = {"state": state, "kind": CORRECTED, "error": "a correction takes its place"}
    theirs = update(part).where(part.c.delivery.in_(versions(target)), part.c.state.in_(states))
    return int(c.execute(theirs.values(**values)).rowcount)


def supersede(c: Connection, target: str, besides: Sequence[str]) -> None:
    """A newer correction of a post is planned: an older one that has not left never does."""
    older = select(delivery.c.id).where(
        delivery.c.target == target,
        delivery.c.action.in_((*AMENDS, "reply")),
        delivery.c.id.not_in(besides),
    )
    c.execute(
        update(part)
        .where(part.c.delivery.in_(older), part.c.state.in_(UNSENT))
        .values(state="cancelled", kind=CORRECTED, error="a newer correction takes its place")
    )


# ---------------------------------------------------------------- keeping in step


def unsent(c: Connection, of: Row[Any], row: Row[Any], state: str) -> str:
    """What a part that surely did not leave becomes. `row`: its announcement's ended, held, revision.

    Cancelled or held, if that was said while it was on its way; a retraction goes on whatever was said.
    """
    if state not in ("waiting", "failed") or of.action == "retract":
        return state
    if row.ended == "retracted" or (row.ended and not of.target):
        return "cancelled"
    if of.action in (*AMENDS, "reply"):
        newer = delivery.c.action.in_(("amend", "reply")), delivery.c.target == of.target
        late = select(delivery.c.id).where(*newer, delivery.c.revision > of.revision)
        return "cancelled" if c.execute(late.limit(1)).first() else state
    first = of.target or of.id
    proposed = select(rendering.c.revision).where(
        rendering.c.announcement == of.announcement,
        rendering.c.revision > of.revision,
        rendering.c.revision == row.revision,
        rendering.c.target == first,
        rendering.c.action == "replace",
    )
    if c.execute(proposed.limit(1)).first():
        approved = select(delivery.c.id).where(
            delivery.c.target == first, delivery.c.action == "replace", delivery.c.revision > of.revision
        )
        return "cancelled" if c.execute(approved.limit(1)).first() else "held"
    return "held" if row.held and state == "waiting" and not of.target else state


def settled(c: Connection, at: float, of: Row[Any], n: int, recipient: str, state: str, worded: bool) -> None:
    """A part of `of` came to rest in `state`: what acts on it, and what it acted on, follows.

    `worded`: the rendering has posts; a retraction without takes down, one with only tells.
    """
    if state == "delivered" and of.target:
        if of.action == "retract" and not worded:
            _taken_down(c, of, n, recipient)
        elif of.action in AMENDS:
            c.execute(update(delivery).where(_on(of.target), delivery.c.id != of.id).values(live=None))
    if state not in ("delivered", "cancelled"):
        return
    first = of.target if of.action == "replace" else of.id
    rows = select(delivery.c.id, delivery.c.action, delivery.c.target).where(
        delivery.c.announcement == of.announcement,
        delivery.c.target.in_((of.id, first)),
        delivery.c.id != of.id,
    )
    acts = c.execute(rows).all()
    follow = [a for a in acts if a.action != "replace" and a.target == of.id]
    whom = part.c.recipient == recipient
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


def _taken_down(c: Connection, of: Row[Any], n: int, recipient: str) -> None:
    """A post is gone, and with it every change that was made to it."""
    post = select(delivery.c.id).where(_on(of.target))
    c.execute(
        update(part)
        .where(
            part.c.delivery.in_(post),
            part.c.n == n,
            part.c.recipient == recipient,
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


def insert_parts(c: Connection, key: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        c.execute(insert(part), [row | {"delivery": key} for row in rows])
