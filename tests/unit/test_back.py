"""Looking back: what went out is read again later, by one host, and what differs is told."""

from __future__ import annotations

import pytest

from publisher import back
from publisher.back import Back
from publisher.channel import LiveText
from publisher.errors import Transient

MINUTE = 60.0


@pytest.fixture
def host(office, monkeypatch):
    """Makes one host's looks back."""
    monkeypatch.setattr(back, "EVERY", 0.0)

    def made(*minutes: float) -> Back:
        return Back(
            office.ledger,
            office.channel,
            minutes or (1, 60, 1440),
            lambda e, f: office.observed.append((e, f)),
        )

    return made


def looks(office) -> int:
    return sum(event == "read back" for event, _ in office.observed)


def live(office, key) -> str:
    return office.ledger.deliveries(key)[0].live


def test_what_went_out_is_read_again_after_a_minute_an_hour_and_a_day(office, host):
    """Once at each time, however often somebody looks, and by one of two hosts."""
    key = office.planned()
    office.deliver(key)
    office.observed.clear()
    one, other = host(), host()
    for minutes, expected in ((0.5, 0), (1.1, 1), (2, 1), (61, 2), (1441, 3), (5000, 3)):
        office.ledger.skew = minutes * MINUTE
        for each in (one, other, one):
            each.sweep()
        assert looks(office) == expected, minutes


def test_what_was_changed_meanwhile_is_found(office, host):
    """An hour later it reads otherwise; the ledger knows, and keeps what was read."""
    key = office.planned()
    office.deliver(key)
    office.channel().live = LiveText("Other words.")
    office.ledger.skew = 61 * MINUTE
    host().sweep()
    row = office.ledger.deliveries(key)[0]
    assert (row.live, row.live_text) == ("changed", "Other words.")
    assert office.ledger.differing() == [row.id]


def test_a_process_that_died_before_reading_back_is_made_up_for(office, host):
    """Delivered, never read: the first look that is due reads it; a plan at short notice makes one look, not three."""
    key = office.planned()
    office.deliver(key)
    with office.ledger.write() as c:
        from publisher.ledger.schema import delivery

        c.execute(delivery.update().values(live=None, live_at=None))
    office.observed.clear()
    office.ledger.skew = 2000 * MINUTE
    host().sweep()
    assert (looks(office), live(office, key)) == (1, "equal")


def test_a_service_that_cannot_be_reached_is_asked_again(office, host, monkeypatch):
    """No verdict, one more look; not for ever."""
    key = office.planned()
    office.deliver(key)
    channel = office.channel()

    def away(receipt):
        raise Transient("away")

    with monkeypatch.context() as now:
        now.setattr(channel, "read", away)
        office.ledger.skew = 2 * MINUTE
        host(1).sweep()
        assert live(office, key) == "unreachable"
    office.ledger.skew = 13 * MINUTE
    host(1).sweep()
    assert live(office, key) == "equal"


def test_never_means_never(office):
    """No minutes, no looks."""
    key = office.planned()
    office.deliver(key)
    office.observed.clear()
    office.ledger.skew = 5000 * MINUTE
    Back(office.ledger, office.channel, ()).sweep()
    assert looks(office) == 0
