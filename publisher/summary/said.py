"""Said: a sentence as the rules look at it, each view of it made once for all of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from publisher.summary.openings import keys
from publisher.summary.words import Listed, pattern

_WORDS = pattern(r"[^\W_]+")
_QUOTED = pattern(
    r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|»[^«»]*«|「[^「」]*」|『[^『』]*』|\"[^\"]*\"|”[^”]*”|(?<!\w)‘[^‘]*?’(?!\w)"
)
_MARKED = pattern('[“„«»「『”"‘]')


def words_of(text: str) -> list[str]:
    """The words of `text` in lower case; what an apostrophe or a hyphen joins is parted."""
    return _WORDS.findall(text.lower())


class Said:
    """`lower` is the text in lower case, `words` its words, `outside` what of `lower` stands in no quotation marks."""

    __slots__ = ("_keys", "_opens", "lower", "outside", "quoted", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = text.lower()
        self.words: Sequence[str] = _WORDS.findall(self.lower)
        self.quoted = _MARKED.search(text) is not None
        self.outside = without(self.lower, quoted(self.lower)) if self.quoted else self.lower
        self._keys = keys(self.words)
        self._opens = keys(self.words[:1])

    def may(self, listed: Listed) -> bool:
        """Whether it has a word that a match of the list needs."""
        needs = listed.needs
        return needs is None or not needs.isdisjoint(self._keys)

    def has(self, listed: Listed) -> re.Match[str] | None:
        """The first match of the list."""
        return listed.pattern.search(self.lower) if self.may(listed) else None

    def opens(self, listed: Listed) -> re.Match[str] | None:
        """The match of the list at its beginning."""
        starts = listed.starts
        if starts is not None and starts.isdisjoint(self._opens):
            return None
        return listed.pattern.match(self.lower)


def quoted(text: str) -> list[tuple[int, int]]:
    """Where in `text` quotations stand, with their marks."""
    return [found.span() for found in _QUOTED.finditer(text)]


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` with a space in place of each of `spans`."""
    pieces, end = [], 0
    for a, b in spans:
        pieces.append(text[end:a])
        end = b
    return " ".join((*pieces, text[end:]))
