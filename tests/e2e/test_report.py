"""What can be filed: a month's report, and one announcement with everything that happened to it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from publisher.errors import UsageError
from publisher.report import COLUMNS, bounds
from tests.e2e.conftest import STATEMENT, Desk

NOW = datetime.now(UTC).strftime("%Y-%m")


@pytest.fixture
def out(desk: Desk, box, monkeypatch) -> Desk:
    """One announcement, corrected and then retracted; another that is only planned."""
    monkeypatch.setenv("PUBLISHER_TIMEZONE", "UTC")
    desk("publish", desk.write(STATEMENT.replace("nine", "ten")), "--yes", "--approved-by", "=A. Officer")
    desk.write(STATEMENT, "corrected.md")
    desk("correct", "@last", "corrected.md", "--reason", "nine, not ten", "--yes", "--by", "B. Officer")
    desk("retract", "@last", "--reason", "all wrong", "--yes")
    return desk


def rows(ran) -> dict[str, dict[str, str]]:
    found = csv.DictReader(io.StringIO(ran.out))
    return {row["delivery"].partition("/")[2]: row for row in found}


def test_a_month_as_a_table(out: Desk) -> None:
    """One line a delivery: what, when, by whom, where, why, and the log's last hash."""
    ran = out("report", "--month", NOW, "--csv")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == ",".join(COLUMNS)
    found = rows(ran)
    assert set(found) == {"x", "x.reply", "x.retract", "x.reply.retract", "linkedin", "linkedin.amend", "linkedin.retract", "email"}  # fmt: skip
    first = found["x"]
    assert first["state"] == "retracted" and first["link"].startswith("https://x.com/")
    assert first["public"][:7] == first["planned"][:7] == NOW
    assert first["approved_by"].startswith("'=A. Officer (")  # no spreadsheet runs it
    assert found["x.reply"]["acts_on"] == first["delivery"]
    assert found["x.reply"]["reason"] == "nine, not ten"
    assert found["x.reply"]["approved_by"].startswith("B. Officer")
    assert found["x.retract"]["reason"] == "all wrong"
    head = out("log", "@last", "--json").json["events"][-1]
    assert {row["last_event_hash"] for row in found.values()} == {head["hash"]}


def test_a_month_as_a_page_and_as_json(out: Desk) -> None:
    """The same, to print and to read by machine; no script, no network."""
    page = out("report", "--month", NOW, "--html").out
    assert "<script" not in page and "The event log is whole" in page
    assert "nine, not ten" in page and "x.retract" in page
    view = out("report", "--month", NOW, "--json").json
    assert view["summary"] == {
        "announcements": 1, "published": 3, "corrected": 2, "repaired": 0, "retracted": 3, "not_out": 0,
    }  # fmt: skip
    assert view["log"] == {"whole": True, "faults": []}
    assert "published: 3" in out("report", "--month", NOW).out


def test_another_month_is_empty_and_no_month_is_refused(out: Desk) -> None:
    """Exit 0 and the header; exit 2."""
    assert rows(out("report", "--month", "2001-01", "--csv")) == {}
    assert out("report", "--month", "2026-13").code == 2
    assert out("report", "--month", NOW, "--csv", "--html").code == 2


def test_a_log_that_was_tampered_with_is_said(out: Desk) -> None:
    """On the page, and by the exit code."""
    from publisher.ledger import Ledger
    from publisher.settings import Settings

    ledger = Ledger(Settings().database_url)
    with ledger.engine.begin() as c:
        c.execute(text("UPDATE event SET who = 'Eve' WHERE kind = 'corrected'"))
    ledger.close()
    ran = out("report", "--month", NOW, "--html")
    assert ran.code == 1 and "does not hold" in ran.out
    assert out("report", "--month", NOW).code == out("show", "@last", "--html", "file.html").code == 1


def test_one_announcement_with_everything_that_happened(out: Desk) -> None:
    """Posts, old and new words, approvals, and each event with its hash."""
    assert out("show", "@last", "--html", "file.html").code == 0
    page = (out.folder / "file.html").read_text("utf-8")
    assert "<del>ten</del>" in page and "<ins>nine</ins>" in page
    assert "The record" in page and "all wrong" in page and "B. Officer" in page
    for event in out("log", "@last", "--json").json["events"]:
        assert event["hash"] in page


@pytest.mark.parametrize(
    ("month", "zone", "start", "end"),
    [
        ("2026-05", "UTC", "2026-05-01T00:00+00:00", "2026-06-01T00:00+00:00"),
        ("2026-12", "Europe/Zurich", "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00"),
        ("2026-03", "Europe/Zurich", "2026-03-01T00:00+01:00", "2026-04-01T00:00+02:00"),
    ],
)
def test_a_month_begins_and_ends_in_the_offices_zone(month: str, zone: str, start: str, end: str) -> None:
    """Daylight saving included."""
    assert bounds(month, zone) == (
        datetime.fromisoformat(start).timestamp(),
        datetime.fromisoformat(end).timestamp(),
    )


@pytest.mark.parametrize(
    "month", ["", "2026", "2026-00", "2026-13", "26-05", "2026-5", "2026-05-01", "9999-12"]
)
def test_what_is_no_month(month: str) -> None:
    """Refused, with how to write one."""
    with pytest.raises(UsageError, match="2026-05"):
        bounds(month, "UTC")
