"""Single rules of the engine, each broken by one exact sequence: the short stories behind the long tests."""

from __future__ import annotations

import types

import pytest

from publisher.channel import Absent, Receipt, Unclear
from publisher.errors import OutcomeUnknown, RateLimited, Transient, UsageError
from publisher.ledger import Verdict


def meanwhile(channel, act):
    """Let `act` happen while the channel's first request is on its way."""
    send = type(channel).send

    def busy(self, part, prepared):
        if not self.sent:
            self.sent.append(part)
            act()
            raise Transient("not now")
        return send(self, part, prepared)

    channel.send = types.MethodType(busy, channel)


def test_what_was_cancelled_while_it_was_on_its_way_is_not_tried_again(office):
    """One channel is sending, the other planned; both are cancelled, and the first answer says: not sent."""
    first = office.channel("one")
    office.ledger.pause("officer", "two")
    key = office.planned("one", "two")
    meanwhile(first, lambda: office.ledger.cancel(key, "officer"))
    office.deliver(key)
    office.ledger.skew = 3000
    office.deliver(key)
    assert len(first.sent) == 1
    assert office.states(key) == {"one": ["cancelled"], "two": ["cancelled"]}


@pytest.mark.parametrize("answer", ["absent", "person"])
def test_what_was_cancelled_while_it_was_in_doubt_is_not_tried_again(office, answer):
    """It turns out that it was never published: then it stays so."""
    first = office.channel("one")
    first.answers = [OutcomeUnknown("silence")]
    office.ledger.pause("officer", "two")
    key = office.planned("one", "two")
    office.deliver(key)
    office.ledger.cancel(key, "officer")
    if answer == "absent":
        first.finds = [Absent()]
    else:
        office.ledger.resolve(f"{key}/one", "officer", published=False)
    office.ledger.skew = 3000
    office.deliver(key)
    assert len(first.sent) == 1
    assert office.states(key) == {"one": ["cancelled"], "two": ["cancelled"]}


def test_a_hold_reaches_what_is_on_its_way(office):
    """It cannot be called back, but it is not tried again while it is held."""
    channel, refused = office.channel("one"), []
    key = office.planned("one")

    def hold():
        try:
            office.ledger.hold(key, "officer")
        except UsageError as error:
            refused.append(str(error))

    meanwhile(channel, hold)
    office.deliver(key)
    office.ledger.skew = 3000
    office.deliver(key)
    assert (len(channel.sent), refused) == (1, [])
    office.ledger.release(key, "officer")
    office.deliver(key)
    assert office.states(key) == {"one": ["delivered"]}


def test_each_doubt_is_looked_up_on_the_whole_schedule(office):
    """The second attempt's doubt is looked up as often as the first one's was."""
    channel = office.channel()
    channel.answers = [OutcomeUnknown("silence"), OutcomeUnknown("silence")]
    looks = []
    channel.find = types.MethodType(
        lambda self, part, since: looks.append(part.attempt) or Unclear(), channel
    )
    key = office.planned()
    for attempt in (1, 2):
        for seconds in (0, 6, 31, 1000):
            office.deliver(key)
            office.ledger.skew += seconds
        office.deliver(key)
        assert office.part(key).find_due is None
        assert looks.count(attempt) == len(channel.find_after)
        if attempt == 1:
            office.ledger.resolve(f"{key}/one", "officer", published=False)


def test_an_answer_to_a_revision_that_is_gone_settles_nothing(office):
    """A worker that was given up answers for words that were since replaced: it says nothing about the new ones."""
    claimed = []
    claim = office.ledger.claim
    office.ledger.claim = lambda *args: (claimed.append(claim(*args)), claimed[-1])[1]
    channel = office.channel()
    channel.answers = [OutcomeUnknown("silence"), KeyboardInterrupt()]
    key = office.planned()
    office.deliver(key)
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    known = office.ledger.known(key)
    office.ledger.revise(key, known.statement, known.renderings, "author")
    office.approve(key)
    with pytest.raises(KeyboardInterrupt):
        office.deliver(key)
    assert office.part(key).state == "sending"
    late = Verdict("waiting", "Transient", "not now", due=0.0)
    assert not office.ledger.settle(claimed[0], late)
    assert office.part(key).state == "sending"


def test_a_late_receipt_is_believed_whatever_was_thought_meanwhile(office):
    """Given up, answered "not published" by a person in good faith, and then the service's own receipt comes."""
    claimed = []
    claim = office.ledger.claim
    office.ledger.claim = lambda *args: (claimed.append(claim(*args)), claimed[-1])[1]
    channel = office.channel()
    channel.answers = [OutcomeUnknown("silence")]
    key = office.planned()
    office.deliver(key)
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    assert office.part(key).state == "waiting"
    assert office.ledger.settle(claimed[0], Verdict("delivered", receipt=Receipt("7", "https://x/7")))
    office.deliver(key)
    assert len(channel.sent) == 1
    assert office.part(key).state == "delivered"


def test_rate_limits_that_name_no_time_are_asked_less_and_less_often(office):
    """The wait grows to the cap, although none of them spends an attempt."""
    channel = office.channel()
    channel.answers = [RateLimited("slow down")] * 6
    key = office.planned()
    waits = []
    for _ in range(6):
        office.deliver(key)
        part = office.part(key)
        waits.append(part.due - part.started)
        office.ledger.skew += waits[-1] + 0.01
    assert waits[-1] > 8 * waits[0]


def test_nothing_is_left_to_hold_or_cancel_once_it_is_public(office):
    """What cannot be done is refused, not pretended."""
    key = office.planned()
    office.deliver(key)
    for act in (office.ledger.hold, office.ledger.cancel):
        with pytest.raises(UsageError):
            act(key, "officer")
