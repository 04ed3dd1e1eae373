"""What the commands say of a list's readers, however many they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

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
