"""The public contract suite over every channel that ships, and over a third party's."""

from __future__ import annotations

import email
import email.policy
import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from publisher.channel import Recipient
from publisher.errors import Blocked, Duplicate, OutcomeUnknown, Permanent, RateLimited, Transient
from publisher.sandbox import FAULTS, Sandbox
from publisher.settings import Settings
from publisher.testing import ChannelContract, Stage

pytest_plugins = ["pytester"]

PLUGIN = Path(__file__).parent.parent / "fixtures" / "plugin" / "publisher_courier" / "__init__.py"
SHARED = {
    "drop": OutcomeUnknown, "hang": OutcomeUnknown, "500": OutcomeUnknown, "bad-json": OutcomeUnknown,
    "503-before": OutcomeUnknown, "reset-before": OutcomeUnknown, "redirect": Blocked, "duplicate": Duplicate,
    "429": RateLimited, "429-bare": RateLimited, "401": Blocked, "refuse": Transient,
}  # fmt: skip


def on_stage(name: str, **changes: str) -> Iterator[Stage]:
    """A channel that ships, before a sandbox of its own."""
    with Sandbox(hang=2, smtp_login=True) as box:
        prefix = f"PUBLISHER_{name.upper()}__"
        values = box.settings() | {prefix + key: value for key, value in changes.items()}
        made = Settings(values, files=False)
        service = "smtp" if name == "email" else name

        def strike(fault: str) -> None:
            box.fault(f"{service}-{fault}", 30 if fault == "refuse" else 1)

        def public() -> list[str]:
            return [_words(p.text) if service == "smtp" else p.text for p in box.public if not p.deleted]

        channel = made.channel(name)
        reader = Recipient("r1", "reader@press.example", token="token-of-r1") if channel.addressed else None
        yield Stage(
            channel, public, strike, made.secrets(), reader,
            change=lambda receipt, words: box.edit(receipt.id, words),
            remove=lambda receipt: box.delete(receipt.id),
        )  # fmt: skip
        channel.close()


def _words(mail: str) -> str:
    body = email.message_from_string(mail, policy=email.policy.default).get_body(("plain",))  # type: ignore[arg-type]
    assert body is not None
    return str(body.get_content())


class TestX(ChannelContract):
    faults: ClassVar = SHARED | {
        "cut-body": OutcomeUnknown, "402": Blocked, "429-day": RateLimited, "list-body": Blocked,
        "403-suspended": Blocked, "403-oauth1-permissions": Blocked, "403-cashtag": Permanent,
        "403-not-visible": Transient, "403-usage-capped": Blocked, "403-permission": Blocked,
        "403-client-not-enrolled": Blocked,
    }  # fmt: skip
    findable = readable = True

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        yield from on_stage("x", READ_TIMEOUT="0.7")


class TestThreadsOnX(ChannelContract):
    """As set to post threads, for what is rendered."""

    findable = readable = True

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        yield from on_stage("x", THREAD="true", REPLY_SETTINGS="following")


class TestLinkedIn(ChannelContract):
    faults: ClassVar = SHARED | {
        "cut-body": OutcomeUnknown,
        "426": Blocked,
        "400-organization": Blocked,
        "403-access": Blocked,
    }
    findable = readable = True

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        yield from on_stage("linkedin", READ_TIMEOUT="0.7")


class TestEmailToAList(ChannelContract):
    faults: ClassVar = {
        "drop-after-dot": OutcomeUnknown, "hang-after-dot": OutcomeUnknown, "drop-before-dot": Transient,
        "421": RateLimited, "4xx": Transient, "5xx": Permanent, "refuse": Transient,
    }  # fmt: skip

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        yield from on_stage("email", LIST_ADDRESS="all@lists.example", REPLY_TIMEOUT="0.7")


class TestEmailToEachReader(ChannelContract):
    """Each mail has its reader's own link, which stands where the approved one has a placeholder."""

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        from channels.email.form import PLACEHOLDER

        own = "https://sandbox.example/u/token-of-r1"
        for made in on_stage("email"):
            yield replace(made, public=lambda see=made.public: [w.replace(own, PLACEHOLDER) for w in see()])


@pytest.mark.parametrize(
    ("service", "suites", "besides"),
    [
        ("x", (TestX,), {"hidden", "truncated", "slow", "alt", "alt-lost"}),
        ("linkedin", (TestLinkedIn,), {"hidden", "truncated", "slow", "processing-failed", "publish-failed"}),
        ("smtp", (TestEmailToAList,), {"5xx-policy"}),
    ],
)
def test_every_fault_of_sending_is_in_the_contract(
    service: str, suites: tuple[type[ChannelContract], ...], besides: set[str]
) -> None:
    """But for those that are no error of the request itself: each has a test of its own."""
    struck = {name for suite in suites for name in suite.faults}
    assert struck | besides == {f.removeprefix(f"{service}-") for f in FAULTS if f.startswith(f"{service}-")}
    assert not struck & besides


# ---------------------------------------------------------------- a third party's


class Board(ThreadingHTTPServer):
    """A notice board on loopback, which can go wrong once."""

    def __init__(self) -> None:
        self.posted: list[str] = []
        self.wrong = ""
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                wrong, board.wrong = board.wrong, ""
                if wrong in ("", "no answer"):
                    board.posted.append(body["text"])
                if wrong == "no answer":
                    self.close_connection = True
                    return
                answer = json.dumps({"id": f"n{len(board.posted)}"}).encode()
                self.send_response(int(wrong or 201))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def strike(self, fault: str) -> None:
        if fault == "nobody there":
            self.shutdown()
            self.server_close()
        else:
            self.wrong = fault


class TestAThirdPartysChannel(ChannelContract):
    """The thirty lines that the documentation shows keep the contract."""

    faults: ClassVar = {
        "no answer": OutcomeUnknown, "nobody there": Transient, "400": Permanent, "401": Blocked, "402": Blocked,
        "403": Blocked, "429": RateLimited, "500": OutcomeUnknown, "302": Blocked,
    }  # fmt: skip

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        spec = importlib.util.spec_from_file_location("publisher_courier_under_test", PLUGIN)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # as an import would
        spec.loader.exec_module(module)
        board = Board()
        given: dict[str, Any] = {"url": f"http://127.0.0.1:{board.server_port}/", "token": "courier-secret-1"}
        channel = module.Courier(module.Settings(**given))
        yield Stage(channel, lambda: board.posted, board.strike, ["courier-secret-1"])
        if board.fileno() >= 0:
            board.strike("nobody there")


# ---------------------------------------------------------------- the contract notices


BROKEN = """
from publisher.channel import Channel, Form, LiveText, Receipt
from publisher.channel import Field, Finding
from publisher.errors import OutcomeUnknown, SettingsError, Transient
from publisher.testing import ChannelContract, Stage
import pytest
from pydantic import BaseModel

class Settings(BaseModel):
    token: str = ""

class Wordy(Form):
    fields = (Field("post", limit=100, sentences=1),)
    def visible(self, field, wire): return wire.partition("(")[0]

class Broken(Channel):
    name, Settings, form = "broken", Settings, Wordy()
    posted, wrong = (), ""
    def check(self):
        self.posted += ("checked",)
        return [Finding(True, "all is well")]
    def ready(self):
        if not self.settings.token:
            raise SettingsError("PUBLISHER_BROKEN__TOKEN is not set")
    def read(self, receipt):
        return LiveText("what it said at first")
    def send(self, part, prepared):
        if self.wrong == "not true":
            self.posted += ("it is public",)
            raise Transient(f"nothing was sent with {self.settings.token}")
        if self.wrong == "no error of the tree":
            raise KeyError("id")
        self.posted += (part.post["post"].text, "twice")
        return Receipt("1")
    def find(self, part, since):
        from publisher.channel import Absent
        return Absent()

class TestBroken(ChannelContract):
    faults = {"not true": Transient, "no error of the tree": OutcomeUnknown}
    readable = True
    @pytest.fixture
    def stage(self):
        made = Broken(Settings(token="secret-77"))
        yield Stage(made, lambda: made.posted, lambda fault: setattr(made, "wrong", fault), ["secret-77"],
                    change=lambda receipt, words: True, remove=lambda receipt: True)
"""


def test_a_channel_that_breaks_its_promises_does_not_pass(pytester: pytest.Pytester) -> None:
    """A contract that cannot fail is none."""
    pytester.makepyfile(test_broken=BROKEN)
    ran = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    failed = {report.nodeid.rpartition("::")[2] for report in ran.reprec.getfailures()}  # type: ignore[attr-defined]
    assert failed == {
        "test_check_says_what_is_missing_and_raises_nothing",
        "test_what_happens_behind_ones_back_is_read",
        "test_what_is_read_back_equals_what_was_approved",
        "test_checking_and_preparing_publish_nothing",
        "test_sending_publishes_once_and_exactly_what_was_approved",
        "test_find_sees_what_send_did_and_never_denies_it",
        "test_what_goes_wrong_is_the_error_that_is_true[not true]",
        "test_what_goes_wrong_is_the_error_that_is_true[no error of the tree]",
        "test_what_travels_shows_what_was_meant",
    }
