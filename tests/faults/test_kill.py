"""SIGKILL at any moment: nothing is posted twice, nothing is lost, and every doubt is looked up or left to a person."""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from types import SimpleNamespace

import pytest

CHANNELS = ("x", "x", "x", "linkedin", "linkedin", "email")
EACH = 2
"""Announcements for each kill."""


class Distance:
    """Puts the services some way off: a request is on its way for a while, and so is its answer."""

    def __init__(self, box, seconds=0.06):
        self.seconds, self.under_way = seconds, 0
        for server in (box._servers["x"], box._servers["linkedin"]):
            server.respond = self.between(server.respond)

    def between(self, respond):
        def far(incoming):
            wait = self.seconds if incoming.method == "POST" else 0
            self.under_way += bool(wait)
            time.sleep(wait)
            answer = respond(incoming)
            time.sleep(wait)
            self.under_way -= bool(wait)
            return answer

        return far


def chaos(house, workers, kills, rng):
    """Two workers on one ledger, each killed and started anew at random moments; then both run to the end.

    Two kills in three wait until a post is on its way, so that most of them strike where it hurts.
    """
    distance = Distance(house.box)
    channels = itertools.cycle(CHANNELS)
    for _ in range(EACH * min(50, kills)):
        house.plan(next(channels))
    for worker in workers:
        worker.start(house.environ)
    for struck in range(1, kills + 1):
        aimed = time.monotonic() + (1 if rng.random() < 2 / 3 else 0)
        while not distance.under_way and time.monotonic() < aimed:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.2))
        worker = rng.choice(workers)
        worker.kill()
        if struck % 50 == 0:
            for _ in range(EACH * min(50, kills - struck)):
                house.plan(next(channels))
        worker.start(house.environ)
    for worker in workers:
        assert worker.wait() == 0
    return house.sound()


LONG = [pytest.mark.slow, pytest.mark.timeout(7200)]


def told(capsys, text):
    """Show the figures, which are what a long run is made for, whoever runs it."""
    with capsys.disabled():
        print(f"\n{text}", file=sys.stderr, flush=True)


@pytest.mark.parametrize("kills", [24, pytest.param(1000, marks=LONG)])
def test_killed_at_random_moments(house_on, workers, database_url, kills, capsys):
    """Two workers, real adapters, real sockets; the sandbox's own record is what is counted."""
    house = house_on(database_url)
    seed = int(os.environ.get("PUBLISHER_TEST_SEED") or random.randrange(10**9))
    began = time.monotonic()
    figures = chaos(house, workers, kills, random.Random(seed))
    seconds = time.monotonic() - began
    if kills >= 1000:
        told(
            capsys,
            f"{database_url.partition(':')[0]}, {kills} kills in {seconds:.0f} s, seed {seed}: {figures}",
        )
    assert figures.announcements == EACH * kills
    house.answer()


@pytest.mark.parametrize("channel", ["x", "linkedin", "email"])
@pytest.mark.parametrize("step", [24, pytest.param(1, marks=LONG)])
def test_killed_at_every_boundary_of_a_delivery(house, worker, channel, step, capsys):
    """At one line of deliver, claim and settle after the other, until a worker comes through unhurt."""
    kills, first = 0, random.randint(1, step)
    for line in itertools.count(first, step):
        house.plan(channel)
        worker.start(house.environ, once=True, threads=1, die_at=line)
        status = worker.wait()
        assert status in (0, -9)
        kills += status == -9
        house.settle()
        house.sound()
        if status == 0:
            break
    if step == 1:
        told(capsys, f"{channel}, killed at each of {kills} lines: {house.figures()}")
    assert kills > 100 // step
    house.answer()


@pytest.mark.parametrize(
    ("fault", "state"),
    [("x-hang", "delivered"), ("linkedin-hang", "delivered"), ("smtp-hang-after-dot", "unknown")],
)
def test_killed_after_the_service_took_it(house, worker, until, fault, state):
    """The post is public and the worker dies before it hears so: found where the channel can be searched."""
    channel = fault.partition("-")[0].replace("smtp", "email")
    house.box.fault(fault)
    key = house.plan(channel)
    worker.start(house.environ)
    until(lambda: house.box.public)
    worker.kill()
    house.settle()
    assert house.state(key) == state
    assert house.sound().found == (state == "delivered")
    house.answer()


@pytest.mark.parametrize("channel", ["x", "linkedin"])
def test_killed_while_the_service_is_still_at_it(house, worker, until, monkeypatch, channel):
    """The first looks see nothing, and nothing is sent again; a later one finds it."""
    ready = threading.Event()
    service = sys.modules[type(getattr(house.box, channel)).__module__]
    monkeypatch.setattr(service, "time", SimpleNamespace(**vars(time) | {"sleep": lambda _: ready.wait(30)}))
    house.box.fault(f"{channel}-slow")
    key = house.plan(channel)
    worker.start(house.environ)
    until(lambda: not house.box.armed)
    worker.kill()
    house.office.run(until_idle=True)
    assert (house.state(key), len(house.box.public)) == ("unknown", 0)
    ready.set()
    until(lambda: house.box.public)
    house.settle()
    assert house.state(key) == "delivered"
    assert house.sound().found == 1
