"""People, processes and services in any order: nothing leaves that may not, nothing leaves twice, nothing is lost.

A Hypothesis state machine drives the real ledger and the real delivering against a channel that answers as it
is told. The model beside it knows what the public can see, what people decided, and whether a part may be sent:
only while nobody has asked for it yet, after an answer that says surely nothing was sent, or on a person's word.
"""

from __future__ import annotations

import atexit
import itertools
import os
import socket
import tempfile
import traceback
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, update

from publisher.channel import Absent, Channel, Copy, Found, LiveText, Post, Receipt, Rendering, Unclear
from publisher.deliver import Delivering
from publisher.errors import (
    Blocked,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    StatementError,
    Transient,
    UsageError,
)
from publisher.ledger import Ledger, NewDelivery, Plan, Verdict, schema, statements
from publisher.plan import When
from publisher.render import announcement_digest
from publisher.settings import Retry
from publisher.statement import Block, Statement
from tests.faults.inline import Died, work

NEEDED = 2
LATENESS = 3600.0
CHANNELS = ("one", "two")
GHOST = "nobody:1:1"

NOTHING_SENT = {
    "transient": Transient("not now"),
    "limited": RateLimited("slow down"),
    "blocked": Blocked("401"),
    "permanent": Permanent("too long"),
}
IN_DOUBT = {
    "unknown": OutcomeUnknown("silence"),
    "bug": RuntimeError("a bug in an adapter"),
    "duplicate": Duplicate("there already", hint="a-ghost"),
}
ANSWERS = ("receipt", *NOTHING_SENT, *IN_DOUBT, "dies", "late")
DECISIONS = (
    "hold",
    "release",
    "release",
    "resolve",
    "resolve",
    "retry",
    "pause",
    "pause_one",
    "resume",
    "resume",
)
DECISIONS += ("reschedule", "revise", "reject", "cancel")
MEANWHILE = ("", "", "", "worker", "hold", "cancel", "pause", "jump")


@dataclass
class Seen:
    """One part as the world knows it: is it public, and may it be sent?"""

    public: int = 0
    may_send: bool = True
    due: float = 0.0
    last: float | None = None


@dataclass
class Notice:
    """One announcement as the people of the office know it."""

    key: str
    statement: Statement
    renderings: tuple[Rendering, ...]
    plan: Plan
    approvals: dict[str, set[str]] = field(default_factory=dict)
    parts: dict[tuple[str, int], Seen] = field(default_factory=dict)
    held: bool = False
    ended: bool = False

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.statement.title)

    @property
    def digest(self) -> str:
        return announcement_digest(self.statement, self.renderings)

    @property
    def approved(self) -> bool:
        return len(self.approvals.get(self.digest, ())) >= NEEDED


class Told(Channel):
    """A channel that answers as the machine says."""

    find_after = (5, 30)
    patience = 60.0

    def __init__(self, name, machine):
        self.name, self.machine = name, machine

    def send(self, part, prepared):
        return self.machine.sent(self.name, part)

    def find(self, part, since):
        return self.machine.looked(part)

    def read(self, receipt):
        text = self.machine.texts.get(receipt.id)
        return LiveText(text, gone=text is None)


class Clock:
    """The database's clock, standing still between two steps, so that a story can be told again."""

    now = START = 1_800_000_000.0

    def rule(self, connection, _):
        connection.create_function("julianday", 1, lambda _: self.now / 86400.0 + 2440587.5)


CLOCK = Clock()


@cache
def opened():
    """One ledger for all stories: what SQLAlchemy has compiled once it need not compile again."""
    fast = Path("/dev/shm")
    folder = tempfile.TemporaryDirectory(dir=fast if fast.is_dir() else None)
    ledger = Ledger(f"sqlite:///{folder.name}/ledger.db")
    event.listen(ledger.engine, "connect", CLOCK.rule)
    ledger.engine.dispose()
    atexit.register(folder.cleanup)
    atexit.register(ledger.close)
    return ledger


def emptied():
    ledger = opened()
    CLOCK.now = Clock.START
    with ledger.write() as c:
        for table in reversed(schema.meta.sorted_tables):
            c.execute(table.delete())
        c.execute(schema.lane.insert().values(name="*", paused=False, free=0.0))
    return ledger


class Office(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.ledger = emptied()
        self.notices, self.texts, self.wrong = {}, {}, []
        self.paused, self.blocked = set(), set()
        self.answers, self.meanwhile, self.flights, self.claims = [], [], [], {}
        self.visible = self.absent = True
        self.numbers = itertools.count(1)
        # Ids are drawn by lot otherwise, and deliveries that are due together go in their order.
        self.lots = patch.object(statements, "_new_id", lambda c: f"notice{next(self.numbers)}")
        self.lots.start()
        claim, settle = self.ledger.claim, self.ledger.settle

        def claimed(*args):
            found = claim(*args)
            if found:
                self.claims[found.part.key] = found
            return found

        def settled(attempt, verdict):
            kept = settle(attempt, verdict)
            if verdict.block:
                self.blocked.add(attempt.of.channel)
            return kept

        self.ledger.claim, self.ledger.settle = claimed, settled

    # ------------------------------------------------------------ the world

    def of(self, part):
        key, _, rest = part.key.partition("/")
        channel, _, n = rest.partition("#")
        notice = self.notices[key]
        return notice, notice.parts[channel, int(n)], channel

    def sent(self, name, part):
        """The irreversible request: may it be, and what comes of it?"""
        notice, seen, _ = self.of(part)
        try:
            self.may_leave(notice, seen, name, part)
        except AssertionError:
            self.wrong.append(traceback.format_exc(limit=-1))
        seen.may_send = False
        claimed = self.claims[part.key]
        answer, public = self.answers.pop(0) if self.answers else ("receipt", True)
        public = answer == "receipt" or (public and answer not in NOTHING_SENT)
        receipt = self.publish(part, seen) if public else None
        if self.meanwhile:
            self.happens(self.meanwhile.pop(0), notice)
        if answer in NOTHING_SENT:
            seen.may_send = seen.may_send or self.claims[part.key] is claimed
            raise NOTHING_SENT[answer]
        if answer in IN_DOUBT:
            raise IN_DOUBT[answer]
        if answer == "receipt":
            return receipt
        if answer == "late":
            self.flights.append((claimed, receipt))
        elif public:  # the dead are noticed at once on their own host, elsewhere by their deadline
            dead = f"{socket.gethostname()}:{2**30}:1"
            with self.ledger.write() as c:
                c.execute(update(schema.part).where(schema.part.c.id == claimed.row.id).values(worker=dead))
        raise Died

    def publish(self, part, seen):
        seen.public += 1
        receipt = Receipt(f"post{next(self.numbers)}", "https://example.org/post")
        self.texts[receipt.id] = part.post["post"].text
        return receipt

    def may_leave(self, notice, seen, name, part):
        now = self.ledger.clock()
        assert part.rendering in notice.renderings, "not the words that are current"
        assert notice.approved, "not approved by enough people"
        assert not notice.held, "held"
        assert not notice.ended, "cancelled or rejected"
        assert not {"*", name} & self.paused, "paused"
        assert name not in self.blocked, "blocked"
        assert notice.plan.embargo is None or now >= notice.plan.embargo.at, "under embargo"
        assert now >= seen.due, "early"
        assert part.attempt > 1 or seen.last is None or now <= seen.last, "too late for a first attempt"
        assert seen.public == 0, "public already"
        assert seen.may_send, "in doubt"
        before = notice.parts.get((name, part.n - 1))
        assert before is None or (before.public == 1 and part.reply_to), "ahead of its thread"

    def looked(self, part):
        _, seen, _ = self.of(part)
        if seen.public:
            live = next(id for id, text in self.texts.items() if text == part.post["post"].text)
            return Found(Receipt(live)) if self.visible else Unclear("not listed yet")
        if self.absent:
            seen.may_send = True
            return Absent()
        return Unclear("not listed")

    def happens(self, what, notice):
        """Something else, while a request is on its way."""
        if what == "worker":
            self.work()
        elif what == "jump":
            CLOCK.now += 200
            self.work()
        elif what:
            getattr(self, what)(notice=notice)

    def work(self):
        """One worker with one thread delivers all it may, or dies of it."""
        work(Delivering(self.ledger, lambda name: Told(name, self), Retry(attempts=3), NEEDED))

    # ------------------------------------------------------------ people

    some = st.runner().flatmap(lambda self: st.sampled_from(list(self.notices.values()) or [None]))

    def written(self, channels, size):
        number = next(self.numbers)
        texts = [f"Notice {number}, part {n}" for n in range(size)]
        posts = tuple(Post((Copy("post", t, t, len(t), 280),)) for t in texts)
        body = (Block("paragraph", f"Notice {number}."),)
        renderings = tuple(
            Rendering(
                c,
                "en",
                tuple(
                    Post((Copy("post", f"{c}: {p['post'].text}", f"{c}: {p['post'].text}", 9, 280),))
                    for p in posts
                ),
            )
            for c in channels
        )
        return Statement(f"Notice {number}", body), renderings

    def when(self, seconds):
        return None if seconds is None else When(self.ledger.clock() + seconds, "soon", "UTC")

    @initialize(size=st.sampled_from([1, 2]))
    def first(self, size):
        self.submit(CHANNELS, size, None, None, "AB")

    @rule(
        channels=st.sampled_from([("one",), CHANNELS]),
        size=st.sampled_from([1, 1, 2]),
        at=st.sampled_from([None, None, 100.0]),
        embargo=st.sampled_from([None, None, 150.0]),
        names=st.sampled_from(["AB", "AB", "A", ""]),
    )
    @precondition(lambda self: len(self.notices) < 3)
    def submit(self, channels, size, at, embargo, names):
        statement, renderings = self.written(channels, size)
        plan = Plan(self.when(at), self.when(embargo))
        key = self.ledger.submit(statement, renderings, "author", plan=plan, channels=channels)
        self.notices[key] = Notice(key, statement, renderings, plan)
        with pytest.raises(UsageError):
            self.ledger.approve(key, "A", [], needed=1, digest="0" * 64)
        self.approve(self.notices[key], names)

    @rule(notice=some, names=st.sampled_from(["A", "B", "AB", "AB"]))
    def approve(self, notice, names):
        for name in names:
            self.approved(notice, name)

    def approved(self, notice, name):
        deliveries = [NewDelivery(r, "", "", False) for r in notice.renderings]
        options = {"needed": NEEDED, "lateness": LATENESS}
        try:
            self.ledger.approve(notice.key, name, deliveries, digest=notice.digest, **options)
        except UsageError:
            assert notice.ended
            return
        notice.approvals.setdefault(notice.digest, set()).add(name)
        for row in self.ledger.deliveries(notice.key):
            for part in self.ledger.parts(row.id):
                if (row.channel, part.n) not in notice.parts:
                    assert notice.approved
                    assert not notice.plan.at or part.due >= notice.plan.at.at
                    notice.parts[row.channel, part.n] = Seen(due=part.due, last=part.due + LATENESS)

    @rule(notice=some, what=st.sampled_from(DECISIONS))
    def decides(self, notice, what):
        getattr(self, what)(notice)

    def revise(self, notice):
        if notice.ended and notice.parts:
            return  # the command refuses to change what was cancelled
        channels = tuple(r.channel for r in notice.renderings)
        statement, renderings = self.written(channels, len(notice.renderings[0].posts))
        try:
            self.ledger.revise(notice.key, statement, renderings, "author")
        except StatementError:
            return
        assert not any(seen.public for seen in notice.parts.values()), "revised what is public"
        notice.statement, notice.renderings = statement, renderings
        notice.parts, notice.ended = {}, False
        self.approve(notice, "AB")

    def reject(self, notice):
        try:
            self.ledger.reject(notice.key, "officer", "no")
        except UsageError:
            return
        assert not any(seen.public for seen in notice.parts.values()), "rejected what is public"
        notice.parts, notice.approvals, notice.ended = {}, {}, True

    def hold(self, notice):
        try:
            self.ledger.hold(notice.key, "officer")
        except UsageError:
            return
        notice.held = True

    def release(self, notice):
        now, held = self.ledger.clock(), self.in_state(notice, "held")
        try:
            self.ledger.release(notice.key, "officer")
        except UsageError:
            return
        notice.held = False
        for seen in held:
            if seen.due <= now:
                seen.last = None

    def cancel(self, notice):
        try:
            self.ledger.cancel(notice.key, "officer")
        except UsageError:
            return
        notice.ended = True

    def reschedule(self, notice):
        moved, at = self.in_state(notice, "planned", "held"), self.when(50.0)
        try:
            self.ledger.reschedule(notice.key, Plan(at), "officer", LATENESS)
        except UsageError:
            return
        notice.plan = Plan(at, notice.plan.embargo)
        for seen in moved:
            seen.due, seen.last = at.at, at.at + LATENESS

    def pause(self, notice):
        self.ledger.pause("officer")
        self.paused.add("*")

    def pause_one(self, notice):
        self.ledger.pause("officer", "one")
        self.paused.add("one")

    def resume(self, notice):
        for name in ("", *CHANNELS):
            stopped = {name or "*"} & (self.paused | self.blocked)
            with pytest.raises(UsageError) if not stopped else nullcontext():
                self.ledger.resume("officer", name)
        self.paused.clear()
        self.blocked.clear()

    def retry(self, notice):
        for row in self.ledger.deliveries(notice.key):
            try:
                self.ledger.retry(row.id, "officer")
            except UsageError:
                continue

    def resolve(self, notice):
        """A person looks, and answers with the truth."""
        for row in self.ledger.deliveries(notice.key):
            doubt = next((p for p in self.ledger.parts(row.id) if p.state == "unknown"), None)
            if doubt is None:
                with pytest.raises(UsageError):
                    self.ledger.resolve(row.id, "officer", published=True)
                continue
            seen = notice.parts[row.channel, doubt.n]
            self.ledger.resolve(
                row.id,
                "officer",
                published=bool(seen.public),
                receipt=Receipt("seen") if seen.public else None,
            )
            seen.may_send = not seen.public

    def in_state(self, notice, *states):
        return [
            notice.parts[row.channel, part.n]
            for row in self.ledger.deliveries(notice.key)
            for part in self.ledger.parts(row.id)
            if part.state in states
        ]

    # ------------------------------------------------------------ machines

    @rule(
        seconds=st.sampled_from([0.0, 0.0, 6.0, 31.0, 61.0, 200.0, 3700.0]),
        answers=st.lists(st.tuples(st.sampled_from(ANSWERS), st.booleans()), min_size=1, max_size=4),
        meanwhile=st.lists(st.sampled_from(MEANWHILE), max_size=2),
        visible=st.booleans(),
        absent=st.booleans(),
    )
    def deliver(self, seconds, answers, meanwhile, visible, absent):
        CLOCK.now += seconds
        self.answers, self.meanwhile = list(answers), list(meanwhile)
        self.visible, self.absent = visible, absent
        self.work()
        self.answers, self.meanwhile = [], []

    @rule(knows=st.booleans())
    @precondition(lambda self: self.flights)
    def late_answer(self, knows):
        """A worker that everybody had given up answers after all."""
        claimed, receipt = self.flights.pop(0)
        if receipt and knows:
            verdict = Verdict("delivered", receipt=receipt)
        elif receipt:
            verdict = Verdict("unknown", "OutcomeUnknown", "500", find_due=claimed.row.started)
        else:
            verdict = Verdict("waiting", "Transient", "not now", due=claimed.row.started)
        if self.ledger.settle(claimed, verdict) and not receipt:
            self.of(claimed.part)[1].may_send = True

    # ------------------------------------------------------------ always

    @invariant()
    def nothing_leaves_that_may_not(self):
        assert not self.wrong, "\n".join(self.wrong)

    @invariant()
    def states_are_true(self):
        for notice in self.notices.values():
            for row in self.ledger.deliveries(notice.key):
                for part in self.ledger.parts(row.id):
                    public = notice.parts[row.channel, part.n].public
                    assert public <= 1, "two posts"
                    assert public or part.state != "delivered", "delivered, and nothing is public"
                    if part.state not in ("delivered", "sending", "unknown"):
                        assert not public, f"{part.state}, and it is public"

    @invariant()
    def the_log_holds(self):
        assert self.ledger.verify() == []

    def teardown(self):
        """Everybody does what is asked of them: then everything is public that should be, once."""
        try:
            if not self.wrong:
                self.see_it_through()
        finally:
            del self.ledger.claim, self.ledger.settle
            self.lots.stop()

    def see_it_through(self):
        for notice in self.notices.values():
            self.approve(notice, "AB")
        for _ in range(12):
            self.resume(None)
            for notice in self.notices.values():
                self.release(notice)
                self.resolve(notice)
                self.retry(notice)
            CLOCK.now += 2000
            self.deliver(0.0, [], [], True, False)
            if all(seen.public or notice.ended for notice, seen in self.everything()):
                break
        self.nothing_leaves_that_may_not()
        self.states_are_true()
        assert all(seen.public == 1 or notice.ended for notice, seen in self.everything()), "lost"

    def everything(self):
        return [(notice, seen) for notice in self.notices.values() for seen in notice.parts.values()]


BOUNDS = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

Office.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # making a story short takes minutes; the long run does it
    **BOUNDS,
)
TestOffice = Office.TestCase


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_office_for_long():
    """The same, with many more and longer stories."""
    from hypothesis.stateful import run_state_machine_as_test

    many = int(os.environ.get("PUBLISHER_TEST_STORIES", "2000"))
    run_state_machine_as_test(Office, settings=settings(max_examples=many, stateful_step_count=50, **BOUNDS))
