"""Notices and warnings on the command line."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    """What a webhook of NOTIFY__URLS was sent."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("PUBLISHER_NOTIFY__URLS", f"http://127.0.0.1:{server.server_port}/secret-hook-1234")
    yield got
    server.shutdown()
    server.server_close()


def test_publish_tells_when_all_is_public(desk, told) -> None:
    """Once, with links; the same statement again tells nothing."""
    ran = desk("publish", desk.write(), "--yes")
    assert ran.code == 0
    (body,) = told
    assert body["event"] == "public" and set(body["links"]) == {"x", "linkedin"}
    assert "secret-hook-1234" not in ran.out + ran.err
    desk("publish", desk.folder / "statement.md", "--yes")
    assert len(told) == 1


def test_programs_are_told_of_what_was_taken_back(desk, told, monkeypatch) -> None:
    """Each post that is down again, by its own delivery."""
    url = os.environ["PUBLISHER_NOTIFY__URLS"]
    monkeypatch.delenv("PUBLISHER_NOTIFY__URLS")
    monkeypatch.setenv("PUBLISHER_NOTIFY__DELIVERIES", url)
    monkeypatch.setenv("PUBLISHER_NOTIFY__SECRET", "a secret between us two")
    published = desk("publish", desk.write(), "--channel", "x", "--channel", "linkedin", "--yes", "--json")
    key = published.json["announcement"]["id"]
    posts = {f"{key}/x", f"{key}/linkedin"}
    assert {(body["event"], body["delivery"]) for body in told} == {("delivered", of) for of in posts}
    told.clear()
    assert desk("retract", key, "--reason", "It was the wrong draft.", "--yes").code == 0
    assert sorted((b["event"], b["delivery"]) for b in told if b["event"] == "retracted") == [
        ("retracted", of) for of in sorted(posts)
    ]


def test_an_address_that_does_not_answer_changes_neither_result_nor_exit_code(desk, monkeypatch) -> None:
    """It is in the log, and nowhere else."""
    monkeypatch.setenv("PUBLISHER_NOTIFY__URLS", "http://127.0.0.1:9/secret-hook-1234")
    ran = desk("publish", desk.write(), "--yes", "--json")
    assert (ran.code, ran.json["announcement"]["state"]) == (0, "delivered")
    assert "notice failed" in ran.err and "secret-hook-1234" not in ran.err


def test_a_wrong_address_stops_before_anything_is_stored(desk, monkeypatch) -> None:
    """Exit 78, naming the setting and the extra."""
    monkeypatch.setenv("PUBLISHER_NOTIFY__URLS", "no-such-service-at-all://x")
    monkeypatch.setattr("publisher.addresses.find_spec", lambda name: None)
    ran = desk("publish", desk.write(), "--yes")
    assert ran.code == 78 and "announcement-publisher[notify]" in ran.err
    monkeypatch.delenv("PUBLISHER_NOTIFY__URLS")
    assert desk("queue", "--json").json["queue"] == []


def test_a_plan_beyond_a_token_s_end_warns_and_status_names_it(desk, told) -> None:
    """As soon as the clock has asked LinkedIn once; the exit code of status says nothing of what is to come."""
    first = desk("publish", desk.write(), "--yes", "--at", "+70d")
    assert "credentials" not in first.err
    assert desk("run", "--until-idle").code == 0
    assert [body["event"] for body in told] == ["expires"]
    again = desk("reschedule", "@last", "--at", "+80d")
    assert "credentials or interface end" in again.err and "/linkedin falls due at" in again.err
    status = desk("status", "--json").json
    assert [w.partition(" ")[0].endswith("/linkedin") for w in status["warnings"]] == [True]
    assert any(line.startswith("ahead    ") for line in desk("status").out.splitlines())
    told.clear()
    desk("reschedule", "@last", "--at", "+20d")
    assert desk("status", "--json").json["warnings"] == told == []


def test_the_page_is_not_asked_in_a_rehearsal(desk) -> None:
    """The default path against the sandbox asks nobody but the sandbox."""
    ran = desk("publish", desk.write(), "--yes", "--json")
    assert ran.code == 0
    log = desk("log", "@last", "--json").json["events"]
    assert not [e for e in log if e["event"].startswith("page")]
