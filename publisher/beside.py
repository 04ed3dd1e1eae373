"""Beside: an old and a new text next to each other, with the words that changed marked. Pure.

`[-gone-]` and `{+new+}` mark words in plain text, `<del>` and `<ins>` on a page.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markupsafe import Markup

# A script without blanks between words is compared sign by sign.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"\n|[^\S\n]+|[{_UNSPACED}]|[^\s{_UNSPACED}]+")


class Run(NamedTuple):
    """Some words of a text, and whether the other text has others (or none) in their place."""

    text: str
    changed: bool


def runs(old: str, new: str) -> tuple[list[Run], list[Run]]:
    """Both texts cut into runs, so that each one's runs joined are the text."""
    one, other = _WORD.findall(old), _WORD.findall(new)
    left: list[Run] = []
    right: list[Run] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        _add(left, "".join(one[a:b]), kind != "equal")
        _add(right, "".join(other[c:d]), kind != "equal")
    return left, right


def _add(found: list[Run], text: str, changed: bool) -> None:
    if text:
        found.append(Run(text, changed))


def difference(old: str, new: str) -> str:
    """The two texts as one, word by word: `[-old-]` where words are gone, `{+new+}` where they are new."""
    one, other = _WORD.findall(old), _WORD.findall(new)
    told: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, fresh = "".join(one[a:b]), "".join(other[c:d])
        if kind == "equal":
            told.append(gone)
        else:
            told += [f"[-{gone}-]"] if gone else []
            told += ["{+" + fresh + "+}"] if fresh else []
    return "".join(told)


# ---------------------------------------------------------------- on a terminal


def columns(old: str, new: str, width: int, heads: tuple[str, str] = ("old", "new")) -> list[str]:
    """Both texts side by side in lines of at most `width` cells, those that are the same at the same height."""
    half = max(16, (width - 5) // 2)
    lines = [_row(heads[0], heads[1], half), _row("─" * half, "─" * half, half)]
    for left, right in _blocks(old.split("\n"), new.split("\n")):
        before, after = runs("\n".join(left), "\n".join(right))
        pairs = zip_longest(
            _wrapped(before, "[-", "-]", half), _wrapped(after, "{+", "+}", half), fillvalue=""
        )
        lines += [_row(a, b, half) for a, b in pairs]
    return lines


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Lines that belong beside each other: one by one where they are equal."""
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (([line], [line]) for line in old[a:b])
        else:
            yield old[a:b], new[c:d]


def _wrapped(found: Sequence[Run], start: str, end: str, width: int) -> list[str]:
    """Runs as lines of at most `width` cells; a run that goes on in the next line is marked there again."""
    lines, line, marked = [], "", False

    def broken() -> None:
        nonlocal line, marked
        lines.append((line + end if marked else line).rstrip())
        line, marked = "", False

    for text, changed in found:
        for word in _WORD.findall(text):
            if word == "\n":
                broken()
                continue
            for whole in _pieces(word, width - len(start) - len(end)):
                piece = whole
                room = width - cells(line) - (len(end) if marked or changed else 0)
                if cells(piece) + (len(start) if changed and not marked else 0) > room and line:
                    broken()
                    piece = piece.lstrip()
                if changed and not marked and piece:
                    line, marked = line + start, True
                line += piece
        if marked:
            line, marked = line + end, False
    if line:
        broken()
    return lines or [""]


def _pieces(word: str, width: int) -> Iterator[str]:
    """A word that is longer than a line, in pieces."""
    while cells(word) > width:
        at = next(n for n in range(1, len(word) + 1) if cells(word[: n + 1]) > width)
        yield word[:at]
        word = word[at:]
    yield word


def _row(left: str, right: str, half: int) -> str:
    return f"{left}{' ' * (half - cells(left))} │ {right}".rstrip()


def cells(text: str) -> int:
    """How many cells of a terminal a text takes."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


# ---------------------------------------------------------------- on a page


def marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Both texts as HTML, what changed in `<del>` and `<ins>`."""
    from markupsafe import Markup, escape

    def made(found: Sequence[Run], element: str) -> Markup:
        tag = Markup("<{0}>{1}</{0}>")
        return Markup("").join(
            tag.format(Markup(element), text) if changed else escape(text)  # noqa: S704 (our own two words)
            for text, changed in found
        )

    before, after = runs(old, new)
    return made(before, "del"), made(after, "ins")
