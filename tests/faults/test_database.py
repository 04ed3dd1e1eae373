"""Trouble with the ledger's own database: what cannot be recorded is not sent, and what was sent is not sent again."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from publisher.channel import Found, Receipt
from publisher.ledger import Ledger

SENT = Receipt("7", "https://example.org/7")


def lost(*_):
    raise OperationalError("COMMIT", {}, Exception("the connection is gone"))


def attempt(office, key):
    """Deliver, with a ledger that may fail."""
    with pytest.raises(DBAPIError):
        office.deliver(key)


def in_doubt_then_found(office, key):
    """The post is public and the ledger does not know: given up after its time, looked up, never sent again."""
    channel = office.channel()
    assert len(channel.sent) == 1
    office.deliver(key)
    assert office.part(key).state == "sending"
    office.ledger.skew += channel.patience + 1
    office.deliver(key)
    assert office.part(key).state == "unknown"
    channel.finds = [Found(SENT)]
    office.ledger.skew += 60
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert len(channel.sent) == 1
    assert office.ledger.verify() == []


def never_left_then_once(office, key):
    """Nothing was sent while the ledger could not say so; once it can, the post goes out."""
    assert office.channel().sent == []
    assert office.part(key).state == "planned"
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert len(office.channel().sent) == 1
    assert office.ledger.verify() == []


@contextmanager
def trouble(ledger, *statements):
    """Every transaction begins with these, until the end of the block."""

    def begun(connection):
        for statement in statements:
            connection.exec_driver_sql(statement)

    event.listen(ledger.engine, "begin", begun)
    try:
        yield
    finally:
        event.remove(ledger.engine, "begin", begun)


def during_the_request(office, start):
    """Let `start` happen while the request is on its way; what it returns is called once delivering is over."""
    channel, ends = office.channel(), []
    send = type(channel).send

    def sending(part, prepared):
        receipt = send(channel, part, prepared)
        if not ends:
            ends.append(start())
        return receipt

    channel.send = sending
    return lambda: ends[0]()


def entered(context):
    """Start a context now; returns what ends it."""
    context.__enter__()
    return lambda: context.__exit__(None, None, None)


# ---------------------------------------------------------------- SQLite


@pytest.fixture
def ledger(tmp_path):
    """On SQLite; the tests for PostgreSQL open their own."""
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield opened
    opened.close()


@pytest.fixture
def full(ledger, tmp_path):
    """A disk on which no page is left, from the moment the context is entered."""

    @contextmanager
    def disk():
        with sqlite3.connect(tmp_path / "ledger.db") as c:
            pages = c.execute("PRAGMA page_count").fetchone()[0]
        with trouble(ledger, f"PRAGMA max_page_count={pages}"):
            size = 3000
            while size > 20:
                try:
                    ledger.note("", "filler", text="x" * size)
                except OperationalError as error:
                    assert "full" in str(error)
                    size //= 2
            yield
        ledger.engine.dispose()  # each connection remembers the limit

    return disk


def test_a_full_disk_lets_nothing_leave(office, full):
    """The attempt cannot be recorded, so there is none."""
    key = office.planned()
    with full():
        attempt(office, key)
    never_left_then_once(office, key)


def test_a_disk_that_fills_up_meanwhile_makes_a_doubt(office, full):
    """The receipt cannot be recorded."""
    key = office.planned()
    office.channel().answers = [Receipt(SENT.id, SENT.url, {"text": "x" * 20_000})]
    over = during_the_request(office, lambda: entered(full()))
    attempt(office, key)
    over()
    in_doubt_then_found(office, key)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("publisher.ledger.engine.BUSY", 0.1)


@pytest.fixture
def locked(tmp_path):
    """Somebody else writes and does not end."""

    @contextmanager
    def held():
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    return held


def test_a_locked_ledger_lets_nothing_leave(impatient, office, locked):
    """Whoever cannot write his attempt does not make it."""
    key = office.planned()
    with locked():
        attempt(office, key)
    never_left_then_once(office, key)


def test_a_ledger_locked_meanwhile_makes_a_doubt(impatient, office, locked):
    """The receipt comes while somebody else holds the lock for longer than a writer waits."""
    key = office.planned()
    over = during_the_request(office, lambda: entered(locked()))
    attempt(office, key)
    over()
    in_doubt_then_found(office, key)


def test_a_read_only_ledger_lets_nothing_leave(office, tmp_path, monkeypatch):
    """It can be read, and nothing is sent from it."""
    monkeypatch.chdir(tmp_path)
    key = office.planned()
    writable = office.ledger
    office.ledger = Ledger("sqlite:///file:ledger.db?mode=ro&uri=true")
    assert office.states(key) == {"one": ["planned"]}
    attempt(office, key)
    office.ledger.close()
    office.ledger = writable
    never_left_then_once(office, key)


def test_a_ledger_that_becomes_read_only_meanwhile_makes_a_doubt(office):
    """The receipt cannot be recorded."""
    key = office.planned()
    over = during_the_request(office, lambda: entered(trouble(office.ledger, "PRAGMA query_only=ON")))
    attempt(office, key)
    over()
    with office.ledger.read() as c:
        c.exec_driver_sql("PRAGMA query_only=OFF")
    office.ledger.engine.dispose()
    in_doubt_then_found(office, key)


def test_a_receipt_that_cannot_be_recorded_makes_a_doubt(office, monkeypatch):
    """Whatever the reason: what may be public is not sent again."""
    key = office.planned()
    monkeypatch.setattr(office.ledger, "settle", lost)
    attempt(office, key)
    monkeypatch.undo()
    in_doubt_then_found(office, key)


def test_an_attempt_of_which_the_commit_is_uncertain_is_not_made(office, monkeypatch):
    """The claim was committed and the connection broke before it was known: nothing is sent."""
    key = office.planned()
    claim = office.ledger.claim

    def broken(*args):
        claim(*args)
        lost()

    monkeypatch.setattr(office.ledger, "claim", broken)
    attempt(office, key)
    monkeypatch.undo()
    assert office.channel().sent == []
    assert office.part(key).state == "sending"
    office.ledger.skew = office.channel().patience + 1
    office.deliver(key)
    assert office.part(key).state == "unknown"
    office.ledger.resolve(f"{key}/one", "officer", published=False)
    office.deliver(key)
    assert office.part(key).state == "delivered"
    assert len(office.channel().sent) == 1


def test_trouble_with_one_receipt_does_not_keep_another_channel_from_its_own(office, monkeypatch, until):
    """The other channel is delivered, and its receipt recorded."""
    settle = office.ledger.settle
    monkeypatch.setattr(
        office.ledger, "settle", lambda c, v: lost() if c.of.channel == "one" else settle(c, v)
    )
    key = office.planned("one", "two")
    attempt(office, key)
    until(lambda: office.states(key) == {"one": ["sending"], "two": ["delivered"]})


def test_the_command_says_what_is_wrong_with_the_ledger(house, tmp_path):
    """One sentence and an exit code, no traceback; and nothing was sent."""
    house.plan("x")
    environ = house.environ | {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PUBLISHER_DATABASE_URL": "sqlite:///file:ledger.db?mode=ro&uri=true",
    }
    command = [sys.executable, "-m", "publisher", "run", "--until-idle"]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "readonly" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode not in (0, 75)
    assert house.box.public == []


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def pg(office, postgres_url, postgres_server):
    """The office on PostgreSQL, and a way to cut its connections."""
    name = postgres_url.rpartition("%3D")[2]  # the schema's, which nobody else has
    office.ledger = Ledger(f"{postgres_url}&application_name={name}")
    admin = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    theirs = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name")

    def cut():
        with admin.connect() as c:
            assert c.execute(theirs, {"name": name}).rowcount

    office.cut = cut
    yield office
    office.ledger.close()
    admin.dispose()


def test_connections_cut_while_the_request_is_on_its_way_lose_nothing(pg):
    """The receipt goes over a new connection."""
    key = pg.planned()
    during_the_request(pg, lambda: pg.cut() or (lambda: None))
    pg.deliver(key)
    assert pg.part(key).state == "delivered"
    assert len(pg.channel().sent) == 1


def test_a_connection_cut_while_the_receipt_is_recorded_makes_a_doubt(pg):
    """The transaction that says "delivered" is lost."""
    key = pg.planned()
    when(pg.ledger, "UPDATE part SET state", pg.cut)
    attempt(pg, key)
    in_doubt_then_found(pg, key)


def test_a_connection_cut_while_the_attempt_is_recorded_lets_nothing_leave(pg):
    """The transaction that says "sending" is lost, and so is the attempt."""
    key = pg.planned()
    when(pg.ledger, "WITH due AS", pg.cut)
    attempt(pg, key)
    never_left_then_once(pg, key)


def when(ledger, start, act):
    """Let `act` happen once, just before a statement that starts like this."""
    done = []

    def before(connection, cursor, statement, *_):
        if statement.startswith(start) and not done:
            done.append(statement)
            act()

    event.listen(ledger.engine, "before_cursor_execute", before)


# ---------------------------------------------------------------- a process that is suspended


def stopped(worker):
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def wake(worker):
    os.kill(worker.pid, signal.SIGCONT)


def test_a_worker_suspended_between_commit_and_wire_does_not_post_when_it_wakes(house, worker, until):
    """It gives the part back: a second attempt posts it, once."""
    key = house.plan("x")
    worker.start(house.environ, stop=1, asleep=0.3)
    until(lambda: stopped(worker))
    time.sleep(0.4)
    assert house.state(key) == "sending"
    assert house.box.public == []
    wake(worker)
    assert worker.wait() == 0
    kinds = [e.data.get("error") for _, e in house.office.ledger.events(key) if e.kind == "waiting"]
    assert (kinds, house.part(key).attempt) == (["Asleep"], 2)
    assert house.state(key) == "delivered"
    house.sound()


def test_a_worker_that_wakes_after_it_was_given_up_does_not_post(house, worker, until):
    """Its part has been unknown for long; it says that it sent nothing, and the part goes out once."""
    key = house.plan("x")
    worker.start(house.environ, stop=1, asleep=0.3)
    until(lambda: stopped(worker))
    time.sleep(0.4)
    house.office.ledger.skew = 3600
    house.office.run(until_idle=True)
    assert house.state(key) == "unknown"
    house.office.ledger.skew = 0
    wake(worker)
    assert worker.wait() == 0
    house.settle()
    assert house.state(key) == "delivered"
    house.sound()


def test_a_worker_that_wakes_after_a_person_decided_does_not_post(house, worker, until):
    """The person said that it is not public, and another worker has posted it since."""
    key = house.plan("x")
    worker.start(house.environ, stop=1, asleep=0.3)
    until(lambda: stopped(worker))
    time.sleep(0.4)
    house.office.ledger.skew = 3600
    house.office.run(until_idle=True)
    house.office.resolve(key, published=False, by="officer")
    house.office.run(until_idle=True)
    assert house.state(key) == "delivered"
    wake(worker)
    assert worker.wait() == 0
    assert house.state(key) == "delivered"
    assert sum(house.live().values()) == 1


def test_two_threads_of_one_process_do_not_lock_each_other_out(office):
    """Writers of one process take turns; a reader never waits for them."""
    keys = [office.planned(title=f"Notice {n}") for n in range(12)]
    threads = [threading.Thread(target=office.deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {state for key in keys for state in office.states(key)["one"]} == {"delivered"}
    assert len(office.channel().sent) == len(keys)
