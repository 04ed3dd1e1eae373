"""Counting beside X's reference implementation, and what holds for every text."""

from __future__ import annotations

import importlib.util
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.x.counting import URL, accidental, count, links

_FILE = Path(__file__).parents[1] / "bench/bench_counting.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_counting", _FILE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_ten_thousand_strings_weigh_what_the_reference_says_but_for_the_deliberate_classes(
    bench: ModuleType,
) -> None:
    if missing := bench.available():
        pytest.skip(f"no comparison with X's reference: {missing}")
    result = bench.compare(10_000, seed=2026)
    assert result.stray == []
    assert result.deliberate["none"] == 0
    assert result.strings - result.differing > 5_000


def test_the_comparison_notices_a_wrong_weight(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing := bench.available():
        pytest.skip(f"no comparison with X's reference: {missing}")
    monkeypatch.setattr(bench.counting, "URL", 22)
    assert bench.compare(200, seed=1).stray


def test_generated_strings_hold_every_class_of_difference(bench: ModuleType) -> None:
    made = list(bench.samples(2_000, seed=3))
    assert made == list(bench.samples(2_000, seed=3))
    assert sum(s.text != s.settled for s in made) > 50
    assert sum("http://intranet" in s.text for s in made) > 5


def test_speed_is_measured_on_a_post_of_280_with_two_links(bench: ModuleType) -> None:
    assert count(bench.speed_text()) == 280
    assert len(links(bench.speed_text())) == 2


_TEXTS = st.lists(
    st.sampled_from(
        [
            "a",
            "É",
            "日",
            "🙂",
            "🇨",
            "🇭",
            "\u200d",
            "️",
            ".",
            "-",
            "_",
            "/",
            "(",
            ")",
            "@",
            "#",
            " ",
            "com",
            "It",
            "https://",
            "example.org",
            "é",
            "\u202a",
            "1",
            "?",
            "=",
            "xn--a",
            "t.co/",
            "。",
        ]
    ),
    max_size=25,
).map("".join)


@given(st.one_of(st.text(), _TEXTS))
def test_every_text_has_a_weight_between_nothing_and_two_a_character_or_a_link(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    # An address of any length weighs at least 23, so that each "://" and each full stop may add up to that.
    assert 0 <= count(text) <= 2 * len(composed) + URL * (composed.count(".") + composed.count("://"))


@given(st.one_of(st.text(), _TEXTS))
def test_links_lie_in_order_inside_the_text(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    at = 0
    for start, end, link in links(composed):
        assert at <= start < end <= len(composed)
        assert composed[start : start + 1] == link[:1] and "." in link
        at = end
    assert set(accidental(composed)) <= {link for _, _, link in links(composed)}


@given(_TEXTS, _TEXTS)
def test_texts_parted_by_a_line_break_weigh_what_they_weigh_alone(one: str, other: str) -> None:
    """So a text can be composed line by line. (The first character of a text is its one exception on X.)"""
    lead = "a\n"
    assert count(f"{lead}{one}\n{other}") == count(lead + one) + count(lead + other) - len(lead) + 1


@given(_TEXTS)
def test_composed_and_decomposed_letters_weigh_the_same(text: str) -> None:
    assert count(unicodedata.normalize("NFD", text)) == count(text)
