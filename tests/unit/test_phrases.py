"""Phrases: hashtags that a text suggests are shown to a person and stand in no post."""

from __future__ import annotations

import pytest

from publisher.render import Renderer
from publisher.settings import Settings
from publisher.statement import Block, Statement
from publisher.summary.phrases import hashtags

TEXT = (
    "The Northern Harbour Council keeps its ports open to aid ships. Aid ships save lives, and aid ships need ports. "
    "Minister Anna Lind met the Northern Harbour Council in Lund. Anna Lind thanked all crews of aid ships. "
    "No aid ships were turned away."
)


def said(text: str, **of: object) -> Statement:
    return Statement("Ports stay open", (Block("paragraph", text),), **of)  # type: ignore[arg-type]


def test_what_a_statement_keeps_speaking_of_is_suggested() -> None:
    """Names that come twice and pairs that come often, most frequent first; persons are left in peace."""
    assert hashtags(said(TEXT)) == ["NorthernHarbourCouncil"]
    often = (
        TEXT
        + " Crews trust open harbours."
        + "".join(f" The open harbours {verb}." for verb in ("stay", "help", "save", "wait"))
    )
    assert hashtags(said(often)) == ["OpenHarbours", "NorthernHarbourCouncil"]
    assert hashtags(said(often, hashtags=("openharbours",))) == ["NorthernHarbourCouncil"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "fr",
            "Les droits humains comptent. " + "Les droits humains valent pour tous. " * 3,
            ["DroitsHumains"],
        ),
        ("ru", "Северный Союз открыт. Портами правит Северный Союз.", ["СеверныйСоюз"]),
        ("de", "Der Hafen Rat tagt. Der Hafen Rat berät.", []),
        ("zh", "港口联盟开会。港口联盟开会。港口联盟开会。", []),
        ("ar", "حقوق الإنسان " * 9, []),
    ],
)
def test_only_where_capitals_can_part_the_words(language: str, text: str, expected: list[str]) -> None:
    """In German every noun has one; elsewhere there are none."""
    assert hashtags(said(text, language=language)) == expected


def test_it_is_shown_with_the_preview_and_never_added() -> None:
    """Only while there is room for another; a channel without hashtags is told of none."""
    settings = Settings({}, files=False)
    for tags, shown in (((), True), (("Ports",), True), (("Ports", "Aid"), False)):
        rendering = Renderer().render(said(TEXT, hashtags=tags), settings.channel("x"))
        assert "#Northern" not in rendering.posts[0]["post"].text
        suggested = "x: suggested, not added: #NorthernHarbourCouncil"
        assert (suggested in rendering.warnings) is shown
    mail = Renderer().render(said(TEXT), settings.channel("email"))
    assert not any("suggested" in warning for warning in mail.warnings)
