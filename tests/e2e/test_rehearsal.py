"""A rehearsal and the real thing can never be mistaken for one another."""

from __future__ import annotations

import socket

import pytest

from publisher import rehearsal
from publisher.sandbox import Sandbox


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rehearsal's own addresses, at free ports so that tests do not meet."""
    while True:
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind(("127.0.0.1", 0))
            first = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", first + 1))  # LinkedIn's
            except (OSError, OverflowError):
                continue
            three.bind(("127.0.0.1", 0))
            second = three.getsockname()[1]
            break
    monkeypatch.setattr(rehearsal, "PORT", first)
    monkeypatch.setattr(rehearsal, "SMTP_PORT", second)


def test_a_rehearsal_needs_no_credentials_and_says_so_everywhere(bare, ports, monkeypatch) -> None:
    """Every output carries the word, the ledger is another one."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    ran = bare("publish", bare.write(), "--yes", "--json")
    assert ran.code == 0, ran.err
    assert "REHEARSAL" in ran.err
    assert ran.json["ledger"].endswith("rehearsal.db")
    assert ran.json["rehearsal"] is True
    assert all("127.0.0.1" in d["service"] for d in ran.json["deliveries"])
    assert bare("preview", "statement.md", "--json").json["rehearsal"] is True
    monkeypatch.delenv("PUBLISHER_REHEARSAL")
    assert bare("queue").out == ""
    assert bare("show", "@last").code == 2


def test_what_one_command_plans_in_a_rehearsal_another_sends(bare, ports, monkeypatch) -> None:
    """Its addresses stay the same from command to command."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    bare("submit", bare.write())
    bare("approve", "@last", "--by", "anna")
    ran = bare("run", "--until-idle")
    assert ran.code == 0, ran.err
    assert {d["state"] for d in bare("show", "@last", "--json").json["deliveries"]} == {"delivered"}


def test_a_sandbox_that_runs_already_is_used(bare, ports, monkeypatch) -> None:
    """Then its record shows the posts."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    with Sandbox(port=rehearsal.PORT, smtp_port=rehearsal.SMTP_PORT) as box:
        assert bare("publish", bare.write(), "--yes").code == 0
        assert len(box.public) == 3


def test_a_rehearsal_never_reaches_the_real_services(bare, ports, monkeypatch) -> None:
    """Real credentials and addresses in the settings are not used."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    monkeypatch.setenv("PUBLISHER_X__API_URL", "https://api.twitter.com")
    monkeypatch.setenv("PUBLISHER_X__ACCESS_TOKEN", "real-token-1234")
    monkeypatch.setenv("PUBLISHER_EMAIL__SMTP_URL", "smtp://mail.example.org")
    assert bare("publish", bare.write(), "--yes").code == 0


def test_a_port_that_is_taken_by_something_else_is_a_sentence(bare, ports, monkeypatch) -> None:
    """Exit 78."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", rehearsal.PORT))
        taken.listen()
        taken.settimeout(10)
        ran = bare("publish", bare.write(), "--yes")
    assert ran.code == 78
    assert str(rehearsal.PORT) in ran.err


def test_what_comes_after_is_rehearsed_with_a_sandbox_that_keeps_running(bare, ports, monkeypatch) -> None:
    """The servers of a single command forget its posts, and would say that they are gone."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    bare("publish", bare.write(), "--yes")
    corrected = bare.write(bare.write().read_text().replace("30 days", "60 days"), "corrected.md")
    words = ("correct", "@last", corrected, "--reason", "sixty", "--yes")
    for command in (words, ("verify", "@last"), ("repair", "@last")):
        ran = bare(*command)
        assert (ran.code, "publisher sandbox" in ran.err) == (78, True)
    with Sandbox(port=rehearsal.PORT, smtp_port=rehearsal.SMTP_PORT):
        bare("publish", bare.write(), "--yes", "--again", "@last")
        assert bare(*words).code == 0
        assert bare("verify", "@last").code == 0
