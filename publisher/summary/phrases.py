"""Phrases: what a statement keeps speaking of, as hashtags that could be suggested. Nothing here is ever added.

Names of several words, and pairs of words that come again and again, in scripts that part words by spaces
and have capitals: elsewhere joined words are hard to read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from publisher.statement import Statement
from publisher.summary.reading import read
from publisher.summary.words import Rules, listed, pattern, primary, rules

MOST, LONGEST = 3, 26
"""Hashtags that are suggested, and characters of the longest: more is read by nobody."""
NAMED, SAID = 2, 4
"""How often a name, or a pair of other words, must stand in the statement proper."""

_CASED = listed("en fr es de sv ru")
_RUN = pattern(r"[^\W\d_][^\W_]*(?: [^\W\d_][^\W_]*)*")
_BEFORE_A_PERSON = listed(
    "mr mrs ms dr sir lady president minister secretary director chair chairman ambassador senator general judge "
    "prime foreign m mme monsieur madame président présidente ministre presidente presidenta ministra ministro "
    "herr frau präsident präsidentin ministerin president statsminister президент министр г-н г-жа"
)


def hashtags(statement: Statement) -> list[str]:
    """At most three, without `#`, a capital for each word (CamelCase: screen readers read the words); most frequent first."""
    if primary(statement.language) not in _CASED:
        return []
    r = rules(statement.language)
    counted: Counter[str] = Counter()
    persons: set[str] = set()
    for passage in read(statement):
        if not passage.why:
            for words in (run.split() for run in _RUN.findall(passage.text)):
                counted.update(_names(words, r, persons))
                counted.update(_pairs(words, r))
    seen = {tag.casefold() for tag in statement.hashtags}
    found = [
        phrase
        for phrase, times in counted.most_common()
        if times >= (SAID if phrase[0].islower() else NAMED) and phrase not in persons
    ]
    tags = dict.fromkeys("".join(w[0].upper() + w[1:] for w in phrase.split()) for phrase in found)
    return [tag for tag in tags if len(tag) <= LONGEST and tag.casefold() not in seen][:MOST]


def _names(words: list[str], r: Rules, persons: set[str]) -> Iterator[str]:
    """Two to four words with capitals that stand together; whoever a title introduces is told to `persons`."""
    start = 0
    for end in range(len(words) + 1):
        if end < len(words) and words[end][0].isupper() and words[end].lower() not in r.stop:
            continue
        name = words[start:end]
        titles = [n for n, word in enumerate(name) if word.lower() in _BEFORE_A_PERSON]
        introduced = titles or (start and words[start - 1].lower() in _BEFORE_A_PERSON)
        if introduced:
            persons.add(" ".join(name[titles[-1] + 1 if titles else 0 :]))
        elif 2 <= len(name) <= 4 and r.language != "de":
            yield " ".join(name)
        start = end + 1


def _pairs(words: list[str], r: Rules) -> Iterator[str]:
    """Two words in small letters side by side, neither of which says nothing."""
    for a, b in pairwise(words):
        if a.islower() and b.islower() and min(len(a), len(b)) > 3 and not {a, b} & r.stop:
            yield f"{a} {b}"
