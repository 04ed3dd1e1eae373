"""A mailing to many, killed, held, slowed and refused: nobody twice, nobody forgotten, every doubt known by name."""

from __future__ import annotations

import os
import random
import secrets
import smtplib
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import OperationalError

from publisher import audience, journal, mailing, views
from publisher.api import Publisher
from publisher.channel import Receipt
from publisher.ledger import NewDelivery, Pace, Plan, Verdict, batches
from publisher.ledger.schema import part, subscriber, suppression
from publisher.sandbox import Sandbox
from publisher.settings import Settings
from publisher.statement import Block, Statement

CONNECTIONS = 4


def row(address: str) -> dict[str, object]:
    """A subscriber."""
    return {
        "id": secrets.token_hex(8),
        "address": address,
        "normal": address,
        "name": "",
        "language": "",
        "tags": [],
        "token": secrets.token_hex(16),
        "source": "",
        "created": 0.0,
        "active": True,
    }


@dataclass
class Crowd:
    """An office with many readers, and the sandbox that takes their mail."""

    box: Sandbox
    environ: dict[str, str]
    office: Publisher
    key: str = ""

    def join(self, readers: int, name: str = "reader") -> None:
        rows = [row(a) for a in (f"{name}{n}@list.example" for n in range(readers))]
        with self.office.ledger.write() as c:
            c.execute(insert(subscriber), rows)

    def plan(self) -> str:
        """Submit and approve an announcement to everybody, due now; the id of its delivery."""
        statement = Statement("Harbour notice", (Block("paragraph", "The harbour is closed on 3 May 2026."),))
        adapter, ledger = self.office.channel("email"), self.office.ledger
        rendering = self.office.renderer.render(statement, adapter)
        self.key = ledger.submit(statement, [rendering], "author", plan=Plan(), channels=["email"])
        ledger.approve(
            self.key, "officer", [NewDelivery(rendering, adapter.service, adapter.account, True)], needed=1
        )
        return f"{self.key}/email"

    @property
    def live(self) -> Counter[str]:
        return Counter(item.recipient for item in self.box.public)

    def states(self) -> Counter[str]:
        return Counter({t.state: t.n for t in self.office.ledger.tally(f"{self.key}/email")})

    def sound(self) -> Counter[str]:
        """What must be true at rest: nobody twice, and each one's state is what happened to them."""
        live = self.live
        assert max(live.values(), default=0) <= 1, "mailed twice"
        with self.office.ledger.read() as c:
            rows = c.execute(
                select(part.c.state, subscriber.c.address).join(
                    subscriber, subscriber.c.id == part.c.recipient
                )
            ).all()
        for row in rows:
            assert live[row.address] == 1 or row.state != "delivered", f"{row.address} is called delivered"
            assert live[row.address] == 0 or row.state in ("delivered", "unknown"), (
                f"{row.address}: {row.state}"
            )
        assert self.office.ledger.verify() == []
        return Counter(row.state for row in rows)

    def rest(self) -> None:
        """Let time pass until nothing is left that a machine may do."""
        ledger = self.office.ledger
        for _ in range(200):
            self.office.run(until_idle=True)
            now = ledger.clock()
            due = ledger.next_due(now)
            if due is None:
                return
            ledger.skew += due - now + 0.001
        raise AssertionError("it never comes to rest")


@pytest.fixture
def crowd_on() -> Iterator[Callable[..., Crowd]]:
    with Sandbox(limits=False) as box:
        offices = []

        def opened(url: str, readers: int, **more: str) -> Crowd:
            environ = box.settings() | {
                "PUBLISHER_CHANNELS": "email",
                "PUBLISHER_DATABASE_URL": url,
                "PUBLISHER_EMAIL__LIST_ADDRESS": "",
                "PUBLISHER_PLAN__CHECK_URL": "false",
                "PUBLISHER_EMAIL__CONNECTIONS": str(CONNECTIONS),
                **more,
            }
            office = Publisher(Settings(environ, files=False))
            offices.append(office)
            crowd = Crowd(box, environ, office)
            if readers:
                crowd.join(readers)
            return crowd

        yield opened
        for office in offices:
            office.close()


@pytest.fixture
def crowd(crowd_on, tmp_path) -> Callable[..., Crowd]:
    return lambda readers, **more: crowd_on(f"sqlite:///{tmp_path / 'ledger.db'}", readers, **more)


@contextmanager
def slowly(box: Sandbox, seconds: float, wait: Callable[[], object] = lambda: None) -> Iterator[None]:
    """A relay that takes its time over each mail, and waits."""
    smtp = box._servers["smtp"]
    accept = smtp.accept

    def late(*given):
        time.sleep(seconds)
        wait()
        return accept(*given)

    smtp.accept = late
    yield
    smtp.accept = accept


LONG = [pytest.mark.slow, pytest.mark.timeout(7200)]


@pytest.mark.parametrize(("readers", "kills"), [(240, 5), pytest.param(20_000, 100, marks=LONG)])
def test_killed_in_the_middle_nobody_is_mailed_twice_or_forgotten(
    crowd_on, workers, database_url, readers, kills, capsys, monkeypatch
):
    """Two workers share one mailing; each kill leaves one reader in doubt for each open connection, at most."""
    crowd = crowd_on(database_url, readers)
    crowd.plan()
    rng = random.Random(int(os.environ.get("PUBLISHER_TEST_SEED") or random.randrange(10**9)))
    began = time.monotonic()
    with slowly(crowd.box, 0.004):
        for worker in workers:
            worker.start(crowd.environ)
        for struck in range(kills):
            more = len(crowd.box.public) + rng.randrange(readers // (2 * kills))
            end = time.monotonic() + 30
            while len(crowd.box.public) < min(more, readers - 20) and time.monotonic() < end:
                time.sleep(0.001)
            worker = workers[struck % 2]
            worker.kill()
            worker.start(crowd.environ)
        for worker in workers:
            assert worker.wait() == 0
    seconds = time.monotonic() - began
    crowd.rest()
    states = crowd.sound()
    doubts = states["unknown"]
    assert doubts <= CONNECTIONS * kills
    assert states["delivered"] == readers - doubts
    monkeypatch.setattr(batches, "STALE", -1.0)
    crowd.office.ledger.sweep()
    assert not list(crowd.office.ledger.journals.glob("*")), "a journal was left"
    if kills >= 100:
        with capsys.disabled():
            kind = database_url.partition(":")[0]
            print(
                f"\n{kind}, {readers} readers, {kills} kills in {seconds:.0f} s: {dict(states)}, "
                f"{sum(crowd.live.values())} mails",
                file=sys.stderr,
            )


@pytest.mark.parametrize("step", [199, pytest.param(1, marks=LONG)])
def test_killed_at_every_boundary_of_a_mailing(crowd, worker, step):
    """At one line after the other of handing out, sending and settling."""
    made, line, kills = crowd(0), random.randint(1, step), 0
    status = -9
    while status:
        made.join(6, f"line{line}-")
        made.plan()
        worker.start(made.environ, once=True, die_at=line)
        status = worker.wait()
        assert status in (0, -9)
        kills += status == -9
        made.rest()
        with made.office.ledger.write() as c:
            c.execute(subscriber.update().values(active=False))
        made.sound()
        assert made.states()["unknown"] <= CONNECTIONS
        made.box.public.clear()
        with made.office.ledger.write() as c:
            c.execute(part.delete())
        line += step
    assert kills > 3


@pytest.mark.parametrize("how", ["hold", "pause", "cancel"])
def test_stopped_by_another_process_in_the_middle(crowd, how):
    """Whoever has not been mailed when a person says stop is not mailed until a person says otherwise."""
    made = crowd(200)
    made.plan()
    other = Publisher(Settings(made.environ, files=False))
    with slowly(made.box, 0.02):
        at_it = threading.Thread(target=made.office.run, kwargs={"until_idle": True})
        at_it.start()
        while len(made.box.public) < 20:
            time.sleep(0.005)
        {
            "hold": lambda: other.ledger.hold(made.key, "officer"),
            "pause": lambda: other.ledger.pause("officer", None, ""),
            "cancel": lambda: other.ledger.cancel(made.key, "officer"),
        }[how]()
        time.sleep(mailing.ASK + 0.3)
        out = len(made.box.public)
        at_it.join()
    assert out < 150
    assert len(made.box.public) == out, "mailed after it was stopped"
    states = made.sound()
    assert states["delivered"] == out
    assert states["unknown"] == 0
    if how == "cancel":
        assert states["cancelled"] == 200 - out
    else:
        other.ledger.release(made.key, "officer") if how == "hold" else other.ledger.resume("officer", None)
        made.rest()
        assert made.sound() == {"delivered": 200}
    other.close()


class Hands:
    """A mailing's channel that a test moves by hand: `act` gets the mailing, the first two parts, and `settle`."""

    def __init__(self, made: Crowd, monkeypatch: pytest.MonkeyPatch, act: Callable[..., None]) -> None:
        self.sent: Counter[str] = Counter()
        self.acts, self.monkeypatch = [act], monkeypatch
        monkeypatch.setattr(
            type(made.office.channel("email")), "send_many", lambda _, *given: self.many(*given)
        )

    def many(self, handed, prepared, settle):
        if self.acts:
            with self.monkeypatch.context() as patched:
                self.acts.pop()(self, patched, handed, next(handed), next(handed), settle)
        for part_ in handed:
            self.post(part_, settle)

    def post(self, part_, settle):
        if self.leaves(part_):
            settle(part_, Receipt("<id>"))

    def leaves(self, part_):
        may = part_.leaving()
        self.sent[part_.key] += may
        return may


def each_once(made: Crowd, monkeypatch: pytest.MonkeyPatch, act: Callable[..., None]) -> None:
    """Whatever a channel does with the first two: both get their mail, once."""
    made.plan()
    hands = Hands(made, monkeypatch, act)
    made.office.run(until_idle=True)
    assert made.states() == {"delivered": 2}
    assert set(hands.sent.values()) == {1}, "mailed twice"


def test_who_leaves_while_it_is_asked_is_not_taken_back(crowd, monkeypatch):
    """The ledger's answer is older than their leaving."""
    monkeypatch.setattr(mailing, "ASK", 10.0)

    def act(hands, patched, handed, first, second, settle):
        def none(*_):
            elsewhere = threading.Thread(target=hands.leaves, args=(second,))
            elsewhere.start()
            elsewhere.join(20)
            return set()

        patched.setattr(type(handed.ledger), "still", none)
        handed._asked -= 15
        assert not hands.leaves(first), "nobody may go any more"
        settle(second, Receipt("<id>"))

    each_once(crowd(2), monkeypatch, act)


def test_who_is_taken_back_in_the_moment_of_leaving_goes_once(crowd, monkeypatch):
    """Either they have left, and stay so, or they are taken back, and do not leave."""

    def act(hands, patched, handed, first, second, settle):
        class Slow(set[str]):
            def add(self, key: str) -> None:
                back = threading.Thread(target=handed._take_back)
                back.start()
                back.join(0.2)
                super().add(key)

        patched.setattr(type(handed.ledger), "still", lambda *_: set())
        handed._left = Slow()
        hands.post(first, settle)
        handed._left = set(handed._left)

    each_once(crowd(2), monkeypatch, act)


def test_who_leaves_in_the_middle_gets_no_mail(crowd):
    """Leaving takes effect in a mailing that is under way, for those claimed already too."""
    made, gate = crowd(120), threading.Event()
    made.plan()
    with slowly(made.box, 0, lambda: len(made.box.public) < 8 or gate.wait(30)):
        at_it = threading.Thread(target=made.office.run, kwargs={"until_idle": True})
        at_it.start()
        while len(made.box.public) < 8:
            time.sleep(0.005)
        away = {f"reader{n}@list.example" for n in range(100, 120)}
        for person in [p for p in audience.listed(made.office.ledger) if p.address in away]:
            audience.leave(made.office.ledger, person.token)
        time.sleep(mailing.ASK + 0.05)
        gate.set()
        at_it.join()
    made.rest()
    states = made.sound()
    at_the_door = 2 * CONNECTIONS
    assert states["cancelled"] >= 20 - at_the_door
    assert states["delivered"] + states["cancelled"] == 120


def test_a_relay_without_pipelining_is_served_step_by_step(crowd, monkeypatch):
    """Each command waits for its answer; everything else is the same."""
    offered = smtplib.SMTP.has_extn
    monkeypatch.setattr(
        smtplib.SMTP, "has_extn", lambda self, name: name != "pipelining" and offered(self, name)
    )
    made = crowd(20)
    made.join(1, "bounce")
    made.plan()
    made.rest()
    assert made.sound() == {"delivered": 20, "failed": 1}


def test_a_relay_that_has_enough_slows_everybody_down(crowd):
    """421 closes the lane for a while and costs nobody an attempt."""
    made = crowd(30)
    of = made.plan()
    made.box.fault("smtp-421", 1)
    made.office.run(until_idle=True)
    now = made.office.ledger.clock()
    assert made.office.ledger.free_at("email") > now + 5
    assert made.states()["delivered"] < 30
    made.rest()
    assert made.sound() == {"delivered": 30}
    assert {p.tries for p in made.office.ledger.parts(of)} == {1}


def test_a_policy_refusal_is_ours_and_stops_the_run(crowd):
    """5.7.x blocks the channel: nobody is given up, and after `resume` all are mailed."""
    made = crowd(30)
    made.plan()
    made.box.fault("smtp-5xx-policy", 1)
    made.office.run(until_idle=True)
    assert made.states()["failed"] == 0
    assert next(lane.blocked for lane in made.office.ledger.lanes() if lane.name == "email")
    made.office.ledger.resume("officer", "email")
    made.rest()
    assert made.sound() == {"delivered": 30}


def test_nobody_there_means_no_further_mail(crowd):
    """550 5.1.1: that reader is suppressed, and no import brings them back; a full mailbox is only a failure."""
    made = crowd(3)
    made.join(1, "bounce")
    made.join(1, "full")
    made.plan()
    made.rest()
    assert made.sound() == {"delivered": 3, "failed": 2}
    with made.office.ledger.read() as c:
        assert c.execute(select(suppression.c.normal, suppression.c.reason)).all() == [
            ("bounce0@list.example", "bounced")
        ]
    assert audience.size(made.office.ledger) == 4


def test_a_lost_answer_leaves_that_reader_in_doubt_and_no_other(crowd):
    """The relay has the whole mail and says nothing: not sent again by itself."""
    made = crowd(12)
    made.plan()
    made.box.fault("smtp-drop-after-dot", 1)
    made.rest()
    states = made.sound()
    assert states == {"delivered": 11, "unknown": 1}
    assert sum(made.live.values()) == 12


def test_in_doubt_is_sent_again_where_that_is_wanted(crowd):
    """Under the same Message-ID, so that a reader's mailbox can tell."""
    made = crowd(1, PUBLISHER_EMAIL__RESEND_DOUBTFUL="true")
    made.plan()
    made.box.fault("smtp-drop-after-dot", 1)
    made.rest()
    ids = [item.text.partition("Message-ID: ")[2].partition("\r\n")[0] for item in made.box.public]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert made.states() == {"delivered": 1}


def test_a_ledger_that_is_away_for_a_moment_costs_no_doubt(crowd, monkeypatch):
    """What went out meanwhile stands in the journal, and is taken over when the ledger is back."""
    made = crowd(80)
    made.plan()
    ledger = made.office.ledger

    def away(*given):
        raise OperationalError("UPDATE part", {}, OSError("the server closed the connection"))

    monkeypatch.setattr(type(ledger), "settle_many", away)
    with pytest.raises(OperationalError):
        made.office.run(until_idle=True)
    assert made.box.public
    assert made.states()["sending"] >= len(made.box.public)
    monkeypatch.undo()
    made.rest()
    assert made.sound() == {"delivered": 80}


def test_a_claim_whose_commit_was_lost_costs_no_doubt(crowd, monkeypatch):
    """It was committed though nobody heard so: nothing of it was sent."""
    made = crowd(20)
    made.plan()
    ledger = made.office.ledger
    claim = type(ledger).claim_many

    def lost(self, *given, **named):
        claim(self, *given, **named)
        raise OperationalError("COMMIT", {}, OSError("the server closed the connection"))

    monkeypatch.setattr(type(ledger), "claim_many", lost)
    with pytest.raises(OperationalError):
        made.office.run(until_idle=True)
    assert made.states() == {"sending": 20}
    monkeypatch.undo()
    made.rest()
    assert made.sound() == {"delivered": 20}


def test_a_pace_that_is_set_is_kept_and_may_be_changed_on_the_way(crowd, monkeypatch):
    """Each batch is half a second's and takes its time of the lane; the settings are asked before each."""
    made = crowd(30, PUBLISHER_EMAIL__PER_SECOND="40")
    made.plan()
    asked: list[tuple[int, float | None]] = []
    claim = type(made.office.ledger).claim_many
    email = made.office.delivering.make("email")

    def counted(self, of, approvals, patience, most, **named):
        found = claim(self, of, approvals, patience, most, **named)
        asked.append((most, named["pace"].rate))
        if found:
            email.rate = 10.0
        return found

    monkeypatch.setattr(type(made.office.ledger), "claim_many", counted)
    made.rest()
    assert made.sound() == {"delivered": 30}
    assert asked[0] == (20, 40.0)
    assert {rate for _, rate in asked[1:]} == {10.0}
    assert max(most for most, _ in asked[1:]) == 5


def test_a_mailing_rests_when_its_channel_s_hours_are_over(crowd):
    """And goes on when they begin again; nobody is too late for it."""
    made = crowd(160, PUBLISHER_TIMEZONE="UTC", PUBLISHER_PLAN__QUIET="00:00-00:01")
    of, ledger, hours = made.plan(), made.office.ledger, made.office.delivering.hours
    end = ledger.clock() + 0.3
    tomorrow = end + 86_400

    class Evening(type(hours)):
        def open(self, channel, at):
            return at <= end or at >= tomorrow

    made.office.delivering.hours = Evening(quiet=hours.quiet, zone="UTC")
    with slowly(made.box, 0.03):
        made.office.run(until_idle=True)
    states = made.states()
    assert 0 < states["delivered"] < 160
    assert {round((p.due - tomorrow) / 60) for p in ledger.parts(of) if p.state == "planned"} <= {0, 1}
    made.rest()
    assert made.sound() == {"delivered": 160}


def test_who_is_in_doubt_is_named_and_when_it_will_be_done_is_said(crowd):
    """A person looks into the relay's log for an address; a pace that is set says how long it takes."""
    made = crowd(12, PUBLISHER_EMAIL__PER_SECOND="0.5")
    of = made.plan()
    office = made.office
    view = views.expect(views.announcement(office.ledger, made.key), office.channel)["deliveries"][0]
    due = datetime.fromisoformat(view["due"])
    assert 22 < (datetime.fromisoformat(view["finish"]) - due).total_seconds() < 30
    (first, *_) = claimed(made, of, 1, Pace())
    office.ledger.settle_many(
        first.of, [(first, Verdict("unknown", "OutcomeUnknown", "the answer was lost"))]
    )
    view = views.announcement(office.ledger, made.key)["deliveries"][0]
    assert view["in_doubt"] == [first.part.recipient.address]
    assert view["state"] == "unknown"


# ---------------------------------------------------------------- the ledger's part


def claimed(made: Crowd, of: str, most: int, pace: Pace, **given):
    ledger = made.office.ledger
    (row,) = [d for d in ledger.deliveries(made.key) if d.id == of]
    words = ledger.rendering(row)
    return ledger.claim_many(row, 1, 60, most, words=words, horizon=1000, pace=pace, **given)


def test_joining_a_planned_mailing_does_not_go_through_all_of_it_for_each_reader(crowd_on, database_url):
    """PostgreSQL, which does not know yet how many parts there are, would: two readers more were two hours more."""
    if not database_url.startswith("postgresql"):
        pytest.skip("its own planner is asked")
    made = crowd_on(database_url, 3000)
    of, ledger, asked = made.plan(), made.office.ledger, []

    def grab(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("INSERT INTO part"):
            asked.append((statement, parameters))

    made.join(2, "late")
    event.listen(ledger.engine, "before_cursor_execute", grab)
    ledger.refresh_audience(next(d for d in ledger.deliveries(made.key) if d.id == of))
    event.remove(ledger.engine, "before_cursor_execute", grab)
    assert made.states() == {"planned": 3002}
    ((statement, parameters),) = asked
    with ledger.read() as c:
        explained = c.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
        plan = explained.scalar_one()[0]["Plan"]
    assert handled(plan) < 20 * 3000


def handled(plan: dict) -> float:
    """The rows that a plan and what is under it hand on, each time they do."""
    return plan["Actual Rows"] * plan["Actual Loops"] + sum(handled(under) for under in plan.get("Plans", ()))


def test_the_pace_is_one_for_all_hosts(crowd_on, database_url):
    """A batch takes its time of the channel's lane, whoever claims it."""
    made = crowd_on(database_url, 10)
    of, ledger = made.plan(), made.office.ledger
    assert len(claimed(made, of, 5, Pace(rate=10))) == 5
    assert claimed(made, of, 5, Pace(rate=10)) == []
    assert 0 < ledger.free_at("email") - ledger.clock() <= 0.5
    ledger.skew += 0.5
    assert len(claimed(made, of, 5, Pace(rate=10))) == 5


def test_each_destination_has_a_pace_of_its_own(crowd_on, database_url):
    """Those beyond it are given their turn; the others go."""
    made = crowd_on(database_url, 3)
    with made.office.ledger.write() as c:
        rows = [row(a) for a in (f"r{n}@slow.example" for n in range(4))]
        c.execute(insert(subscriber), rows)
    of, ledger = made.plan(), made.office.ledger
    first = claimed(made, of, 100, Pace(rates={"slow.example": 0.5}))
    domains = Counter(c.part.recipient.address.partition("@")[2] for c in first)
    assert domains == {"list.example": 3, "slow.example": 1}
    waits = sorted(p.due - ledger.clock() for p in ledger.parts(of) if p.state == "planned")
    assert [round(w) for w in waits] == [2, 4, 6]
    assert {(p.attempt, p.first) for p in ledger.parts(of) if p.state == "planned"} == {(0, None)}
    ledger.skew += 2.1
    assert len(claimed(made, of, 100, Pace(rates={"slow.example": 0.5}))) == 1


def test_a_mailing_that_has_begun_goes_on_though_its_time_has_passed(crowd):
    """The lateness limit is for the first mail; who is last in a long mailing is not too late."""
    made = crowd(4)
    of, ledger = made.plan(), made.office.ledger
    with ledger.write() as c:
        c.execute(part.update().values(last_start=ledger.clock() + 5))
    assert len(claimed(made, of, 2, Pace())) == 2
    ledger.skew += 10
    ledger.sweep()
    assert made.states()["held"] == 0
    assert len(claimed(made, of, 2, Pace())) == 2


def test_a_journal_that_cannot_be_written_claims_nothing(crowd):
    """The batch is written down before its claim is committed."""
    made = crowd(4)
    of = made.plan()

    def full(parts):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        claimed(made, of, 4, Pace(), keep=full)
    assert made.states() == {"planned": 4}


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_dead_process_left_in_its_journal(crowd, monkeypatch, whole):
    """Results count; what had not begun goes back, but after a power cut nothing missing is trusted."""
    made = crowd(4)
    of, ledger = made.plan(), made.office.ledger
    dead = f"{ledger_host()}:999999:1"
    monkeypatch.setattr(batches, "worker", lambda: dead)
    left = journal.Journal(ledger.journals, dead)
    taken = claimed(made, of, 4, Pace(), keep=left.batch)
    begun, accepted, refused, untouched = (c.row.id for c in taken)
    left.intent(begun)
    left.intent(accepted)
    left.result(accepted, mailing._kept(Verdict("delivered", receipt=Receipt("<id>", data={"queue": "q"}))))
    left.intent(refused)
    left.result(refused, mailing._kept(Verdict("failed", "Permanent", "full")))
    ledger.sweep()
    assert made.states() == {"sending": 4}, "its process holds the lock: it lives"
    left.leave()
    if not whole:
        monkeypatch.setattr(journal, "boot", lambda: "another")
    ledger.sweep()
    found = {p.id: p.state for p in ledger.parts(of)}
    assert found[begun] == "unknown"
    assert found[accepted] == "delivered"
    assert found[refused] == "failed"
    assert found[untouched] == ("planned" if whole else "unknown")
    assert not list(ledger.journals.glob("*"))


def ledger_host() -> str:
    import socket

    return socket.gethostname()


def test_a_host_that_never_comes_back_leaves_its_batch_in_doubt(crowd, monkeypatch):
    """Nobody else can read its journal: after its time everything it had claimed is unknown, and nothing else."""
    made = crowd(6)
    of, ledger = made.plan(), made.office.ledger
    monkeypatch.setattr(batches, "worker", lambda: "elsewhere:1:1")
    claimed(made, of, 4, Pace())
    ledger.sweep()
    assert made.states() == {"sending": 4, "planned": 2}
    ledger.skew += 61
    ledger.sweep()
    assert made.states() == {"unknown": 4, "planned": 2}


def test_the_log_has_a_mailing_s_totals_and_no_reader(crowd):
    """Recipients are rows; what the chain keeps of them is how many."""
    made = crowd(20)
    made.plan()
    made.rest()
    kinds = [(e.kind, e.data) for _, e in made.office.ledger.events(made.key)]
    (totals,) = [data for kind, data in kinds if kind == "mailed"]
    assert totals["accepted"] == 20
    assert "list.example" not in str(kinds)
    with made.office.ledger.read() as c:
        assert c.scalar(select(func.count()).select_from(part).where(part.c.receipt.is_not(None))) == 20
