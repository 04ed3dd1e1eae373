"""The doctor says what would stop a publication, and where each setting came from; it publishes nothing."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from publisher.doctor.words import masked, without_keys

SECRETS = ("sandbox-x-api-secret", "sandbox-linkedin-token")


def found(ran: Any, area: str, *, ok: bool | None = False) -> list[str]:
    return [f["what"] for f in ran.json["findings"] if f["area"] == area and (ok is None or f["ok"] is ok)]


def setting(ran: Any, name: str) -> dict[str, Any]:
    (row,) = [s for s in ran.json["settings"] if s["name"] == name]
    return row


class Site:
    """A web server on loopback whose answers a test chooses; it remembers what it was asked."""

    def __init__(self) -> None:
        self.status, self.headers, self.asked = 200, {}, []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                site.asked.append((self.path, body.decode()))
                self.send_response(site.status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@contextmanager
def _web(serving: Any) -> Iterator[str]:
    """The web side alone, on a free port."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(serving.app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as wire:
        running = threading.Thread(target=server.run, kwargs={"sockets": [wire]})
        running.start()
        try:
            yield f"http://127.0.0.1:{wire.getsockname()[1]}"
        finally:
            server.should_exit = True
            running.join(30)
            serving.office.close()


def test_an_empty_folder_is_told_everything_it_lacks_and_stays_empty(bare, monkeypatch) -> None:
    """Exit 78; every missing credential is named, and looking makes no ledger."""
    monkeypatch.setenv("PUBLISHER_X__API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("PUBLISHER_LINKEDIN__API_URL", "http://127.0.0.1:9")
    ran = bare("doctor", "--json")
    assert ran.code == 78 and not ran.json["ok"]
    assert len(found(ran, "x")) == 4
    assert any("LINKEDIN__ACCESS_TOKEN" in what for what in found(ran, "linkedin"))
    assert "there is nobody to send to" in found(ran, "email")
    assert "will be made" in found(ran, "database", ok=True)[0]
    assert list(bare.folder.parent.rglob("*.db")) == []


def test_all_is_well_against_the_sandbox_and_nothing_becomes_public(desk, box) -> None:
    """Exit 0, a line for each thing looked at."""
    ran = desk("doctor", "--json")
    assert (ran.code, ran.json["ok"]) == (0, True), [f for f in ran.json["findings"] if not f["ok"]]
    areas = {f["area"] for f in ran.json["findings"]}
    assert areas >= {
        "settings",
        "database",
        "disk",
        "time zone",
        "clock",
        "templates",
        "plug-ins",
        "x",
        "email",
    }
    assert found(ran, "clock", ok=True) and found(ran, "templates", ok=True)
    assert box.public == []
    text = desk("doctor")
    assert text.code == 0 and text.out.rstrip().splitlines()[-1].startswith("nothing stands in the way")


def test_every_setting_says_where_it_came_from_and_no_secret_is_shown(desk, box) -> None:
    """The environment wins over .env; a secret shows its last four characters and no more."""
    Path(".env").write_text(
        "PUBLISHER_PLAN__LATENESS=1200\nPUBLISHER_TIMEZONE=Europe/Paris\nPUBLISHER_TIMEZON=x\n"
    )
    Path("credentials.env").write_text("PUBLISHER_LINKEDIN__REFRESH_TOKEN=abcdefghijklmnopqrst\n")
    ran = desk("doctor", "--json")
    assert setting(ran, "PUBLISHER_PLAN__LATENESS") == {
        "name": "PUBLISHER_PLAN__LATENESS", "value": "1200", "origin": ".env", "secret": False,
    }  # fmt: skip
    assert setting(ran, "PUBLISHER_TIMEZONE")["origin"] == "environment"
    assert setting(ran, "PUBLISHER_TIMEZONE")["value"] == "Europe/Zurich"
    assert setting(ran, "PUBLISHER_RETRY__CAP")["origin"] == "default"
    assert setting(ran, "PUBLISHER_LINKEDIN__REFRESH_TOKEN")["value"] == "set (…qrst)"
    assert setting(ran, "PUBLISHER_LINKEDIN__REFRESH_TOKEN")["origin"] == "credentials.env"
    assert any("did you mean PUBLISHER_TIMEZONE" in what for what in found(ran, "settings"))
    values = box.settings()
    for name in (
        "PUBLISHER_X__API_SECRET",
        "PUBLISHER_X__ACCESS_TOKEN_SECRET",
        "PUBLISHER_LINKEDIN__ACCESS_TOKEN",
    ):
        assert values[name] not in ran.out + ran.err
        assert values[name] not in desk("doctor").out


@pytest.mark.parametrize(
    ("secret", "shown"), [("hunter2", "set"), ("abcdefghijklmno", "set"), ("abcdefghijklmnop", "set (…mnop)")]
)
def test_a_short_secret_shows_nothing_of_itself(secret: str, shown: str) -> None:
    """Four characters of seven would be most of it."""
    assert masked(secret) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://www.example.org/feed?key=abc123", "https://www.example.org/feed?…"),
        ("https://me:pw@www.example.org/feed", "https://…@www.example.org/feed"),
        ("https://www.example.org/leave?t={token}", "https://www.example.org/leave?t={token}"),
        ("Press <press@example.org>", "Press <press@example.org>"),
        ("x,linkedin", "x,linkedin"),
    ],
)
def test_a_key_in_an_address_is_not_shown(value: str, shown: str) -> None:
    """A feed's address may be a secret although no setting says so."""
    assert without_keys(value) == shown


def test_a_settings_file_that_others_can_read_is_pointed_out(desk) -> None:
    """With the command that mends it."""
    path = Path(".env")
    path.write_text("PUBLISHER_PLAN__LATENESS=1200\n")
    path.chmod(0o644)
    assert any("mode 644" in what for what in found(desk("doctor", "--json"), "settings"))
    path.chmod(0o600)
    assert found(desk("doctor", "--json"), "settings") == []


@pytest.mark.parametrize(
    ("name", "value", "area", "says"),
    [
        ("PUBLISHER_X__ACCESS_TOKEN_SECRET", "wrong", "x", ""),
        ("PUBLISHER_LINKEDIN__ACCESS_TOKEN", "wrong", "linkedin", ""),
        ("PUBLISHER_X__ACCOUNT", "somebody_else", "x", "@somebody_else"),
        ("PUBLISHER_EMAIL__SMTP_URL", "smtp://127.0.0.1:9", "email", "127.0.0.1"),
        ("PUBLISHER_X__API_URL", "https://api.example.org", "channels", "must not be mixed"),
        ("PUBLISHER_DATABASE_URL", "sqlite:////proc/nowhere/ledger.db", "database", "cannot be made"),
        ("PUBLISHER_EMAIL__SENDER", "nobody", "email", "SENDER"),
        ("PUBLISHER_PLAN__QUIET", "25:00-99:00", "hours", "QUIET"),
        ("PUBLISHER_LINKEDIN__READ_TIMEOUT", "soon", "linkedin", "READ_TIMEOUT"),
    ],
)
def test_what_would_stop_a_publication_is_78_and_named(
    desk, box, monkeypatch, name: str, value: str, area: str, says: str
) -> None:
    """One wrong thing at a time; the other looks go on."""
    monkeypatch.setenv(name, value)
    ran = desk("doctor", "--json")
    assert ran.code == 78
    assert any(says in what for what in found(ran, area)), ran.json["findings"]
    assert found(ran, "templates", ok=True)
    assert box.public == []


def test_settings_that_cannot_be_read_at_all_are_a_sentence(desk, monkeypatch) -> None:
    """Where even the channels are not known there is nothing to look at."""
    monkeypatch.setenv("PUBLISHER_CHANNELS", "x,pigeon")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "pigeon" in ran.json["error"]["message"]


def test_a_broken_template_and_a_misspelt_one_are_named(desk, monkeypatch) -> None:
    """The first stops publication; the second changes nothing, silently, so it is pointed out."""
    mine = Path("mine")
    mine.mkdir()
    monkeypatch.setenv("PUBLISHER_TEMPLATES", "mine")
    (mine / "x.pots.j2").write_text("{{ title }}")
    ran = desk("doctor", "--json")
    assert ran.code == 0 and "did you mean x.post.j2" in found(ran, "templates")[0]
    (mine / "x.post.j2").write_text("{{ nonsense }}")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "x.post.j2" in found(ran, "templates")[0]
    assert len(found(ran, "templates", ok=True)) == 2


def test_a_pause_and_a_block_stop_publication(desk) -> None:
    """They are in the ledger, and the way out is named."""
    desk("pause", "--channel", "x", "--reason", "a test")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "it is paused" in found(ran, "x")
    desk("resume", "--channel", "x")
    desk("pause")
    assert found(desk("doctor", "--json"), "channels") == ["everything is paused"]


def test_a_ledger_of_another_schema_or_that_cannot_be_written_is_named(desk) -> None:
    """And is left as it was."""
    assert desk("queue").code == 0
    (file,) = desk.folder.parent.rglob("ledger.db")
    with sqlite3.connect(file) as base:
        base.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "schema 9999" in found(ran, "database")[0]


def test_a_clock_that_is_off_stops_publication(desk, monkeypatch) -> None:
    """OAuth 1.0a signatures of another time are refused."""
    from publisher.doctor import services

    real = services.parsedate_to_datetime
    monkeypatch.setattr(services, "parsedate_to_datetime", lambda text: real(text).replace(year=2001))
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "ahead of" in found(ran, "clock")[0]


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [(200, 0, "takes a POST"), (204, 0, "takes a POST"), (404, 0, "nobody's"), (405, 78, "405"), (302, 78, "redirects"), (500, 78, "500")],
)  # fmt: skip
def test_the_unsubscribe_page_is_posted_a_token_that_is_nobody_s(
    desk, site, monkeypatch, status: int, code: int, says: str
) -> None:
    """As a mail program would; nobody is taken off the list."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    monkeypatch.setenv("PUBLISHER_EMAIL__UNSUBSCRIBE_URL", f"{site.url}/leave/{{token}}")
    desk("subscribers", "add", "reader@example.org")
    site.status, site.headers = status, {"Location": "/elsewhere"} if status == 302 else {}
    ran = desk("doctor", "--json")
    assert ran.code == code, ran.json["findings"]
    assert any(says in what for what in found(ran, "email", ok=None))
    assert [body for _, body in site.asked] == ["List-Unsubscribe=One-Click"]
    assert len(desk("subscribers", "list", "--json").json["subscribers"]) == 1


@pytest.mark.parametrize(
    ("path", "says", "ok"), [("u", "takes a POST", True), ("unsubscribe", "or it is not there", False)]
)
def test_our_own_unsubscribe_page_knows_the_doctor_and_no_other_path_does(
    desk, monkeypatch, path: str, says: str, ok: bool
) -> None:
    """The service's own page, in another process's place."""
    from publisher.api import Publisher
    from publisher.serve import Serving
    from publisher.settings import Settings

    serving = Serving(Publisher(Settings()), port=0)
    with _web(serving) as url:
        monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
        monkeypatch.setenv("PUBLISHER_EMAIL__UNSUBSCRIBE_URL", f"{url}/{path}/{{token}}")
        desk("subscribers", "add", "reader@example.org")
        ran = desk("doctor", "--json")
    assert any(says in what for what in found(ran, "email", ok=ok)), ran.json["findings"]
    assert len(desk("subscribers", "list", "--json").json["subscribers"]) == 1


def test_an_unsubscribe_page_that_is_not_there_stops_publication(desk, monkeypatch) -> None:
    """Mail that nobody can leave is not sent with a clear conscience."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    monkeypatch.setenv("PUBLISHER_EMAIL__UNSUBSCRIBE_URL", "http://127.0.0.1:9/leave/{token}")
    desk("subscribers", "add", "reader@example.org")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and any("could not be reached" in what for what in found(ran, "email"))


def test_triggers_are_looked_at_and_nothing_is_taken(desk, site, monkeypatch, tmp_path) -> None:
    """Policies, the feed, the folder; what would end the service is an error, a feed that is away a warning."""
    assert "none is on" in found(desk("doctor", "--json"), "triggers", ok=True)[0]
    monkeypatch.setenv("PUBLISHER_WEBHOOK__SECRET", "webhook-secret-123456")
    monkeypatch.setenv("PUBLISHER_WEBHOOK__POLICY", "approved")
    monkeypatch.setenv("PUBLISHER_FOLDER__PATH", str(tmp_path / "watched"))
    monkeypatch.setenv("PUBLISHER_FEED__URL", f"{site.url}/feed")
    ran = desk("doctor", "--json")
    assert ran.code == 0 and "webhook-secret-123456" not in ran.out
    said = found(ran, "triggers", ok=True)
    assert "the site's publication is the approval" in said[0] and "(will be made)" in said[1]
    assert found(ran, "triggers") and not (tmp_path / "watched").exists()
    (tmp_path / "watched").write_text("no folder")
    monkeypatch.setenv("PUBLISHER_FEED__URL", "")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "is no folder" in found(ran, "triggers")[0]
    monkeypatch.setenv("PUBLISHER_FOLDER__PATH", "")
    monkeypatch.setenv("PUBLISHER_WEBHOOK__CHANNELS", "mastodon")
    ran = desk("doctor", "--json")
    assert ran.code == 78 and "PUBLISHER_WEBHOOK__CHANNELS" in found(ran, "triggers")[0]


def test_notices_are_tried_where_that_is_asked_for(desk, site, monkeypatch) -> None:
    """Without --notify nobody is told; with it, everybody, and a failure is 78 without the address's secret."""
    monkeypatch.setenv("PUBLISHER_NOTIFY__URLS", f"{site.url}/hook-secret-123456")
    assert desk("doctor").code == 0 and site.asked == []
    ran = desk("doctor", "--notify", "--json")
    assert ran.code == 0 and json.loads(site.asked[0][1])["event"] == "test"
    site.status = 500
    ran = desk("doctor", "--notify", "--json")
    assert ran.code == 78 and "answered 500" in found(ran, "notices")[0]
    assert "hook-secret-123456" not in ran.out + ran.err


def test_a_rehearsal_is_looked_at_as_one(bare, monkeypatch) -> None:
    """It needs no credentials, and says in every output what it is."""
    monkeypatch.setenv("PUBLISHER_REHEARSAL", "true")
    ran = bare("doctor", "--json")
    assert ran.code == 0, ran.out
    assert ran.json["rehearsal"] is True and "REHEARSAL" in ran.err
    assert "rehearsal.db" in found(ran, "database", ok=True)[0]
