"""Standing alone: whether one sentence of a statement may be read in public without its neighbours.

Verbatim is not yet faithful: a sentence taken from its place may lose whom it speaks of, who speaks, when it
was true, or the "but" that followed. Each rule answers with the reason a person is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from publisher.summary.danger import danger, speaks_to_you
from publisher.summary.furniture import page
from publisher.summary.quoting import NAME, WORD, unattributed
from publisher.summary.reading import furniture
from publisher.summary.said import Said
from publisher.summary.words import Listed, Rules, listed, pattern

_CLOSING = "\"'”’»›“)]}」』）】"
_STOPS = tuple(".!。！۔।｡…")
_ASKS = pattern(r"[?؟？](?:[\"'”’»›“)\]}」』）】]|\s»)*$|[?؟？][”’»\"](?=\s)")
_QUESTION = pattern("[?؟？]")
_ELLIPSIS = pattern(
    r"\b(?:did|does|do|has|have|had|is|are|was|were|can|could|will|would|should|must)(?: so| not)?[.!]$"
)
_HOW = pattern(
    r"(?:How|Why|Comment|Pourquoi|Cómo|Por qué)\b(?!,)(?!.*(?:matters?|depends?|important|est|es|is|are) )"
)
"""A heading with a full stop: "How design can help."."""
_BELOW = Listed(
    r"\b",
    r"(?:above|below|ci-dess(?:ous|us)|más (?:abajo|arriba)|untenstehend\w*|obenstehend\w*|nedan|ovan|ниже|выше)(?= to\b|[.,;)]|$)"
    r"|(?:shown|listed|described|outlined|set out|mentioned) (?:above|below)\b",
)
_WHOLE = pattern(r"(?:unless|except)\b[^,]+, ")
"""A condition with what depends on it in the same sentence."""
_LABEL = pattern(r"[\"“]?(?:Q|A|[A-ZÀ-Þ][\w’.-]*(?: [A-ZÀ-Þ][\w’.-]*){0,3}|[A-ZÀ-Þ ]{3,30}):\s")
_LIST_MARK = pattern(r"(?:[•·▪‣◦●–—*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s")
_DEMONSTRATIVES = listed(
    "this these such cette ces cet esta este estas estos diese dieser dieses dieses denna dessa это эта эти"
)
_SUBJECT = pattern(r"(?!(?:The|This|It|There|What|That|Who) )[A-Z][\w’-]+ (?:was|is|has|had|said|says) ")
_PLACE = pattern(r"[Tt]he (?:[A-Z][\w’-]+ ?)+")
_FOOTNOTE = pattern(r"[¹²³⁰⁴-⁹†‡[](?:(?<![mk][¹²³⁰⁴-⁹])(?<!\[)|(?<=\[)\d{1,3}\])")
_NAMES_LIST = pattern(
    r"(?:(?:[Tt]he |[Ll][ae]s? |[Ll]’)?[A-ZÀ-ÞЀ-Я][^,;.()]{2,40}, (?:and |und |et |y |и |och )?){8,}"
)
_RUN_TOGETHER = pattern(
    r"In(?<=[a-zà-ÿ]{3}In)\b|The(?<=[a-zà-ÿ]{3}The)\b|We(?<=[a-zà-ÿ]{3}We)\b|This(?<=[a-zà-ÿ]{3}This)\b"
    r"|It(?<=[a-zà-ÿ]{3}It)\b|At(?<=[a-zà-ÿ]{3}At)\b|For(?<=[a-zà-ÿ]{3}For)\b|On(?<=[a-zà-ÿ]{3}On)\b"
    r"|And(?<=[a-zà-ÿ]{3}And)\b|But(?<=[a-zà-ÿ]{3}But)\b|\.(?<=[a-zà-ÿ]{3}\.)[A-ZÀ-Þ][a-zà-ÿ]+ "
)
"""Begun with a literal each, so that most of a sentence is passed over at once."""
_SHARE = pattern(
    r"\W*\d[\d.,]*\s?(?:%|per ?cent|percent|pour cent|por ciento|prozent|procent)\s"
    r"(?!of\b|de\b|des\b|d[’']|del\b|der\b|av\b|von\b|all[ae]r\b|[^\W\d_]*(?:of|de|der|av) )"
)
"""A share of whom or of what another sentence tells: "76 per cent say …"."""
_ABOUT = pattern(
    r"^(?:the |la |le |l[’']|die |der |das |el )?[^.,]{3,90}?(?:\([^)]{2,15}\))?,? (?:is|are|est|es|ist|är) (?:an?|the|une?|la|le|una|ein|eine|en|ett) "
    r"(?:[\w’-]+ ){0,4}?(?:group|coalition|partnership|alliance|organi[sz]ation|agency|network|association|body|forum|institution|non-?profit|charity|think tank"
    r"|groupe|alliance|réseau|organisme|grupo|coalición|alianza|red|organización|gruppe|bündnis|netzwerk|verband|organisation|koalition|nätverk|grupp)\b"
)
_ABOUT_WIDE = pattern(
    r"是(?:一个|由).{0,30}(?:组织|联盟|机构|集团)|は.{0,40}(?:組織|連合|団体|機関)(?:です|である)"
)

VISITOR = "speaks to the page's visitor"
OLDER = "speaks of an earlier version or of first figures"
MIN_CHARACTERS, MIN_WORDS, MIN_WIDE, MIN_ELLIPTIC = 25, 4, 10, 12
"""The least a sentence must be; `MIN_WIDE` characters where words are not parted by spaces, `MIN_ELLIPTIC` words
where its verb says only that it does."""


Bond = Literal["", "after", "day"]
"""What would let a sentence stand all the same: its neighbour before it, or the day it was issued on."""
UNBOUND: Bond = ""


def judge(said: Said, r: Rules) -> tuple[str, Bond]:
    """Why one sentence of the statement proper may not stand alone ("" when it may), and its bond."""
    for n, rule in enumerate(_RULES):
        if why := rule(said, r):
            bond = _BONDS.get(rule, "")
            return why, bond if bond and not any(other(said, r) for other in _RULES[n + 1 :]) else ""
    return "", ""


def _fragment(said: Said, r: Rules) -> str:
    text = said.text
    words = MIN_ELLIPTIC if text.count(" ") > MIN_ELLIPTIC * 2 else len(WORD.findall(text))
    if (r.spaced and (len(text) < MIN_CHARACTERS or words < MIN_WORDS)) or len(text) < MIN_WIDE:
        return "is too short to say anything by itself"
    if text[0].islower():
        return "begins in mid-sentence"
    if text.endswith((":", "：")):
        return "announces what follows it"
    ended = text.rstrip(_CLOSING)
    if ended.endswith(("...", "…")):
        return "breaks off"
    if _QUESTION.search(text) and _ASKS.search(text):
        return "asks a question"
    known = danger(r.language)
    if said.opens(known.lists) or said.has(_BELOW):
        return "points at what follows it"
    if said.opens(known.half) and not known.other.search(said.lower):
        return "tells one half of what has another"
    if _HOW.match(text):
        return "is no full sentence"
    if r.spaced and words < MIN_ELLIPTIC and _ELLIPSIS.search(text):
        return "leaves out what another sentence says"
    stops = ended.endswith(_STOPS) or (text.endswith("»") and text[:-1].rstrip().endswith((".", "!", "…")))
    return "" if stops else "is no full sentence"


def _page(said: Said, r: Rules) -> str:
    text = said.text
    if furniture(said, r.language):
        return VISITOR
    if speaks_to_you(said, r.language):
        return "speaks to one reader"
    if said.has(page(r.language).older):
        return OLDER
    if _ABOUT.match(said.lower) or (not r.spaced and _ABOUT_WIDE.search(text)):
        return "describes the organisation, not the news"
    if ":" in text and _LABEL.match(text) and len(text.split(":")[0]) < 40:
        return "begins with a label"
    names = _NAMES_LIST.search(text) if text.count(", ") > 7 else None
    if names and len(names[0]) > len(text) * 0.4:
        return "is mostly a list of names"
    if _RUN_TOGETHER.search(text):
        return "is two sentences run together"
    return "carries a footnote mark" if _FOOTNOTE.search(text) or _LIST_MARK.match(text) else ""


def _leaning(said: Said, r: Rules) -> str:
    text, lower = said.text, said.lower
    found = said.opens(r.leans) or said.opens(danger(r.language).back)
    if found and not _WHOLE.match(lower):
        word = text[: found.end()].strip(' \t"“«„‘¿¡,')
        return f"begins with “{word}”, which leans on the sentence before"
    if found := _SHARE.match(lower):
        return f"begins with “{text[: found.end()].strip()}”, which leans on the sentence that says of whom or what"
    around = said.outside
    for found in r.points.pattern.finditer(around) if said.may(r.points) else ():
        if not _answered(around, found):
            return f"says “{found[0].strip()}”, which points outside the sentence"
    found = said.has(r.person)
    if found and not _SUBJECT.match(text) and not NAME.search(_PLACE.sub("the ", text[: found.start()])):
        return f"says “{found[0]}” of somebody whom another sentence names"
    return ""


def _answered(text: str, found: re.Match[str]) -> bool:
    """Whether a "this" or "these" means something said before it in the same sentence."""
    if found[0] not in _DEMONSTRATIVES:
        return False
    before, after = text[: found.start()], WORD.match(text, found.end() + 1)
    if len(WORD.findall(before)) < 6:
        return False
    if re.search(r"[,;:—–](?: and| but| so| et| y| und| och| и)?\s*$", before):
        return True
    if not after or len(after[0]) < 4:
        return False
    return re.search(rf"\b{re.escape(after[0][:5])}", before) is not None


def _day(said: Said, r: Rules) -> str:
    day = relative_day(said, r)
    return f"says “{day}”, which is true only on the day it was issued" if day else ""


_DATED = pattern(r"[ ,]{0,3}(?:(?:the|le|den|der|dem|el|de) )?\(?(?:\d|[^\W\d_]{3,10} \d)|年")
_EACH = pattern(r"\d[^.]{0,12}$|every $|each $")


def relative_day(said: Said, r: Rules) -> str:
    """The word that makes the sentence true only near its day, as it stands there; a weekday with its date is none."""
    if not (said.may(r.day) or said.may(r.weekday)):
        return ""
    around = said.outside
    found = r.day.pattern.search(around) if said.may(r.day) else None
    if not found and said.may(r.weekday):
        for weekday in r.weekday.pattern.finditer(around):
            before = around[max(0, weekday.start() - 14) : weekday.start()]
            if not _DATED.match(around, weekday.end()) and not _EACH.search(before):
                found = weekday
                break
    if not found:
        return ""
    at = said.lower.find(found[0])
    return said.text[at : at + len(found[0])]


def _first_person(said: Said, r: Rules) -> str:
    found = r.i.pattern.search(said.outside) if said.may(r.i) else None
    return f"says “{found[0].strip()}” without saying who speaks" if found else ""


_RULES: tuple[Callable[[Said, Rules], str], ...] = (
    _fragment,
    _page,
    unattributed,
    _leaning,
    _first_person,
    _day,
)
_BONDS: dict[Callable[[Said, Rules], str], Bond] = {_leaning: "after", _day: "day"}
