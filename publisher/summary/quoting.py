"""Quoting: what of a sentence stands in quotation marks, and whether it says whose words they are."""

from __future__ import annotations

import re

from publisher.summary.said import Said, quoted, without
from publisher.summary.words import Rules, pattern

_PAIRED = pattern('[()[\\]「」『』（）«»【】„“”"‘]')
WORD = pattern(r"\w+(?:[’'-]\w+)*")
"""A word with the parts that an apostrophe or a hyphen joins to it."""
NAME = pattern(
    r"(?<=\w )(?<![Tt]he )(?<![Ll][ae] )(?<![Dd](?:er|ie|as) )[A-ZÀ-ÞЀ-Я][\w’-]+"
    r"|(?<![Tt]he )\b(?!(?:The|La|Le|El|Die|Der|Das|In|At|On) )[A-ZÀ-ÞЀ-Я][\w’-]+ [A-ZÀ-ÞЀ-Я][\w’-]+|[ァ-ヺー]{3,}"
)

MIN_QUOTED = 4
"""Words from which on what is quoted is more than a name or a label."""


def balanced(text: str) -> bool:
    """Whether each quotation mark and bracket in `text` has its partner."""
    if any(text.count(a) != text.count(b) for a, b in ("()", "[]", "「」", "『』", "（）", "«»", "【】")):
        return False
    german = text.count("„")
    opened, closed = text.count("“"), text.count("”")
    if german:
        return opened + closed == german
    if opened == 0 and closed:  # Swedish and Finnish close as they open
        return closed % 2 == 0
    if opened != closed or text.count('"') % 2:
        return False
    if "‘" not in text:
        return True
    return len(re.findall(r"(?<!\w)‘(?=[^\W\d])", text)) <= len(re.findall(r"(?<=[\w.,!?…])’(?!\w)", text))


def unattributed(said: Said, r: Rules) -> str:
    """Why it may not stand alone for what it quotes; "" when it may."""
    text = said.text
    if not _PAIRED.search(text):
        return ""
    if not balanced(text):
        return "opens or closes a quotation or a bracket that it does not hold whole"
    spans = quoted(text) if said.quoted else []
    if not spans:
        return ""
    longest = max(text[a:b].count(" ") for a, b in spans) if r.spaced else max(b - a for a, b in spans) // 3
    around = without(text, spans)
    says = r.says.pattern.search(around.lower())
    whole = [text[a:b] for a, b in spans if a == 0 or text[:a].rstrip()[-1:] in ":："]
    if longest >= 4 and not says and any(not _is_title(w) for w in whole):
        return "quotes without saying whom"
    if longest >= 4 and len(WORD.findall(around)) <= 2:
        return "quotes without saying whom"
    unnamed = r.person.pattern.search(around.lower()) or re.search(r"\bthey\b", around.lower())
    if longest >= 4 and says and unnamed and not NAME.search(around):
        return "quotes a speaker whom another sentence names"
    return ""


def _is_title(quoted: str) -> bool:
    """Whether what stands in quotation marks is the name of a work rather than somebody's words."""
    words = [w for w in WORD.findall(quoted) if len(w) > 3]
    return bool(words) and sum(w[0].isupper() for w in words) * 10 >= len(words) * 8


def whole(text: str) -> bool:
    """Whether all of `text` is somebody's words: one quotation of more than a name or a label."""
    spans = quoted(text.strip())
    return spans == [(0, len(text.strip()))] and len(text.split()) >= MIN_QUOTED


def quotations(text: str) -> list[str]:
    """What stands in quotation marks in `text`, without the marks."""
    return [text[a + 1 : b - 1] for a, b in quoted(text)]
