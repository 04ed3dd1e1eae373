"""Deliver: what each kind of answer does to a part, its channel and its clock."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from publisher.channel import Absent, Found, LiveText, Receipt, Unclear
from publisher.deliver import Delivering
from publisher.errors import (
    Blocked,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    SettingsError,
    Transient,
)
from publisher.ledger import Plan, Verdict, schema


def test_a_receipt_makes_it_delivered_and_read_back(office):
    """One request, one receipt, and the live text compared with the approved one."""
    key = office.planned()
    office.deliver(key)
    assert office.states(key) == {"one": ["delivered"]}
    assert office.part(key).receipt["id"] == "id1"
    assert office.ledger.deliveries(key)[0].live == "equal"
    office.deliver(key)
    assert len(office.channel().sent) == 1


@pytest.mark.parametrize(
    ("error", "state", "tries"),
    [
        (Transient("no"), "waiting", 1),
        (RateLimited("slow down"), "waiting", 0),
        (Blocked("401"), "waiting", 0),
        (Permanent("too long"), "failed", 1),
        (OutcomeUnknown("silence"), "unknown", 1),
        (Duplicate("there already"), "unknown", 1),
        (RuntimeError("a bug in an adapter"), "unknown", 1),
        (KeyboardInterrupt(), "sending", 0),
    ],
)
def test_each_error_has_one_meaning(office, error, state, tries):
    """Whatever is not a DeliveryError counts as unknown; an interrupt leaves the attempt in flight."""
    office.channel().answers = [error]
    key = office.planned()
    try:
        office.deliver(key)
    except KeyboardInterrupt:
        assert isinstance(error, KeyboardInterrupt)
    part = office.part(key)
    assert (part.state, part.tries, part.attempt) == (state, tries, 1)
    assert len(office.channel().sent) == 1


def test_an_unknown_outcome_is_never_sent_again_by_a_machine(office):
    """However much time passes, a part in doubt waits for `find` or a person."""
    office.channel().answers = [OutcomeUnknown("silence")]
    key = office.planned()
    office.deliver(key)
    for skew in (10, 40, 1000, 100000):
        office.ledger.skew = skew
        office.deliver(key)
    assert office.part(key).state == "unknown"
    assert office.part(key).find_due is None
    assert len(office.channel().sent) == 1


def test_a_doubt_is_looked_up_on_its_schedule_and_adopted_when_found(office):
    """5 s: not seen; 30 s: found."""
    channel = office.channel()
    channel.answers = [OutcomeUnknown("silence")]
    channel.finds = [Unclear("not yet"), Found(Receipt("9", "https://x/9"))]
    key = office.planned()
    office.deliver(key)
    office.ledger.skew = 4
    office.deliver(key)
    assert len(channel.finds) == 2
    office.ledger.skew = 6
    office.deliver(key)
    assert len(channel.finds) == 1
    assert office.part(key).state == "unknown"
    office.ledger.skew = 31
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert office.part(key).receipt["url"] == "https://x/9"
    assert len(channel.sent) == 1


def test_only_a_channel_that_says_absent_is_tried_again(office):
    """Absent means a repeat is harmless."""
    channel = office.channel()
    channel.answers = [OutcomeUnknown("silence")]
    channel.finds = [Absent()]
    key = office.planned()
    office.deliver(key)
    office.ledger.skew = 6
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert len(channel.sent) == 2


def test_a_duplicate_is_looked_up_at_once_and_its_hint_is_checked(office):
    """A named id is trusted only when what stands there reads as approved."""
    channel = office.channel()
    channel.answers = [Duplicate("there", hint="urn:1")]
    channel.live = LiveText("Something else.")
    key = office.planned()
    office.deliver(key)
    assert office.part(key).state == "unknown"
    channel.live = LiveText("The  words.")
    office.ledger.skew = 31
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert office.part(key).receipt["id"] == "urn:1"


def test_retries_back_off_and_end(office):
    """Waits double from the first to the cap with jitter; the budget of attempts ends them."""
    office.retry.attempts = 4
    channel = office.channel()
    channel.answers = [Transient("down")] * 10
    key = office.planned()
    waits = []
    for _ in range(4):
        office.deliver(key)
        part = office.part(key)
        if part.state == "waiting":
            waits.append(part.due - part.started)
            office.ledger.skew += part.due - part.started + 0.01
    assert part.state == "failed"
    assert "attempt 4 of 4" in part.error
    for wait, factor in zip(waits, (1, 2, 4), strict=True):
        assert 0.8 * 30 * factor <= wait <= 1.2 * 30 * factor
    office.ledger.retry(f"{key}/one", "officer")
    channel.answers = []
    office.deliver(key)
    assert office.part(key).state == "delivered"


def test_the_service_s_own_time_is_honoured_and_slows_the_whole_channel(office):
    """A 429 moves the channel's pace: another announcement waits too."""
    until = office.ledger.clock() + 500
    office.channel().answers = [RateLimited("slow", until)]
    first = office.planned(title="One")
    office.deliver(first)
    assert office.part(first).due == pytest.approx(until)
    second = office.planned(title="Two")
    office.deliver(second)
    assert office.part(second).state == "planned"
    office.ledger.skew = 501
    office.deliver()
    assert office.states(first) == office.states(second) == {"one": ["delivered"]}


@pytest.mark.parametrize(
    ("ends", "plan", "state"),
    [
        (3000, {}, "waiting"),
        (4000, {}, "held"),  # after PLAN__LATENESS, one hour here
        (4000, {"not_after": 5000}, "waiting"),
        (6000, {"not_after": 5000}, "held"),
        (30000, {"not_after": 40000}, "held"),  # after RETRY__HORIZON, six hours
    ],
)
def test_a_limit_that_ends_too_late_for_the_plan_is_a_person_s_to_decide(office, ends, plan, state):
    """A short one is waited out; a day's is not, without anybody being asked. Told with the time it ends."""
    now = office.ledger.clock()
    key = office.planned(plan=Plan(not_after=now + plan["not_after"] if plan else None))
    office.channel().answers = [RateLimited("X answered 429", now + ends)]
    office.deliver(key)
    part = office.part(key)
    assert (part.state, part.kind, part.tries) == (state, "RateLimited", 0)
    if state == "held":
        assert datetime.fromtimestamp(now + ends, UTC).strftime("%Y-%m-%d %H:%M") in part.error
        office.ledger.skew = ends + 1
        office.deliver(key)
        assert len(office.channel().sent) == 1
        office.ledger.release(key, "officer")
    office.ledger.skew = ends + 1
    office.deliver(key)
    assert office.part(key).state == "delivered"


def test_what_is_released_before_a_limit_ends_goes_out_when_it_does(office):
    """Not before: the service would only refuse it again."""
    ends = office.ledger.clock() + 86400
    key = office.planned()
    office.channel().answers = [RateLimited("X answered 429", ends)]
    office.deliver(key)
    office.ledger.release(key, "officer")
    assert (office.part(key).state, office.part(key).due) == ("planned", pytest.approx(ends))
    office.deliver(key)
    assert len(office.channel().sent) == 1
    office.ledger.skew = 86401
    office.deliver(key)
    assert office.part(key).state == "delivered"


def test_what_was_cancelled_on_its_way_is_not_held_for_its_limit(office):
    """Whatever state an attempt would leave it in, a cancelled part that did not leave is cancelled."""
    key = office.planned()
    (of,) = office.ledger.due(1)
    claimed = office.ledger.claim(of, 1, 60.0)
    office.ledger.cancel(key, "officer")
    office.ledger.settle(claimed, Verdict("held", "RateLimited", "429", spent=False))
    assert office.part(key).state == "cancelled"


@pytest.mark.parametrize(
    ("asked", "told"),
    [(30000, "given up at once: "), (None, "given up 5 h 58 min after the first attempt: ")],
)
def test_what_is_given_up_says_when_and_why(office, asked, told):
    """Before the horizon has passed, where the next try would come after it."""
    now = office.ledger.clock()
    office.channel().answers = [Transient("down", now + asked)] if asked else [Transient("down")] * 2
    key = office.planned()
    office.deliver(key)
    if not asked:
        part = office.part(key)
        with office.ledger.write() as c:
            c.execute(
                update(schema.part).values(first=part.first - (5 * 3600 + 58 * 60 + 10), tries=6, due=now)
            )
        office.deliver(key)
    part = office.part(key)
    assert part.state == "failed"
    assert told in part.error and "6 h that RETRY__HORIZON allows" in part.error


def test_no_look_waits_behind_deliveries(office):
    """The longer a doubt waits to be looked up, the more there is to look through."""
    gate, channel = threading.Event(), office.channel()
    channel.answers = [OutcomeUnknown("silence")]
    doubt = office.planned(title="One")
    office.deliver(doubt)
    channel.finds = [Found(Receipt("9"))]
    office.ledger.skew = 6
    slow = office.planned("two", title="Two")
    office.channel("two").send = lambda part, prepared: gate.wait(30) and Receipt("2")
    made = Delivering(office.ledger, office.channel, office.retry)
    made._pool = ThreadPoolExecutor(max_workers=1)
    try:
        made.once(wait=False)
        made._lookers.shutdown(wait=True)
        assert office.part(doubt).state == "delivered"
        assert office.part(slow, "two").state != "delivered"
    finally:
        gate.set()
        made.close()


def test_a_blocked_channel_stops_and_leaves_the_others_running(office):
    """401 on one channel: it waits for a person, the other is delivered."""
    office.channel("one").answers = [Blocked("401: renew the token")]
    key = office.planned("one", "two")
    office.deliver(key)
    assert office.states(key) == {"one": ["waiting"], "two": ["delivered"]}
    office.ledger.skew = 86400
    office.deliver(key)
    assert len(office.channel("one").sent) == 1
    office.ledger.resume("officer", "one")
    office.deliver(key)
    assert office.states(key) == {"one": ["delivered"], "two": ["delivered"]}


def test_a_channel_without_credentials_is_blocked_and_nothing_is_attempted(office, monkeypatch):
    """Settings that vanished since planning stop the channel, not the service."""
    channel = office.channel()

    def ready() -> None:
        raise SettingsError("PUBLISHER_ONE__TOKEN is missing")

    channel.ready = ready
    key = office.planned()
    office.deliver(key)
    assert office.part(key).attempt == 0
    assert "PUBLISHER_ONE__TOKEN" in next(
        lane.blocked for lane in office.ledger.lanes() if lane.name == "one"
    )


def test_what_was_planned_for_a_rehearsal_does_not_go_out_in_earnest(office, monkeypatch):
    """The service and account that were approved are the ones that are used."""
    key = office.planned()
    monkeypatch.setattr(type(office.channel()), "service", property(lambda self: "https://api.example.org"))
    office.deliver(key)
    assert office.channel().sent == []
    assert office.part(key).state == "planned"


def test_a_rendering_changed_in_the_ledger_is_held_not_sent(office):
    """The digest that was approved is checked once more just before the wire."""
    from sqlalchemy import update

    from publisher.ledger import schema

    key = office.planned()
    with office.ledger.write() as c:
        row = c.execute(schema.rendering.select()).one()
        row.content["posts"][0]["copies"][0][2] = "Other words."
        c.execute(update(schema.rendering).values(content=row.content))
    office.deliver(key)
    assert office.channel().sent == []
    assert office.part(key).state == "held"


def test_a_process_that_slept_between_claim_and_wire_does_not_send(office, monkeypatch):
    """Suspended there for longer than a moment, it gives the part back unspent."""
    from publisher import deliver

    readings = iter([0.0, 100.0])
    monkeypatch.setattr(deliver.time, "clock_gettime", lambda _: next(readings, 0.0))
    key = office.planned()
    office.deliver(key)
    kinds = [e.data.get("error") for _, e in office.ledger.events(key) if e.kind == "waiting"]
    assert kinds == ["Asleep"]
    assert len(office.channel().sent) == 1
    assert office.part(key).state == "delivered"


def test_preparing_is_done_once_and_its_failure_sends_nothing(office, monkeypatch):
    """Uploads are kept; an upload whose outcome is unknown is simply made again."""
    channel = office.channel()
    original = type(channel).prepare
    failures = [OutcomeUnknown("upload lost")]

    def prepare(self, rendering, blob):
        if failures:
            raise failures.pop()
        return original(self, rendering, blob)

    monkeypatch.setattr(type(channel), "prepare", prepare)
    key = office.planned(parts=2)
    office.deliver(key)
    assert channel.sent == []
    assert office.part(key).state == "waiting"
    office.ledger.skew = 60
    office.deliver(key)
    assert office.states(key) == {"one": ["delivered", "delivered"]}
    assert channel.prepared == 1


@pytest.mark.parametrize(
    ("live", "told"),
    [
        (LiveText("The words."), "equal"),
        (LiveText("The   words.\n"), "equal"),
        (LiveText("The"), "cut"),
        (LiveText("The wordz."), "changed"),
        (LiveText(None, reason="no scope"), "unreadable"),
        (LiveText(gone=True), "unreachable"),
    ],
)
def test_what_is_public_is_compared_with_what_was_approved(office, live, told):
    """A cut or changed text is noticed at once; a post not visible yet is no alarm."""
    office.channel().live = live
    key = office.planned()
    office.deliver(key)
    assert office.ledger.deliveries(key)[0].live == told
    assert office.part(key).state == "delivered"


def test_a_slow_channel_does_not_delay_another(office, monkeypatch):
    """The second channel is delivered while the first is still sending."""
    slow, order = office.channel("one"), []
    original = type(slow).send

    def send(self, part, prepared):
        if self is slow:
            until = time.monotonic() + 10
            while "two" not in order and time.monotonic() < until:
                time.sleep(0.01)
            order.append("one")
        else:
            order.append("two")
        return original(self, part, prepared)

    monkeypatch.setattr(type(slow), "send", send)
    key = office.planned("one", "two")
    office.deliver(key)
    assert order == ["two", "one"]
