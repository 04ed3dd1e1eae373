"""Correcting what is public: amended, answered or mailed again, never in other words than were shown."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import STATEMENT, Desk

REASON = ("--reason", "nine countries, not ten")
WRONG = STATEMENT.replace("nine countries", "ten countries")


def live(box, service: str) -> list:
    return [item for item in box.public if item.service == service and not item.deleted]


def states(ran) -> dict[str, str]:
    return {d["id"].partition("/")[2]: d["state"] for d in ran.json["deliveries"]}


@pytest.fixture
def out(desk: Desk, box) -> Desk:
    """A wrong statement is public on all three channels, and the corrected one is written."""
    assert desk("publish", desk.write(WRONG), "--yes").code == 0
    desk.write(STATEMENT, "corrected.md")
    return desk


def test_each_channel_gets_the_best_it_allows(out: Desk, box) -> None:
    """LinkedIn is amended in place, X gets a reply, the list gets no second mail unless that is said."""
    ran = out("correct", "@last", "corrected.md", *REASON, "--yes", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert states(ran) == {
        "x": "delivered",
        "x.reply": "delivered",
        "linkedin": "delivered",
        "linkedin.amend": "delivered",
        "email": "delivered",
    }
    assert "--mail" in ran.err
    (post,) = live(box, "linkedin")
    assert "nine countries" in post.text and "ten countries" not in post.text
    first, reply = live(box, "x")
    assert reply.reply_to == first.id
    assert reply.text.startswith("Correction: Ministers agree on a charter for open data")
    assert "nine countries" in reply.text
    assert len(live(box, "smtp")) == 1
    assert out("verify", "@last").code == 0


def test_readers_get_it_as_an_answer_to_the_first_mail(out: Desk, box) -> None:
    """`Correction:` in the subject, In-Reply-To and References to the first."""
    assert out("correct", "@last", "corrected.md", *REASON, "--mail", "--yes").code == 0
    first, second = (item.mail for item in live(box, "smtp"))
    assert second["Subject"] == "Correction: Ministers agree on a charter for open data"
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
    text = second.get_body(("plain",)).get_content()
    assert "This corrects our earlier message" in text and "nine countries" in text


def test_exactly_those_who_got_the_first_mail_get_the_second(desk: Desk, box, monkeypatch) -> None:
    """Whoever joined, left or was refused since."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    for name in ("ann", "ben", "bounce-cy"):
        desk("subscribers", "add", f"{name}@press.example")
    desk("publish", desk.write(WRONG), "--yes", "--channel", "email")
    desk("subscribers", "add", "dora@press.example")
    desk("subscribers", "remove", "ben@press.example")
    desk.write(STATEMENT, "corrected.md")
    ran = desk("correct", "@last", "corrected.md", *REASON, "--mail", "--yes", "--json")
    assert ran.code == 0, ran.out
    first, second = live(box, "smtp")[:2], live(box, "smtp")[2:]
    assert sorted(m.recipient for m in second) == ["ann@press.example", "ben@press.example"]
    ids = {m.recipient: m.mail["Message-ID"] for m in first}
    assert {m.recipient: m.mail["In-Reply-To"] for m in second} == ids
    ran = desk("retract", "@last", "--reason", "all wrong", "--mail", "--yes")
    assert sorted(m.recipient for m in live(box, "smtp")[4:]) == ["ann@press.example", "ben@press.example"]


def test_old_and_new_are_shown_before_anything_is_done(out: Desk, box) -> None:
    """Side by side, with the words that changed marked; in the terminal, as JSON, as a page. Nothing moves."""
    ran = out("correct", "@last", "corrected.md", *REASON, "--dry-run", "--html", "page.html")
    assert ran.code == 0
    assert "[-ten-]" in ran.out and "{+nine+}" in ran.out and "│" in ran.out
    page = (out.folder / "page.html").read_text("utf-8")
    assert "<del>ten</del>" in page and "<ins>nine</ins>" in page
    ran = out("correct", "@last", "corrected.md", *REASON, "--dry-run", "--mail", "--json")
    acts = {act["target"].partition("/")[2]: act for act in ran.json["acts"]}
    assert {name: act["action"] for name, act in acts.items()} == {
        "x": "reply",
        "linkedin": "amend",
        "email": "reply",
    }
    assert "[-ten-]{+nine+}" in acts["linkedin"]["difference"]
    assert len(box.public) == 3 and "ten countries" in live(box, "linkedin")[0].text
    assert out("show", "@last", "--json").json["announcement"]["revision"] == 1


def test_what_it_was_and_what_it_is_stand_in_the_log(out: Desk) -> None:
    """Old and new text, the reason, and a chain that holds."""
    out("correct", "@last", "corrected.md", *REASON, "--yes")
    events = out("log", "@last", "--json").json["events"]
    corrected = next(e for e in events if e["event"] == "corrected")
    assert corrected["reason"] == REASON[1]
    changes = {c["target"].partition("/")[2]: c for c in corrected["changes"]}
    assert "ten countries" in changes["x"]["old"] and "nine countries" in changes["x"]["new"]
    assert out("log", "--verify").code == 0


def test_what_was_corrected_can_be_corrected_again(out: Desk, box) -> None:
    """The post is amended anew, the first post answered anew; what stands is the last word."""
    out("correct", "@last", "corrected.md", *REASON, "--yes")
    out.write(STATEMENT.replace("nine countries", "eleven countries"), "third.md")
    ran = out("correct", "@last", "third.md", "--reason", "eleven after all", "--yes", "--json")
    assert ran.code == 0, ran.out
    assert states(ran)["x.reply2"] == states(ran)["linkedin.amend2"] == "delivered"
    (post,) = live(box, "linkedin")
    assert "eleven countries" in post.text
    assert [p.reply_to for p in live(box, "x")] == ["", live(box, "x")[0].id, live(box, "x")[0].id]
    answers = {
        d["id"].partition("/")[2]: d["live"] for d in out("verify", "@last", "--json").json["deliveries"]
    }
    assert answers["linkedin.amend2"] == "equal" and "linkedin" not in answers


def test_a_post_can_be_taken_down_and_posted_anew(out: Desk, box) -> None:
    """The second one goes once the first is gone; the same words are refused, as X would."""
    ran = out("correct", "@last", "corrected.md", *REASON, "--repost", "x", "--yes", "--json")
    assert ran.code == 0, ran.out
    assert states(ran)["x"] == "retracted" and states(ran)["x.replace"] == "delivered"
    (post,) = live(box, "x")
    assert "nine countries" in post.text and not post.reply_to
    assert out("verify", "@last").code == 0
    out.write(STATEMENT + "\nOne more paragraph, too far down to be in a post.\n", "same.md")
    ran = out("correct", "@last", "same.md", "--reason", "longer", "--yes")
    assert ran.code in (0, 2)
    assert len(live(box, "x")) == 1


def test_retracting_takes_the_correction_down_too(out: Desk, box) -> None:
    """The post, the reply under it, and the amended post."""
    out("correct", "@last", "corrected.md", *REASON, "--yes")
    ran = out("retract", "@last", "--reason", "all wrong", "--yes", "--json")
    assert ran.code == 0, ran.out
    assert not live(box, "x") and not live(box, "linkedin")
    assert ran.json["announcement"]["state"] == "retracted"
    assert out("verify", "@last").code == 0
    assert out("correct", "@last", "corrected.md", *REASON, "--yes").code == 2


def test_withdrawal_is_mailed_when_that_is_asked_for(out: Desk, box) -> None:
    """In answer to the first, without a word of what was wrong."""
    assert out("retract", "@last", "--reason", "all wrong", "--mail", "--yes").code == 0
    first, second = (item.mail for item in live(box, "smtp"))
    assert second["Subject"] == "Withdrawn: Ministers agree on a charter for open data"
    assert second["In-Reply-To"] == first["Message-ID"]
    text = second.get_body(("plain",)).get_content()
    assert "We have withdrawn this statement" in text and "countries" not in text and "all wrong" not in text


def test_what_is_only_planned_goes_out_corrected(desk: Desk, box) -> None:
    """X is out, LinkedIn follows in an hour: there only the corrected words ever appear, at the planned time."""
    desk.write(STATEMENT, "corrected.md")
    desk("publish", desk.write(WRONG), "--yes", "--channel", "x")
    desk("publish", desk.write(WRONG), "--yes", "--channel", "linkedin", "--at", "+2h")
    ran = desk("correct", "@last", "corrected.md", *REASON, "--yes", "--json")
    assert ran.code == 0, ran.out
    found = states(ran)
    assert found["linkedin"] == "cancelled"
    assert found["linkedin.replace"] in ("planned", "delivered")
    assert all("ten countries" not in p.text for p in live(box, "linkedin"))


def test_a_second_name_is_needed_when_two_approve(desk: Desk, box, monkeypatch) -> None:
    """Until then nothing changes in public; it can be refused, and then it is as it was."""
    desk.write(STATEMENT, "corrected.md")
    desk("publish", desk.write(WRONG), "--yes", "--channel", "x")
    monkeypatch.setenv("PUBLISHER_APPROVALS", "2")
    ran = desk("correct", "@last", "corrected.md", *REASON, "--yes", "--by", "anna", "--json")
    assert ran.code == 0
    assert ran.json["announcement"]["waits"][0]["action"] == "reply"
    assert "reply" in desk("queue").out
    assert "[-ten-]" in desk("show", "@last", "--html", "page.html").out
    assert "<ins>nine</ins>" in (desk.folder / "page.html").read_text("utf-8")
    assert len(live(box, "x")) == 1
    assert desk("correct", "@last", "corrected.md", *REASON, "--yes", "--by", "anna").code == 2
    assert desk("reject", "@last", "--by", "ben", "--reason", "let us wait").code == 0
    assert "waits" not in desk("show", "@last", "--json").json["announcement"]
    desk("correct", "@last", "corrected.md", *REASON, "--yes", "--by", "anna")
    assert desk("approve", "@last", "--by", "ben").code == 0
    desk("run", "--until-idle")
    assert len(live(box, "x")) == 2
    assert desk("log", "--verify").code == 0


@pytest.mark.parametrize("fault", ["x-drop", "x-hang"])
def test_a_reply_in_doubt_is_found(out: Desk, box, fault: str) -> None:
    """An irreversible post like any other."""
    box.fault(fault, 1)
    ran = out("correct", "@last", "corrected.md", *REASON, "--yes", "--json")
    assert (ran.code, states(ran)["x.reply"]) == (0, "delivered"), ran.out
    assert len(live(box, "x")) == 2


def test_correcting_what_is_in_doubt_settles_it_first(desk: Desk, box, monkeypatch) -> None:
    """Found: it is answered. Not published, says a person: the corrected words go out in its place, alone."""
    monkeypatch.setenv("PUBLISHER_X__FIND_AFTER", "60")
    desk.write(STATEMENT, "corrected.md")
    box.fault("x-503-before", 1)
    assert desk("publish", desk.write(WRONG), "--yes", "--channel", "x", "--wait", "0").code == 3
    ran = desk("correct", "@last", "corrected.md", *REASON, "--yes", "--wait", "0", "--json")
    assert ran.code == 3
    ran = desk("resolve", "@last/x", "--not-published", "--json")
    desk("run", "--until-idle")
    (post,) = live(box, "x")
    assert "nine countries" in post.text and not post.reply_to
    found = states(desk("show", "@last", "--json"))
    assert found == {"x": "cancelled", "x.reply": "cancelled", "x.replace": "delivered"}


def test_what_cannot_be_corrected_is_said(desk: Desk, box) -> None:
    """The same statement, one that has not left, no reason: exit 2, nothing done."""
    path = desk.write(STATEMENT)
    desk("submit", path)
    assert "has left" in desk("correct", "@last", path, *REASON, "--yes").err
    desk("approve", "@last")
    desk("run", "--until-idle")
    assert "word for word" in desk("correct", "@last", path, *REASON, "--yes").err
    assert desk("correct", "@last", path, "--reason", " ", "--yes").code == 2
    assert desk("correct", "@last", path, *REASON).code == 2
    assert len(box.public) == 3


def test_a_cut_post_is_repaired_without_a_new_approval(out: Desk, box) -> None:
    """LinkedIn's text is put back; what X cannot do is said; what is equal is left alone."""
    assert out("repair", "@last/linkedin", "--json").code == 2
    item = live(box, "linkedin")[0]
    whole = item.text
    box.edit(item.id, whole.split("(")[0])
    ran = out("repair", "@last/linkedin", "--json")
    assert ran.code == 0, ran.out
    assert live(box, "linkedin")[0].text == whole
    assert out("verify", "@last").code == 0
    box.edit(item.id, "Something else.")
    assert out("repair", "@last/linkedin").code == 0
    assert live(box, "linkedin")[0].text == whole
    box.edit(live(box, "x")[0].id, "Something else.")
    ran = out("repair", "@last/x")
    assert ran.code == 2 and "publisher correct" in ran.err
    box.delete(item.id)
    assert "gone" in out("repair", "@last/linkedin").err
    assert out("log", "--verify").code == 0


def test_a_repair_restores_the_corrected_words(out: Desk, box) -> None:
    """Not the first ones."""
    out("correct", "@last", "corrected.md", *REASON, "--yes")
    item = live(box, "linkedin")[0]
    right = item.text
    box.edit(item.id, right.replace("nine", "ten"))
    assert out("repair", "@last/linkedin").code == 0
    assert live(box, "linkedin")[0].text == right


def test_a_retraction_that_is_refused_leaves_the_post_to_be_corrected(desk: Desk, box, monkeypatch) -> None:
    """It stays public, nothing planned comes back, and it can be corrected or retracted later."""
    desk.write(STATEMENT, "corrected.md")
    desk("publish", desk.write(WRONG), "--yes", "--channel", "x")
    monkeypatch.setenv("PUBLISHER_APPROVALS", "2")
    desk("retract", "@last", "--reason", "all wrong", "--yes", "--by", "anna")
    assert desk("reject", "@last", "--by", "ben", "--reason", "only one figure is").code == 0
    assert desk("run", "--until-idle").code == 0
    assert len(live(box, "x")) == 1
    desk("correct", "@last", "corrected.md", *REASON, "--yes", "--by", "anna")
    desk("approve", "@last", "--by", "ben")
    desk("run", "--until-idle")
    assert len(live(box, "x")) == 2
    desk("retract", "@last", "--reason", "all wrong", "--yes", "--by", "anna")
    desk("approve", "@last", "--by", "ben")
    desk("run", "--until-idle")
    assert live(box, "x") == []


def test_another_picture_goes_with_the_reply(desk: Desk, box) -> None:
    """Where only the text changed, the reply carries none; LinkedIn says what it cannot change."""
    from publisher.demo import EXAMPLE

    (desk.folder / "emblem.png").write_bytes((EXAMPLE.parent / "emblem.png").read_bytes())
    pictured = "images: [{path: emblem.png, alt: ALT}]\nlanguage: en"
    first = WRONG.replace("language: en", pictured)
    desk("publish", desk.write(first), "--yes", "--channel", "x", "--channel", "linkedin")
    assert [d["live"] for d in desk("verify", "@last", "--json").json["deliveries"]] == ["equal", "equal"]
    second = desk.write(STATEMENT.replace("language: en", pictured), "second.md")
    assert desk("correct", "@last", second, *REASON, "--yes").code == 0
    assert live(box, "x")[1].media == []
    third = STATEMENT.replace("language: en", pictured.replace("ALT", "A star"))
    ran = desk("correct", "@last", desk.write(third, "third.md"), "--reason", "alt text", "--yes")
    assert ran.code == 2 and "cannot change the pictures" in ran.err and "says the same already" in ran.err
    own = "channels: {x: {correction: 'The picture shows a star.'}}\nlanguage: en"
    fourth = desk.write(third.replace("language: en", own), "fourth.md")
    assert desk("correct", "@last", fourth, "--reason", "alt text", "--yes").code == 0
    reply = live(box, "x")[2]
    assert (reply.text, [m["alt"] for m in reply.media]) == (
        "Correction: The picture shows a star.",
        ["A star"],
    )
    assert [d["live"] for d in desk("verify", "@last", "--json").json["deliveries"]] == ["equal"] * 4
    box.x.posts[live(box, "x")[0].id].uploads.clear()
    ran = desk("verify", "@last/x")
    assert ran.code == 1 and "0 pictures are shown, 1 were approved" in ran.out


def test_what_spoke_of_today_can_be_corrected_on_another_day(desk: Desk, box, monkeypatch) -> None:
    """The amended post keeps the day it was posted on; what is said anew speaks of no day; two may approve it."""
    from datetime import UTC, datetime

    from publisher.ledger import Ledger

    monkeypatch.setenv("PUBLISHER_TIMEZONE", "UTC")
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    dated = WRONG.replace("language: en", f"language: en\nissued: {today}").replace(
        "The ministers of ten", "Today, the ministers of ten"
    )
    desk("publish", desk.write(dated), "--yes", "--channel", "x", "--channel", "linkedin")
    assert "Today" in live(box, "x")[0].text
    desk.write(dated.replace("ten", "nine"), "corrected.md")
    ahead = 2 * 86400
    before = Ledger.__init__

    def later(self, *args, **options):
        before(self, *args, **options)
        self.skew = ahead

    monkeypatch.setattr(Ledger, "__init__", later)
    monkeypatch.setenv("PUBLISHER_APPROVALS", "2")
    ran = desk("correct", "@last", "corrected.md", *REASON, "--repost", "x", "--yes", "--by", "anna")
    assert ran.code == 0, ran.err
    ran = desk("approve", "@last", "--by", "ben")
    assert ran.code == 0, ran.err
    desk("run", "--until-idle")
    (post,) = live(box, "x")
    assert "Today" not in post.text
    assert "Today, the ministers of nine" in live(box, "linkedin")[0].text


def test_what_a_channel_cannot_do_is_said(out: Desk, box, monkeypatch) -> None:
    """Another's channel that neither amends, answers nor takes down: the others are corrected, and retracted."""
    from publisher import registry

    kind = registry.find("x")
    monkeypatch.setattr(kind, "replies", False)
    monkeypatch.delattr(kind, "retract")
    ran = out("correct", "@last", "corrected.md", *REASON, "--yes", "--json")
    assert ran.code == 0 and "x can neither change a post nor answer it" in ran.err
    assert "nine countries" in live(box, "linkedin")[0].text and len(live(box, "x")) == 1
    ran = out("retract", "@last", "--reason", "all wrong", "--yes")
    assert ran.code == 0 and "x has no way to" in ran.err
    assert not live(box, "linkedin") and len(live(box, "x")) == 1
    ran = out("correct", "@last", "corrected.md", *REASON, "--repost", "x", "--yes")
    assert ran.code == 2


def test_the_mail_may_follow_later(out: Desk, box) -> None:
    """First corrected without, then with --mail: only the mail is new. A retraction likewise; never twice."""
    out("correct", "@last", "corrected.md", *REASON, "--yes")
    assert out("correct", "@last", "corrected.md", *REASON, "--yes").code == 2
    ran = out("correct", "@last", "corrected.md", *REASON, "--mail", "--yes", "--json")
    assert ran.code == 0, ran.out
    assert [len(live(box, s)) for s in ("x", "linkedin", "smtp")] == [2, 1, 2]
    assert out("correct", "@last", "corrected.md", *REASON, "--mail", "--yes").code == 2
    assert out("retract", "@last", "--reason", "all wrong", "--yes").code == 0
    for _ in range(2):
        assert out("retract", "@last", "--reason", "all wrong", "--mail", "--yes").code == 0
    assert [len(live(box, s)) for s in ("x", "linkedin", "smtp")] == [0, 0, 3]
    assert live(box, "smtp")[2].mail["Subject"].startswith("Withdrawn:")
