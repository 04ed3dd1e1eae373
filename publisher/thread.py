"""Threads: a text parted at its sentences into posts that each fit. Pure; knows no channel and no template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from publisher.errors import SettingsError, StatementError
from publisher.summary import Candidate
from publisher.summary.sentences import split

U = TypeVar("U")

Fits = Callable[[int, int, Sequence[U]], bool]
"""Whether the nth of so many posts (from 1) may carry these."""

_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")
_TRIES = 20


def asked(given: Any, default: bool, where: str) -> bool | tuple[str, ...]:
    """Whether a thread is asked for, or the posts of the author's own. Raises StatementError naming `where`."""
    if given is None:
        return default
    if (yes := said(given)) is not None:
        return yes
    if isinstance(given, list | tuple) and given and all(isinstance(p, str) and p.strip() for p in given):
        return tuple(given)
    raise StatementError(f"{where} must be true, false, or the list of the posts' texts")


def said(given: Any) -> bool | None:
    """What a front-matter value says that is yes or no (front matter is read as text); None for any other."""
    if isinstance(given, str) and given.strip().lower() in (*_YES, *_NO):
        return given.strip().lower() in _YES
    return given if isinstance(given, bool) else None


def pack(units: Sequence[U], fits: Fits[U]) -> tuple[list[list[U]], list[U]]:
    """`units` in their order, in each post as many as fit: (the posts, the units that fit in none).

    The first post may be empty: what it carries besides may leave no room. How many posts there are is part
    of what must fit (a marker such as 9/10), so it is tried until it comes true.
    """
    of, gone = 2, list[U]()
    for _ in range(len(units) + _TRIES):
        posts, left = _packed(units, of, fits)
        if len(posts) == of or len(posts) < 2:
            return posts, [*gone, *left]
        if (
            len(posts) < of
        ):  # what fits in none of so many would fit again in one of fewer, and so on for ever
            units, gone = [unit for post in posts for unit in post], [*gone, *left]
        of = len(posts)
    raise SettingsError("the template of the thread's markers never comes to a number of posts")


def _packed(units: Sequence[U], of: int, fits: Fits[U]) -> tuple[list[list[U]], list[U]]:
    posts: list[list[U]] = [[]]
    left: list[U] = []
    for unit in units:
        if fits(len(posts), of, [*posts[-1], unit]):
            posts[-1].append(unit)
        elif fits(len(posts) + 1, of, [unit]):
            posts.append([unit])
        else:
            left.append(unit)
    return posts, left


def grouped(chosen: Sequence[Candidate]) -> list[list[Candidate]]:
    """Sentences of which each leans on the one before it, together: a reader may see one post alone."""
    groups: list[list[Candidate]] = []
    for candidate in chosen:
        if groups and candidate.after is not None and candidate.after == groups[-1][-1].order:
            groups[-1].append(candidate)
        else:
            groups.append([candidate])
    return groups


def sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Where each sentence of a person's own text starts and ends."""
    return [(s.start, s.end) for s in split(text, language)]


def passage(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Consecutive sentences of `text` with what stands between them, line breaks included."""
    return text[spans[0][0] : spans[-1][1]] if spans else ""
