"""Notices: who hears of what, once for each cause, whatever breaks on the way."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from publisher import addresses, signing
from publisher.addresses import Notice
from publisher.channel import LiveText
from publisher.clock import Beat
from publisher.deliver import Delivering
from publisher.errors import Blocked, OutcomeUnknown, Permanent, SettingsError, Transient
from publisher.notices import Notices, mailer
from publisher.settings import Settings

KEYS = {
    "schema", "event", "announcement", "delivery", "title", "what", "fix", "links", "ledger", "text"
}  # fmt: skip
TOKEN = "T0001-secret-of-the-hook"


class Hook:
    """A webhook that answers with `status` and keeps what it was sent."""

    def __init__(self):
        self.status, self.got, self.heads, self.bodies = 200, [], [], []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(json.loads(body))
                hook.heads.append(self.headers)
                hook.bodies.append(body)
                self.send_response(hook.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/{TOKEN}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def events(self):
        return [body["event"] for body in self.got]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def hook():
    made = Hook()
    yield made
    made.stop()


@pytest.fixture
def make(office, hook):
    """Another process of the same office: its notices."""

    def made(*urls, mail=None, **options):
        def no_mail(*_):
            raise AssertionError("nobody is to be mailed")

        def observe(event, facts):
            office.observed.append((event, facts))

        urls = urls or (() if "each" in options else (hook.url,))
        return Notices(office.ledger, urls, mail or no_mail, observe, **options)

    return made


def failed(office):
    """An announcement whose only delivery failed."""
    office.channel().answers = [Permanent("too long")]
    key = office.planned()
    office.deliver(key)
    return key


def test_a_failure_is_told_once_with_what_to_do(office, hook, make):
    """Sweep after sweep, on another host, after a restart: one POST, as JSON."""
    key = failed(office)
    here, there = make(), make()
    for notices in (here, there, here, make()):
        notices.sweep()
    (body,) = hook.got
    assert set(body) == KEYS
    assert (body["schema"], body["event"], body["announcement"], body["delivery"]) == (
        1, "failed", key, f"{key}/one",
    )  # fmt: skip
    assert body["what"] == f"{key}/one failed: too long"
    assert body["fix"] == f"mend it, then: publisher retry {key}/one"
    assert body["title"] == "A statement"
    assert body["ledger"] == office.ledger.place
    assert all(part in body["text"] for part in (body["what"], body["fix"], key))


def test_a_cause_that_is_gone_is_told_again_when_it_comes_back(office, hook, make):
    """Also when nobody looked in between: another attempt failed."""
    key, notices = failed(office), make()
    notices.sweep()
    office.channel().answers = [Permanent("still too long")]
    office.ledger.retry(f"{key}/one", "officer")
    office.deliver(key)
    notices.sweep()
    assert hook.events == ["failed", "failed"]
    office.ledger.retry(f"{key}/one", "officer")
    office.deliver(key)
    notices.sweep()
    assert hook.events == ["failed", "failed", "public"]


def test_public_is_told_once_with_links_when_all_of_it_is(office, hook, make):
    """Not before the last channel is through."""
    office.channel("two").answers = [Transient("busy")]
    key, notices = office.planned("one", "two"), make()
    office.deliver(key)
    notices.sweep()
    assert hook.got == []
    office.ledger.skew = 60
    office.deliver(key)
    notices.sweep()
    make().sweep()
    (body,) = hook.got
    assert (body["event"], body["what"]) == ("public", "all is public: one, two")
    assert set(body["links"]) == {"one", "two"}
    assert all(url in body["text"] for url in body["links"].values())
    assert body["fix"] is None


def test_programs_are_told_what_each_delivery_has_come_to(office, hook, make):
    """Once for each state it reaches, signed; one that only waits is no outcome."""
    office.channel("two").answers = [Transient("busy")]
    key, notices = office.planned("one", "two"), make(each=(hook.url,), secret="a secret between us two")
    office.deliver(key)
    notices.sweep()
    make(each=(hook.url,), secret="a secret between us two").sweep()
    (body,) = hook.got
    assert (body["event"], body["delivery"], body["announcement"]) == ("delivered", f"{key}/one", key)
    assert set(body["links"]) == {"one"}
    (head,) = hook.heads
    stamp, signature = head[signing.TIMESTAMP], head[signing.SIGNATURE]
    assert not signing.fault("a secret between us two", hook.bodies[0], stamp, signature, float(stamp))
    office.channel("two").answers = [OutcomeUnknown("cut off")]
    office.ledger.skew = 60
    office.deliver(key)
    notices.sweep()
    office.ledger.resolve(f"{key}/two", "officer", published=False)
    office.channel("two").answers = [Permanent("too long")]
    office.deliver(key)
    notices.sweep()
    notices.sweep()
    assert [(b["event"], b["delivery"]) for b in hook.got[1:]] == [
        ("unknown", f"{key}/two"), ("failed", f"{key}/two"),
    ]  # fmt: skip


def test_a_doubt_is_told_when_no_machine_will_look_any_more(office, hook, make):
    """While there are looks to come nobody is called; then the question and its two answers are told."""
    office.channel().answers = [OutcomeUnknown("silence")]
    key, notices = office.planned(), make()
    for skew, told in ((0, 0), (6, 0), (31, 1), (100, 1)):
        office.ledger.skew = skew
        office.deliver(key)
        notices.sweep()
        assert len(hook.got) == told
    assert hook.got[0]["event"] == "unknown"
    assert f"publisher resolve {key}/one --published URL, or --not-published" in hook.got[0]["fix"]


def test_a_blocked_channel_is_told_once_however_much_waits_for_it(office, hook, make):
    """One cause, one notice; after `resume` and another block there is another."""
    notices = make()
    for _ in range(2):
        office.channel().answers = [Blocked("401: the token ended")]
        key = office.planned()
        office.deliver(key)
        office.planned()
        notices.sweep()
        notices.sweep()
        assert hook.got[-1]["what"] == "one is blocked: 401: the token ended"
        assert "publisher resume --channel one" in hook.got[-1]["fix"]
        office.ledger.resume("officer", "one")
        notices.sweep()
    assert hook.events == ["blocked", "blocked"]


def test_what_a_person_holds_needs_no_notice_and_what_is_too_late_does(office, hook, make):
    """Whoever held it knows."""
    held, notices = office.planned(), make()
    office.ledger.hold(held, "officer")
    notices.sweep()
    assert hook.got == []
    key = office.planned()
    office.ledger.skew = 4000
    office.deliver(key)
    notices.sweep()
    assert hook.events == ["held"]
    last = datetime.fromtimestamp(office.ledger.deliveries(key)[0].due + 3600, UTC)
    assert f"too late: it was to go out by {last:%Y-%m-%d %H:%M}" in hook.got[0]["what"]
    assert f"publisher release {key}" in hook.got[0]["fix"]


def test_a_text_that_is_public_otherwise_than_approved_is_told_with_its_link(office, hook, make):
    """Beside the notice that all is public."""
    office.channel().live = LiveText("The wordz.")
    key = office.planned()
    office.deliver(key)
    make().sweep()
    assert sorted(hook.events) == ["live", "public"]
    body = next(b for b in hook.got if b["event"] == "live")
    assert "changed" in body["what"] and body["links"]["one"].startswith("http")


def test_a_missing_page_is_told_after_a_minute(office, hook, make):
    """Most pages come within it."""
    key, notices = office.planned("one", "two"), make()
    for row in office.ledger.deliveries(key):
        office.ledger.page_missing(row, "https://www.example.org/s answers 404")
    for skew, told in ((0, 0), (55, 0), (65, 1), (600, 1)):
        office.ledger.skew = skew
        notices.hear("page missing", {"delivery": f"{key}/one"})
        notices.sweep()
        assert len(hook.got) == told
    assert (hook.got[0]["event"], hook.got[0]["announcement"]) == ("page", key)
    assert "answers 404" in hook.got[0]["what"] and f"publisher release {key}" in hook.got[0]["fix"]


def test_what_would_stop_a_plan_is_told_while_something_is_planned(office, hook, make):
    """Once for the channel, naming the first plan in danger; figures in the wording make no new cause."""
    notices = make()
    trouble = {"trouble": [["the clock here is 31 s ahead", "set it"]], "ends": None, "what": "", "fix": ""}
    office.ledger.checked("one", trouble)
    notices.sweep()
    assert hook.got == []
    first, _ = office.planned(), office.planned()
    notices.sweep()
    office.ledger.checked("one", trouble | {"trouble": [["the clock here is 44 s ahead", "set it"]]})
    notices.sweep()
    (body,) = hook.got
    assert (body["event"], body["fix"]) == ("preflight", "set it")
    assert "the clock here is 31 s ahead" in body["what"] and f"{first}/one and 1 more" in body["what"]
    office.ledger.checked("one", trouble | {"trouble": []})
    notices.sweep()
    office.ledger.checked("one", trouble)
    notices.sweep()
    assert hook.events == ["preflight", "preflight"]


def test_a_token_that_ends_before_a_plan_falls_due_is_told(office, hook, make):
    """Not when it ends after."""
    notices, now = make(), office.ledger.clock()
    office.planned()
    standing = {"trouble": [], "what": "the token is good", "fix": "log in"}
    office.ledger.checked("one", standing | {"ends": now + 600})
    notices.sweep()
    assert hook.got == []
    office.ledger.checked("one", standing | {"ends": now - 600})
    notices.sweep()
    notices.sweep()
    (body,) = hook.got
    assert (body["event"], body["fix"]) == ("expires", "log in")


def test_an_address_that_refuses_is_tried_again_a_few_times(office, hook, make):
    """Each time later; then it is left, and the log has said so each time, without the address."""
    hook.status = 500
    failed(office)
    notices = make()
    notices.sweep()
    notices.sweep()
    assert len(hook.got) == 1, "it is tried again before its time"
    for skew in (6, 40, 170, 800, 10_000, 20_000):
        office.ledger.skew = skew
        notices.sweep()
    assert len(hook.got) == 5
    told = [facts for event, facts in office.observed if event == "notice failed"]
    assert len(told) == 5
    assert told[-1]["reason"].endswith("given up")
    assert TOKEN not in json.dumps(told)


def test_it_is_told_at_last_when_the_address_is_back(office, hook, make):
    """By the same process at its next sweep, or by the next one; never by both."""
    hook.status = 503
    failed(office)
    notices = make()
    notices.sweep()
    hook.status, office.ledger.skew = 200, 6
    notices.sweep()
    make().sweep()
    assert hook.events == ["failed", "failed"]
    assert [event for event, _ in office.observed if event == "notice"] == ["notice"]


def test_a_process_that_dies_while_telling_leaves_it_to_the_next(office, hook, make):
    """After a minute; a notice told twice is better than one that nobody heard."""
    failed(office)

    class Dead(BaseException):
        pass

    def dies(*_):
        raise Dead

    with pytest.raises(Dead):
        make("mailto:duty@press.example", mail=dies).sweep()
    heard = []
    for skew in (10, 61):
        office.ledger.skew = skew
        make("mailto:duty@press.example", mail=lambda *words: heard.append(words)).sweep()
    assert len(heard) == 1


def test_one_dead_address_keeps_nothing_from_another(office, hook, make):
    """Nobody listens at the first."""
    failed(office)
    notices = make("http://127.0.0.1:9/nobody-listens-here", hook.url)
    notices.sweep()
    assert hook.events == ["failed"]


def test_what_happened_long_ago_is_no_news_and_what_waits_for_a_person_is(office, hook, make):
    """A new address hears of an old failure, which still waits, and not of what has long been public."""
    out = office.planned()
    office.deliver(out)
    failed(office)
    office.ledger.skew = 3 * 86_400
    make().sweep()
    assert hook.events == ["failed"]


def test_a_process_that_ends_tells_of_its_own_work_only(office, hook, make):
    """`publish` has driven one announcement."""
    failed(office)
    mine = office.planned()
    office.deliver(mine)
    notices = make()
    notices.hear("delivered", {"delivery": f"{mine}/one"})
    notices.sweep(everything=False)
    assert hook.events == ["public"]


def test_delivering_ends_by_telling_and_survives_a_notice_that_cannot_be_told(office, make):
    """The delivery is as it is; closing twice is harmless."""
    notices = make("http://127.0.0.1:9/nobody-listens-here")

    def observe(event, facts):
        notices.hear(event, facts)
        office.observed.append((event, facts))

    key = office.planned()
    made = Delivering(office.ledger, office.channel, office.retry, 1, observe, notices=notices)
    made.until_idle(key)
    made.close()
    made.close()
    assert office.states(key) == {"one": ["delivered"]}
    assert [f["about"] for e, f in office.observed if e == "notice failed"] == ["public"]


def test_a_slow_address_delays_no_delivery(office, make):
    """The address answers only once the delivery is out."""
    out, late = threading.Event(), []

    def mail(*_):
        late.append(out.wait(20))

    failed(office)
    key = office.planned()
    notices = make("mailto:duty@press.example", mail=mail)
    made = Delivering(office.ledger, office.channel, office.retry, notices=notices)
    while office.states(key) != {"one": ["delivered"]}:
        made.once()
    out.set()
    made.close()
    assert late and all(late)


def test_nothing_secret_is_left_behind(office, hook, make):
    """Neither in the ledger nor in what is observed."""
    failed(office)
    make().sweep()
    told = json.dumps(office.observed, default=str)
    kept = json.dumps([[e.kind, e.data] for _, e in office.ledger.events()])
    with office.ledger.read() as c:
        from publisher.ledger.schema import notice

        kept += json.dumps([list(row) for row in c.execute(notice.select())])
    assert TOKEN not in told + kept
    assert "notice" in told


def test_a_rehearsal_says_so(office, hook, make):
    """Nobody on duty is to think that it happened."""
    failed(office)
    make(rehearsal=True).sweep()
    assert hook.got[0]["what"].startswith("REHEARSAL: ")


def test_a_clock_that_stops_is_told_without_the_ledger_and_once(office, hook, make, monkeypatch):
    """The ledger may be the trouble; when the clock goes again, the next stop is told again."""
    now = [1000.0]
    monkeypatch.setattr("publisher.clock.time.monotonic", lambda: now[0])
    notices = make()
    made = Delivering(office.ledger, office.channel, office.retry, notices=notices)
    beat = Beat(made)
    for pause, told in ((59, 0), (2, 1), (60, 1)):
        now[0] += pause
        beat.listen()
        assert len(hook.got) == told
    assert "its scheduler stopped" in hook.got[0]["what"]
    beat.went_well()
    beat.listen()
    beat.failed("OperationalError: the database is away")
    now[0] += 61
    beat.listen()
    assert hook.events == ["clock", "clock"]
    assert "the database is away" in hook.got[1]["what"]


def test_a_mail_goes_through_the_relay_of_the_settings():
    """Also where email is no channel in use; marked as automatic, to one address."""
    from publisher.sandbox import Sandbox

    with Sandbox() as box:
        values = box.settings() | {
            "PUBLISHER_CHANNELS": "x",
            "PUBLISHER_EMAIL__SENDER": "Pressebüro <press@a.example>",
        }
        notice = Notice("k", "failed", "k/x failed: zu lang\n…", "kürzen", "k", "k/x", "Ein Titel")
        addresses.tell(
            "mailto:duty%2Bnight@a.example", notice, "/ledger.db", mailer(Settings(values, files=False))
        )
        (mail,) = [p for p in box.public if p.service == "smtp"]
    assert mail.recipient == "duty+night@a.example"
    assert mail.mail["Subject"] == "[publisher] Ein Titel · k/x failed: zu lang …"
    assert mail.mail["Auto-Submitted"] == "auto-generated"
    assert mail.mail["From"] == "Pressebüro <press@a.example>"
    assert "kürzen" in mail.mail.get_content()


def test_a_mailbox_without_a_relay_is_named_as_the_reason():
    """The setting that is missing, in words."""
    mail = mailer(Settings({"PUBLISHER_CHANNELS": "x"}, files=False))
    with pytest.raises(SettingsError, match="PUBLISHER_EMAIL__SMTP_URL"):
        mail("duty@a.example", "s", "t")


@pytest.mark.parametrize(
    ("urls", "wrong"),
    [
        ("mailto:", "without an address"),
        ("https://", "without a host"),
        ("duty@example.org", "no address"),
        ("https://ok.example/hook, foo", "no address"),
        ("https://[broken", "no address"),
    ],
)
def test_an_address_that_cannot_work_is_refused_with_the_setting_s_name(urls, wrong):
    """Exit 78 before anything is done."""
    with pytest.raises(SettingsError, match=f"PUBLISHER_NOTIFY__URLS.*{wrong}"):
        Settings({"PUBLISHER_NOTIFY__URLS": urls}, files=False)


def test_other_services_need_apprise(monkeypatch):
    """The extra is named, the address is not repeated."""
    monkeypatch.setattr(addresses, "find_spec", lambda name: None)
    with pytest.raises(SettingsError) as refused:
        Settings({"PUBLISHER_NOTIFY__URLS": "slack://tokenA/tokenB"}, files=False)
    assert "announcement-publisher[notify]" in str(refused.value)
    assert "token" not in str(refused.value)


def test_apprise_tells_what_it_knows(hook):
    """Its own webhook scheme, over a real socket."""
    pytest.importorskip("apprise", reason="the extra announcement-publisher[notify] is not installed")
    url = hook.url.replace("http://", "json://")
    notice = Notice("k", "public", "all is public: x", title="T")
    addresses.tell(url, notice, "/ledger.db", mailer(Settings({}, files=False)))
    assert "all is public: x" in json.dumps(hook.got[0])
    hook.status = 500
    with pytest.raises(Transient):
        addresses.tell(url, replace(notice, what="again"), "/ledger.db", mailer(Settings({}, files=False)))


def test_the_secrets_of_an_address_are_known_to_the_log():
    """The whole of it and each long word; a mailbox is none."""
    found = Settings(
        {
            "PUBLISHER_NOTIFY__URLS": f"https://hooks.example/services/{TOKEN}?key=abcdefghijklmnop,mailto:duty@a.example"
        },
        files=False,
    ).secrets()
    assert TOKEN in found and "key=abcdefghijklmnop" in found
    assert not any("duty" in s and "hooks" not in s for s in found)


@pytest.mark.parametrize("given", [{}, {"PUBLISHER_NOTIFY__SECRET": "short"}])
def test_programs_are_told_nothing_that_is_not_signed(given):
    with pytest.raises(SettingsError, match="NOTIFY__SECRET"):
        Settings({"PUBLISHER_NOTIFY__DELIVERIES": "https://www.example.org/hook", **given}, files=False)


@pytest.mark.parametrize("url", ["mailto:duty@example.org", "https://", "slack://token"])
def test_programs_are_told_by_webhook_alone(url):
    with pytest.raises(SettingsError, match="NOTIFY__DELIVERIES"):
        Settings({"PUBLISHER_NOTIFY__SECRET": "x" * 16, "PUBLISHER_NOTIFY__DELIVERIES": url}, files=False)
