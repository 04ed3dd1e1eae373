"""From a statement to the public, by the command line, over real sockets."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import STATEMENT


def services(box) -> list[str]:
    return sorted(item.service for item in box.public)


def test_publishing_puts_one_of_each_before_the_public(desk, box) -> None:
    """One act: three channels, receipts, read back as approved."""
    ran = desk("publish", desk.write(), "--yes", "--json")
    assert ran.code == 0, ran.err
    assert services(box) == ["linkedin", "smtp", "x"]
    view = ran.json
    assert view["schema"] == 1
    assert view["announcement"]["state"] == "delivered"
    assert view["announcement"]["approvals"][0]["by"] == "A. Officer"
    live = {d["channel"]: d["live"] for d in view["deliveries"]}
    assert live == {"x": "equal", "linkedin": "equal", "email": "unreadable"}
    x = next(item for item in box.public if item.service == "x")
    assert x.text.endswith("https://www.example.org/charter")
    linkedin = next(item for item in box.public if item.service == "linkedin")
    assert "(a first of its kind)" in linkedin.text


def test_what_is_shown_is_what_is_sent(desk, box) -> None:
    """The preview's texts and digests are the sandbox's texts and the ledger's digests."""
    path = desk.write()
    shown = desk("preview", path, "--json").json
    sent = desk("publish", path, "--yes", "--json").json
    assert sent["announcement"]["digest"] == shown["announcement"]["digest"]
    stored = desk("show", "@last", "--json").json
    assert {r["channel"]: r["digest"] for r in stored["renderings"]} == {
        r["channel"]: r["digest"] for r in shown["renderings"]
    }
    texts = {r["channel"]: r["posts"][0]["text"] for r in shown["renderings"] if "posts" in r}
    public = {item.service: item.text for item in box.public if item.service != "smtp"}
    assert public == texts


def test_publishing_twice_posts_once(desk, box) -> None:
    """The second call says what is public already, with the code of its state."""
    path = desk.write()
    first = desk("publish", path, "--yes", "--json").json
    second = desk("publish", path, "--yes", "--json")
    assert second.code == 0
    assert second.json["already"] is True
    assert second.json["announcement"]["id"] == first["announcement"]["id"]
    assert len(box.public) == 3


def test_a_typo_fixed_in_a_hurry_is_no_second_post(desk, box) -> None:
    """A changed source of something public is refused, and --again means a second announcement."""
    path = desk.write()
    key = desk("publish", path, "--yes", "--json").json["announcement"]["id"]
    desk.write(path.read_text().replace("nine", "ten"))
    ran = desk("publish", path, "--yes")
    assert ran.code == 65
    assert key in ran.err
    assert "correct" in ran.err
    assert len(box.public) == 3
    again = desk("publish", path, "--yes", "--again", key, "--json")
    assert again.json["announcement"]["id"] != key
    assert len(box.public) == 6


def test_a_changed_draft_is_the_next_revision(desk, box) -> None:
    """While nothing has left, a changed source voids approvals and keeps the id."""
    path = desk.write()
    key = desk("submit", path, "--json").json["announcement"]["id"]
    desk.write(path.read_text().replace("nine", "ten"))
    ran = desk("submit", path, "--json").json["announcement"]
    assert (ran["id"], ran["revision"], ran["state"]) == (key, 2, "draft")
    assert box.public == []


def test_submit_approve_and_run_take_it_through(desk, box) -> None:
    """Three people at three commands: author, officer, clock."""
    key = desk("submit", desk.write(), "--json").json["announcement"]
    wrong = desk("approve", key["id"], "--by", "anna", "--digest", "0" * 64)
    assert wrong.code == 2
    assert "changed since you read it" in wrong.err
    view = desk("approve", key["id"], "--by", "anna", "--digest", key["digest"], "--json").json
    assert {d["state"] for d in view["deliveries"]} == {"planned"}
    assert view["clock"] is None
    assert box.public == []
    ran = desk("run", "--until-idle")
    assert ran.code == 0
    assert services(box) == ["linkedin", "smtp", "x"]


def test_two_approvals_mean_two_people(desk, box, monkeypatch) -> None:
    """With APPROVALS=2 `publish` ends as a draft until somebody else approves."""
    monkeypatch.setenv("PUBLISHER_APPROVALS", "2")
    ran = desk("publish", desk.write(), "--yes", "--approved-by", "anna", "--json")
    assert (ran.code, ran.json["announcement"]["state"]) == (0, "draft")
    for name in ("anna", "Anna ", "ＡＮＮＡ"):
        said = desk("approve", "@last", "--by", name).err
        assert "has approved it already" in said and "1 more approval by somebody else is needed" in said
    desk("publish", desk.write(), "--yes", "--approved-by", "ANNA")
    assert desk("run", "--until-idle").code == 0
    assert box.public == []
    desk("approve", "@last", "--by", "ben")
    desk("run", "--until-idle")
    assert len(box.public) == 3


def test_a_rejected_statement_goes_nowhere(desk, box) -> None:
    """The reason is kept, and approval is refused afterwards."""
    desk("submit", desk.write())
    assert desk("reject", "@last", "--by", "ben", "--reason", "figures are wrong").code == 0
    assert "rejected" in desk("approve", "@last", "--by", "anna").err
    assert "figures are wrong" in desk("log", "@last").out
    assert desk("run", "--until-idle").code == 0
    assert box.public == []


def test_an_embargo_is_planned_for_and_nothing_leaves_before(desk, box) -> None:
    """Without --at it goes out when the embargo ends; an earlier --at is refused."""
    path = desk.write(
        desk.write()
        .read_text()
        .replace("language: en", "language: en\nembargo: 2099-05-03T10:00 Europe/Zurich")
    )
    early = desk("publish", path, "--yes", "--at", "2099-05-03T09:59")
    assert (early.code, box.public) == (2, [])
    assert "before the embargo ends" in early.err
    ran = desk("publish", path, "--yes", "--json")
    assert ran.code == 0
    assert {d["state"] for d in ran.json["deliveries"]} == {"planned"}
    assert {d["due"] for d in ran.json["deliveries"]} == {"2099-05-03T08:00:00.000Z"}
    assert desk("run", "--until-idle").code == 0
    assert "can be tried" in desk("retry", "@last").err or box.public == []
    assert box.public == []


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("2020-01-01T10:00", "past"),
        ("10:00 Mars/Phobos", "no time zone"),
        ("2027-03-28T02:30", "does not exist"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(desk, box, at, says) -> None:
    """Past, unknown zone, daylight-saving gap: exit 2, nothing stored."""
    ran = desk("publish", desk.write(), "--yes", "--at", at)
    assert ran.code == 2
    assert says in ran.err
    assert desk("queue").out == ""


@pytest.mark.parametrize("channel", ["x", "linkedin"])
@pytest.mark.parametrize("fault", ["drop", "hang", "500", "bad-json"])
def test_a_lost_answer_is_found_and_adopted_not_sent_again(desk, box, channel, fault) -> None:
    """Accepted, then no answer: looked up within the wait, one post, exit 0."""
    box.fault(f"{channel}-{fault}", 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", channel, "--json")
    assert ran.code == 0, ran.out
    delivery = ran.json["deliveries"][0]
    assert (delivery["state"], delivery["attempts"], delivery["live"]) == ("delivered", 1, "equal")
    assert services(box) == [channel]


def test_what_cannot_be_found_waits_for_a_person(desk, box) -> None:
    """No answer and not to be seen: unknown, exit 3, and the person's answer settles it."""
    box.fault("x-reset-before", 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", "x", "--wait", "2", "--json")
    assert (ran.code, ran.json["deliveries"][0]["state"]) == (3, "unknown")
    key = ran.json["announcement"]["id"]
    assert "publisher resolve" in desk("show", key).out
    assert desk("status").code == 3
    refused = desk("retry", f"{key}/x")
    assert refused.code == 2
    assert "resolve" in refused.err
    done = desk("resolve", f"{key}/x", "--published", "https://x.com/sandbox_press/status/42", "--json")
    assert (done.code, done.json["deliveries"][0]["receipt"]["id"]) == (0, "42")
    assert box.public == []


def test_a_person_who_looked_can_have_it_sent_again(desk, box) -> None:
    """Not published: it goes out now, once."""
    box.fault("x-reset-before", 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", "x", "--wait", "2", "--json")
    assert ran.code == 3
    assert box.public == []
    done = desk("resolve", "@last", "--not-published", "--json")
    assert (done.code, done.json["deliveries"][0]["state"]) == (0, "delivered")
    assert len(box.public) == 1


def test_a_refused_login_blocks_one_channel_and_resume_goes_on(desk, box) -> None:
    """401 on LinkedIn: the others are out, exit 78, nothing is lost."""
    box.fault("linkedin-401", 9)
    ran = desk("publish", desk.write(), "--yes", "--json")
    assert ran.code == 78
    assert {d["channel"]: d["state"] for d in ran.json["deliveries"]} == {
        "x": "delivered", "linkedin": "waiting", "email": "delivered",
    }  # fmt: skip
    box.fault("linkedin-401", 0)
    assert desk("run", "--until-idle").code == 0
    assert services(box) == ["smtp", "x"]
    assert desk("resume", "--channel", "linkedin").code == 0
    assert desk("run", "--until-idle").code == 0
    assert services(box) == ["linkedin", "smtp", "x"]


def test_a_refused_text_fails_and_can_be_tried_again(desk, box) -> None:
    """403 for the content: exit 1, then `retry`."""
    box.fault("x-403-cashtag", 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", "x", "--json")
    assert (ran.code, ran.json["deliveries"][0]["error"]["kind"]) == (1, "Permanent")
    assert desk("retry", "@last", "--json").json["deliveries"][0]["state"] == "delivered"


def test_a_service_that_is_busy_makes_it_wait(desk, box) -> None:
    """429: exit 75, nothing failed, later it goes on."""
    box.fault("linkedin-429", 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", "linkedin", "--json")
    assert (ran.code, ran.json["deliveries"][0]["state"]) == (75, "waiting")
    assert box.public == []


def test_cancelled_is_cancelled(desk, box) -> None:
    """What was planned does not go out, and a second publish needs --again."""
    path = desk.write()
    key = desk("publish", path, "--yes", "--at", "+2h", "--json").json["announcement"]["id"]
    assert desk("cancel", key).code == 0
    assert desk("run", "--until-idle").code == 0
    assert box.public == []
    assert desk("publish", path, "--yes").code == 65
    assert desk("publish", path, "--yes", "--again", key).code == 0
    assert len(box.public) == 3


def test_paused_means_nothing_leaves(desk, box) -> None:
    """`publish` plans, says so and exits 75; `resume` lets it go."""
    desk("pause", "--reason", "fire drill", "--by", "Ben")
    assert "paused   everything by Ben: fire drill" in desk("status").out
    ran = desk("publish", desk.write(), "--yes")
    assert ran.code == 75
    assert "paused" in ran.err
    assert box.public == []
    desk("resume")
    assert desk("run", "--until-idle").code == 0
    assert len(box.public) == 3


def test_a_new_channel_for_a_known_statement_is_added(desk, box) -> None:
    """Channels it did not have are rendered and approved; the others stay as they are."""
    path = desk.write()
    desk("publish", path, "--yes", "--channel", "x")
    ran = desk("publish", path, "--yes", "--channel", "linkedin", "--json")
    assert ran.code == 0
    assert services(box) == ["linkedin", "x"]


def test_missing_credentials_stop_it_before_anything_is_stored(bare) -> None:
    """Exit 78, the setting is named, the queue is empty."""
    ran = bare("publish", bare.write(), "--yes")
    assert ran.code == 78
    assert "PUBLISHER_" in ran.err
    assert bare("queue").out == ""


def test_preview_submit_and_approve_need_no_credentials(bare) -> None:
    """The author's desk may have none."""
    assert bare("preview", bare.write()).code == 0
    assert bare("submit", "statement.md").code == 0
    assert bare("approve", "@last", "--by", "anna").code == 0


def test_one_channel_live_and_one_rehearsing_is_refused(desk, box, monkeypatch) -> None:
    """X at the sandbox and LinkedIn in earnest: 78, nothing leaves."""
    monkeypatch.setenv("PUBLISHER_LINKEDIN__API_URL", "https://api.linkedin.com")
    ran = desk("publish", desk.write(), "--yes")
    assert ran.code == 78
    assert "mixed" in ran.err
    assert box.public == []


def test_mail_goes_to_each_subscriber_alone(desk, box, monkeypatch) -> None:
    """One message each, with only its own address; who left gets none."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    Path("people.csv").write_text(
        "email,name\na@press.example,Ana\nb@press.example,Ben\nnonsense,No\nbounce1@press.example,B\n"
    )
    ran = desk("subscribers", "import", "people.csv", "--json")
    assert (ran.json["added"], len(ran.json["refused"])) == (3, 1)
    desk("subscribers", "remove", "b@press.example")
    ran = desk("publish", desk.write(), "--yes", "--channel", "email", "--json")
    receipt = ran.json["deliveries"][0]["receipt"]
    assert (receipt["accepted"], receipt["refused"], ran.json["deliveries"][0]["state"]) == (
        1,
        1,
        "delivered",
    )
    assert [m.recipient for m in box.public] == ["a@press.example"]
    assert "b@press.example" not in box.public[0].text
    assert desk("subscribers", "add", "b@press.example").code == 2


def test_nobody_to_send_to_is_a_settings_error(desk, monkeypatch) -> None:
    """Neither subscribers nor a list address: 78."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    assert desk("publish", desk.write(), "--yes").code == 78


def test_colleagues_get_a_test_copy_that_says_so(desk, box) -> None:
    """The subject is marked, the event is logged, nothing else leaves."""
    assert desk("test", desk.write(), "--to", "me@press.example", "--to", "you@press.example").code == 0
    assert [m.recipient for m in box.public] == ["me@press.example", "you@press.example"]
    assert re.search(r"Subject: .*TEST", box.public[0].text)
    assert "tested" in desk("log").out
    assert desk("test", "statement.md", *(["--to", "me@press.example"] * 11)).code == 2


def test_the_log_is_whole_and_tells_the_story(desk, box) -> None:
    """submit, approve, plan, attempt, receipt, read back: who and when."""
    desk("publish", desk.write(), "--yes")
    assert desk("log", "--verify").code == 0
    told = [e["event"] for e in desk("log", "@last", "--json").json["events"]]
    assert told[:3] == ["submitted", "approved", "planned"]
    assert set(told) >= {"attempt", "delivered", "read back"}


def test_what_was_stored_can_be_looked_at(desk, box) -> None:
    """`show --html` writes a page of the stored renderings."""
    desk("publish", desk.write(), "--yes")
    assert desk("show", "@last", "--html", "page.html").code == 0
    page = Path("page.html").read_text()
    assert "Ministers agree on a charter" in page
    assert desk("show", "@last", "--follow").code == 0


def test_a_dry_run_is_a_preview(desk, box) -> None:
    """`publish --dry-run` prints what preview prints and sends nothing."""
    path = desk.write()
    assert desk("publish", path, "--dry-run").out == desk("preview", path).out
    assert box.public == []


def test_elsewhere_than_on_a_terminal_it_never_prompts(desk, box) -> None:
    """Without --yes and nobody to ask: exit 2, nothing sent."""
    ran = desk("publish", desk.write())
    assert ran.code == 2
    assert "--yes" in ran.err
    assert box.public == []


SEVERAL = STATEMENT.replace("language: en\n", "language: en\ntranslations: [fr.md, de.md]\n")


@pytest.fixture
def editions(desk, monkeypatch) -> None:
    """A statement in three languages, for subscribers."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    desk.write(SEVERAL)
    for tag, title in (("fr", "Une charte"), ("de", "Eine Charta")):
        desk.write(
            STATEMENT.replace("language: en", f"language: {tag}").replace("Ministers agree", title),
            f"{tag}.md",
        )
    desk("subscribers", "add", "ann@press.example", "--language", "en")
    desk("subscribers", "add", "eva@press.example", "--language", "de")


def test_an_edition_that_nobody_reads_keeps_nothing_waiting(desk, box, editions) -> None:
    """It is said, and the announcement is all out."""
    ran = desk("publish", "statement.md", "--yes", "--channel", "email", "--json")
    found = {d["language"]: d for d in ran.json["deliveries"]}
    assert (ran.code, ran.json["announcement"]["state"]) == (0, "delivered")
    assert {tag: d["state"] for tag, d in found.items()} == {
        "en": "delivered",
        "de": "delivered",
        "fr": "cancelled",
    }
    assert found["fr"]["error"] == {"kind": "Nobody", "message": "nobody on the list reads fr"}
    assert sorted(p.recipient for p in box.public) == ["ann@press.example", "eva@press.example"]
    assert desk("queue").out == ""


def test_the_first_reader_of_an_edition_may_join_until_it_goes_out(desk, box, editions, monkeypatch) -> None:
    """Planned while nobody read it; nobody is mailed twice, or not at all."""
    monkeypatch.setenv("PUBLISHER_TIMEZONE", "UTC")
    planned = desk("publish", "statement.md", "--yes", "--channel", "email", "--at", "+2h", "--json").json
    (french,) = [d for d in planned["deliveries"] if d["language"] == "fr"]
    assert (french["state"], french["error"]["kind"]) == ("planned", "Nobody")
    desk("subscribers", "add", "luc@press.example", "--language", "fr")
    desk("subscribers", "add", "gil@press.example", "--language", "it")
    desk("reschedule", "@last", "--at", "+1s")
    time.sleep(1.1)
    assert desk("run", "--until-idle").code == 0
    mails = {p.recipient.partition("@")[0]: p.mail["Content-Language"] for p in box.public}
    assert mails == {"ann": "en", "eva": "de", "luc": "fr", "gil": "en"}
    assert {d["state"] for d in desk("show", "@last", "--json").json["deliveries"]} == {"delivered"}


@pytest.mark.parametrize("stop", ["token", "pause"])
def test_nothing_waits_for_a_channel_that_only_a_person_can_start_again(desk, box, monkeypatch, stop) -> None:
    """A retraction is seen through for --wait seconds, unless time alone does not help."""
    slept: list[float] = []
    desk("publish", desk.write(), "--yes", "--channel", "x")
    monkeypatch.setattr("publisher.api.delivering.time.sleep", slept.append)
    if stop == "pause":
        desk("pause", "--channel", "x")
    else:
        monkeypatch.setenv("PUBLISHER_X__ACCESS_TOKEN", "revoked")
    ran = desk("retract", "@last", "--reason", "wrong", "--yes", "--wait", "3600")
    assert ran.code == (78 if stop == "token" else 75)
    assert desk("retract", "@last", "--reason", "wrong", "--yes", "--wait", "3600").code == ran.code
    assert slept == []


def test_status_names_what_a_person_is_needed_for(desk, box) -> None:
    """Which deliveries, not only how many."""
    desk("publish", desk.write(), "--yes", "--at", "2090-01-01T09:00Z")
    desk("hold", "@last")
    held = [d["id"] for d in desk("show", "@last", "--json").json["deliveries"]]
    ran = desk("status")
    assert ran.code == 1
    assert f"! 3 held: {', '.join(sorted(held))}" in ran.out
