"""Taking it down: everything of it, on every channel, seen to be gone."""

from __future__ import annotations

import pytest


def live(box) -> list[str]:
    return sorted(item.service for item in box.public if not item.deleted)


def test_a_reason_is_mandatory(desk, box) -> None:
    """Exit 2, nothing touched."""
    desk("publish", desk.write(), "--yes")
    assert desk("retract", "@last", "--yes").code == 2
    assert desk("retract", "@last", "--reason", " ", "--yes").code == 2
    assert len(live(box)) == 3


def test_it_is_taken_down_where_that_is_possible_and_said_where_not(desk, box) -> None:
    """X and LinkedIn are gone and seen to be gone; mail stays with its readers."""
    desk("publish", desk.write(), "--yes")
    ran = desk("retract", "@last", "--reason", "the figures were wrong", "--yes", "--json")
    assert ran.code == 0, ran.out + ran.err
    assert live(box) == ["smtp"]
    states = {d["id"].partition("/")[2]: d["state"] for d in ran.json["deliveries"]}
    assert states == {
        "x": "retracted", "linkedin": "retracted", "email": "delivered", "x.retract": "delivered", "linkedin.retract": "delivered",
    }  # fmt: skip
    assert "cannot be taken back" in ran.err
    told = desk("log", "@last").out
    assert "the figures were wrong" in told
    assert desk("log", "--verify").code == 0
    assert desk("verify", "@last").code == 0


def test_what_was_only_planned_never_goes_out(desk, box) -> None:
    """Retracting a plan cancels it."""
    key = desk("publish", desk.write(), "--yes", "--at", "+2h", "--json").json["announcement"]["id"]
    ran = desk("retract", key, "--reason", "withdrawn", "--yes", "--json")
    assert (ran.code, ran.json["announcement"]["state"]) == (0, "cancelled")
    assert desk("run", "--until-idle").code == 0
    assert box.public == []


@pytest.mark.parametrize("fault", ["x-drop", "linkedin-hang"])
def test_what_is_in_doubt_is_settled_first_and_then_taken_down(desk, box, monkeypatch, fault) -> None:
    """Unknown, then found, then gone."""
    channel = fault.partition("-")[0]
    monkeypatch.setenv(f"PUBLISHER_{channel.upper()}__FIND_AFTER", "3,5")
    box.fault(fault, 1)
    ran = desk("publish", desk.write(), "--yes", "--channel", channel, "--wait", "0", "--json")
    assert (ran.code, ran.json["deliveries"][0]["state"]) == (3, "unknown")
    ran = desk("retract", "@last", "--reason", "withdrawn", "--yes", "--json")
    assert ran.code == 0, ran.out
    assert live(box) == []
    assert ran.json["deliveries"][0]["state"] == "retracted"


def test_one_channel_that_fails_does_not_keep_the_other_up(desk, box) -> None:
    """LinkedIn refuses the token: X is gone, LinkedIn waits for a person and then goes too."""
    desk("publish", desk.write(), "--yes")
    box.fault("linkedin-401", 9)
    ran = desk("retract", "@last", "--reason", "withdrawn", "--yes", "--json")
    assert ran.code in (0, 78)
    assert "x" not in live(box)
    box.fault("linkedin-401", 0)
    if "linkedin" in live(box):
        desk("resume", "--channel", "linkedin")
        assert desk("run", "--until-idle").code == 0
    assert live(box) == ["smtp"]


def test_a_second_name_is_asked_for_when_two_approve(desk, box, monkeypatch) -> None:
    """What is planned stops at once; what is public waits for the second name."""
    monkeypatch.setenv("PUBLISHER_APPROVALS", "2")
    desk("publish", desk.write(), "--yes", "--approved-by", "anna", "--channel", "x")
    desk("approve", "@last", "--by", "ben")
    desk("run", "--until-idle")
    assert live(box) == ["x"]
    desk("retract", "@last", "--reason", "withdrawn", "--by", "anna", "--yes")
    assert live(box) == ["x"]
    assert desk("approve", "@last", "--by", "ben").code == 0
    assert desk("run", "--until-idle").code == 0
    assert live(box) == []


def test_a_channel_whose_settings_are_wrong_does_not_keep_the_others_up(desk, box, monkeypatch) -> None:
    """X is down at once; LinkedIn follows when its settings are mended."""
    desk("publish", desk.write(), "--yes", "--channel", "x", "--channel", "linkedin")
    monkeypatch.setenv("PUBLISHER_LINKEDIN__ORGANIZATION", "no organization")
    ran = desk("retract", "@last", "--reason", "withdrawn", "--yes", "--wait", "0")
    assert ran.code == 78, ran.err
    assert live(box) == ["linkedin"]
    monkeypatch.setenv("PUBLISHER_LINKEDIN__ORGANIZATION", box.settings()["PUBLISHER_LINKEDIN__ORGANIZATION"])
    desk("resume", "--channel", "linkedin")
    assert desk("retract", "@last", "--reason", "withdrawn", "--yes").code == 0
    assert live(box) == []


def test_it_can_be_asked_for_again_and_does_no_harm(desk, box) -> None:
    """Nothing is left to do; exit 0."""
    desk("publish", desk.write(), "--yes", "--channel", "x")
    for _ in range(3):
        assert desk("retract", "@last", "--reason", "withdrawn", "--yes").code == 0
    assert live(box) == []


def test_while_everything_is_paused_it_waits(desk, box) -> None:
    """And says so; exit 75."""
    desk("publish", desk.write(), "--yes", "--channel", "x")
    desk("pause")
    ran = desk("retract", "@last", "--reason", "withdrawn", "--yes", "--wait", "0")
    assert (ran.code, live(box)) == (75, ["x"]) and "paused" in ran.err
    desk("resume")
    desk("run", "--until-idle")
    assert live(box) == []
