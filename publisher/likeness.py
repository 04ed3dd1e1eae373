"""Whether one statement is a changed version of another: the typo fixed in a hurry is how second posts happen."""

from __future__ import annotations

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
    """The share of sentences they have in common, of the one that has more."""
    mine, theirs = (
        {" ".join(s.text.casefold().split()) for s in sentences.split(st.text, st.language)}
        for st in (new, old)
    )
    return len(mine & theirs) / max(len(mine), len(theirs)) if mine and theirs else 0.0
