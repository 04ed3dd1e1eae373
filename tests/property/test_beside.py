"""Old and new beside each other: nothing is lost, nothing is invented, no line is too wide."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from publisher.beside import cells, columns, difference, marked, runs

WORDS = st.sampled_from(
    ["ten", "nine", "countries", "in", "Lund", "(first)", "R&D", "<b>", "人権", "憲章", "é", "e\u0301", "👩‍🚀", "\n", "\n\n", " ", "x" * 70]
)  # fmt: skip
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)


@given(TEXTS, TEXTS)
def test_the_runs_of_each_text_are_the_text(old: str, new: str) -> None:
    """And what is not marked is the same on both sides."""
    left, right = runs(old, new)
    assert ("".join(r.text for r in left), "".join(r.text for r in right)) == (old, new)
    same = ["".join(r.text for r in side if not r.changed) for side in (left, right)]
    assert same[0] == same[1]


@given(TEXTS)
def test_a_text_differs_from_itself_in_nothing(text: str) -> None:
    """No mark at all."""
    assert not any(r.changed for side in runs(text, text) for r in side)
    assert difference(text, text) == text


@given(TEXTS, TEXTS, st.integers(40, 160))
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(old: str, new: str, width: int) -> None:
    """Marks, wide signs and long words included."""
    lines = columns(old, new, width)
    assert all(cells(line) <= width for line in lines)
    # The heads and the rule under them come first.
    sides = [[f"{line} ".partition(" │ ")[n] for line in lines[2:]] for n in (0, 2)]
    for side, text in zip(sides, (old, new), strict=True):
        shown = re.sub(r"\[-|-\]|\{\+|\+\}|\s", "", "".join(side))
        assert shown == re.sub(r"\s", "", text)


@given(TEXTS, TEXTS)
def test_a_page_shows_the_same(old: str, new: str) -> None:
    """Escaped, with marks that are elements."""
    for made, text, element in zip(marked(old, new), (old, new), ("del", "ins"), strict=True):
        assert html.unescape(re.sub(rf"</?{element}>", "", str(made))) == text
        assert "<b>" not in str(made)
