"""Whether one statement is a changed version of another: the typo fixed in a hurry is how second posts happen."""

from __future__ import annotations

from functools import lru_cache

from publisher.statement import Statement
from publisher.summary import sentences

SHARE = 0.8
"""Share of equal sentences from which two recent statements count as one."""


def is_version_of(new: Statement, old: Statement, *, recent: bool) -> bool:
    """Same language, and the same page, title, source file or document; or, if `recent`, mostly the same sentences."""
    if new.language != old.language:
        return False
    if (new.url and new.url == old.url) or new.title.casefold() == old.title.casefold():
        return True
    if new.source and new.source == old.source and new.source != "-":
        return True
    if _documents(new) & _documents(old):
        return True
    return recent and _share(new, old) >= SHARE


def _documents(statement: Statement) -> set[str]:
    return {m.digest or m.url for m in statement.documents}


def _share(new: Statement, old: Statement) -> float:
    """The share of sentences they have in common, of the one that has more; 0 where it is surely below `SHARE`."""
    mine = _sentences(new.text, new.language)
    # Of so many, one stands in the other if enough do; to look for them is quicker than to cut it into sentences.
    some, whole = sorted(mine)[: int(len(mine) - len(mine) * SHARE + 1e-9) + 1], _plain(old.text)
    if not any(sentence in whole for sentence in some):
        return 0.0
    theirs = _sentences(old.text, old.language)
    return len(mine & theirs) / max(len(mine), len(theirs)) if theirs else 0.0


@lru_cache(maxsize=4)
def _sentences(text: str, language: str) -> frozenset[str]:
    return frozenset(_plain(s.text) for s in sentences.split(text, language))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
