"""ledger backup, restore, migrate, and a ledger that was copied: by the command line, before a real sandbox."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest


@pytest.fixture
def place(desk, monkeypatch) -> Path:
    """Where the office's ledger is."""
    path = desk.folder / "ledger.db"
    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{path}")
    return path


def approved(desk, *options: str, name: str = "statement.md", title: str = "Ministers agree") -> str:
    """A statement that is approved and due, and that no clock has delivered yet; its id."""
    path = desk.write(
        f"---\ntitle: {title}\nurl: https://www.example.org/{name}\n---\nWords about {title}.\n", name
    )
    key = desk("submit", path, *options, "--json").json["announcement"]["id"]
    assert desk("approve", key, "--by", "anna").code == 0
    return str(key)


def states(desk, key: str) -> dict[str, str]:
    return {d["channel"]: d["state"] for d in desk("show", key, "--json").json["deliveries"]}


def channels(box) -> list[str]:
    return sorted(item.service for item in box.public)


def test_a_copied_ledger_started_beside_the_original_posts_nothing(desk, box, place, monkeypatch) -> None:
    """Not by itself, not when it is resumed after all; and the original goes on, once."""
    key = approved(desk)
    copy = place.with_name("other.db")
    shutil.copy2(place, copy)

    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{copy}")
    ran = desk("run", "--until-idle")
    assert box.public == []
    assert "copied or moved" in ran.err
    assert desk("status", "--json").json["paused"] == ["everything"]
    assert set(states(desk, key).values()) == {"unknown"}

    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{place}")
    assert desk("run", "--until-idle").code == 0
    assert channels(box) == ["linkedin", "smtp", "x"]
    assert set(states(desk, key).values()) == {"delivered"}

    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{copy}")
    assert desk("resume", "--by", "ben").code == 0
    desk("run", "--until-idle")
    assert channels(box) == ["linkedin", "smtp", "x"]
    assert desk("log", "--verify").code == 0


def test_a_moved_ledger_goes_on_where_it_is_once_a_person_says_so(desk, box, place, monkeypatch) -> None:
    """Moved for good: `resume` accepts the place, and what falls due from then on goes out."""
    moved = place.with_name("moved.db")
    approved(desk, "--at", "+1h", name="later.md")
    shutil.copy2(place, moved)
    place.unlink()
    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{moved}")
    assert desk("run", "--until-idle").code == 0
    assert desk("resume", "--by", "ben").code == 0
    approved(desk, name="now.md", title="The harbour is open")
    assert desk("run", "--until-idle").code == 0
    assert channels(box) == ["linkedin", "smtp", "x"]
    assert desk("status", "--json").json["paused"] == []


def test_one_may_look_into_a_copy(desk, box, place, monkeypatch) -> None:
    """Reading commands pause nothing and change nothing."""
    key = approved(desk)
    copy = place.with_name("other.db")
    shutil.copy2(place, copy)
    monkeypatch.setenv("PUBLISHER_DATABASE_URL", f"sqlite:///{copy}")
    assert set(states(desk, key).values()) == {"planned"}
    assert desk("status", "--json").json["paused"] == []
    assert desk("queue").code == desk("log", "--verify").code == 0


def test_a_drill(desk, box, place, monkeypatch) -> None:
    """Backed up before it went out, lost after: looked up and found on X and LinkedIn; a person answers for the mail."""
    key = approved(desk)
    made = desk("ledger", "backup", "b.db", "--json").json["backup"]
    assert (made["file"], made["place"]) == (str(desk.folder / "b.db"), str(place))
    assert made["counts"]["delivery"] == 3
    assert desk("run", "--until-idle").code == 0
    place.unlink()

    ran = desk("ledger", "restore", "b.db", "--by", "ben")
    assert ran.code == 0
    assert "everything is paused" in ran.out
    assert f"? {key}/email  unknown" in ran.out
    assert "publisher resume" in ran.out
    assert desk("run", "--until-idle").code == 3
    assert states(desk, key) == {"x": "delivered", "linkedin": "delivered", "email": "unknown"}
    assert desk("resolve", f"{key}/email", "--published", "--by", "ben").code == 0
    assert desk("resume", "--by", "ben").code == 0
    assert desk("run", "--until-idle").code == 0
    assert channels(box) == ["linkedin", "smtp", "x"]
    assert desk("log", "--verify").code == 0


def test_a_restore_puts_the_ledger_that_is_there_aside(desk, box, place) -> None:
    """Only when one says so; it is kept, and the answer names it."""
    approved(desk)
    desk("ledger", "backup", "b.db")
    refused = desk("ledger", "restore", "b.db", "--json")
    assert (refused.code, refused.json["error"]["kind"]) == (2, "UsageError")
    assert "--yes" in refused.json["error"]["message"]
    done = desk("ledger", "restore", "b.db", "--yes", "--json").json["restored"]
    assert Path(done["aside"]).exists()
    assert (done["ledger"], done["paused"], len(done["unknown"])) == (str(place), True, 3)
    assert desk("run", "--until-idle").code == 3
    assert box.public == []


def test_a_backup_says_what_is_in_it(desk, place) -> None:
    """For people: rows, size, moment, and that the log holds."""
    approved(desk)
    desk("subscribers", "add", "reader@press.example")
    told = desk("ledger", "backup", "b.db")
    assert told.code == 0
    for words in ("b.db  ", " MB", "1 subscriber", "3 delivery", "every chain holds", str(place)):
        assert words in told.out
    again = desk("ledger", "backup", "b.db")
    assert (again.code, "--yes" in again.err) == (2, True)
    assert desk("ledger", "backup", "b.db", "--yes").code == 0


@pytest.mark.parametrize(
    "words", [["backup", "none/b.db"], ["backup", "."], ["restore", "none.db"], ["restore", "s.md"]]
)
def test_what_makes_no_sense_is_one_sentence(desk, place, words) -> None:
    """Exit 2, and no ledger is made or changed by it."""
    (desk.folder / "s.md").write_text("A statement.")
    ran = desk("ledger", *words)
    assert (ran.code, len(ran.err.strip().splitlines())) == (2, 1)


def test_migrating_what_is_up_to_date_says_so(desk, place) -> None:
    """Exit 0, without a backup; nor is a ledger made by it that was not there."""
    ran = desk("ledger", "migrate")
    assert (ran.code, ran.out.strip(), place.exists()) == (0, "there is nothing to migrate", False)
    desk("queue")
    assert desk("ledger", "migrate", "--json").json == {"schema": 1, "migrated": None, "backup": None}
    assert [p.name for p in desk.folder.glob("*before*")] == []


def test_an_older_ledger_is_refused_until_it_is_migrated(desk, place) -> None:
    """The sentence names the command; what no version knows is left alone."""
    desk("queue")
    with sqlite3.connect(place) as c:
        c.execute("UPDATE alembic_version SET version_num = '0000'")
    c.close()
    ran = desk("queue")
    assert (ran.code, "publisher ledger migrate" in ran.err) == (78, True)
    assert desk("ledger", "migrate").code == 78
