"""What speaks of "today" is used when the statement says its day, and leaves on no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher import views
from publisher.api import Publisher
from publisher.settings import Settings

TEXT = """---
title: Harbour Council adopts a charter
url: https://www.example.org/charter
issued: {issued}
---
Today, the ministers of nine countries adopted a charter for open harbours in Lund after two years of talks.

The charter commits nine governments to publish their budgets within 30 days of adopting them.
"""
TODAY = "Today, the ministers"


def day(offset: int) -> str:
    return (datetime.now(UTC) + timedelta(days=offset)).strftime("%Y-%m-%d")


@pytest.fixture
def desk(desk, monkeypatch):
    monkeypatch.setenv("PUBLISHER_TIMEZONE", "UTC")
    return desk


def said(desk, issued: str, name: str = "statement.md"):
    return desk.write(TEXT.format(issued=issued), name)


def test_without_a_day_nothing_speaks_of_today(desk) -> None:
    path = desk.write(TEXT.format(issued="").replace("issued: \n", ""))
    view = desk("preview", path, "--json").json
    assert not any(TODAY in str(r) for r in view["renderings"])


def test_it_is_shown_with_the_day_it_is_held_to(desk) -> None:
    """The same on every day: a preview reads no clock."""
    view = desk("preview", said(desk, "2026-05-03"), "--json", "--channel", "x").json
    (x,) = view["renderings"]
    assert TODAY in x["posts"][0]["text"]
    assert x["day"] == "2026-05-03"
    assert any("2026-05-03 only" in warning for warning in x["warnings"])


def test_on_its_day_it_leaves(desk, box) -> None:
    ran = desk("publish", said(desk, day(0)), "--yes")
    assert ran.code == 0
    assert all(TODAY in p.text for p in box.public if p.service == "x")


@pytest.mark.parametrize("offset", [-1, 1])
def test_on_another_day_it_is_refused_with_the_way_out(desk, box, offset) -> None:
    ran = desk("publish", said(desk, day(offset)), "--yes")
    assert (ran.code, "--undated" in ran.err, box.public) == (2, True, [])
    assert desk("publish", said(desk, day(offset)), "--yes", "--undated").code == 0
    assert not any(TODAY in p.text for p in box.public)


def test_a_plan_for_another_day_is_refused(desk) -> None:
    path = said(desk, day(0))
    assert desk("publish", path, "--yes", "--at", "+30h").code == 2
    key = desk("submit", path, "--json").json["announcement"]["id"]
    assert desk("approve", key, "--at", "+30h").code == 2
    desk("approve", key)
    assert desk("reschedule", key, "--at", "+30h").code == 2


def test_the_claim_itself_keeps_to_the_day(desk, box) -> None:
    """Whatever was down meanwhile: what comes too late is held for a person, who cannot let it go either."""
    desk("pause")
    key = desk("publish", said(desk, day(0)), "--yes", "--json").json["announcement"]["id"]
    desk("resume")
    office = Publisher(Settings())
    office.ledger.skew = 86_400.0
    office.run(until_idle=True)
    view = views.announcement(office.ledger, key)
    assert {d["state"] for d in view["deliveries"]} == {"held"}
    assert {d["error"]["kind"] for d in view["deliveries"]} <= {"DayPast", "TooLate"}
    with pytest.raises(Exception, match="--undated"):
        office.ledger.release(key, "A. Officer")
    office.ledger.skew = -86_400.0 * 2
    office.delivering.once(key)
    assert box.public == []
    office.close()


def test_the_override_is_a_yes_or_no(desk) -> None:
    text = TEXT.format(issued="2026-05-03").replace("---\nToday", "channels: {x: {today: maybe}}\n---\nToday")
    ran = desk("preview", desk.write(text))
    assert (ran.code, "true or false" in ran.err) == (65, True)


@pytest.mark.parametrize(("own", "used"), [("false", False), ("no", False), ("true", True)])
def test_an_author_may_leave_it_out(desk, own: str, used: bool) -> None:
    """As a person writes it into the front matter."""
    text = TEXT.format(issued="2026-05-03").replace(
        "---\nToday", f"channels: {{x: {{today: {own}}}}}\n---\nToday"
    )
    (x,) = desk("preview", desk.write(text), "--json", "--channel", "x").json["renderings"]
    assert ((TODAY in x["posts"][0]["text"]), "day" in x) == (used, used)
