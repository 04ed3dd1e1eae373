"""What a month of posts costs, and the cap that nothing passes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from publisher.channel import Channel
from publisher.ledger import Ledger, costs
from publisher.ledger.schema import delivery, part

NOW = datetime(2026, 12, 15, tzinfo=UTC).timestamp()
DAY = 86_400.0


class Priced(Channel):
    name = "one"
    monthly_cap = 1.0
    service = "http://127.0.0.1:1"  # type: ignore[assignment]


@pytest.fixture
def post(office):
    """Puts a delivery of that cost, with its parts' states, into the ledger; its id."""

    def put(cost: float, *states: str, at: float = NOW, service: str = Priced.service) -> str:
        key = office.planned(parts=len(states), title=f"A statement of {cost} {len(made)}")
        of = f"{key}/one"
        made.append(of)
        with office.ledger.write() as c:
            c.execute(update(delivery).where(delivery.c.id == of).values(cost=cost, service=service))
            for n, state in enumerate(states):
                left = None if state in costs.PENDING else at
                here = (part.c.delivery == of) & (part.c.n == n)
                c.execute(update(part).where(here).values(state=state, first=left, due=at))
        return of

    made: list[str] = []
    return put


def spending(ledger: Ledger, at: float = NOW, **options: str) -> tuple[float, float]:
    found = costs.spending(ledger, "one", Priced.service, at, **options)
    return round(found.spent, 3), round(found.planned, 3)


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), (2026, 12, 1), (2027, 1, 1)),
        (datetime(2024, 2, 29, tzinfo=UTC), (2024, 2, 1), (2024, 3, 1)),
    ],
)
def test_a_month_is_the_calendars_in_utc(
    day: datetime, start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    found = costs.month(day.timestamp())
    assert found == tuple(datetime(*d, tzinfo=UTC).timestamp() for d in (start, end))


def test_what_left_or_may_have_is_spent_and_what_is_due_is_planned(ledger, post) -> None:
    """What surely never left costs nothing; a thread counts whole from its first post on."""
    post(0.2, "delivered")
    post(0.3, "delivered", "failed")
    post(0.01, "unknown")
    post(0.02, "sending")
    post(0.04, "retracted")
    post(5.0, "failed")
    post(6.0, "cancelled")
    post(0.1, "planned")
    post(0.2, "waiting")
    assert spending(ledger) == (0.57, 0.3)


def test_other_months_other_services_and_the_delivery_itself_do_not_count(ledger, post) -> None:
    post(1.0, "delivered", at=NOW - 20 * DAY)
    post(2.0, "planned", at=NOW + 20 * DAY)
    post(4.0, "delivered", service="http://127.0.0.1:8471")
    own = post(8.0, "sending")
    assert spending(ledger, besides=own) == (0, 0)
    assert spending(ledger, at=NOW + 20 * DAY, besides=own) == (0, 2.0)


def test_what_is_overdue_from_last_month_counts_as_planned_in_this_one(ledger, post) -> None:
    post(0.2, "waiting", at=NOW - 20 * DAY)
    assert spending(ledger) == (0, 0.2)


def test_the_cap_may_be_reached_and_not_passed(ledger, post) -> None:
    """Ten times ten cents is a dollar, whatever binary fractions say."""
    for _ in range(9):
        post(0.1, "delivered")
    assert costs.over_cap(ledger, Priced(None), 0.1, NOW, planning=True) == ""
    why = costs.over_cap(ledger, Priced(None), 0.101, NOW, planning=True)
    assert "December 2026 would cost $1.001 ($0.900 spent)" in why
    assert "PUBLISHER_ONE__MONTHLY_CAP is $1.00: raise it, or wait for January 2027" in why


def test_a_plan_counts_what_is_planned_and_a_post_only_what_left(ledger, post) -> None:
    post(0.9, "planned")
    assert "and $0.900 planned" in costs.over_cap(ledger, Priced(None), 0.2, NOW, planning=True)
    assert costs.over_cap(ledger, Priced(None), 0.2, NOW, planning=False) == ""


def test_without_a_cap_or_a_price_there_is_nothing_to_pass(ledger, post) -> None:
    post(5.0, "delivered")
    free = Priced(None)
    assert costs.over_cap(ledger, free, 0.0, NOW, planning=False) == ""
    free.monthly_cap = None
    assert costs.over_cap(ledger, free, 9.0, NOW, planning=False) == ""


def test_a_cap_of_nothing_stops_everything_that_costs(ledger) -> None:
    none = Priced(None)
    none.monthly_cap = 0.0
    assert costs.over_cap(ledger, none, 0.015, NOW, planning=False)
