"""The alarm is set for what falls due next, whatever is still on its way."""

from __future__ import annotations

import pytest

from publisher.clock import _wake
from publisher.deliver import Delivering
from publisher.ledger import Plan
from publisher.plan import When


class Alarm:
    """A scheduler that notes when it is to wake."""

    def __init__(self):
        self.at = None

    def add_job(self, job, trigger, *, run_date, **options):
        self.at = run_date.timestamp()


@pytest.fixture
def delivering(office):
    made = Delivering(office.ledger, office.channel, office.retry)
    yield made
    made.close()


def planned(office, ledger, seconds, words):
    at = ledger.clock() + seconds
    office.planned(plan=Plan(When(at, "", "UTC")), title=words, text=words)
    return at


def alarm(delivering, since):
    scheduler = Alarm()
    _wake(scheduler, lambda: None, delivering, since)
    return scheduler.at


def test_what_is_begun_and_not_yet_claimed_does_not_hide_what_is_next(office, ledger, delivering):
    """A sweep hands a delivery to a thread; its claim comes when that thread gets its turn."""
    planned(office, ledger, -1, "one")
    due = planned(office, ledger, 3, "two")
    assert alarm(delivering, ledger.clock()) == pytest.approx(due, abs=0.5)


def test_what_fell_due_during_the_sweep_is_next(office, ledger, delivering):
    """It was not due when the sweep looked, and is past when the alarm is set: the alarm rings at once."""
    since = ledger.clock() - 2
    due = planned(office, ledger, -1, "one")
    assert alarm(delivering, since) == pytest.approx(due, abs=0.5)


def test_what_is_far_off_is_left_to_a_later_tick(office, ledger, delivering):
    planned(office, ledger, 3600, "one")
    assert alarm(delivering, ledger.clock()) is None
