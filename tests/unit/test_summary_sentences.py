"""Sentences: boundaries in ten languages, on samples written for it, and the traps one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.summary import sentences

SAMPLES = Path(__file__).parents[1] / "fixtures" / "language"
LANGUAGES = ["en", "fr", "es", "de", "sv", "ru", "ar", "ur", "zh", "ja"]


def sample(language: str) -> tuple[str, set[int]]:
    """A sample's running text and the offsets at which a sentence ends inside it."""
    gap = "" if language in ("zh", "ja") else " "
    text, ends = "", set()
    for paragraph in (SAMPLES / f"{language}.txt").read_text("utf-8").strip().split("\n\n"):
        text += "\n\n" if text else ""
        for line in paragraph.splitlines():
            text += gap if text and not text.endswith("\n") else ""
            text += line
            ends.add(len(text))
    return text, ends - {len(text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_boundaries_are_found_where_a_reader_would_set_them(language: str) -> None:
    """F of the inner boundaries is at least .95 in each language, of at least 30."""
    text, gold = sample(language)
    found = {s.end for s in sentences.split(text, language)} - {len(text)}
    assert len(gold) >= 30
    score = 2 * len(gold & found) / (len(gold) + len(found))
    wrong = sorted(text[max(0, e - 30) : e + 15] for e in gold ^ found)
    assert score >= 0.95, wrong


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "See No. 5 of the list. The answer is no. We agree.", 3),
        ("en", "He met Mr. Lee, Dr. K. R. Osei and Gen. Park in the U.S. Senate.", 1),
        ("en", "He lives in the U.S. The family stayed.", 2),
        ("en", "It costs $3.50 (approx. 3.20 euros) at https://a.example/x.y. Buy it.", 2),
        ("en", "“Go away!” he said. “Why?”", 2),
        ("en", "The list (see p. 3. It is long.) is public.", 1),
        ("en", "Visit www.example.org or write to a.b@example.org now.", 1),
        ("en", "Wait... what is this? Nothing.", 2),
        ("en", "1. First of all. 2. Second of all.", 2),
        ("en", "• One thing\n• Another thing", 2),
        ("de", "Am 3. Oktober und im 20. Jahrhundert galt das z. B. in Bonn.", 1),
        ("fr", "M. Petit a dit : « Non. » Il est parti.", 2),
        ("ja", "「はい。」と述べた。次だ。", 2),
        ("ur", "یہ ہے۔وہ تھا۔", 2),
        ("xx", "One here. Two there.", 2),
    ],
)
def test_traps(language: str, text: str, count: int) -> None:
    """Abbreviations, initials, ordinals, brackets, quotations and addresses do not mislead."""
    found = sentences.split(text, language)
    assert len(found) == count, [s.text for s in found]


def test_a_footnote_mark_stays_with_the_sentence_it_follows() -> None:
    """The mark after a stop belongs to the sentence before it."""
    assert [s.text for s in sentences.split("It ended.¹ ² Peace came.[3] All left.")] == [
        "It ended.¹ ²",
        "Peace came.[3]",
        "All left.",
    ]


def test_offsets_are_those_of_the_source() -> None:
    """A sentence is the slice that its offsets name, without white space around it."""
    text = "  One is here.\n\n  Two is there. \n"
    assert [(s.start, s.end, text[s.start : s.end]) for s in sentences.split(text)] == [
        (2, 14, "One is here."),
        (18, 31, "Two is there."),
    ]
