"""Costs: what a channel's posts cost in a calendar month (UTC), and whether one more would pass its cap.

Counted is what the renderings say they cost (`Form.price`), once for each delivery of which something was, or
may have been, posted: a thread counts whole from its first post on. Looking posts up and deleting them is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import case, func, select

from publisher.channel import Channel
from publisher.ledger.engine import Database
from publisher.ledger.schema import delivery, part
from publisher.ledger.statements import LEFT

PENDING = ("planned", "waiting", "held")
_CENT = 0.0005
"""Prices have three decimals; sums of them in binary do not."""


@dataclass(frozen=True, slots=True)
class Spending:
    """US dollars on one channel in one month: `spent` on what left, `planned` for what is due in it."""

    spent: float
    planned: float


def month(at: float) -> tuple[float, float]:
    """The calendar month (UTC) of a moment, as the moments it starts and the next one starts."""
    day = datetime.fromtimestamp(at, UTC)
    start = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start.timestamp(), after.timestamp()


def spending(ledger: Database, channel: str, service: str, at: float, besides: str = "") -> Spending:
    """What `channel` costs at `service` (a rehearsal's costs are nobody's) in the month of `at`.

    What is overdue from an earlier month would go out now, and counts as planned. `besides` is a delivery that
    is left out.
    """
    start, end = month(at)
    parts = (
        select(
            part.c.delivery.label("id"),
            func.min(part.c.first).label("first"),
            func.max(case((part.c.state.in_(LEFT), 1), else_=0)).label("left"),
            func.min(part.c.due).label("due"),
        )
        .where(part.c.state.in_((*LEFT, *PENDING)))
        .group_by(part.c.delivery)
        .subquery()
    )
    rows = (
        select(parts.c.left, parts.c.first, parts.c.due, delivery.c.cost)
        .join(parts, parts.c.id == delivery.c.id)
        .where(
            delivery.c.channel == channel,
            delivery.c.service == service,
            delivery.c.cost.is_not(None),
            delivery.c.id != besides,
        )
    )
    with ledger.read() as c:
        found = c.execute(rows).all()
    return Spending(
        spent=sum(r.cost for r in found if r.left and start <= (r.first or 0) < end),
        planned=sum(r.cost for r in found if not r.left and r.due < end),
    )


def over_cap(
    ledger: Database, channel: Channel, cost: float, at: float, *, planning: bool, besides: str = ""
) -> str:
    """Why posting for `cost` US dollars at `at` would pass the channel's monthly cap; "" when it would not.

    While `planning`, what is planned in that month counts as well; at the moment of posting only what left.
    """
    cap = channel.monthly_cap
    if cap is None or not cost:
        return ""
    there = spending(ledger, channel.name, channel.service, at, besides)
    total = there.spent + (there.planned if planning else 0) + cost
    if total <= cap + _CENT:
        return ""
    start, end = (datetime.fromtimestamp(moment, UTC) for moment in month(at))
    planned = f" and ${there.planned:.3f} planned" if planning and there.planned else ""
    return (
        f"{channel.name}: with ${cost:.3f} more, {start:%B %Y} would cost ${total:.3f} (${there.spent:.3f} spent"
        f"{planned}), and PUBLISHER_{channel.name.upper()}__MONTHLY_CAP is ${cap:.2f}: raise it, or wait for "
        f"{end:%B %Y} (UTC)"
    )
