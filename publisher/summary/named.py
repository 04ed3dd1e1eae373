"""Named: whether a sentence names somebody, or something, by words that only another sentence explains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.summary.alone import UNBOUND, judge
from publisher.summary.said import Said
from publisher.summary.words import Listed, Rules, listed, pattern

_OPENS = pattern(
    r"([A-ZÀ-Þ][a-zà-ÿ]{2,}) (?:was|is|has|had|said|says|told|joined|works?|became|wrote|will|can|and [A-ZÀ-Þ][a-zà-ÿ]+ (?:work|are|were|have))\b"
)
_SPEAKS = pattern(
    r", ([A-ZÀ-Þ][a-zà-ÿ]{2,}) (?:said|says|told|spoke|wrote|explained|added|showed|asked|returned)\b"
    r"|(?:said|says|told|according to|selon|según|dijo) ([A-ZÀ-Þ][a-zà-ÿ]{2,})(?= *[,.;])"
)
_SAYS = Listed(
    "", "said|says|told|spoke|wrote|explained|added|showed|asked|returned|according|selon|según|dijo"
)
_PLACES = r"(?:North|South|East|West|Northern|Southern|Eastern|Western|New|United|Great|Central|Upper|Lower|Saint|San|Los|The|In|Of|President|Minister|Prime|Secretary)\b"
_THIS = listed("this cette ce cet esta este denna detta")
_THIS_NAME = pattern(
    r"\b(?:[Tt]his|[Cc]ette|[Cc]et?|[Ee]st[ae]|[Dd]enna|[Dd]etta) ([A-ZÀ-Þ][\w’-]{2,})\b(?![ -][A-ZÀ-Þ])"
)
_OF = pattern(r"(?:of|for|on|against|de|du|des|sur|pour|para|sobre|om|för|contre|contra)\b")
_HONORIFIC = pattern(
    r"M(?<!\wM)(?:rs?|s|me|onsieur|adame)?\.? (?P<m>[A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])"
    r"|S(?<!\wS)ra?\.? (?P<s>[A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])"
    r"|H(?<!\wH)(?:r|err)\.? (?P<h>[A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])"
    r"|F(?<!\wF)rau (?P<f>[A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])"
    r"|D(?<!\wD)r\.? (?P<d>[A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])"
    r"|г-(?:н|жа) (?P<g>[А-Я]\w+)|госпо(?:дин|жа) (?P<p>[А-Я]\w+)"
)
"""Begun with a literal each, so that most of a sentence is passed over at once."""


def short_name(text: str, body: str, title: str) -> str:
    """A person named by the surname alone whom another sentence of `body` introduces; empty when there is none."""
    for found in _HONORIFIC.finditer(text):
        name = found[found.lastgroup or 0]
        if name not in title and re.search(
            rf"(?<![.!?] )\b[A-ZÀ-ÞА-Я][\w’-]+ {re.escape(name)}\b", body.replace(found[0], "")
        ):
            return found[0]
    return ""


PAPER = pattern(
    r"The (report|study|survey|paper|article|post|document|letter|meeting|event|incident|program(?:me)?|panel|team|group|measure|bill|law|proposal"
    r"|plan|move|attack|decision|app|guide|webinar|project|agency|tool|site|website|course|podcast)\b(?! (?:of|on|for|in|by|to|that|which|from|at)\b)"
)
"""A thing that only its introduction tells from others of its kind."""


def bare_name(said: Said, before: str, title: str, r: Rules) -> str:
    """A person named by one name alone whom `before`, the statement up to there, gives two; empty when there is none.

    Only where the one name opens the sentence or says something, since "Sudan" is no short form of "South Sudan".
    """
    if r.language not in ("en", "fr", "es"):
        return ""
    for name in _single(said):
        if name.lower() in r.stop or name in title:
            continue
        if re.search(
            rf"\b(?!{_PLACES})[A-ZÀ-Þ][a-zà-ÿ]+ (?:[A-Z]\. )?{name}\b|\b{name} (?:[A-Z]\. )?[A-ZÀ-Þ][a-zà-ÿ]+\b",
            before,
        ) and not re.search(rf"\b(?:[Tt]he|[Ll]a|[Ll]e|[Ee]l) (?:[A-ZÀ-Þ]\w+ )?{name}\b", before):
            return name
    return ""


def _single(said: Said) -> Iterator[str]:
    """Names of one word that open the sentence or say something."""
    if found := _OPENS.match(said.text):
        yield found[1]
    if said.may(_SAYS):
        yield from (found[1] or found[2] for found in _SPEAKS.finditer(said.text))


def headed(text: str, title: str, before: str, r: Rules) -> bool:
    """Whether `text` leans on nothing but what `title`, right above it, names: "This Declaration …".

    The word is a name in both, and `before`, the statement up to there, speaks of no other thing of that name.
    German writes every noun like a name, so that there it tells nothing.
    """
    found = _THIS_NAME.search(text) if r.language != "de" else None
    if not found or not _one_of_its_name(found[1], title, before):
        return False
    named = re.sub(rf"\b[^\W\d_]+ (?={re.escape(found[1])}\b)", _the, text)
    return judge(Said(named), r) == ("", UNBOUND)


def _the(found: re.Match[str]) -> str:
    if found[0].strip().lower() not in _THIS:
        return found[0]
    return "The " if found[0][0].isupper() else "the "


def _one_of_its_name(name: str, title: str, before: str) -> bool:
    named = re.compile(
        rf"(?:([^\W\d_][\w’'-]*) )?\b{re.escape(name)}\b(?:\s((?:[^\W\d_]+\s){{0,2}}[^\W\d_]+))?"
    )
    ours = [found[2] or "" for found in named.finditer(title)]
    if len(ours) != 1:
        return False
    for found in named.finditer(before):
        epithet, of = found[1] or "", _OF.match(found[2] or "")
        if epithet[:1].isupper() and epithet.lower() not in _THIS | {"the", "la", "our"}:
            return False
        if of and not ours[0].startswith(found[2]):
            return False
    return True
