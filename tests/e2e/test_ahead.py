"""Looking ahead and telling people, through the real adapters and the running clock."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher import ahead, clock, views
from publisher.api import Publisher, Source
from publisher.sandbox import Sandbox
from publisher.settings import Settings

STATEMENT = "---\ntitle: A charter is adopted\nurl: https://www.example.org/c\nlanguage: en\n---\nNine ministers adopted a charter.\n"


@dataclass
class Hook:
    """A webhook, and what it was sent."""

    url: str
    got: list[dict[str, Any]] = field(default_factory=list)

    @property
    def events(self) -> list[str]:
        return sorted(body["event"] for body in self.got)


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Hook(f"http://127.0.0.1:{server.server_port}/hook-of-the-office")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Running:
    """An office whose clock runs in another thread."""

    office: Publisher
    observed: list[tuple[str, dict[str, Any]]]
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=clock.run, args=(self.office.delivering, self.stop))
        self.thread.start()

    def until(self, true: Callable[[], object]) -> None:
        """Wait for something; what was observed is in the failure."""
        end = time.monotonic() + 40
        while not true():
            assert time.monotonic() < end, self.observed
            time.sleep(0.05)

    def close(self) -> None:
        self.stop.set()
        if self.thread:
            self.thread.join()
        self.office.close()


@pytest.fixture
def running(
    box: Sandbox, empty: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Running]]:
    """Opens an office on the sandbox, told by webhook and mail."""
    opened: list[Running] = []
    monkeypatch.setattr(clock, "TICK", 0.2)
    (empty / "s.md").write_text(STATEMENT)

    def make(**given: str) -> Running:
        values = box.settings() | {
            "PUBLISHER_DATABASE_URL": f"sqlite:///{empty / 'ledger.db'}",
            "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
            "PUBLISHER_NOTIFY__URLS": f"{hook.url}, mailto:duty@press.example",
        } | {f"PUBLISHER_{name}": value for name, value in given.items()}  # fmt: skip
        observed: list[tuple[str, dict[str, Any]]] = []

        def observe(event: str, facts: dict[str, Any]) -> None:
            observed.append((event, facts))

        office = Publisher(Settings(values, files=False), observe)
        office.delivering = ahead.delivering(office.settings, office.ledger, office.channel, observe)
        opened.append(Running(office, observed))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def planned(running: Running, seconds: float) -> str:
    office = running.office
    key, _ = office.publish(Source("s.md"), by="Officer", at=office.when(f"+{seconds}s UTC"))
    return key


def looks(running: Running, key: str) -> list[dict[str, Any]]:
    return [e.data for _, e in running.office.ledger.events(key) if e.kind == "preflight"]


def test_a_plan_is_checked_ahead_delivered_and_told_when_all_is_public(
    running: Callable[..., Running], hook: Hook, box: Sandbox
) -> None:
    """One look for each channel, no trouble, one notice with the links, by webhook and by mail."""
    here = running()
    key = planned(here, 600)
    here.start()
    here.until(lambda: len(looks(here, key)) == 3)
    here.office.ledger.skew = 601
    here.until(lambda: len([e for e, _ in here.observed if e == "notice"]) == 2)
    seen = looks(here, key)
    assert {look["delivery"] for look in seen} == {f"{key}/{name}" for name in ("x", "linkedin", "email")}
    assert all(look["trouble"] == [] for look in seen)
    (body,) = hook.got
    assert (body["event"], body["title"]) == ("public", "A charter is adopted")
    public = {p.service: p.url for p in box.public if p.service != "smtp"}
    assert set(body["links"].values()) == set(public.values())
    (mail,) = [p for p in box.public if p.recipient == "duty@press.example"]
    assert all(url in mail.mail.get_content() for url in public.values())


def test_a_token_that_is_no_good_is_told_before_the_plan_falls_due(
    running: Callable[..., Running], hook: Hook
) -> None:
    """And once more when it has stopped the channel; the others go out."""
    here = running(LINKEDIN__ACCESS_TOKEN="AQ-this-token-was-withdrawn")
    key = planned(here, 600)
    here.start()
    here.until(lambda: hook.got)
    assert hook.got[0]["event"] == "preflight"
    assert hook.got[0]["delivery"] == f"{key}/linkedin"
    assert views.announcement(here.office.ledger, key)["announcement"]["state"] == "planned"
    here.office.ledger.skew = 601
    here.until(lambda: "blocked" in hook.events)
    here.close()
    states = {d["channel"]: d["state"] for d in views.announcement(here.office.ledger, key)["deliveries"]}
    assert states == {"x": "delivered", "linkedin": "waiting", "email": "delivered"}
    assert "public" not in hook.events


def test_publishing_now_tells_at_its_end(running: Callable[..., Running], hook: Hook, box: Sandbox) -> None:
    """A process that delivers and ends has told what came of it when it is closed."""
    box.fault("linkedin-403-access", 1)
    here = running()
    key, _ = here.office.publish(Source("s.md"), by="Officer")
    here.office.deliver(key)
    assert hook.got == []
    here.office.close()
    assert hook.events == ["blocked"]
    assert hook.got[0]["fix"] == "when that is mended: publisher resume --channel linkedin"


def test_one_pass_without_a_clock_looks_and_tells_too(running: Callable[..., Running], hook: Hook) -> None:
    """`run --until-idle`, as cron calls it; what it looked at counts not as worked on."""
    here = running(LINKEDIN__ACCESS_TOKEN="AQ-this-token-was-withdrawn")
    planned(here, 600)
    assert here.office.run(until_idle=True) == set()
    here.office.close()
    assert hook.events == ["preflight"]
    again = running(LINKEDIN__ACCESS_TOKEN="AQ-this-token-was-withdrawn")
    again.office.run(until_idle=True)
    again.office.close()
    assert hook.events == ["preflight"]


def test_a_plan_beyond_the_known_end_of_a_token_is_named(running: Callable[..., Running], hook: Hook) -> None:
    """LinkedIn's token lives 60 days: a plan in 70 days is told, and named by status."""
    from publisher import health

    here = running(NOTIFY__URLS=hook.url)
    near, _ = here.office.publish(Source("s.md"), by="Officer", at=here.office.when("+20d UTC"))
    (Path("t.md")).write_text(STATEMENT.replace("charter", "treaty").replace("/c", "/t"))
    far, _ = here.office.publish(Source("t.md"), by="Officer", at=here.office.when("+70d UTC"))
    here.office.run(until_idle=True)
    here.office.close()
    warnings = health.status(here.office.ledger)["warnings"]
    assert [w.partition(" ")[0] for w in warnings] == [f"{far}/linkedin"]
    here.office.ledger.close()
    assert near and hook.events == ["expires"]
