"""Openings: which words a sentence must have, or begin with, for a word list to match in it.

To search a sentence for a list of a hundred alternatives costs a hundred times what it costs to compare a few
letters of its words; most sentences have no word that any of them needs. The lists are regular expressions of
a simple kind: letters, groups, classes, repetitions and assertions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LETTERS, FEW = 6, 4
"""Letters of a word that are compared, and the few that are where a list has any after them."""
_MOST = 500
"""Ways to match a list, beyond which no more is told apart."""
_COMMON = frozenset(
    (
        "the",
        "this",
        "that",
        "these",
        "our",
        "your",
        "more",
        "will",
        "with",
        "from",
        "have",
        "been",
        "also",
        "for",
        "are",
    )
)
"""Words that most texts have: another of the same way to match tells more."""

_PIECE = re.compile(
    r"\(\?(?:<?[=!]|:|P<\w+>)|[(|]|\)(?:[?*+]|\{[\d,]*\})?|(?:\\.|\[(?:\\.|[^\]\\])+\]|[^()|])(?:[?*+]|\{[\d,]*\})?"
)
_GAP, _ANY = " ", "*"
"""What stands between words, and for whatever a class may stand for."""


def keys(words: Iterable[str]) -> frozenset[str]:
    """What `words`, in lower case, are known by in `openings` and `needs`."""
    return frozenset([*[w[:LETTERS] for w in words], *[w[:FEW] for w in words]])


def openings(alternatives: str, *, whole: bool) -> frozenset[str] | None:
    """One of these is a key of the first word of whatever matches; None where that may be any word.

    `whole`: a match ends at the end of a word.
    """
    return _keys([words[:1] for words in _ways(alternatives, whole)])


def needs(alternatives: str, *, whole: bool) -> frozenset[str] | None:
    """One of these is a key of a word of whatever matches, of the longest that each way to match must have."""
    return _keys(_ways(alternatives, whole))


def _ways(alternatives: str, whole: bool) -> list[list[str]]:
    """The words of each way to match; what may go on ends with `_ANY`."""
    end = _GAP if whole else _ANY
    return [(way + end).split() or [_ANY] for way in _branches(iter(_PIECE.findall(alternatives)))[0]]


def _keys(ways: Iterable[list[str]]) -> frozenset[str] | None:
    found: set[str] = set()
    for words in ways:
        key = max(map(_key, words), key=lambda k: len(k) - 2 * (k in _COMMON))
        if not key:
            return None
        found.add(key)
    return frozenset(found)


def _key(word: str) -> str:
    """What a word is known by that begins as `word` does; "" where that is too little to tell."""
    letters, going, _ = word.partition(_ANY)
    if going and len(letters) < LETTERS:
        return letters[:FEW] if len(letters) >= FEW else ""
    return letters[:LETTERS]


def _branches(pieces: Iterator[str]) -> tuple[set[str], str]:
    """The ways to match up to the bracket that closes the group, and that bracket."""
    every: set[str] = set()
    now = {""}
    for piece in pieces:
        if piece == "|":
            every |= now
            now = {""}
        elif piece[0] == ")":
            return every | now, piece
        elif piece[0] == "(" and len(piece) != 2:
            inner, closing = _branches(pieces)
            if piece[-1] not in "=!":
                now = _then(now, inner, closing[1:2])
        elif piece[0] not in "^$":
            now = _then(now, {_letter(piece)}, piece[-1] if len(piece) > 1 and piece[-1] in "?*+}" else "")
    return every | now, ""


def _letter(piece: str) -> str:
    """The letter that a piece of one character stands for; a class may stand for any, punctuation parts words."""
    if piece[0] == "\\":
        return _ANY if piece[1] in "wSdD" else _GAP
    if piece[0] == "[":
        return _GAP if not any(c.isalnum() or c in "^\\" for c in piece) else _ANY
    return _ANY if piece[0] == "." else piece[0] if piece[0].isalnum() else _GAP


def _then(begun: set[str], after: set[str], repeated: str) -> set[str]:
    """`begun`, each going on with each of `after`, which may be `repeated`."""
    if repeated in ("*", "+", "}"):
        after = {a if a == _GAP else a + _ANY for a in after}
    if repeated in ("?", "*", "}"):
        after = after | {""}
    if len(begun) * len(after) > _MOST:
        after = {_ANY}
    return {b + a for b in begun for a in after}
