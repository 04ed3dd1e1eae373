"""No word list is passed over where it matches: what is compared first are a few letters of a sentence's words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.summary.danger import danger
from publisher.summary.furniture import page
from publisher.summary.openings import keys, needs, openings
from publisher.summary.said import Said
from publisher.summary.words import LANGUAGES, Listed, rules

LISTS = [
    (f"{language}-{type(room).__name__}-{name}", listed)
    for language in sorted(LANGUAGES)
    for room in (rules(language), danger(language), page(language))
    for name, listed in room._asdict().items()
    if isinstance(listed, Listed)
]


@pytest.mark.parametrize("listed", [listed for _, listed in LISTS], ids=[name for name, _ in LISTS])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_list_is_passed_over_where_it_matches(listed: Listed, data: st.DataObject) -> None:
    pattern = listed.pattern.pattern
    source = re.sub(
        r"\(\?<?[=!][^()]*\)", "", pattern
    )  # what stands around a match is for the search to tell
    said = Said(data.draw(st.from_regex(source)))
    if listed.pattern.match(said.lower):
        assert said.opens(listed)
    if listed.pattern.search(said.lower) and not pattern.startswith(r"\W*"):  # those are only ever matched
        assert said.may(listed)


@pytest.mark.parametrize(
    ("alternatives", "first", "some"),
    [
        ("risks?|threat\\w*", {"risk", "risks", "threat"}, {"risk", "risks", "threat"}),
        ("the (?:last|next) (?:few )?days", {"the"}, {"last", "next"}),
        ("(?:\\w+ )?months? ago", None, {"month", "months"}),
        ("n[’']t|no", {"n", "no"}, {"n", "no"}),
        ("(?<!as )oppos\\w*(?! to)", {"oppo", "oppos"}, {"oppo", "oppos"}),
        ("abus\\w*", {"abus"}, {"abus"}),
        ("tem\\w+", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_the_words_that_a_list_needs(
    alternatives: str, first: set[str] | None, some: set[str] | None
) -> None:
    assert openings(alternatives, whole=True) == first
    assert needs(alternatives, whole=True) == some


def test_a_word_is_known_by_its_beginning() -> None:
    assert keys(["opposition", "to", "it"]) == {"opposi", "oppo", "to", "it"}
