"""Whether one statement is a changed version of another: the typo fixed in a hurry is how second posts happen."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

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


def traits(statement: Statement) -> set[int]:
    """Numbers of which two statements share one whenever one is a version of the other: for finding it among many.

    Of its sentences so few, the least by their numbers, that one of them is among the other's few wherever the two
    have as many in common as makes them one.
    """
    of = statement.language
    known = [("title", statement.title.casefold()), ("url", statement.url)]
    known += [("source", statement.source if statement.source != "-" else "")]
    known += [("document", document) for document in _documents(statement)]
    said = sorted(_number(of, "sentence", s) for s in _sentences(statement.text, of))
    few = said[: int(len(said) - len(said) * SHARE + 1e-9) + 1]
    return {_number(of, kind, value) for kind, value in known if value or kind == "title"} | set(few)


def _number(*words: str) -> int:
    """As many bits as a database's integer has."""
    return int.from_bytes(sha256("\n".join(words).encode("utf-8", "replace")).digest()[:8], signed=True)


def _share(new: Statement, old: Statement) -> float:
    """The share of sentences they have in common, of the one that has more."""
    mine, theirs = _sentences(new.text, new.language), _sentences(old.text, old.language)
    return len(mine & theirs) / max(len(mine), len(theirs)) if mine and theirs else 0.0


@lru_cache(maxsize=8)
def _sentences(text: str, language: str) -> frozenset[str]:
    return frozenset(_plain(s.text) for s in sentences.split(text, language))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
