"""Faults: what speaks against a sentence without forbidding it, and what each fault costs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from publisher.statement import Statement
from publisher.summary import named
from publisher.summary.danger import danger
from publisher.summary.words import Rules, listed, pattern

if TYPE_CHECKING:
    from publisher.summary.choice import Read

ACRONYM, DEFINITE, NAMED, CLAIMED = 0.35, 0.25, 0.6, 0.6
"""What is taken off the score of a sentence that uses an acronym, a thing, a paper or a name which another
introduces, or that hands on somebody's claim."""

_ACRONYM = pattern(r"[A-Z](?<!\w[A-Z])[A-Za-z]?[A-Z]{1,6}s?\b")
_INTRODUCED = pattern(r"\(\W?([A-Z][A-Za-z]?[A-Z]{1,6})\W?\)")
_KNOWN = listed(
    "UN EU US UK USA NATO NGO NGOs AI IT PDF TV COVID HIV AIDS GDP CEO UNESCO UNICEF WHO OSCE G7 G20 ONU UE OTAN"
)
_THING = pattern(r"\b(?:an?|une?|una|un|eine?n?|ett|en) (?:[\w’-]+ ){0,3}?([^\W\d_]{4,})\b")
_COUNT = pattern(
    r"the (?:two|three|four|five|six|seven|eight|nine|ten)\b|(?:les|die|los|las|de) (?:deux|trois|zwei|drei|dos|tres|två|tre)\b",
    re.I,
)
_THE = pattern(
    r"(?:the|les?|la|el|l[oa]s|der|die|das|de)(?: (?:two|three|four|five|six|seven|eight|nine|ten|deux|trois|zwei|drei|dos|tres|två|tre))? ([^\W\d_]{4,})",
    re.IGNORECASE,
)


class Introduced:
    """Where a statement, whose text is `body`, introduces its acronyms (all places) and its things (the first: "a panel")."""

    def __init__(self, proper: Sequence[Read], body: str, r: Rules) -> None:
        self.body, self.rules = body, r
        self.acronyms: dict[str, set[int]] = {}
        self.things: dict[str, int] = {}
        for n, sentence in enumerate(proper):
            for acronym in _INTRODUCED.findall(sentence.text):
                self.acronyms.setdefault(acronym, set()).add(n)
            for thing in _THING.findall(sentence.text):
                self.things.setdefault(thing.lower(), n)


def faults(
    n: int, statement: Statement, proper: Sequence[Read], introduced: Introduced
) -> Iterator[tuple[float, str]]:
    """What speaks against the sentence `n` without forbidding it: (what it costs, why)."""
    text, title = proper[n].text, statement.title
    for acronym in sorted({a for a in _ACRONYM.findall(text) if a not in _KNOWN and a not in title}):
        if n not in introduced.acronyms.get(acronym, {n}):
            yield ACRONYM, f"“{acronym}” is explained elsewhere"
            break
    found = _THE.match(text)
    thing = found[1].lower() if found else ""
    if (
        found
        and thing not in title.lower()
        and (_COUNT.match(found[0]) or introduced.things.get(thing, n) < n)
    ):
        yield DEFINITE, f"“{found[0]}” is introduced elsewhere"
    before = introduced.body[: proper[n].start]
    if name := named.bare_name(proper[n].said, before, title, introduced.rules):
        yield NAMED, f"it names “{name}”, whom another sentence introduces"
    if n and (paper := named.PAPER.match(text)) and paper[1].lower() not in title.lower():
        yield NAMED, f"“{paper[0]}” is introduced elsewhere"
    if proper[n].said.has(danger(statement.language).claims):
        yield CLAIMED, "it hands on a claim"
