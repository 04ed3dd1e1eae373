"""Looking ahead: what would stop a plan is found while there is time, once across hosts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from publisher import ahead, health
from publisher.ahead import Ahead, beyond
from publisher.channel import Finding
from publisher.errors import SettingsError
from publisher.ledger import NewDelivery, Plan
from publisher.plan import When
from publisher.settings import Settings
from publisher.webpage import Gate, Page

MINUTE = 60.0


@dataclass
class Checked:
    """A channel of which only the check matters."""

    told: object
    findings: list = field(default_factory=list)
    checks: int = 0

    def __getattr__(self, name):
        return getattr(self.told, name)

    def ready(self):
        pass

    def check(self):
        self.checks += 1
        if isinstance(self.findings, Exception):
            raise self.findings
        return self.findings


@pytest.fixture
def one(office):
    return Checked(office.channel())


@pytest.fixture
def host(office, one, monkeypatch):
    """Makes another host's looks; every check is made anew."""
    monkeypatch.setattr(ahead, "FRESH", 0.0)
    monkeypatch.setattr(ahead, "PLANS", 0.0)

    def made(*minutes, gate=None, channel=None):
        def observe(event, facts):
            office.observed.append((event, facts))

        looking = Ahead(
            office.ledger, ("one",), channel or (lambda name: one), minutes or (60, 15), gate, observe
        )
        looking._next["one"] = float("inf")  # the daily check has tests of its own
        return looking

    return made


def plan(office, minutes):
    at = office.ledger.clock() + minutes * MINUTE
    return office.planned(plan=Plan(When(at, "", "UTC")))


def preflights(office, key):
    return [e.data for _, e in office.ledger.events(key) if e.kind == "preflight"]


def test_a_plan_is_looked_at_an_hour_and_a_quarter_of_an_hour_before(office, host):
    """Each look once, whichever of two hosts comes first."""
    key, hosts = plan(office, 120), (host(), host())
    for minute, looks in ((0, 0), (59, 0), (61, 1), (62, 1), (104, 1), (106, 2), (119, 2)):
        office.ledger.skew = minute * MINUTE
        for one in hosts:
            one.sweep()
        assert len(preflights(office, key)) == looks, minute


@pytest.mark.parametrize(("minutes", "times"), [(10, 1), (40, 2), (0.5, 1)])
def test_a_plan_at_short_notice_is_looked_at_at_once(office, host, minutes, times):
    """And at the times that are still to come."""
    key, here = plan(office, minutes), host()
    here.sweep()
    assert len(preflights(office, key)) == 1
    office.ledger.skew = (minutes - 0.4) * MINUTE
    here.sweep()
    here.sweep()
    assert len(preflights(office, key)) == times


def test_what_goes_out_now_or_was_moved_is_not_looked_at(office, host):
    """Looks follow the plan; what is due already speaks for itself."""
    now, moved, here = office.planned(), plan(office, 70), host()
    here.sweep()
    office.ledger.skew = 11 * MINUTE
    later = When(office.ledger.clock() + 500 * MINUTE, "", "UTC")
    here.ledger.plan_looks("preflight", (60, 15))
    office.ledger.reschedule(moved, Plan(later), "officer", 3600)
    here.sweep()
    assert preflights(office, now) == preflights(office, moved) == []
    office.ledger.skew = (11 + 445) * MINUTE
    here.sweep()
    assert len(preflights(office, moved)) == 1


def test_a_statement_that_was_looked_at_can_still_be_revised(office, host, make_rendering, make_statement):
    """Its looks go with its deliveries."""
    key = plan(office, 10)
    host().sweep()
    office.ledger.revise(key, make_statement(text="Other words."), [make_rendering(text="Other.")], "author")
    office.approve(key)
    host().sweep()
    assert len(preflights(office, key)) == 2


def test_trouble_is_recorded_logged_and_named_by_status(office, one, host):
    """Only what is an error: a warning is recorded with the look."""
    one.findings = [
        Finding(True, "the credentials are good"),
        Finding(False, "the account is locked", "unlock it"),
        Finding(False, "posts cannot be read back", "log in anew", "warning"),
    ]
    key = plan(office, 10)
    host().sweep()
    (seen,) = preflights(office, key)
    assert seen["trouble"] == [["the account is locked", "unlock it"]]
    assert seen["warnings"] == [["posts cannot be read back", "log in anew"]]
    assert office.observed[-1][0] == "preflight trouble"
    assert "the account is locked" in office.observed[-1][1]["reason"]
    view = health.status(office.ledger)
    assert view["warnings"] == [
        f"{key}/one is planned, and one would not take it: the account is locked; unlock it"
    ]
    assert any("the account is locked" in line for line in health.lines(view, "UTC"))


@pytest.mark.parametrize(
    ("raised", "what"),
    [
        (SettingsError("PUBLISHER_ONE__KEY is missing"), "KEY is missing"),
        (ZeroDivisionError(), "ZeroDivisionError"),
    ],
)
def test_a_check_that_fails_is_a_finding(office, one, host, raised, what):
    """Neither missing settings nor a fault in an adapter end the looking ahead."""
    one.findings = raised
    key = plan(office, 10)
    host().sweep()
    assert what in preflights(office, key)[0]["trouble"][0][0]


def test_a_plan_for_another_account_is_found_before_it_stops_the_channel(office, one, host):
    """The settings were changed between planning and the due time."""
    key = plan(office, 10)
    one.told = type("Other", (type(one.told),), {"account": "@other"})()
    host().sweep()
    (what, fix), *_ = preflights(office, key)[0]["trouble"]
    assert f"{key}/one was planned for @office" in what and "@other" in what
    assert "submit it again" in fix


def test_nobody_on_the_list_is_found_ahead(office, one, host):
    """A mailing to nobody would be no mailing."""
    one.told.addressed = True
    key = plan(office, 10)
    host().sweep()
    assert preflights(office, key)[0]["trouble"][0][0] == "there is nobody on the list"


class Answering(Gate):
    """A page that answers as told."""

    answer = Page(200)

    def page(self, url):
        return self.answer


@pytest.mark.parametrize(
    ("answer", "warned"), [(Page(404, "it answers 404"), 1), (Page(0, "no answer"), 1), (Page(200), 0)]
)
def test_the_page_is_a_warning_ahead(office, one, host, make_rendering, make_statement, answer, warned):
    """It may well come with the statement."""
    one.told = type("Away", (type(one.told),), {"service": "https://api.example.org"})()
    at = Plan(When(office.ledger.clock() + 600, "", "UTC"))
    words = make_rendering()
    key = office.ledger.submit(make_statement(), [words], "author", plan=at, channels=["one"])
    office.ledger.approve(key, "officer", [NewDelivery(words, one.service, "@office", False)], needed=1)
    gate = Answering(office.ledger)
    gate.answer = answer
    host(gate=gate).sweep()
    (seen,) = preflights(office, key)
    assert (len(seen["warnings"]), seen["trouble"]) == (warned, [])


def test_how_a_channel_stands_is_recorded_when_it_changes(office, one, host):
    """Not at every check."""
    looking = host()

    def recorded():
        return [e.data["ends"] for _, e in office.ledger.events("") if e.kind == "checked"]

    for ends in (5e9, 5e9, 6e9, 6e9):
        one.findings = [Finding(True, "the token is good", "log in", ends=ends), Finding(True, "x", ends=9e9)]
        looking.standing("one")
    assert recorded() == [5e9, 6e9]
    assert office.ledger.standing()["one"]["what"] == "the token is good"


def test_a_channel_is_checked_daily_while_anything_is_planned_on_it(office, one, monkeypatch):
    """And again soon while something is wrong; not at all when nothing is planned."""
    now = [1000.0]
    monkeypatch.setattr(ahead.time, "monotonic", lambda: now[0])
    looking = Ahead(office.ledger, ("one",), lambda name: one, ())
    looking.sweep()
    assert one.checks == 0
    plan(office, 9000)
    for pause, checks in ((61, 1), (3600, 1), (86_400, 2)):
        now[0] += pause
        looking.sweep()
        assert one.checks == checks
    one.findings = [Finding(False, "the account is locked", "unlock it")]
    now[0] += 86_401
    looking.sweep()
    for pause, checks in ((200, 3), (101, 4)):
        now[0] += pause
        looking.sweep()
        assert one.checks == checks


def test_what_falls_due_after_the_credentials_end_is_named(office, one, host):
    """By the last check; a plan before their end is not."""
    now = office.ledger.clock()
    early, late = plan(office, 100), plan(office, 300)
    one.findings = [Finding(True, "the token is good until then", "log in again", ends=now + 200 * MINUTE)]
    host().standing("one")
    (sentence,) = beyond(office.ledger, "Europe/Zurich")
    assert sentence.startswith(f"{late}/one falls due at ")
    assert "the token is good until then" in sentence and sentence.endswith("log in again")
    assert beyond(office.ledger, "UTC", early) == []
    assert beyond(office.ledger, "UTC", late)
    assert health.status(office.ledger)["warnings"] == beyond(office.ledger, "UTC")


def test_linkedin_says_when_its_token_ends():
    """An access token that renews itself does not end; one that does not is named with its day."""
    from publisher.sandbox import Sandbox
    from publisher.sandbox.linkedin_oauth import REFRESH_TOKEN

    with Sandbox() as box:
        ends = {}
        for renewable in (True, False):
            given = {"PUBLISHER_LINKEDIN__REFRESH_TOKEN": REFRESH_TOKEN} if renewable else {}
            channel = Settings(box.settings() | given, files=False).channel("linkedin")
            findings = channel.check()
            channel.close()
            ends[renewable] = {f.what.split(" is ")[0]: f.ends for f in findings if "token is good" in f.what}
    assert ends[True] == {"the access token": None}
    assert ends[False]["the access token"] is not None


@pytest.mark.parametrize(
    ("given", "minutes"), [("60,15", (60, 15)), ("15, 60,15", (60, 15)), ("0", ()), ("2.5", (2.5,))]
)
def test_the_minutes_of_the_settings(given, minutes):
    """Longest first; 0 turns looks off."""
    core = Settings({"PUBLISHER_PLAN__PREFLIGHT": given}, files=False).core
    assert core.plan.preflight_minutes == minutes


@pytest.mark.parametrize("given", ["soon", "-5", "60;15", "nan", "inf", "99999"])
def test_minutes_that_are_none_are_refused(given):
    """With the setting's name."""
    with pytest.raises(SettingsError, match="PUBLISHER_PLAN__PREFLIGHT"):
        Settings({"PUBLISHER_PLAN__PREFLIGHT": given}, files=False)


def test_looks_can_be_off(office, one, host):
    """No minutes, no looks."""
    key = plan(office, 10)
    looking = replace(host(), minutes=())
    looking._next["one"] = float("inf")
    looking.sweep()
    assert preflights(office, key) == []


@pytest.mark.parametrize("wanted", ["true", "false"])
def test_the_page_check_can_be_off(office, wanted):
    """As the settings say."""
    settings = Settings({"PUBLISHER_PLAN__CHECK_URL": wanted}, files=False)
    made = ahead.delivering(settings, office.ledger, office.channel, lambda event, facts: None)
    assert (made.gate is not None) == (wanted == "true")
    made.close()
