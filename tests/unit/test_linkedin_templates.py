"""The words of a LinkedIn post: the news first, the points in the statement's order, the link, the hashtags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from publisher.text import Text, mark, tidy

FOLDER = Path(__file__).parents[2] / "templates"
CONTEXT: dict[str, Any] = {
    "title": "Coalition adopts a joint statement",
    "summary": "",
    "authored": False,
    "points": ["It was adopted today.", "It has three parts.", "All members signed {{ it }}."],
    "url": "https://press.example.int/s/118",
    "hashtags": ["Rights", "EU"],
    "mentions": [],
    "language": "en",
    "organization": "Coalition",
    "labels": {"key_points": "Key points", "full_statement": "Full statement:"},
    "link": lambda url: mark("link", url),
    "hashtag": lambda tag: mark("hashtag", tag),
    "mention": lambda name, target="": mark("mention", name, target),
}


def render(name: str, **context: Any) -> Text:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made = CONTEXT | context
    points = made["points"]
    parted = {"lead": points[0] if points else "", "others": points[1:]}
    return Text.parse(tidy(environment.get_template(f"linkedin.{name}.j2").render(parted | made)))


def test_a_post_in_full() -> None:
    assert str(render("post")).split("\n") == [
        "Coalition adopts a joint statement",
        "",
        "It was adopted today.",
        "",
        "Key points",
        "• It has three parts.",
        "• All members signed {{ it }}.",
        "",
        "Full statement: https://press.example.int/s/118",
        "",
        "#Rights #EU",
    ]


def test_links_and_hashtags_are_spans() -> None:
    kinds = [(s.kind, s.text) for s in render("post") if s.kind != "plain"]
    assert kinds == [("link", CONTEXT["url"]), ("hashtag", "Rights"), ("hashtag", "EU")]


@pytest.mark.parametrize(
    ("context", "text"),
    [
        (
            {"authored": True, "summary": "Our own words."},
            "Coalition adopts a joint statement\n\nOur own words.\n\n"
            "Full statement: https://press.example.int/s/118\n\n#Rights #EU",
        ),
        ({"points": [], "url": "", "hashtags": []}, "Coalition adopts a joint statement"),
        (
            {"points": [], "url": "", "mentions": ["The Office"]},
            "Coalition adopts a joint statement\n\nThe Office #Rights #EU",
        ),
        (
            {"points": ["Only one."], "url": "", "hashtags": ["Rights"]},
            "Coalition adopts a joint statement\n\nOnly one.\n\n#Rights",
        ),
        (
            {"points": ["The first.", "The second."], "url": "", "hashtags": []},
            "Coalition adopts a joint statement\n\nThe first.\n\nThe second.",
        ),
        (
            {
                "lead": "All members signed {{ it }}.",
                "others": CONTEXT["points"][:2],
                "url": "",
                "hashtags": [],
            },
            "Coalition adopts a joint statement\n\nAll members signed {{ it }}.\n\nKey points\n"
            "• It was adopted today.\n• It has three parts.",
        ),
    ],
    ids=["author's summary", "title alone", "a mention", "one sentence", "two are no list", "the best leads"],
)
def test_what_is_not_there_leaves_no_trace(context: dict[str, Any], text: str) -> None:
    assert str(render("post", **context)) == text


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ({}, "It was adopted today."),
        ({"points": []}, ""),
        ({"authored": True, "summary": "Our own words."}, "Our own words."),
        ({"authored": True, "summary": "a" * 257}, ""),
    ],
)
def test_the_cards_description_is_whole_or_absent(context: dict[str, Any], text: str) -> None:
    assert str(render("card_description", **context)) == text


def test_the_cards_title_is_the_statements() -> None:
    assert str(render("card_title")) == CONTEXT["title"]
