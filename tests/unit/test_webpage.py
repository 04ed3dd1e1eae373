"""The statement's page: asked once a round, waited for, let go without, never in the way of a rehearsal."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from publisher import enrol, roster
from publisher.deliver import Delivering
from publisher.errors import Transient, UsageError
from publisher.ledger import NewDelivery, Plan
from publisher.plan import When
from publisher.settings import Retry
from publisher.webpage import Gate, ask, on_loopback

SERVICE = "https://api.example.org"
EXPECTED = "PageMissing"


class Site:
    """A web server that answers every path with `status`, or redirects `/old` to `/new`."""

    def __init__(self):
        self.status, self.asked = 200, []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                if self.path == "/old":
                    self.send_response(301)
                    self.send_header("Location", "/new")
                else:
                    self.send_response(site.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/charter"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site():
    made = Site()
    yield made
    made.stop()


class Press:
    """An office whose channels are on the public internet, as far as their address says."""

    def __init__(self, office, site, make_rendering, make_statement):
        self.ledger, self.site, self.observed = office.ledger, site, []
        self.office, self.rendering, self.statement = office, make_rendering, make_statement
        self.told = type(office.channel())
        self.channels = {}

    def channel(self, name):
        if name not in self.channels:
            away = type("Away", (self.told,), {"service": SERVICE})
            self.channels[name] = away()
        return self.channels[name]

    def planned(self, *names, plan=None, service=SERVICE, addressed=False, lateness=3600.0):
        renderings = [replace(self.rendering(n), link=self.site.url) for n in names or ("one",)]
        key = self.ledger.submit(self.statement(), renderings, "author", plan=plan or Plan(), channels=names)
        new = [NewDelivery(r, service, "@office", addressed) for r in renderings]
        self.ledger.approve(key, "officer", new, needed=1, lateness=lateness)
        return key

    def deliver(self, key=None, allow=True):
        hosts = (self.site.host,) if allow else ()
        gate = Gate(self.ledger, hosts, lambda e, f: self.observed.append((e, f)))
        made = Delivering(self.ledger, self.channel, Retry(), 1, lambda e, f: None, gate=gate)
        made.until_idle(key)
        made.close()

    def parts(self, key):
        return [p for row in self.ledger.deliveries(key) for p in self.ledger.parts(row.id)]

    def states(self, key):
        return {p.state for p in self.parts(key)}

    def events(self, key):
        return [e.kind for _, e in self.ledger.events(key)]


@pytest.fixture
def press(office, site, make_rendering, make_statement):
    return Press(office, site, make_rendering, make_statement)


@pytest.mark.parametrize(
    ("status", "path", "missing", "trouble"),
    [
        (200, "/s", False, ""),
        (404, "/s", True, "answers 404"),
        (410, "/s", True, "answers 410"),
        (404, "/old", True, "/new answers 404"),
        (500, "/s", False, "answers 500"),
        (403, "/s", False, "answers 403"),
    ],
)
def test_only_not_found_and_gone_are_missing(site, status, path, missing, trouble):
    """A redirect is followed; what else goes wrong is named and no reason to wait."""
    site.status = status
    page = ask(f"http://{site.host}{path}", (site.host,))
    assert (page.status, page.missing) == (status, missing)
    assert page.trouble.endswith(trouble) and bool(page.trouble) == bool(trouble)


def test_a_page_on_a_private_address_is_not_asked(site):
    """A statement may come from anybody; the exception has to be named."""
    page = ask(site.url)
    assert page.status == 0
    assert "FETCH__ALLOW_HOSTS" in page.trouble
    assert site.asked == []


def test_a_page_that_cannot_be_reached_is_no_missing_page(site):
    """Nobody listens there."""
    site.stop()
    page = ask(site.url, (site.host,))
    assert (page.status, page.missing) == (0, False)
    assert "cannot be reached" in page.trouble


@pytest.mark.parametrize(
    ("service", "here"),
    [
        ("http://127.0.0.1:8471", True), ("smtp://localhost:25", True), ("http://[::1]:80", True),
        ("https://api.twitter.com", False), ("", False), ("smtps://mail.example.org:465", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_rehearsal(service, here):
    """Loopback by any name."""
    assert on_loopback(service) is here


def test_every_channel_waits_and_the_page_is_asked_once_a_round(press):
    """Three channels, one request; when the page is there, everything goes out."""
    press.site.status = 404
    key = press.planned("one", "two", "three")
    press.deliver(key)
    assert press.states(key) == {"waiting"}
    assert press.site.asked == ["/charter"]
    part = press.parts(key)[0]
    assert (part.kind, part.attempt, part.tries) == (EXPECTED, 0, 0)
    assert "answers 404: the statement's page is not there yet" in part.error
    assert f"publisher release {key}" in part.error
    assert 3 < part.due - press.ledger.clock() <= 5
    press.deliver(key)
    assert len(press.site.asked) == 1
    press.site.status = 200
    press.ledger.skew = 6
    press.deliver(key)
    assert press.states(key) == {"delivered"}
    assert len(press.site.asked) == 2
    assert press.events(key).count("page missing") == press.events(key).count("page there") == 3
    assert all(len(c.sent) == 1 for c in press.channels.values())
    assert {p.kind for p in press.parts(key)} == {None}


def test_it_is_asked_every_5_seconds_and_after_10_minutes_every_30(press):
    """And the log gets one line about it, not one for each asking."""
    press.site.status = 410
    key = press.planned(lateness=90_000)
    for skew, gap in ((0, 5), (300, 5), (590, 5), (610, 30), (3000, 30)):
        press.ledger.skew = skew
        press.deliver(key)
        assert gap - 3 < press.parts(key)[0].due - press.ledger.clock() <= gap
    assert len(press.site.asked) == 5
    assert press.events(key).count("page missing") == 1


def test_release_lets_it_go_without_its_page(press):
    """Whoever says so is recorded; the page is not asked any more, on no channel."""
    press.site.status = 404
    key = press.planned("one", "two")
    press.deliver(key)
    press.ledger.release(key, "Officer")
    press.deliver(key)
    assert press.states(key) == {"delivered"}
    assert len(press.site.asked) == 1
    told = [e for _, e in press.ledger.events(key) if e.kind == "released"]
    assert (told[0].who, told[0].data) == ("Officer", {"page_waived": True})
    with pytest.raises(UsageError, match="not held"):
        press.ledger.release(key, "Officer")


def test_release_never_gets_round_the_embargo(press):
    """What is embargoed does not even ask for its page."""
    press.site.status = 404
    key = press.planned(plan=Plan(embargo=When(press.ledger.clock() + 600, "", "UTC")))
    with pytest.raises(UsageError):
        press.ledger.release(key, "Officer")
    press.ledger.hold(key, "Officer")
    press.ledger.release(key, "Officer")
    press.deliver(key)
    assert press.states(key) == {"planned"}
    assert press.site.asked == []
    press.ledger.skew = 601
    press.deliver(key)
    assert press.states(key) == {"waiting"}


def test_a_page_that_does_not_come_in_time_leaves_it_to_a_person(press):
    """Nothing is posted hours later because a page turned up then; `release` posts it, page or not."""
    press.site.status = 404
    key = press.planned("one", "two", lateness=1000)
    press.deliver(key)
    press.ledger.skew = 1001
    press.site.status = 200
    press.deliver(key)
    assert press.states(key) == {"held"}
    assert "its page did not come in time" in press.parts(key)[0].error
    press.site.status = 404
    press.ledger.release(key, "Officer")
    press.deliver(key)
    assert press.states(key) == {"delivered"}


def test_a_hold_ends_the_waiting_and_a_release_of_it_asks_again(press):
    """Holding and releasing says nothing about the page."""
    press.site.status = 404
    key = press.planned()
    press.deliver(key)
    press.ledger.hold(key, "Officer")
    press.ledger.skew = 10
    press.deliver(key)
    assert press.states(key) == {"held"}
    press.ledger.release(key, "Officer")
    press.deliver(key)
    assert press.states(key) == {"waiting"}
    assert len(press.site.asked) == 2


def test_what_waits_for_its_page_can_be_given_another_time(press):
    """It is asked for then; also when it was held for its page in between."""
    press.site.status = 404
    key = press.planned(lateness=100)
    press.deliver(key)
    press.ledger.skew = 101
    press.deliver(key)
    assert press.states(key) == {"held"}
    at = When(press.ledger.clock() + 500, "", "UTC")
    press.ledger.reschedule(key, Plan(at), "Officer", 3600)
    press.ledger.release(key, "Officer")
    press.deliver(key)
    assert press.states(key) == {"planned"}
    press.ledger.skew += 501
    press.deliver(key)
    assert press.states(key) == {"waiting"}
    press.ledger.reschedule(key, Plan(When(press.ledger.clock() + 500, "", "UTC")), "Officer", 3600)
    assert press.states(key) == {"planned"}


def test_trouble_on_the_way_to_the_page_is_a_warning(press):
    """It goes out, and the log says what was not seen."""
    key = press.planned()
    press.deliver(key, allow=False)
    assert press.states(key) == {"delivered"}
    assert "page not reached" in press.events(key)
    assert [e for e, _ in press.observed] == ["page not reached"]


def test_a_page_that_was_missing_and_now_fails_is_still_missing(press):
    """One server error does not turn a page nobody can read into one that is there."""
    press.site.status = 404
    key = press.planned()
    press.deliver(key)
    press.site.status, press.ledger.skew = 503, 6
    press.deliver(key)
    assert press.states(key) == {"waiting"}


def test_a_rehearsal_asks_no_page(press, office):
    """Nor does a statement without one."""
    press.site.status = 404
    key = press.planned(service=office.channel().service)
    press.channels["one"] = office.channel()
    press.deliver(key)
    assert press.states(key) == {"delivered"}
    assert press.site.asked == []


def test_after_the_first_attempt_the_page_is_asked_no_more(press):
    """A retry minutes later does not wait for it."""
    press.channel("one").answers = [Transient("no line")]
    key = press.planned()
    press.deliver(key)
    assert press.states(key) == {"waiting"}
    press.site.status, press.ledger.skew = 404, 60
    press.deliver(key)
    assert press.states(key) == {"delivered"}


@pytest.mark.parametrize("how", ["retry", "resume"])
def test_a_person_may_have_it_asked_at_once(press, how):
    """Neither turns a waiting delivery into one that nothing wakes, or that is always due."""
    press.site.status = 404
    key = press.planned()
    press.deliver(key)
    if how == "retry":
        press.ledger.retry(f"{key}/one", "Officer")
    else:
        press.ledger.pause("Officer", "one")
        press.ledger.resume("Officer", "one")
    press.deliver(key)
    assert press.states(key) == {"waiting"}
    assert len(press.site.asked) == 2
    press.ledger.skew = 4000
    press.deliver(key)
    assert press.states(key) == {"held"}


def test_a_mailing_waits_without_writing_a_row_for_every_reader(press):
    """Two rounds move a few parts; when the page is there everybody gets their mail."""
    readers = "\n".join(f"reader{n}@press.example" for n in range(60))
    enrol.load(press.ledger, roster.written(readers))
    press.site.status = 404
    key = press.planned(addressed=True)
    for skew in (0, 6):
        press.ledger.skew = skew
        press.deliver(key)
        soon = [p for p in press.parts(key) if p.due < press.ledger.clock() + 60]
        assert (len(soon), len(press.parts(key))) == (20, 60)
    press.site.status, press.ledger.skew = 200, 12
    press.deliver(key)
    assert press.states(key) == {"delivered"}
    assert len(press.channels["one"].sent) == 60
