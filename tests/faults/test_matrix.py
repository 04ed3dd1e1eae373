"""Every fault of the sandbox against the channel it belongs to: what is recorded, what is public, what a person does.

The table these tests measure is docs/outcomes.md. `PUBLISHER_WRITE_DOCS=1 pytest tests/faults/test_matrix.py`
writes it anew; otherwise each row is held against it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import publisher
from publisher import audience, views
from publisher.api import Publisher, Source
from publisher.sandbox import FAULTS, Sandbox
from publisher.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "outcomes.md"
EMBLEM = Path(publisher.__file__).parent / "example" / "emblem.png"
WRITING = bool(os.environ.get("PUBLISHER_WRITE_DOCS"))
HOW = "run PUBLISHER_WRITE_DOCS=1 pytest tests/faults/test_matrix.py, and read what changed"

STATEMENT = """\
---
title: Harbour Council Adopts a Charter for Safe Ports
url: https://www.example.org/news/safe-ports
{images}---

The Harbour Council adopted a Charter for Safe Ports today. All 12 members signed it. The charter asks every
port to publish its accidents once a year.
"""
IMAGES = "images: [{path: emblem.png, alt: Emblem of the Harbour Council}]\n"

READERS = ("amina@press.example", "bruno@wire.example", "chen@radio.example")
LIST = "statements@lists.example"

IRREVERSIBLE = {"x": ("POST", "/2/tweets"), "linkedin": ("POST", "/rest/posts"), "email": (".", "")}
"""The request of each channel that publishes, as the sandbox records it."""

NEEDS_IMAGE = ("x-alt", "x-alt-lost", "linkedin-processing-failed")

SUITS = {"x": ("x",), "linkedin": ("linkedin",), "smtp": ("list", "readers")}
"""The ways of sending that a service's faults can strike."""
CASES = [(fault, way) for fault in FAULTS for way in SUITS[fault.partition("-")[0]]]

TITLES = {
    "x": "X",
    "linkedin": "LinkedIn",
    "list": "E-mail to a list address",
    "readers": "E-mail to each subscriber",
}
NOTES = {
    "list": "Mail cannot be looked up: a doubt goes to a person, who finds the answer in the relay's log.",
    "readers": "Three subscribers; the fault strikes the first of them, unless it strikes the whole server.",
}


@dataclass
class Row:
    """What one run came to: (state, exit code, posts that are public) at once, later, and after a person."""

    fault: str
    way: str
    error: str = ""
    person: str = ""
    requests: int = 0
    steps: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def line(self) -> str:
        first, later, last = (f"{state} · {code} · {live}" for state, code, live in self.steps)
        name = self.fault.partition("-")[2]
        done = f"{self.person} → {last}" if self.person else "–"
        return (
            f"| `{name}` | {FAULTS[self.fault]} | {self.error or '–'} | {first} | {later} | {self.requests} "
            f"| {done} |"
        )


@dataclass
class Run:
    """One announcement on one channel, beside a sandbox in which a fault is armed."""

    box: Sandbox
    office: Publisher
    way: str
    key: str = ""

    @property
    def channel(self) -> str:
        return "email" if self.way in ("list", "readers") else self.way

    @property
    def view(self) -> dict:
        return views.announcement(self.office.ledger, self.key)

    @property
    def delivery(self) -> dict:
        return self.view["deliveries"][0]

    @property
    def parts(self) -> list:
        return self.office.ledger.parts(self.delivery["id"])

    @property
    def requests(self) -> int:
        """How often publishing was asked for."""
        method, path = IRREVERSIBLE[self.channel]
        return sum(r.method == method and r.path == path for r in self.box.requests)

    def live(self) -> Counter[str]:
        """Posts that a member of the public can see now, by recipient ("" for a post)."""
        named = self.way == "readers"
        return Counter(p.recipient if named else "" for p in self.box.public if not p.deleted)

    def step(self) -> tuple[str, int, int]:
        self.check()
        view, of = self.view, self.delivery
        differs = of["live"] if of["live"] in ("cut", "changed", "deleted") else ""
        state = f"`{of['state']}`" + (f", and seen to be {differs}" if differs else "")
        return state, views.exit_code(view), sum(self.live().values())

    def check(self) -> None:
        """What must be true at any moment, whatever the fault."""
        live, people = self.live(), {s.id: s.address for s in audience.listed(self.office.ledger)}
        seen = self.delivery["live"] == "deleted"  # the service broke its word, and the office knows
        for part in self.parts:
            there = live[people.get(part.recipient, "")]
            assert there <= 1, f"{there} live posts"
            assert there == 1 or part.state != "delivered" or seen, "delivered, and nothing is public"
            assert there == 0 or part.state in ("delivered", "unknown"), f"{part.state}, and it is public"
        assert not self.blind(), "tried again without knowing that nothing was sent"
        assert self.office.ledger.verify() == []

    def blind(self) -> list[int]:
        """Attempts that followed one of which it was not known that it sent nothing."""
        open_, found = set(), []
        for _, event in self.office.ledger.events(self.key):
            n = event.data.get("n")
            if event.kind == "attempt":
                found += [event.seq] if n in open_ else []
                open_.add(n)
            elif event.kind in ("waiting", "resolved", "retried") or (event.kind == "held" and n is not None):
                open_.clear() if n is None else open_.discard(n)
        return found

    def deliver(self) -> None:
        self.office.deliver(self.key, wait=0)

    def let_time_pass(self) -> None:
        """Until nothing is left that a machine may do: looks, later tries."""
        for name in [*self.box.armed, "x-refuse", "linkedin-refuse", "smtp-refuse"]:
            self.box.fault(name, 0)
        ledger = self.office.ledger
        for _ in range(60):
            self.deliver()
            now = ledger.clock()
            due = ledger.next_due(now)
            if due is None:
                return
            ledger.skew += due - now + 0.01
        raise AssertionError("it never comes to rest")

    def person(self) -> str:
        """Do what the state asks a person to do, truthfully; the command, or "" when nobody is needed."""
        of, error = self.delivery["id"], self.delivery["error"] or {}
        if error.get("kind") == "Blocked":
            self.office.ledger.resume("officer", self.channel)
            return f"mend it, `resume --channel {self.channel}`"
        if self.delivery["state"] == "unknown":
            people = {s.id: s.address for s in audience.listed(self.office.ledger)}
            doubt = next(p for p in self.parts if p.state == "unknown")
            there = bool(self.live()[people.get(doubt.recipient, "")])
            self.office.resolve(of, published=there, by="officer")
            return f"`resolve … --{'' if there else 'not-'}published`"
        failed = [p for p in self.parts if p.state == "failed"]
        if failed and all(p.recipient and p.kind == "NoSuchAddress" for p in failed):
            return ""  # that reader is mailed no more
        if failed:
            self.office.retry(of, by="officer")
            return "mend it, `retry`"
        if any(p.state == "held" for p in self.parts):
            self.office.ledger.release(of.partition("/")[0], "officer")
            return "`release`"
        return ""


@contextmanager
def running(folder: Path, fault: str, way: str, **more: str) -> Iterator[Run]:
    """An office that sends one way to a sandbox of its own, with the fault armed."""
    patient = not any(word in fault for word in ("hang", "slow"))
    wait = "20" if patient else "1"
    names = ("X__READ_TIMEOUT", "LINKEDIN__READ_TIMEOUT", "EMAIL__REPLY_TIMEOUT")
    with Sandbox(slow=1.6) as box:
        values = box.settings() | {
            "PUBLISHER_CHANNELS": "email" if way in ("list", "readers") else way,
            "PUBLISHER_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
            "PUBLISHER_PLAN__CHECK_URL": "false",
            "PUBLISHER_EMAIL__CONNECTIONS": "1",
            **({"PUBLISHER_EMAIL__LIST_ADDRESS": LIST} if way == "list" else {}),
            **{f"PUBLISHER_{name}": wait for name in names},
            **more,
        }
        office = Publisher(Settings(values, files=False))
        try:
            if way == "readers":
                for person in READERS:
                    audience.add(office.ledger, person)
            run = Run(box, office, way)
            source = folder / "statement.md"
            source.write_text(STATEMENT.format(images=IMAGES if fault in NEEDS_IMAGE else ""))
            (folder / "emblem.png").write_bytes(EMBLEM.read_bytes())
            seconds = 600 if fault.endswith("-refuse") else 1
            box.fault(fault, seconds)
            run.key, _ = office.publish(Source(str(source)), by="officer")
            yield run
        finally:
            office.close()


def measured(folder: Path, fault: str, way: str) -> Row:
    """Publish into the fault, let time pass, let a person do what is asked of one."""
    row = Row(fault, way)
    with running(folder, fault, way) as run:
        run.deliver()
        row.error = (run.delivery["error"] or {}).get("kind", "") or _worst(run)
        row.steps.append(run.step())
        if "slow" in fault:
            _until_public(run)
        run.let_time_pass()
        row.steps.append(run.step())
        row.requests = run.requests
        row.person = run.person()
        run.let_time_pass()
        row.steps.append(run.step())
        assert run.view["deliveries"][0]["state"] == "delivered"
        there = 0 if run.delivery["live"] == "deleted" else 1
        reached = [p for p in run.parts if p.kind != "NoSuchAddress"]  # nobody is there to be reached
        assert list(run.live().values()) == [there] * len(reached) * there
    return row


def _worst(run: Run) -> str:
    """The kind of error of a part, where the delivery as a whole is none the worse for it."""
    return next((p.kind for p in run.parts if p.kind), "")


def _until_public(run: Run) -> None:
    end = time.monotonic() + 20
    while not run.box.public and time.monotonic() < end:
        time.sleep(0.02)


ROWS: dict[tuple[str, str], Row] = {}


@pytest.mark.parametrize(("fault", "way"), CASES)
def test_each_fault_comes_to_what_the_document_says(tmp_path, fault, way):
    """Never two posts, never delivered with nothing public, never failed or waiting while something is."""
    row = ROWS[fault, way] = measured(tmp_path, fault, way)
    if not WRITING:
        assert row.line in DOCUMENT.read_text(encoding="utf-8").splitlines(), f"{row.line}\n{HOW}"


STAYING = [
    (fault, way)
    for fault, way in CASES
    if not any(word in fault for word in ("hang", "slow", "hidden", "truncated", "alt", "processing"))
]


@pytest.mark.parametrize(("fault", "way"), STAYING)
def test_a_fault_that_stays_never_makes_a_second_post(tmp_path, fault, way):
    """The same fault at every request: tries end, doubts stay doubts, nothing is posted twice."""
    with running(tmp_path, fault, way, PUBLISHER_RETRY__ATTEMPTS="3") as run:
        run.box.fault(fault, 600)
        ledger = run.office.ledger
        for _ in range(8):
            run.deliver()
            run.check()
            due = ledger.next_due()
            ledger.skew += max(0.0, (due or 0) - ledger.clock()) + 0.01
        tries = sum(p.attempt for p in run.parts)
        assert run.requests <= tries
        if run.delivery["state"] in ("waiting", "held"):
            # Mail is tried for a time, not for a number of times.
            lasting = (
                "Blocked",
                "RateLimited",
                *(["Transient"] if run.delivery["channel"] == "email" else []),
            )
            assert run.delivery["error"]["kind"] in lasting
        else:
            assert tries <= 3 * len(run.parts)


def test_the_document_has_these_rows_and_no_others():
    """A fault that is new, or gone, shows."""
    if WRITING:
        missing = [case for case in CASES if case not in ROWS]
        assert not missing, f"to write the document, run the whole file in one process; not run: {missing}"
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(document(), encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    told = [line.split("`")[1] for line in rows if line.split("`")[1] not in _STATES]
    assert told == [fault.partition("-")[2] for way in TITLES for fault, w in CASES if w == way], HOW
    assert text.startswith(HEAD), HOW


_STATES = ("delivered", "waiting", "held", "failed", "unknown")

HEAD = """\
# What becomes of a post when something breaks

<!-- Measured by tests/faults/test_matrix.py, which also writes this file (PUBLISHER_WRITE_DOCS=1). -->

Each row is one run of the real adapters, over real sockets, against the built-in sandbox with one fault armed
(`publisher sandbox --faults` lists them; `publisher sandbox --fault x-drop` lets you try one yourself). Four things
hold in every row, at every moment, and the tests assert them:

- there is never more than one live post (of a mailing: one mail to each person);
- `delivered` is never said of something that is not public;
- `failed`, `held`, `waiting` or `planned` is never said of something that is;
- nothing is tried again unless it is certain that the try before sent nothing, or a person said so.

How to read a cell such as `unknown` · 3 · 1: the delivery's state, the exit code of `publish` or `run`, and how many
posts the public can see.

| state | what it means | who acts |
|---|---|---|
| `delivered` | the service gave a receipt, or the post was looked up and found | nobody |
| `waiting` | surely nothing was sent; tried again when it is due | the clock; a person if the channel is blocked (78) |
| `held` | surely nothing was sent, and it can only go out too late for its plan | a person: `publisher release` or `cancel` |
| `failed` | surely nothing was sent, and trying again is no use | a person: mend it, then `publisher retry` |
| `unknown` | it may be public; it is looked up on a schedule, never sent again | a person, once looking has not helped: `publisher resolve` |

**At once** is when the command returns without waiting (`publish --wait 0`). **Later** is after every look and every
later try that a machine may make by itself. **Asked for** is how often the service was asked to publish until then.
**A person** is what is left to do and what it comes to; `resolve` is answered with the truth.
"""

COLUMNS = "| fault | what the service does | error | at once | later | asked for | a person |\n|---|---|---|---|---|---|---|"


def document() -> str:
    """docs/outcomes.md."""
    text = HEAD
    for way, title in TITLES.items():
        lines = [row.line for (_, w), row in ROWS.items() if w == way]
        note = f"{NOTES[way]}\n\n" if way in NOTES else ""
        text += f"\n## {title}\n\n{note}{COLUMNS}\n" + "\n".join(lines) + "\n"
    return text
