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
from publisher.summary.reading import furniture
from publisher.summary.words import Rules, listed, pattern

_STOPS = pattern(r"[.!。！۔।｡…][\"'”’»›“)\]}」』）】]*$|[.!…]\s»$")
_CUT = pattern(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])[\"'”’»)\]]*$")
_ASKS = pattern(r"[?؟？](?:[\"'”’»›“)\]}」』）】]|\s»)*$|[?؟？][”’»\"](?=\s)")
_ELLIPSIS = pattern(
    r"\b(?:did|does|do|has|have|had|is|are|was|were|can|could|will|would|should|must)(?: so| not)?[.!]$"
)
_HOW = pattern(
    r"(?:How|Why|Comment|Pourquoi|Cómo|Por qué)\b(?!,)(?!.*(?:matters?|depends?|important|est|es|is|are) )"
)
"""A heading with a full stop: "How design can help."."""
_BELOW = pattern(
    r"\b(?:above|below|ci-dess(?:ous|us)|más (?:abajo|arriba)|untenstehend\w*|obenstehend\w*|nedan|ovan|ниже|выше)(?= to\b|[.,;)]|$)"
    r"|\b(?:shown|listed|described|outlined|set out|mentioned) (?:above|below)\b"
)
_WHOLE = pattern(r"(?:unless|except)\b[^,]+, ")
"""A condition with what depends on it in the same sentence."""
_LABEL = pattern(r"[\"“]?(?:Q|A|[A-ZÀ-Þ][\w’.-]*(?: [A-ZÀ-Þ][\w’.-]*){0,3}|[A-ZÀ-Þ ]{3,30}):\s")
_LIST_MARK = pattern(r"(?:[•·▪‣◦●–—*-]|\(?(?:\d{1,3}|[a-z]|[ivx]{1,4})[.)])\s")
_WORD = pattern(r"\w+(?:[’'-]\w+)*")
_QUOTED = pattern(
    r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|»[^«»]*«|「[^「」]*」|『[^『』]*』|\"[^\"]*\"|”[^”]*”|(?<!\w)‘[^‘]*?’(?!\w)"
)
_MARKED = pattern('[“„«»「『”"‘]')
_NAME = pattern(
    r"(?<=\w )(?<![Tt]he )(?<![Ll][ae] )(?<![Dd](?:er|ie|as) )[A-ZÀ-ÞЀ-Я][\w’-]+"
    r"|(?<![Tt]he )\b(?!(?:The|La|Le|El|Die|Der|Das|In|At|On) )[A-ZÀ-ÞЀ-Я][\w’-]+ [A-ZÀ-ÞЀ-Я][\w’-]+|[ァ-ヺー]{3,}"
)
_DEMONSTRATIVES = listed(
    "this these such cette ces cet esta este estas estos diese dieser dieses dieses denna dessa это эта эти"
)
_ONE_NAME = pattern(
    r"^([A-ZÀ-Þ][a-zà-ÿ]{2,}) (?:was|is|has|had|said|says|told|joined|works?|became|wrote|will|can|and [A-ZÀ-Þ][a-zà-ÿ]+ (?:work|are|were|have))\b"
    r"|, ([A-ZÀ-Þ][a-zà-ÿ]{2,}) (?:said|says|told|spoke|wrote|explained|added|showed|asked|returned)\b"
    r"|(?:said|says|told|according to|selon|según|dijo) ([A-ZÀ-Þ][a-zà-ÿ]{2,})(?= *[,.;])"
)
_PLACES = r"(?:North|South|East|West|Northern|Southern|Eastern|Western|New|United|Great|Central|Upper|Lower|Saint|San|Los|The|In|Of|President|Minister|Prime|Secretary)\b"
_THIS = listed("this cette ce cet esta este denna detta")
_THIS_NAME = pattern(
    r"\b(?:[Tt]his|[Cc]ette|[Cc]et?|[Ee]st[ae]|[Dd]enna|[Dd]etta) ([A-ZÀ-Þ][\w’-]{2,})\b(?![ -][A-ZÀ-Þ])"
)
_OF = pattern(r"(?:of|for|on|against|de|du|des|sur|pour|para|sobre|om|för|contre|contra)\b")
_SUBJECT = pattern(r"(?!(?:The|This|It|There|What|That|Who) )[A-Z][\w’-]+ (?:was|is|has|had|said|says) ")
_PLACE = pattern(r"[Tt]he (?:[A-Z][\w’-]+ ?)+")
_FOOTNOTE = pattern(r"(?<![mk])[¹²³⁰⁴-⁹]|\[\d{1,3}\]|[†‡]")
_NAMES_LIST = pattern(
    r"(?:(?:[Tt]he |[Ll][ae]s? |[Ll]’)?[A-ZÀ-ÞЀ-Я][^,;.()]{2,40}, (?:and |und |et |y |и |och )?){8,}"
)
_RUN_TOGETHER = pattern(
    r"[a-zà-ÿ]{3}(?:In|The|We|This|It|At|For|On|And|But)\b|[a-zà-ÿ]{3}\.[A-ZÀ-Þ][a-zà-ÿ]+ "
)
_SHARE = pattern(
    r"\W*\d[\d.,]*\s?(?:%|per ?cent|percent|pour cent|por ciento|prozent|procent)\s"
    r"(?!of\b|de\b|des\b|d[’']|del\b|der\b|av\b|von\b|all[ae]r\b|[^\W\d_]*(?:of|de|der|av) )"
)
"""A share of whom or of what another sentence tells: "76 per cent say …"."""
_HONORIFIC = pattern(
    r"\b(?:Mr|Mrs|Ms|Mme|Sr|Sra|Hr|Frau|Herr|Monsieur|Madame|M|Dr)\.? ([A-ZÀ-Þ][\w’-]+)(?! [A-ZÀ-Þ])|(?:г-н|г-жа|господин|госпожа) ([А-Я]\w+)"
)
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
MIN_CHARACTERS, MIN_WORDS, MIN_WIDE = 25, 4, 10
"""The least a sentence must be; `MIN_WIDE` characters where words are not parted by spaces."""


Bond = Literal["", "after", "day"]
"""What would let a sentence stand all the same: its neighbour before it, or the day it was issued on."""
UNBOUND: Bond = ""


def judge(text: str, r: Rules) -> tuple[str, Bond]:
    """Why `text`, one sentence of the statement proper, may not stand alone ("" when it may), and its bond."""
    for n, rule in enumerate(_RULES):
        if why := rule(text, r):
            bond = _BONDS.get(rule, "")
            return why, bond if bond and not any(other(text, r) for other in _RULES[n + 1 :]) else ""
    return "", ""


def _fragment(text: str, r: Rules) -> str:
    words = _WORD.findall(text)
    if (r.spaced and (len(text) < MIN_CHARACTERS or len(words) < MIN_WORDS)) or len(text) < MIN_WIDE:
        return "is too short to say anything by itself"
    if text[0].islower():
        return "begins in mid-sentence"
    if text.endswith((":", "：")):
        return "announces what follows it"
    if _CUT.search(text):
        return "breaks off"
    if _ASKS.search(text):
        return "asks a question"
    lower, known = text.lower(), danger(r.language)
    if known.lists.match(lower) or _BELOW.search(lower):
        return "points at what follows it"
    if known.half.match(lower) and not known.other.search(lower):
        return "tells one half of what has another"
    if _HOW.match(text):
        return "is no full sentence"
    if r.spaced and len(words) < 12 and _ELLIPSIS.search(text):
        return "leaves out what another sentence says"
    return "" if _STOPS.search(text) else "is no full sentence"


def _page(text: str, r: Rules) -> str:
    if furniture(text, r.language):
        return VISITOR
    if speaks_to_you(text, r.language):
        return "speaks to one reader"
    if page(r.language).older.search(text.lower()):
        return OLDER
    if _ABOUT.match(text.lower()) or (not r.spaced and _ABOUT_WIDE.search(text)):
        return "describes the organisation, not the news"
    if _LABEL.match(text) and len(text.split(":")[0]) < 40:
        return "begins with a label"
    names = _NAMES_LIST.search(text) if text.count(", ") > 7 else None
    if names and len(names[0]) > len(text) * 0.4:
        return "is mostly a list of names"
    if _RUN_TOGETHER.search(text):
        return "is two sentences run together"
    return "carries a footnote mark" if _FOOTNOTE.search(text) or _LIST_MARK.match(text) else ""


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


def _quotation(text: str, r: Rules) -> str:
    if not balanced(text):
        return "opens or closes a quotation or a bracket that it does not hold whole"
    spans = [found.span() for found in _QUOTED.finditer(text)] if _MARKED.search(text) else []
    if not spans:
        return ""
    longest = max(text[a:b].count(" ") for a, b in spans) if r.spaced else max(b - a for a, b in spans) // 3
    outside = _without(text, spans)
    says = r.says.search(outside.lower())
    whole = [text[a:b] for a, b in spans if a == 0 or text[:a].rstrip()[-1:] in ":："]
    if longest >= 4 and not says and any(not _is_title(w) for w in whole):
        return "quotes without saying whom"
    if longest >= 4 and len(_WORD.findall(outside)) <= 2:
        return "quotes without saying whom"
    unnamed = r.person.search(outside.lower()) or re.search(r"\bthey\b", outside.lower())
    if longest >= 4 and says and unnamed and not _NAME.search(outside):
        return "quotes a speaker whom another sentence names"
    return ""


def _is_title(quoted: str) -> bool:
    """Whether what stands in quotation marks is the name of a work rather than somebody's words."""
    words = [w for w in _WORD.findall(quoted) if len(w) > 3]
    return bool(words) and sum(w[0].isupper() for w in words) * 10 >= len(words) * 8


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for a, b in spans:
        pieces.append(text[end:a])
        end = b
    return " ".join((*pieces, text[end:]))


def _leaning(text: str, r: Rules) -> str:
    lower = text.lower()
    found = r.leans.match(lower) or danger(r.language).back.match(lower)
    if found and not _WHOLE.match(lower):
        word = text[: found.end()].strip(' \t"“«„‘¿¡,')
        return f"begins with “{word}”, which leans on the sentence before"
    if found := _SHARE.match(lower):
        return f"begins with “{text[: found.end()].strip()}”, which leans on the sentence that says of whom or what"
    outside = _outside(lower)
    for found in r.points.finditer(outside):
        if not _answered(outside, found):
            return f"says “{found[0].strip()}”, which points outside the sentence"
    found = r.person.search(lower)
    if found and not _SUBJECT.match(text) and not _NAME.search(_PLACE.sub("the ", text[: found.start()])):
        return f"says “{found[0]}” of somebody whom another sentence names"
    return ""


def _answered(text: str, found: re.Match[str]) -> bool:
    """Whether a "this" or "these" means something said before it in the same sentence."""
    before, after = text[: found.start()], _WORD.match(text, found.end() + 1)
    if found[0] not in _DEMONSTRATIVES or len(_WORD.findall(before)) < 6:
        return False
    if re.search(r"[,;:—–](?: and| but| so| et| y| und| och| и)?\s*$", before):
        return True
    if not after or len(after[0]) < 4:
        return False
    return re.search(rf"\b{re.escape(after[0][:5])}", before) is not None


def _outside(text: str) -> str:
    if not _MARKED.search(text):
        return text
    return _without(text, [found.span() for found in _QUOTED.finditer(text)])


def _day(text: str, r: Rules) -> str:
    day = relative_day(text, r)
    return f"says “{day}”, which is true only on the day it was issued" if day else ""


_DATED = pattern(r"[ ,]{0,3}(?:(?:the|le|den|der|dem|el|de) )?\(?(?:\d|[^\W\d_]{3,10} \d)|年")


def relative_day(text: str, r: Rules) -> str:
    """The word that makes the sentence true only near its day, as it stands there; a weekday with its date is none."""
    lower = _outside(text.lower())
    found = r.day.search(lower)
    if not found:
        for weekday in r.weekday.finditer(lower):
            around = lower[max(0, weekday.start() - 14) : weekday.start()]
            if not _DATED.match(lower, weekday.end()) and not re.search(
                r"\d[^.]{0,12}$|every $|each $", around
            ):
                found = weekday
                break
    if not found:
        return ""
    at = text.lower().find(found[0])
    return text[at : at + len(found[0])]


def _first_person(text: str, r: Rules) -> str:
    found = r.i.search(_outside(text.lower()))
    return f"says “{found[0].strip()}” without saying who speaks" if found else ""


_RULES: tuple[Callable[[str, Rules], str], ...] = (
    _fragment,
    _page,
    _quotation,
    _leaning,
    _first_person,
    _day,
)
_BONDS: dict[Callable[[str, Rules], str], Bond] = {_leaning: "after", _day: "day"}


def short_name(text: str, body: str, title: str) -> str:
    """A person named by the surname alone whom another sentence of `body` introduces; empty when there is none."""
    for found in _HONORIFIC.finditer(text):
        name = found[1] or found[2]
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


def bare_name(text: str, before: str, title: str, r: Rules) -> str:
    """A person named by one name alone whom `before`, the statement up to there, gives two; empty when there is none.

    Only where the one name opens the sentence or says something, since "Sudan" is no short form of "South Sudan".
    """
    if r.language not in ("en", "fr", "es"):
        return ""
    for found in _ONE_NAME.finditer(text):
        name = found[1] or found[2] or found[3]
        if name.lower() in r.stop or name in title:
            continue
        if re.search(
            rf"\b(?!{_PLACES})[A-ZÀ-Þ][a-zà-ÿ]+ (?:[A-Z]\. )?{name}\b|\b{name} (?:[A-Z]\. )?[A-ZÀ-Þ][a-zà-ÿ]+\b",
            before,
        ) and not re.search(rf"\b(?:[Tt]he|[Ll]a|[Ll]e|[Ee]l) (?:[A-ZÀ-Þ]\w+ )?{name}\b", before):
            return name
    return ""


def headed(text: str, title: str, before: str, r: Rules) -> bool:
    """Whether `text` leans on nothing but what `title`, right above it, names: "This Declaration …".

    The word is a name in both, and `before`, the statement up to there, speaks of no other thing of that name.
    German writes every noun like a name, so that there it tells nothing.
    """
    found = _THIS_NAME.search(text) if r.language != "de" else None
    if not found or not _one_of_its_name(found[1], title, before):
        return False
    return judge(re.sub(rf"\b[^\W\d_]+ (?={re.escape(found[1])}\b)", _the, text), r) == ("", UNBOUND)


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


def quotations(text: str) -> list[str]:
    """What stands in quotation marks in `text`, without the marks."""
    return [found[0][1:-1] for found in _QUOTED.finditer(text)]
