"""What the fault tests share: workers to kill, an office with real adapters, and what must always be true of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from publisher.api import Publisher
from publisher.channel import Channel
from publisher.ledger import NewDelivery, Plan
from publisher.sandbox import Sandbox
from publisher.settings import Settings
from publisher.statement import Block, Statement

ROOT = Path(__file__).parents[2]
LINK = "https://www.example.org/notices"


class Worker:
    """Starts, kills and reaps one worker process at a time; see worker.py."""

    def __init__(self) -> None:
        self._forker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = 0  # of the one that is at work

    def start(self, environ: dict[str, str], **order: Any) -> None:
        self.pid = self._ask({"environ": environ, **order})

    def kill(self) -> int:
        os.kill(self.pid, signal.SIGKILL)  # of one that has ended already, nobody has taken notice yet
        return self.wait()

    def wait(self) -> int:
        """Its exit status; negative: the signal that ended it."""
        ended, self.pid = self.pid, 0
        return self._ask({"reap": ended})

    def _ask(self, order: dict[str, Any]) -> int:
        assert self._forker.stdin and self._forker.stdout
        print(json.dumps(order), file=self._forker.stdin, flush=True)
        return int(self._forker.stdout.readline())

    def close(self) -> None:
        assert self._forker.stdin and self._forker.stdout
        self._forker.stdin.close()
        self._forker.wait()
        self._forker.stdout.close()


@dataclass
class Figures:
    """What became of all announcements, by the sandbox's record and the ledger's."""

    announcements: int = 0
    doubles: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    blind: list[str] = field(default_factory=list)
    found: int = 0
    left: int = 0
    left_public: int = 0

    def __str__(self) -> str:
        return (
            f"{self.announcements} announcements, {len(self.doubles)} doubles, {len(self.lost)} lost, "
            f"{self.found} doubts settled by a look, {self.left} left for a person ({self.left_public} of them public)"
        )


@dataclass
class House:
    """A sandbox, a ledger, and numbered announcements that can be told apart in public."""

    box: Sandbox
    environ: dict[str, str]
    office: Publisher
    planned: dict[str, tuple[int, str]] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)

    def plan(self, channel: str) -> str:
        """Submit and approve the next announcement, due now, on one channel."""
        number = len(self.planned) + 1
        body = (Block("paragraph", f"The harbour office has published notice {number:05d}."),)
        statement = Statement(f"Harbour notice {number:05d}", body, url=f"{LINK}/{number:05d}")
        adapter = self.channels.setdefault(channel, self.office.channel(channel))
        rendering = self.office.renderer.render(statement, adapter)
        ledger = self.office.ledger
        key = ledger.submit(statement, [rendering], "author", plan=Plan(), channels=[channel])
        ledger.approve(
            key, "officer", [NewDelivery(rendering, adapter.service, adapter.account, False)], needed=1
        )
        self.planned[key] = (number, channel)
        return key

    def live(self) -> Counter[int]:
        """How many posts of each announcement the public can see."""
        marks = ((p, p.text.partition("arbour notice ")[2][:5]) for p in self.box.public if not p.deleted)
        return Counter(int(mark) for _, mark in marks)

    def state(self, key: str) -> str:
        return str(self.part(key).state)

    def part(self, key: str) -> Any:
        (of,) = self.office.ledger.deliveries(key)
        (part,) = self.office.ledger.parts(of.id)
        return part

    def settle(self) -> None:
        """Let time pass, in this process, until nothing is left that a machine may do."""
        ledger = self.office.ledger
        for _ in range(200):
            self.office.run(until_idle=True)
            due = ledger.next_due()
            if due is None:
                ledger.skew = 0.0  # what is planned next is due by everybody's clock
                return
            ledger.skew += max(0.0, due - ledger.clock()) + 0.001
        raise AssertionError("it never comes to rest")

    def figures(self) -> Figures:
        """Count, once everything is settled that a machine may settle."""
        live, told = self.live(), Figures(len(self.planned))
        for key, (number, channel) in self.planned.items():
            part, there = self.part(key), live[number]
            name = f"{channel} {number}: {part.state}, {there} live, {part.attempt} attempts"
            told.doubles += [name] if there > 1 else []
            settled = part.state == "unknown" and part.find_due is None
            told.lost += [name] if not settled and (part.state, there) != ("delivered", 1) else []
            kinds = [e.kind for _, e in self.office.ledger.events(key)]
            told.blind += [name] if kinds.count("attempt") > 1 + kinds.count("waiting") else []
            told.found += part.state == "delivered" and "unknown" in kinds
            told.left += settled
            told.left_public += settled and there == 1
        return told

    def sound(self) -> Figures:
        """The figures, of which those that must be nought are."""
        told = self.figures()
        assert not told.doubles
        assert not told.lost
        assert not told.blind
        assert self.office.ledger.verify() == []
        return told

    def answer(self) -> None:
        """A person answers every doubt with the truth; then everything is public, once."""
        live = self.live()
        for key, (number, _) in self.planned.items():
            if self.state(key) == "unknown":
                self.office.resolve(key, published=bool(live[number]), by="officer")
        self.settle()
        assert self.live() == Counter({number: 1 for number, _ in self.planned.values()})
        assert {self.state(key) for key in self.planned} == {"delivered"}


@pytest.fixture(scope="session")
def two_workers() -> Iterator[list[Worker]]:
    made = [Worker(), Worker()]
    yield made
    for one in made:
        one.close()


@pytest.fixture
def workers(two_workers: list[Worker]) -> Iterator[list[Worker]]:
    yield two_workers
    for one in two_workers:
        if one.pid:
            one.kill()


@pytest.fixture
def worker(workers: list[Worker]) -> Worker:
    return workers[0]


@pytest.fixture
def house_on() -> Iterator[Callable[..., House]]:
    """Opens a House on a ledger's URL, with a sandbox of its own."""
    with ExitStack() as stack:

        def opened(url: str, **sandbox: Any) -> House:
            box = stack.enter_context(Sandbox(limits=False, **sandbox))
            # Without the services' own net against repetitions, so that a second post shows.
            box.x._said = lambda text: False  # type: ignore[method-assign]
            box.linkedin._duplicate = lambda sent: ""  # type: ignore[method-assign]
            environ = box.settings() | {
                "PUBLISHER_DATABASE_URL": url,
                "PUBLISHER_EMAIL__LIST_ADDRESS": "notices@lists.example",
                "PUBLISHER_PLAN__CHECK_URL": "false",
                "PUBLISHER_X__FIND_AFTER": "0.2,0.5,1",
                "PUBLISHER_LINKEDIN__FIND_AFTER": "0.2,0.5,1",
            }
            office = Publisher(Settings(environ, files=False))
            stack.callback(office.close)
            return House(box, environ, office)

        yield opened


@pytest.fixture
def house(house_on: Callable[..., House], tmp_path: Path) -> House:
    return house_on(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait until something is true."""

    def wait(true: Callable[[], object], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, "it did not come true"
            time.sleep(0.005)

    return wait
