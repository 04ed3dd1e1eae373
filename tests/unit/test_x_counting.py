"""How X counts, and where it sees links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from channels.x import emoji
from channels.x.counting import accidental, count, links

SHARED = Path(os.environ.get("PUBLISHER_SHARED", Path(__file__).parents[3] / "shared"))
CONFORMANCE = SHARED / "data/twitter-text"


def conformance(name: str) -> Any:
    """A file of X's published conformance suite."""
    path = CONFORMANCE / name
    if not path.is_file():
        pytest.skip(f"X's conformance data is not at {CONFORMANCE}")
    return yaml.safe_load(path.read_text("utf-8"))["tests"]


@pytest.mark.parametrize(
    "section", ["WeightedTweetsWithDiscountedEmojiCounterTest", "UnicodeDirectionalMarkerCounterTest"]
)
def test_every_weighted_length_of_the_conformance_suite(section: str) -> None:
    cases = conformance("validate.yml")[section]
    assert cases
    wrong = [c for c in cases if count(c["text"]) != c["expected"]["weightedLength"]]
    assert wrong == []


@pytest.mark.parametrize(
    "section", ["urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params"]
)
def test_every_link_of_the_conformance_suite(section: str) -> None:
    cases = conformance("extract.yml")[section]
    assert cases
    for case in cases:
        expected = case["expected"] or []
        if expected and isinstance(expected[0], dict):
            assert links(case["text"]) == [(*e["indices"], e["url"]) for e in expected], case["description"]
        else:
            assert [link for _, _, link in links(case["text"])] == expected, case["description"]


@pytest.mark.parametrize("section", ["country", "generic"])
def test_every_top_level_domain_of_the_conformance_suite(section: str) -> None:
    cases = conformance("tlds.yml")[section]
    assert cases
    assert [c for c in cases if [link for _, _, link in links(c["text"])] != c["expected"]] == []


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("plain", 5),
        ("“quoted” – it’s — 1", 19),
        ("…", 2),
        ("€", 2),
        ("•", 2),
        ("→", 2),
        ("™", 2),
        ("©", 1),
        ("人権", 4),
        ("بيان", 4),
        ("Женева", 6),
        ("한국", 4),
        ("e\u0301", 1),  # NFC: one letter
        ("\u1100\u1161\u11a8", 2),  # three jamo, one syllable
        ("a\r\nb", 4),
    ],
)
def test_weights_of_letters_and_signs(text: str, weight: int) -> None:
    assert count(text) == weight


@pytest.mark.parametrize(
    "picture",
    [
        "🙂",
        "❤️",
        "❤",
        "👍🏽",
        "👩🏽‍🚒",
        "👨‍👩‍👧‍👦",
        "🇨🇭",
        "🇨🇶",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "1️⃣",
        "#⃣",
        "🐦‍🔥",
        "🫱🏽‍🫲🏿",
        "🏳️‍⚧️",
        "🙂‍↔️",
        "©️",
        "🫩",
        "👩🏾‍❤️‍👨🏻",
    ],
)
def test_an_emoji_weighs_two_however_many_code_points_it_has(picture: str) -> None:
    assert count(picture) == 2
    assert count(f"a {picture}{picture} b") == 8


@pytest.mark.parametrize(
    ("text", "weight"),
    [("🇦🇦", 4), ("🍕🏽", 4), ("🏻", 2), ("🇨", 2), ("\u200d", 1), ("a\ufe0f", 3), ("© 🇨🇭", 4)],
)
def test_what_only_looks_like_an_emoji_sequence_is_counted_apart(text: str, weight: int) -> None:
    assert count(text) == weight


def test_there_is_a_flag_for_every_region_that_has_one_and_for_no_other() -> None:
    """259 flags of regions (Unicode 16): 258 of emoji 5.0, and Sark."""
    letters = [chr(0x1F1E6 + n) for n in range(26)]
    assert sum(bool(emoji.sequence().fullmatch(a + b)) for a in letters for b in letters) == 259


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org",
        "http://example.org/a/very/long/path/" + "x" * 300,
        "https://example.music",
        "https://foo.kids/abc",
        "https://example.notyetdelegated/statement?x=1",
        "HTTPS://EXAMPLE.ORG/",
        "https://пример.рф/дело",
        "https://example.org/(a_(b))",
        "example.org",
        "gov.uk/guidance",
    ],
)
def test_a_link_weighs_23_however_long_or_short_it_is(link: str) -> None:
    assert count(link) == 23
    assert count(f"See {link}, and more") == len("See , and more") + 23
    assert [found for _, _, found in links(f"See {link}, and more")] == [link]


def test_an_address_that_x_may_or_may_not_link_weighs_at_least_as_much_as_a_link() -> None:
    assert count("http://intranet") == 23
    assert count("http://intranet/" + "x" * 40) == 56
    assert links("http://intranet") == []


@pytest.mark.parametrize(
    "text",
    [
        "press@example.org",
        "name.surname@example.org",
        "@example.com",
        "#example.com",
        "$example.com",
        "archive.tar.bz2",
        "3.5 million",
        "i.e. this",
        "U.S. Government",
        "https://",
        "x.notatopleveldomain",
        "twitter_underscore.com",
    ],
)
def test_what_is_no_link(text: str) -> None:
    assert links(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the new measures.It follows", ["measures.It"]),
        ("“today.In Geneva”", ["today.In"]),
        ("decision.At, budget.My, Reg.No 7", ["decision.At", "budget.My", "Reg.No"]),
        ("www.example.org, gov.uk/guidance and https://example.org", []),
        ("Gov.uk", ["Gov.uk"]),
        ("the new measures. It follows", []),
    ],
)
def test_accidental_links_are_named_as_they_stand_in_the_text(text: str, found: list[str]) -> None:
    assert accidental(text) == found


def test_a_link_at_the_very_start_loses_an_accented_first_letter_as_on_x() -> None:
    assert [link for _, _, link in links("Étude.com")] == ["tude.com"]
    assert [link for _, _, link in links("ÉTUDE Étude.com")] == ["Étude.com"]


def test_links_are_found_at_their_places_after_symbols_of_two_code_units() -> None:
    text = "🇨🇭 𝔘 https://example.org/x 🙂 example.com"
    assert [text[start:end] for start, end, _ in links(text)] == ["https://example.org/x", "example.com"]


@pytest.mark.parametrize("piece", ["a.", "日本.語", "日.中 ", ".", "(", "(a", "https://", "🙂\u200d", "é"])
def test_a_long_text_of_odd_pieces_is_counted_without_trying_every_way_to_read_it(piece: str) -> None:
    """In quadratic time these would run into the suite's time limit."""
    assert count(piece * 40_000 + ".b") > 0
