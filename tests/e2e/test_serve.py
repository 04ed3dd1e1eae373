"""The service over real HTTP: webhook, feed and folder hand statements in, and nothing passes a person."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from publisher import audience, enrol, roster, signing, triggers, views
from publisher.api import Publisher, Source
from publisher.errors import SettingsError
from publisher.ledger.seen import TAKING
from publisher.sandbox import Sandbox
from publisher.serve import Serving, feed, folder, shapes
from publisher.settings import Settings
from publisher.triggers import Policy
from tests.e2e.serving import SECRET, Site, ask, free_port, hook, settled, started, state, until


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def servers() -> Iterator[Sandbox]:
    with Sandbox(limits=False) as box:
        yield box


@pytest.fixture
def values(box: Sandbox, site: Site, tmp_path: Path) -> dict[str, str]:
    return box.settings() | {
        "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
        "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
        "PUBLISHER_FETCH__ALLOW_HOSTS": site.host,
        "PUBLISHER_WEBHOOK__SECRET": SECRET,
        "PUBLISHER_PLAN__CHECK_URL": "false",
    }


# ---------------------------------------------------------------- webhook


def test_a_signed_statement_waits_for_a_person(serve, box) -> None:
    """202 with its id; sent again it is known; nothing leaves before somebody approves."""
    service, now = serve(), time.time()
    status, said = service.post(hook(), at=now)
    assert (status, said["outcome"]) == (202, "taken")
    assert service.state(said["announcement"]) == "draft"
    assert service.post(hook(), at=now - 2) == (409, {**said, "outcome": "known", "already": True})
    assert box.public == []
    assert service.office.ledger.hands(said["announcement"]) == {"(webhook)"}


def test_what_the_site_approves_by_publishing_it_goes_out_once(serve, box) -> None:
    """The approval is recorded under the trigger's name."""
    service = serve(WEBHOOK__POLICY="approved")
    _, said = service.post(hook())
    until(lambda: service.state(said["announcement"]) == "delivered")
    service.post(hook())
    assert sorted(p.service for p in box.public) == ["linkedin", "smtp", "x"]
    known = service.office.ledger.known(said["announcement"])
    assert [by for by, _ in known.approvals] == ["(webhook)"]
    feed_ = ET.fromstring(service.get("/published.atom")[1]["text"])
    titles = [e.text for e in feed_.iter("{http://www.w3.org/2005/Atom}title")]
    assert titles == ["Published statements", "Charter 1 is adopted"]


@pytest.mark.parametrize(
    ("body", "changes", "status", "says"),
    [
        (hook(), {"secret": "another secret altogether"}, 401, "does not fit"),
        (hook(), {"at": time.time() - 3600}, 401, "300 s"),
        (hook(), {"at": time.time() + 3600}, 401, "300 s"),
        (hook(), {"sign": False}, 401, "sign the request"),
        (b"{", {}, 422, "no JSON"),
        (b"[1]", {}, 422, "no object"),
        (b"\xff\xfe\x00", {}, 422, "no JSON"),
        (b"[" * 100_000, {}, 422, "no JSON"),
        ({}, {}, 422, "neither a text nor"),
        ({"url": "file:///etc/passwd"}, {}, 422, "http(s)"),
        ({"url": "http://169.254.169.254/latest"}, {}, 422, "not on the public internet"),
        ({"text": 7}, {}, 422, "must be text"),
        ({"text": "Words."}, {}, 422, "title"),
        (hook(titel="x"), {}, 422, "unknown key 'titel'"),
        (hook(text="EMBARGOED UNTIL 3 MAY 2030. Ministers adopted it."), {}, 422, "embargo"),
        (hook(documents=[{"path": "/etc/passwd"}]), {}, 422, "no folder to be relative to"),
        (b"x" * 2_000_001, {}, 413, "2,000,000"),
    ],
)
def test_what_is_not_believed_or_not_usable_stores_nothing(serve, box, body, changes, status, says) -> None:
    """One sentence that names what is wrong; never a traceback."""
    service = serve()
    got, said = service.post(body, **changes)
    assert got == status
    assert says in said["error"]["message"]
    assert (service.all(), box.public) == ([], [])


def test_a_request_that_is_replayed_is_told_what_became_of_the_first(serve) -> None:
    """Even when the words would make another statement by now; and on another host with the same ledger."""
    first, body, at = serve(), json.dumps(hook()).encode(), time.time()
    _, said = first.post(body, at=at)
    again = serve()
    assert again.post(body, at=at) == (
        409,
        {"schema": 1, "already": True, "announcement": said["announcement"]},
    )


def test_strangers_are_not_listened_to_for_long(serve) -> None:
    """A flood of forgeries costs little; what is signed comes through from elsewhere."""
    service = serve()
    statuses = [service.post(hook(), secret="another secret altogether")[0] for _ in range(15)]
    assert statuses == [401] * 10 + [429] * 5


def test_whoever_signs_is_not_kept_out_by_whoever_does_not(serve) -> None:
    """Behind a proxy all have one address."""
    service = serve()
    for _ in range(12):
        service.post(hook(), secret="another secret altogether")
    assert service.post(hook())[0] == 202


def test_what_a_process_held_when_it_died_is_taken_later(serve, monkeypatch) -> None:
    """Neither refused for good nor taken for done: the sender is told to come again."""
    service, at = serve(), time.time()
    monkeypatch.setattr("publisher.triggers.PATIENCE", 0.1)
    assert service.office.ledger.hold_item(TAKING, "https://www.example.org/1", 60)
    status, said = service.post(hook(), at=at)
    assert (status, said["error"]["kind"]) == (503, "Busy")
    service.office.ledger.skew += 61  # by now whoever had it is surely dead
    assert service.post(hook(), at=at)[0] == 202


def test_a_replay_that_had_to_wait_brings_no_old_words_back(serve, monkeypatch) -> None:
    """Asked before it waits for the page, and again when it has it."""
    service, at = serve(), time.time()
    assert service.post(hook(), at=at)[0] == 202
    assert service.post(hook(text="The newer words of Lund."), at=at)[1]["outcome"] == "revised"
    asked, real = [], triggers.handed_in
    monkeypatch.setattr(
        triggers, "handed_in", lambda *of: asked.append(of) or (real(*of) if asked[1:] else None)
    )
    assert service.post(hook(), at=at)[0] == 409
    assert [service.office.ledger.known(key).revision for key in service.all()] == [2]


@pytest.mark.parametrize("again", [hook(), hook(text="Other words.")])
def test_a_process_that_died_before_it_approved_is_made_up_for(serve, box, again) -> None:
    """The same words are approved when they are handed in again; other ones wait for a person, as ever."""
    service = serve(WEBHOOK__POLICY="approved")
    source = shapes.source(json.dumps(hook()).encode(), {})
    died = triggers.take(service.office, source, Policy("webhook"))
    assert service.state(died.announcement) == "draft"
    service.post(again)
    if again == hook():
        until(lambda: service.state(died.announcement) == "delivered")
    else:
        assert service.state(died.announcement) == "draft"


def test_a_flood_loses_and_doubles_nothing(serve) -> None:
    """Whatever was answered 202 is there once; the others were told to come again."""
    service = serve()
    bodies = [hook(n % 20) for n in range(120)]
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(service.post, bodies))
    taken = [said["announcement"] for status, said in answers if status == 202]
    assert {status for status, _ in answers} <= {202, 409, 429, 503}
    assert len(taken) == len(set(taken)) == len(service.all())
    titles = [service.office.ledger.known(key).title for key in service.all()]
    assert len(titles) == len(set(titles))


def test_wordpress_sends_its_own_shape(serve) -> None:
    post = {
        "id": 7, "status": "publish", "link": "https://www.example.org/wp", "date_gmt": "2026-05-03T10:00:00",
        "title": {"rendered": "Nine ports agree on cables &#8211; <em>at last</em>"},
        "content": {"rendered": "<p>Nine ports have agreed.</p>\n\n\n<p>They start in <strong>May 2026</strong>.</p>"},
        "excerpt": {"rendered": "…"}, "tags": [3],
    }  # fmt: skip
    service = serve()
    _, said = service.post(post)
    made = service.office.ledger.known(said["announcement"]).statement
    assert (made.title, made.url) == ("Nine ports agree on cables – at last", "https://www.example.org/wp")
    assert made.text == "Nine ports have agreed.\n\nThey start in May 2026."
    assert made.issued.startswith("2026-05-03")
    status, said = service.post(post | {"status": "draft"})
    assert (status, "not published" in said["error"]["message"]) == (422, True)


def test_another_shape_is_mapped(serve) -> None:
    service = serve(WEBHOOK__MAP="title=post.headline, html=post.body.0, url=post.href")
    shape = {
        "post": {
            "headline": "Nets are moved",
            "body": ["<p>All nets are moved.</p>"],
            "href": "https://e.org/n",
        }
    }
    _, said = service.post(shape)
    made = service.office.ledger.known(said["announcement"]).statement
    assert (made.title, made.text, made.url) == ("Nets are moved", "All nets are moved.", "https://e.org/n")


def test_a_page_is_fetched_where_only_its_address_is_sent(serve, site) -> None:
    service = serve()
    _, said = service.post({"url": site.page("/ports", "Nine ports agree on cables")})
    made = service.office.ledger.known(said["announcement"]).statement
    assert made.title == "Nine ports agree on cables"
    assert "Home" not in made.text


# ---------------------------------------------------------------- never past a person


def test_a_trigger_renews_only_what_triggers_alone_have_touched(serve) -> None:
    """New words for approval while it is the trigger's own; once a person approved it, a note and no more."""
    service = serve()
    _, said = service.post(hook())
    key = said["announcement"]
    status, said = service.post(hook(text="Ministers adopted the charter, corrected."))
    assert (status, said["outcome"], said["announcement"]) == (202, "revised", key)
    office = service.office
    office.approve(key, by="A. Officer", at=office.when("2030-01-01T10:00Z"))
    digest = office.ledger.known(key).digest
    for n in range(2):
        status, said = service.post(
            hook(text="Ministers adopted quite another thing."), at=time.time() - 5 * n
        )
        assert (status, said["outcome"], said["announcement"]) == (409, "differs", key)
    assert "A. Officer" in said["note"]
    assert office.ledger.known(key).digest == digest
    assert service.kinds(key).count("differs") == 1
    assert service.state(key) == "planned"


@pytest.mark.parametrize("policy", ["draft", "approved"])
def test_what_a_person_gave_up_stays_given_up(serve, box, policy) -> None:
    """The site publishes it once more; nobody announced that."""
    service = serve(WEBHOOK__POLICY=policy)
    source = Source(
        "-", stdin=b"---\ntitle: Charter 1 is adopted\nurl: https://www.example.org/1\n---\nWords.\n"
    )
    key, _ = service.office.submit(source, by="A. Officer", at=service.office.when("2030-01-01T10:00Z"))
    service.office.ledger.cancel(key, "A. Officer")
    assert service.post(hook())[1]["outcome"] == "differs"
    assert (service.all(), box.public) == ([key], [])


def test_nothing_a_trigger_does_passes_the_embargo(serve, box) -> None:
    service = serve(WEBHOOK__POLICY="approved", WEBHOOK__AT="+1min")
    _, said = service.post(hook(embargo="2030-01-01T10:00:00+01:00"))
    view = views.announcement(service.office.ledger, said["announcement"])
    assert {d["due"] for d in view["deliveries"]} == {"2030-01-01T09:00:00.000Z"}
    service.office.delivering.once()
    assert box.public == []


def test_a_second_approval_is_still_asked_for(serve) -> None:
    service = serve(WEBHOOK__POLICY="approved", APPROVALS="2")
    _, said = service.post(hook())
    assert service.state(said["announcement"]) == "draft"


def test_channels_and_time_of_a_trigger(serve) -> None:
    service = serve(WEBHOOK__POLICY="approved", WEBHOOK__CHANNELS="twitter", WEBHOOK__AT="+2h")
    _, said = service.post(hook())
    (only,) = views.announcement(service.office.ledger, said["announcement"])["deliveries"]
    assert (only["channel"], only["state"]) == ("x", "planned")


@pytest.mark.parametrize(
    ("name", "value"),
    [("WEBHOOK__CHANNELS", "pigeon"), ("WEBHOOK__AT", "soon"), ("WEBHOOK__MAP", "colour=x"), ("WEBHOOK__SECRET", "short"),
     ("WEBHOOK__POLICY", "always"), ("FEED__URL", "ftp://example.org"), ("FOLDER__PATH", "/proc/nothing")],
)  # fmt: skip
def test_wrong_settings_are_said_before_anything_is_served(values, name, value) -> None:
    with pytest.raises(SettingsError, match=f"PUBLISHER_{name}"):
        Serving(Publisher(Settings(values | {f"PUBLISHER_{name}": value}, files=False)))


# ---------------------------------------------------------------- feed


@pytest.mark.parametrize("kind", ["rss", "atom", "json"])
def test_only_what_is_newer_than_the_first_look_is_taken(serve, site, kind) -> None:
    """From the page that it links; an unchanged feed is not read again."""
    site.page("/old", "An old statement")
    site.feed(("/old", "An old statement", ""), kind=kind)
    service = serve(FEED__URL=f"{site.url}/feed", FEED__EVERY="3600")
    until(lambda: ("/feed", "") in site.asked)
    until(lambda: service.office.ledger.seen("feed", f"{site.url}/feed"))
    site.page("/new", "Nine ports agree on cables")
    site.feed(("/new", "Nine ports agree on cables", ""), ("/old", "An old statement, edited", ""), kind=kind)
    assert service.post(hook(), sign=False)[0] == 202
    until(service.all)
    (key,) = service.all()
    assert service.office.ledger.known(key).statement.url == f"{site.url}/new"
    asked = len(site.asked)
    service.post(hook(), sign=False)
    until(lambda: len(site.asked) > asked)
    assert site.asked[-1][1]
    assert ("/old", "") not in site.asked


@pytest.fixture
def reading(values, site) -> Iterator[tuple[feed.Feed, list[tuple[str, dict[str, Any]]]]]:
    """A feed that is looked at when the test says so, after its first look."""
    seen: list[tuple[str, dict[str, Any]]] = []
    office = Publisher(Settings(values, files=False))
    site.feed()
    made = feed.Feed(
        office, f"{site.url}/feed", Serving(office).policy("feed"), lambda e, f: seen.append((e, f))
    )
    made.look()
    yield made, seen
    office.close()


def test_an_item_that_changed_is_a_new_revision_and_no_new_post(reading, site) -> None:
    made, seen = reading
    site.page("/new", "Nine ports agree on cables")
    site.feed(("/new", "Nine ports agree on cables", "one"))
    made.look()
    site.page("/new", "Nine ports agree on cables", "Ten ports have agreed on cables.")
    site.feed(("/new", "Nine ports agree on cables", "two"))
    made.look()
    assert [f["outcome"] for e, f in seen if e == "taken"] == ["taken", "revised"]
    (row,) = made.office.ledger.all()
    assert row.revision == 2
    assert made.office.ledger.known(row.id).statement.text.startswith("Ten ports")


def test_a_page_that_is_not_there_yet_is_asked_for_again(reading, site) -> None:
    made, seen = reading
    site.feed(("/new", "Nine ports agree on cables", ""))
    made.look()
    made.look()
    assert [e for e, _ in seen] == ["trigger trouble"]
    site.page("/new", "Nine ports agree on cables")
    made.look()
    assert [e for e, _ in seen] == ["trigger trouble", "taken"]


@pytest.mark.parametrize(("status", "proposed"), [(410, True), (404, False), (500, False)])
def test_an_item_that_left_with_its_page_proposes_a_retraction(reading, site, status, proposed) -> None:
    """Once, and only of what is public; a feed that forgets its older items proposes nothing."""
    made, seen = reading
    site.page("/new", "Nine ports agree on cables")
    site.feed(("/new", "Nine ports agree on cables", ""))
    made.look()
    (row,) = made.office.ledger.all()
    made.office.approve(row.id, by="A. Officer")
    made.office.deliver(row.id, 10)
    site.pages["/new"] = status
    site.feed()
    for _ in range(2):
        made.look()
    kinds = [event.kind for _, event in made.office.ledger.events(row.id)]
    assert kinds.count("gone") == int(proposed)
    assert ("gone" in [e for e, _ in seen]) == proposed
    assert views.announcement(made.office.ledger, row.id)["announcement"]["state"] == "delivered"


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>No feed</body></html>", b"{}", b'{"version": 7}', b"\x00\xff"]
)
def test_what_is_no_feed_is_said_once_and_looked_at_again(reading, site, body) -> None:
    made, seen = reading
    site.pages["/feed"] = ("text/html", body)
    made.look()
    made.look()
    assert [e for e, _ in seen] == ["trigger trouble"]
    site.page("/new", "Nine ports agree on cables")
    site.feed(("/new", "Nine ports agree on cables", ""))
    made.look()
    assert [e for e, _ in seen] == ["trigger trouble", "taken"]


# ---------------------------------------------------------------- folder


class Watched:
    """A folder that is looked at when the test says so, by a clock that the test moves."""

    def __init__(self, values: dict[str, str], path: Path) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.now, self.path = 100.0, path
        self.office = Publisher(Settings(values, files=False))
        policy = Serving(self.office).policy("folder")
        self.folder = folder.Folder(
            self.office, path, policy, lambda e, f: self.seen.append((e, f)), lambda: self.now
        )

    def look(self, seconds: float = 0.0) -> bool:
        self.now += seconds
        return self.folder.look()

    def settle(self) -> None:
        self.look()
        self.look(folder.SETTLED)

    def lies(self, name: str) -> list[str]:
        return sorted(p.name.partition("Z-")[2] for p in (self.path / name).iterdir())


@pytest.fixture
def watched(values, tmp_path) -> Iterator[Watched]:
    made = Watched(values, tmp_path / "in")
    yield made
    made.office.close()


TEXT = "---\ntitle: {0}\nurl: https://www.example.org/{1}\n---\nWords of {1}, which are agreed.\n"


def test_a_file_is_taken_when_it_is_complete(watched) -> None:
    """Whoever copies slowly is waited for; then it moves aside."""
    path = watched.path / "a.md"
    path.write_text(TEXT.format("Nets are moved", "nets")[:20])
    assert watched.look()
    path.write_text(TEXT.format("Nets are moved", "nets"))
    assert watched.look(folder.SETTLED)
    assert watched.office.ledger.all() == []
    watched.look(folder.SETTLED)
    assert watched.lies("taken") == ["a.md"]
    assert not path.exists()
    assert watched.office.ledger.all()[0].title == "Nets are moved"
    assert not watched.look()


def test_the_next_statement_may_have_the_same_file_name(watched) -> None:
    for n in range(2):
        (watched.path / "statement.md").write_text(TEXT.format(f"Statement {n} of the nets", f"n{n}"))
        watched.settle()
    assert [f["outcome"] for e, f in watched.seen if e == "taken"] == ["taken", "taken"]
    assert len(watched.lies("taken")) == 2


def test_a_file_that_cannot_be_used_lies_beside_its_reason(watched) -> None:
    (watched.path / "a.txt").write_bytes(b"\x00\x01\x02" * 50)
    (watched.path / "b.md").write_text("---\ntitle: [\n---\nx\n")
    (watched.path / ".hidden.md").write_text("x")
    (watched.path / "note.odt").write_text("x")
    watched.settle()
    assert watched.lies("refused") == ["a.txt", "a.txt.reason.txt", "b.md", "b.md.reason.txt"]
    for reason in (watched.path / "refused").glob("*.reason.txt"):
        assert reason.read_text().strip()
    assert watched.office.ledger.all() == []


def test_a_statement_brings_the_files_it_names(watched) -> None:
    """The document is no statement of its own, and leaves with the text."""
    head = "---\ntitle: Nets are moved\nurl: https://www.example.org/n\ndocuments: [{path: nets.pdf, title: The text}]\n---\n"
    (watched.path / "nets.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    (watched.path / "nets.md").write_text(head + "All nets are moved by May.\n")
    watched.settle()
    assert watched.lies("taken") == ["nets.md", "nets.md.nets.pdf"]
    assert len(watched.office.ledger.all()) == 1


def test_a_folder_is_one_statement(watched) -> None:
    for name, files in {"one": ["s.md"], "two": ["s.md", "t.md"], "none": []}.items():
        (watched.path / name).mkdir()
        for file in files:
            (watched.path / name / file).write_text(TEXT.format("Nets are moved", "nets"))
    watched.settle()
    assert watched.lies("taken") == ["one"]
    assert watched.lies("refused") == ["none", "none.reason.txt", "two", "two.reason.txt"]


def test_a_link_out_of_the_folder_is_not_followed(watched, tmp_path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(TEXT.format("A secret", "s"))
    (watched.path / "link.md").symlink_to(secret)
    watched.settle()
    assert watched.office.ledger.all() == []


def test_the_folder_is_watched(serve, tmp_path) -> None:
    """What is put there while the service runs is taken by itself."""
    service = serve(FOLDER__PATH=str(tmp_path / "in"))
    (tmp_path / "in" / "a.md").write_text(TEXT.format("Nets are moved", "nets"))
    until(service.all)


# ---------------------------------------------------------------- leaving the list


def _token(office: Publisher, address: str = "reader@press.example", language: str = "ar") -> str:
    audience.add(office.ledger, address, language=language)
    return next(str(p.token) for p in audience.listed(office.ledger) if p.address == address)


def test_a_get_shows_a_button_and_changes_nothing(serve) -> None:
    """Scanners open every link of a mail before its reader does."""
    service = serve()
    token = _token(service.office)
    status, page = service.get(f"/u/{token}")
    assert (status, '<html lang="ar" dir="rtl">' in page["text"], "<button>" in page["text"]) == (
        200,
        True,
        True,
    )
    assert audience.size(service.office.ledger) == 1


def test_one_click_leaves_at_once_and_for_good(serve) -> None:
    """As a mail program posts it (RFC 8058): no session, no cookie; again is no error; an import brings nobody back."""
    service = serve()
    token = _token(service.office)
    request = urllib.request.Request(f"{service.url}/u/{token}", b"List-Unsubscribe=One-Click")
    assert [ask(request)[0] for _ in range(2)] == [200, 200]
    assert audience.size(service.office.ledger) == 0
    assert enrol.load(service.office.ledger, roster.written("reader@press.example")).suppressed == 1
    assert "<button>" not in service.get(f"/u/{token}")[1]["text"]


@pytest.mark.parametrize("token", ["nobody", "a" * 500, "%00", "%27%20OR%201=1"])
def test_a_token_that_is_nobodys_is_told_so(serve, token) -> None:
    service = serve()
    _token(service.office)
    assert service.get(f"/u/{token}")[0] == 404
    assert ask(urllib.request.Request(f"{service.url}/u/{token}", b""))[0] == 404
    assert audience.size(service.office.ledger) == 1


# ---------------------------------------------------------------- operation


def test_health_ready_and_metrics_tell_the_truth(serve) -> None:
    service = serve()
    service.post(hook())
    until(lambda: service.office.ledger.ticks())
    assert service.get("/health")[1]["ok"]
    assert service.get("/ready")[1]["ready"]
    told = service.get("/metrics")[1]["text"]
    assert 'publisher_taken_total{outcome="taken",trigger="webhook"} 1.0' in told
    assert "publisher_needs_a_person 0.0" in told
    assert service.get("/nothing")[0] == 404


def test_metrics_count_what_became_of_each_reader_s_mail(serve, box) -> None:
    """And what the engine did, by channel, with how late it was."""
    service = serve(
        EMAIL__LIST_ADDRESS="", EMAIL__UNSUBSCRIBE_URL="https://press.example/u", WEBHOOK__POLICY="approved"
    )
    for name in ("reader", "other", "bounce", "defer"):
        audience.add(service.office.ledger, f"{name}@press.example")
    key = service.post(hook())[1]["announcement"]
    until(lambda: service.state(key) == "waiting")
    until(lambda: 'channel="x",state="delivered"' in service.get("/metrics")[1]["text"])
    told = service.get("/metrics")[1]["text"]
    for line in (
        'publisher_parts{channel="x",state="delivered"} 1.0',
        'publisher_attempts_total{channel="x"} 1.0',
        'publisher_outcomes_total{channel="x",outcome="delivered"} 1.0',
        'publisher_lateness_seconds_count{channel="x"} 1.0',
        "publisher_due 0.0",
        "publisher_overdue 0.0",
        "publisher_tick_age_seconds{host=",
        'publisher_readers{channel="email",outcome="accepted"} 2.0',
        'publisher_readers{channel="email",outcome="refused"} 1.0',
        'publisher_readers{channel="email",outcome="deferred"} 1.0',
    ):
        assert line in told, told


def test_metrics_tell_how_long_credentials_last(serve, monkeypatch) -> None:
    """As the check before a plan falls due has found them."""
    monkeypatch.setattr("publisher.ahead.IDLE", 0.0)  # nothing was planned when the service started
    service = serve(WEBHOOK__POLICY="approved", WEBHOOK__AT="+10min", TIMEZONE="UTC")
    assert service.post(hook())[0] == 202
    told = 'publisher_credentials_days_left{channel="linkedin"}'
    until(lambda: told in service.get("/metrics")[1]["text"])


def test_a_clock_that_stopped_shows(serve, monkeypatch) -> None:
    service = serve()
    until(lambda: service.office.delivering.swept)
    monkeypatch.setattr("publisher.clock.QUIET", -1.0)
    for path in ("/health", "/ready"):
        status, said = service.get(path)
        assert (status, "has not swept" in said["why"]) == (503, True)


def test_a_ledger_that_is_away_shows_and_the_service_goes_on(serve, monkeypatch) -> None:
    service = serve()
    until(lambda: service.office.delivering.swept)
    real = type(service.office.ledger).read

    def away(self):
        raise OSError("gone")

    monkeypatch.setattr(type(service.office.ledger), "read", away)
    assert service.get("/ready")[0] == 503
    assert service.post(hook())[0] == 500
    monkeypatch.setattr(type(service.office.ledger), "read", real)
    assert service.post(hook(), at=time.time() - 1)[0] == 202


def test_a_port_that_is_taken_is_a_sentence(serve, values) -> None:
    service = serve()
    with pytest.raises(SettingsError, match="cannot be listened on"):
        Serving(Publisher(Settings(values, files=False)), port=service.serving.port).run()


def test_bad_credentials_block_their_channel_and_never_the_start(serve) -> None:
    service = serve(WEBHOOK__POLICY="approved", X__ACCESS_TOKEN="wrong")
    _, said = service.post(hook())
    until(lambda: any(lane.blocked for lane in service.office.ledger.lanes()))
    until(lambda: {d["state"] for d in views.announcement(service.office.ledger, said["announcement"])["deliveries"]} == {"delivered", "waiting"})  # fmt: skip


def test_killed_and_started_again_it_loses_and_doubles_nothing(values, box, tmp_path) -> None:
    """Struck while statements come in and go out; what was answered 202 is public once in the end."""
    values = values | {
        "PUBLISHER_WEBHOOK__POLICY": "approved", "PUBLISHER_WEBHOOK__CHANNELS": "x", "PUBLISHER_X__FIND_AFTER": "0.2,0.5,1,3",
    }  # fmt: skip
    port, taken = free_port(), []
    for round_ in range(3):
        process = started(values, port, tmp_path)
        url = f"http://127.0.0.1:{port}"
        until(lambda url=url: ask(urllib.request.Request(f"{url}/health"))[0] == 200)
        for n in range(round_ * 4, round_ * 4 + 4):
            data = json.dumps(hook(n)).encode()
            request = urllib.request.Request(
                f"{url}/hooks/statements", data, signing.headers(SECRET, data, time.time())
            )
            status, said = ask(request)
            taken += [said["announcement"]] if status == 202 else []
        process.send_signal(signal.SIGKILL if round_ < 2 else signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0
    office = Publisher(Settings(values, files=False))
    until(lambda: settled(office, taken), every=0.2)
    for key in taken:
        if state(office, key) == "unknown":  # struck before it left, or the service's search cannot tell
            title = office.ledger.known(key).title
            office.resolve(key, published=any(p.text.startswith(title) for p in box.public), by="A. Officer")
    until(lambda: settled(office, taken), every=0.2)
    assert {state(office, key) for key in taken} == {"delivered"}
    office.close()
    titles = [p.text.partition("\n")[0] for p in box.public]
    assert sorted(titles) == sorted(f"Charter {n} is adopted" for n in range(12))


def test_without_settings_it_says_what_is_wrong(tmp_path) -> None:
    process = started({"PUBLISHER_WEBHOOK__SECRET": "short"}, free_port(), tmp_path)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, b"WEBHOOK__SECRET" in err, b"Traceback" in err) == (78, True, False)


def test_the_pages_example_for_a_cms_works(values, tmp_path, monkeypatch) -> None:
    """The Python that docs/service.md gives, as it stands there."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    code = page.partition("<!-- python -->\n```python\n")[2].partition("```")[0]
    room: dict[str, Any] = {}
    exec(code, room)
    key = room["statement_published"](
        "Ministers' “Nets”: \\ moved", "https://www.example.org/nets", "All nets are moved."
    )
    office = Publisher(Settings(values, files=False))
    assert office.ledger.known(key).title == "Ministers' “Nets”: \\ moved"
    assert office.ledger.hands(key) == {"the web site"}
    office.close()


def test_a_week_by_a_clock_that_is_moved(values, box) -> None:
    """Handed in on Monday for each day at nine: each leaves in its hour, none before, none twice."""
    office = Publisher(Settings(values | {"PUBLISHER_TIMEZONE": "Europe/Zurich"}, files=False))
    start, dues = office.ledger.clock(), {}
    for n in range(7):
        source = Source("-", stdin=TEXT.format(f"Statement of day {n}", f"day{n}").encode())
        key, _ = office.submit(source, by="A. Officer", at=office.when(f"+{24 * n + 9}h"), channels=["x"])
        office.approve(key, by="A. Officer")
        dues[key] = start + (24 * n + 9) * 3600
    left: dict[str, float] = {}
    for hour in range(24 * 7):
        office.ledger.skew = hour * 3600.0
        office.run(until_idle=True)
        for key in dues.keys() - left.keys():
            if {part.state for part in office.ledger.parts(f"{key}/x")} == {"delivered"}:
                left[key] = start + hour * 3600
    office.close()
    assert left.keys() == dues.keys()
    assert all(0 <= left[key] - dues[key] + 60 <= 3600 + 60 for key in dues)
    assert len([p for p in box.public if p.service == "x"]) == 7
