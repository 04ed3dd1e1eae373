"""What the commands say of a list's readers, however many they are."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from sqlalchemy import Engine, event

from publisher.cli import common

SEVERAL = """---
title: {title}
url: https://www.example.org/charter
language: {language}
{more}---
The ministers of nine countries adopted a charter for open data in Lund on 3 May 2026.
"""


@pytest.fixture
def list_of_three(desk, monkeypatch) -> Any:
    """Readers of two languages, and a statement in both."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    desk.write(SEVERAL.format(title="A charter", language="en", more="translations: [fr.md]\n"))
    desk.write(SEVERAL.format(title="Une charte", language="fr", more=""), "fr.md")
    Path("people.csv").write_text(
        "email,language\na@press.example,fr-CH\nb@press.example,\nc@press.example,it\n"
    )
    desk("subscribers", "import", "people.csv")
    return desk


def test_the_prompt_names_the_readers_of_each_language_and_how_long_it_takes(
    list_of_three, monkeypatch
) -> None:
    monkeypatch.setenv("PUBLISHER_EMAIL__PER_SECOND", "0.05")
    ran = list_of_three("publish", "statement.md", "--channel", "email")
    assert ran.code == 2
    assert ", to 3 subscribers (2 en, 1 fr), in about 1 min at 0.05 a second" in ran.err


def test_show_names_the_account_and_the_readers_of_what_is_still_to_go(list_of_three) -> None:
    list_of_three("publish", "statement.md", "--at", "+2h", "--yes", "--channel", "email")
    lines = list_of_three("show", "@last").out.splitlines()
    (english,) = [line for line in lines if ".en: as " in line]
    assert english.strip().partition(": as ")[2].startswith("press@")
    assert english.endswith(", to 2 readers of en")


def test_the_list_is_one_object_and_says_whom_it_names(list_of_three) -> None:
    found = list_of_three("subscribers", "list", "--json").json
    assert found["schema"] == 1
    assert [(p["email"], p["language"]) for p in found["subscribers"]] == [
        ("a@press.example", "fr-CH"),
        ("b@press.example", ""),
        ("c@press.example", "it"),
    ]
    assert list_of_three("subscribers", "list").out.splitlines()[0] == "a@press.example  fr-CH"


def test_an_empty_list_is_an_empty_list(desk) -> None:
    assert desk("subscribers", "list", "--json").json == {"schema": 1, "subscribers": []}


def test_no_more_than_one_row_is_held(capsys) -> None:
    """The list may have a million: each is written before the next is read."""

    def rows() -> Any:
        yield {"n": 1}
        assert '{"n": 1}' in capsys.readouterr().out
        yield {"n": 2}

    with click.Context(click.Command("list")):
        common.show_rows({"schema": 1}, "rows", rows())
    assert '{"n": 2}' in capsys.readouterr().out


@pytest.fixture
def many(desk, monkeypatch) -> Any:
    """A mailing to more readers than a statement takes values, and no statement may name each."""
    readers, values = 900, 700
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    monkeypatch.setattr("publisher.enrol.BATCH", 300)
    Path("people.txt").write_text("".join(f"reader{n}@press.example\n" for n in range(readers)))
    desk("subscribers", "import", "people.txt")
    desk("publish", desk.write(), "--at", "+2h", "--yes", "--channel", "email")

    def lower(connection: Any, *_: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, values)

    event.listen(Engine, "connect", lower)
    yield desk
    event.remove(Engine, "connect", lower)


def left(state: str) -> None:
    """As if the mailing had come so far."""
    file = next(Path(os.environ["XDG_STATE_HOME"]).rglob("*.db"))
    with closing(sqlite3.connect(file)) as ledger, ledger:
        ledger.execute("UPDATE part SET state = ?, attempt = 1", (state,))
        ledger.execute("UPDATE delivery SET until = due")


def test_a_withdrawal_goes_to_however_many_had_the_mail(many) -> None:
    left("delivered")
    ran = many("retract", "@last", "--reason", "wrong", "--mail", "--yes", "--wait", "0")
    assert ran.code != 2
    assert "could not be" not in ran.err
    (withdrawal,) = [
        d for d in many("show", "@last", "--json").json["deliveries"] if d["action"] == "retract"
    ]
    assert withdrawal["recipients"] == 900


def test_however_many_are_in_doubt_are_settled_at_once(many) -> None:
    left("unknown")
    ran = many("resolve", "@last", "--published")
    assert ran.code == 0
    (mailing,) = many("show", "@last", "--json").json["deliveries"]
    assert (mailing["state"], mailing["receipt"]["accepted"]) == ("delivered", 900)


@pytest.mark.parametrize(
    ("people", "counts", "code"),
    [
        ("a@press.example\nbounce1@press.example\n", {"delivered": 1, "refused": 1}, 0),
        ("bounce1@press.example\n", {"failed": 1}, 1),
    ],
)
def test_a_refused_reader_needs_nobody_unless_the_mailing_reached_none(
    desk, monkeypatch, people: str, counts: dict[str, int], code: int
) -> None:
    """Of every larger list a few addresses are gone; they would keep the alarm on for good."""
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    Path("people.txt").write_text(people)
    desk("subscribers", "import", "people.txt")
    desk("publish", desk.write(), "--yes", "--channel", "email")
    ran = desk("status", "--json")
    assert (ran.code, ran.json["counts"]) == (code, counts)
    assert bool(ran.json["needs_a_person"]) == bool(code)


def test_who_was_refused_stays_on_record_when_the_rest_is_taken_back(desk, monkeypatch) -> None:
    monkeypatch.delenv("PUBLISHER_EMAIL__LIST_ADDRESS")
    Path("people.txt").write_text("a@press.example\nbounce1@press.example\n")
    desk("subscribers", "import", "people.txt")
    desk("publish", desk.write(), "--yes", "--channel", "email")
    ran = desk("cancel", "@last")
    assert (ran.code, "nothing of" in ran.err) == (2, True)  # it is out: there is nothing to cancel
    desk("retract", "@last", "--reason", "wrong", "--mail", "--yes")
    first = desk("show", "@last", "--json").json["deliveries"][0]
    assert (first["receipt"]["accepted"], first["receipt"]["refused"]) == (1, 1)
    assert "was retracted" in desk("retry", first["id"]).err
