"""The office's own words: what needs no source in a statement is taken out of a text before it is checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from publisher.summary import numbers

_LETTER = r"[0-9A-Za-zÀ-ɏЀ-ӿ]"
"""In scripts that part words by spaces."""
_NONE = frozenset({"", "http://", "https://"})
_LINK, _WHOLE_LINK, _ON = (
    re.compile(numbers.URL),
    re.compile(r"https?://\S+"),
    re.compile(r"[^\s<>\"]*"),
)
_LETTERS = re.compile(_LETTER + "{2}")


def without(text: str, own: Iterable[str]) -> str:
    """`text` without the office's own words, as whole words; of a link only a whole one, or one that goes on.

    They are a hundred, other ones for each statement, and to make a pattern of so many takes longer than all else
    that is done to a statement.
    """
    kept, at, link = list[str](), 0, _LINK.search(text)
    # Where several begin, the longest goes; what stands within a link is no word.
    for start, _, end in sorted(
        (start, -len(word), end) for word in own if word not in _NONE for start, end in _spans(text, word)
    ):
        while link and link.start() < start:
            if link.start() >= at:
                kept.append(text[at : link.end()])
                at = link.end()
            link = _LINK.search(text, at)
        if start >= at:
            kept += [text[at:start], " "]
            at = end
    return "".join([*kept, text[at:]])


def _spans(text: str, word: str) -> Iterator[tuple[int, int]]:
    """Where `text` has a word as a whole; a link with what it goes on with."""
    is_link = _WHOLE_LINK.fullmatch(word)
    start = -1
    while (start := text.find(word, start + 1)) >= 0:
        end = start + len(word)
        if is_link:
            yield start, _ON.match(text, end).end()  # type: ignore[union-attr]  # it matches nothing at least
        elif not (_within(text, start) or _within(text, end)):
            yield start, end


def _within(text: str, at: int) -> bool:
    """Whether a place is within a word, in a script that parts words by spaces."""
    return at > 0 and bool(_LETTERS.match(text, at - 1))
