"""Scores: how much of a statement one of its sentences says.

A linear model of four features, each between 0 and 1: how early the sentence stands, how near it is to the
centroid of the whole (cosine of word counts), how much of the title it repeats, and whether it is long
enough to say something. The weights were fitted once to summaries that editors wrote by hand.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from publisher.summary.said import Said, words_of
from publisher.summary.words import Rules

EARLY, CENTRAL, TITLED, LONG = 1.5, 2.0, 1.0, 0.5
_FULL_LENGTH = 18
"""Words from which on a sentence is long enough."""
_EARLY = 4
"""Sentences in which being early loses two thirds of its worth."""
_STEM = 6
"""Letters of a word that count: a stemmer for every language at once."""


class Features(NamedTuple):
    """Of one sentence, each from 0 to 1."""

    early: float
    central: float
    titled: float
    long: float

    @property
    def score(self) -> float:
        return EARLY * self.early + CENTRAL * self.central + TITLED * self.titled + LONG * self.long


def terms(text: str, r: Rules) -> list[str]:
    """The words of `text` that say something, shortened to a stem; pairs of characters where no spaces part words."""
    return _terms(words_of(text), r)


def _terms(found: Sequence[str], r: Rules) -> list[str]:
    if r.spaced:
        return [w[:_STEM] for w in found if w not in r.stop and (len(w) > 2 or w.isdigit())]
    joined = [c for w in found for c in ((w,) if w.isascii() else (w[i : i + 2] for i in range(len(w) - 1)))]
    return [w for w in joined if w not in r.stop]


def features(sentences: Sequence[Said], title: str, r: Rules) -> list[Features]:
    """The features of each sentence among all `sentences` of the statement proper."""
    said = [_terms(sentence.words, r) for sentence in sentences]
    whole = Counter(chain.from_iterable(said))
    bags = [Counter(words) for words in said]
    headline = set(terms(title, r))
    norm = _norm(whole)
    return [
        Features(
            early=math.exp(-i / _EARLY),
            central=sum(map(whole.__getitem__, words)) / (_norm(its) * norm) if words else 0.0,
            titled=len(headline & its.keys()) / len(headline) if headline else 0.0,
            long=min(
                1.0, (len(sentence.text.split()) if r.spaced else len(sentence.text) / 2) / _FULL_LENGTH
            ),
        )
        for i, (sentence, words, its) in enumerate(zip(sentences, said, bags, strict=True))
    ]


def _norm(bag: Counter[str]) -> float:
    return math.sqrt(sum(n * n for n in bag.values())) or 1.0
