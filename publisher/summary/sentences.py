"""Sentences: a text as verbatim slices, by rules for the scripts official statements come in.

English, French, Spanish, German, Swedish, Russian, Arabic, Urdu, Chinese and Japanese; other languages in
the same scripts get the common rules. Every character that is no white space lies in exactly one sentence.
Where a rule is in doubt it does not split: a sentence too long is left out later, half a sentence would
be published.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from publisher.summary.words import listed, pattern

# Followed by a digit or a Roman numeral these are abbreviations; elsewhere they are words that may end a sentence.
_NUMBERED = listed(
    "no nos nr nrs nº n° núm núms num art arts arg abs ziff para paras par p pp s fig figs sec ch chap kap vol bd "
    "annex rule res resp ref abb tab anm pkt pág págs pag apdo cap lám chiff st ст п пп гл разд рис табл"
)
_MONTHS = listed(
    "jan feb mar apr jun jul aug sep sept oct nov dec janv févr avr juil déc ene abr ago okt dez mai maj янв февр "
    "апр авг сент окт нояб дек"
)
# Never the end of a sentence: something always follows.
_TITLES = listed(
    "mr mrs ms messrs dr prof gen sen rep gov hon rev lt col sgt capt cmdr brig amb pres supt e.g i.e cf vs viz approx "
    "ca mt ft mme mlle mm me mgr sr sra sres sras srta dra dr d dña d.ª ud uds lic ing p.ej p.ex hr fr frl z.b "
    "d.h u.a i.d.r u.u s.g sog bzw vgl evtl ggf inkl zzgl exkl einschl ehem t.ex bl.a s.k f.d fr.o.m t.o.m "
    "dvs kl tel т.е т.к т.н им ул пл просп акад проф доц напр ср см тел стр нач гр ген дир зам пред د أ م ص ق "
    "env av bd boul incl ee мин макс"
)
# These may end a sentence; the word after decides.
_SOFT = listed(
    "inc ltd co corp plc jr sr bros dept etc al a.m p.m u.s u.k u.n u.s.a d.c e.u usw u.v.m usf m.m osv m.fl s.a "
    "s.l ee.uu uu ph.d b.sc m.a ag gmbh ave blvd est ed eds repr mio mrd mill min т.д т.п др пр г гг в вв руб коп "
    "тыс чел a.c d.c n.chr v.chr n.e"
)
_SHORT = _NUMBERED | _MONTHS | _TITLES | _SOFT
_STARTERS: dict[str, str] = {
    "en": "the this these those it its we our they their he she his her in on at as for with by from to an a but and "
    "however all there such after before under since while when if both during despite following over i you that no "
    "many most some each every one two what who how why not also although because among between members officials",
    "fr": "le la les l' un une des ce cette ces cet il elle ils elles nous notre nos on en dans au aux pour par sur "
    "selon avec depuis après avant cela mais et toutefois cependant si lors de du d' leur leurs vous je",
    "es": "el la los las un una unos unas este esta estos estas ese esa en con por para según desde tras es se su sus "
    "nosotros nuestro nuestra pero y sin además no al lo ella él ellos esto si como hoy",
    "de": "der die das den dem des ein eine einen einem einer dies diese dieser dieses es er sie wir ich ihr unser unsere "
    "in im am an auf bei mit nach seit für von zum zur aus aber und doch auch wenn so alle damit dabei dazu darüber "
    "deutschland beide durch gegen trotz während",
    "sv": "den det de en ett detta denna dessa vi vår våra han hon dem i på av för med från till under efter enligt men "
    "och också även om när som alla sverige regeringen genom utan sedan dessutom",
    "ru": "в во на по с со к ко из за от до о об при для это эта этот эти мы наш наши они он она оно но и а также однако "
    "если когда после перед как все кроме между такое такие такой согласно россия",
}

_BLANK = r"[^\S\n]"
_CLOSE = "\"'”’»›)\\]}」』）】》〉］"
_MARK = r"[¹²³⁴-⁹⁰*†‡]"
_END = pattern(
    rf"""(?P<stop>[.!?…]+|[。！？｡؟۔।‼⁇⁈⁉]+)
    (?P<close>(?:[{_CLOSE}]|[\u00a0\u202f\u0020](?=[»])|(?:(?<=[.!?…])|(?<=[“«]))[“«](?=\s|$))*)
    (?P<note>(?:{_MARK}+|\[\d{{1,3}}\]|(?<=[^\W\d_]{{3}}\.)\d{{1,2}}(?=\s+[^\W\d_]|\s*$))*(?:[,\s]?{_MARK})*)""",
    re.VERBOSE,
)
_STOP = pattern("[.!?…。！？｡؟۔।‼⁇⁈⁉]+")
_PARAGRAPH = pattern(rf"\n{_BLANK}*(?:\n\s*|(?=[•·▪‣◦●–—*-]\s|\d{{1,2}}[.)]\s|\([a-z0-9]\)\s))")
_TOKEN = pattern(r"[\s(\[{«“\"'‘’„—–]")
_NEXT = pattern(r"[\s\"'“”‘’«»„‚›‹(\[{¿¡「『（【《*_]*")
_WORD = pattern(r"[^\W\d_]+(?:['’](?=\w))?")
_LISTED = pattern(r"\(?(?:\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5}|[а-яА-Я])(?:\.\d{1,2})*")
_ROMAN = pattern(r"[IVXLC]+\b|\d")
_SPEAKS = pattern(
    r"(?:[A-ZÀ-Þ][\w’'-]*\.?\s+){1,5}(?:said|says|added|told|warned|asked|stated|declared|stressed|noted|concluded)\b"
)
_CJK_SPEAKS = pattern(r"[^。！？，、「」“”]{0,14}(?:说|說|表示|指出|称|稱|强调|強調|道)")
_KANA = pattern(r"[ぁ-ゖ]")
_URDU_VERBS = (
    "ہے",
    "ہیں",
    "تھا",
    "تھی",
    "تھے",
    "گا",
    "گی",
    "گے",
    "گئے",
    "گئی",
    "گیا",
    "کیا",
    "دیا",
    "ہو",
    "ہوں",
    "کریں",
    "چاہئیے",
    "چاہیے",
    "رہے",
)
_WIDE = frozenset("。！？｡")


class Sentence(NamedTuple):
    """`text` is `source[start:end]`, without white space around it."""

    text: str
    start: int
    end: int


class _Mark(NamedTuple):
    """What may end a sentence, at `text[start:end]`; `closed`: with a quotation mark or bracket behind it."""

    stop: str
    start: int
    end: int
    closed: bool = False


def split(text: str, language: str = "en") -> list[Sentence]:
    """The sentences of `text` in order, as verbatim slices; `language` is a BCP 47 tag. Never raises."""
    found: list[Sentence] = []
    start = 0
    for end in (*_breaks(text, language.lower().replace("_", "-").split("-")[0]), len(text)):
        piece = text[start:end]
        bare = piece.strip()
        if bare:
            first = start + len(piece) - len(piece.lstrip())
            found.append(Sentence(bare, first, first + len(bare)))
        start = end
    return found


def _breaks(text: str, language: str) -> Iterator[int]:
    start = 0
    for paragraph in _PARAGRAPH.finditer(text):
        yield from _within(text, start, paragraph.start(), language)
        yield paragraph.start()
        start = paragraph.end()
    yield from _within(text, start, len(text), language)


def _within(text: str, start: int, stop: int, language: str) -> Iterator[int]:
    """The breaks inside one paragraph; `begin` is where the sentence being read began."""
    begin = start
    for found in _STOP.finditer(text, start, stop):
        at = found.end()
        if at >= stop:
            return
        if found[0] == "." and text[at].isalpha():  # inside a name, an abbreviation or an address
            continue
        mark: _Mark | None = _Mark(found[0], found.start(), at)
        if not _plain(text, at):
            mark = _marked(text, found.start(), stop)
        if mark and mark.end < stop and _ends(text, begin, mark, stop, language):
            begin = mark.end
            yield begin


def _plain(text: str, end: int) -> bool:
    """Whether nothing but a space stands between a mark that ends at `end` and the next word."""
    return text[end] == " " and text[end + 1 : end + 2].isalpha()


def _marked(text: str, start: int, stop: int) -> _Mark | None:
    """The mark at `start` with the quotation marks, brackets and footnote marks that belong to it."""
    found = _END.match(text, start, stop)
    return _Mark(found["stop"], start, found.end(), bool(found["close"])) if found else None


def _ends(text: str, begin: int, found: _Mark, stop: int, language: str) -> bool:
    mark, end = found.stop, found.end
    wide = mark[0] in _WIDE
    if not wide and not text[end].isspace():
        return mark[0] in "۔؟" and text[begin : found.start].endswith(_URDU_VERBS)
    after = None if _plain(text, end) else _NEXT.match(text, end, stop)
    at = after.end() if after else end + 1
    if at >= stop:
        return not text[end:stop].strip()
    if _inside_brackets(text, begin, found.start, end):
        return False
    if found.closed and _goes_on(text, at, wide):
        return False
    if wide or mark[0] in "؟۔।":
        return not (wide and mark == "。" and text[end] in "）」』")
    following = text[at]
    if following in "—–-":
        after = _WORD.search(text, at, stop)
        following = after[0][0] if after else following
    if following.islower() or following in ",;:":
        return False
    return mark != "." or found.closed or _full_stop(text, begin, found.start, at, language)


def _goes_on(text: str, at: int, wide: bool) -> bool:
    """Whether what follows a closed quotation belongs to its sentence: "… !" said the minister."""
    if wide:
        return bool(_KANA.match(text, at) or _CJK_SPEAKS.match(text, at))
    return bool(_SPEAKS.match(text, at))


def _inside_brackets(text: str, begin: int, stop: int, end: int) -> bool:
    """A bracket opened in mid-sentence and closed soon: what stands in it is no sentence of its own."""
    opened = max(
        text.rfind("(", begin + 1, stop), text.rfind("[", begin + 1, stop), text.rfind("（", begin, stop)
    )
    if opened <= begin or text[begin:opened].isspace():
        return False
    closing = {"(": ")", "[": "]", "（": "）"}[text[opened]]
    return closing not in text[opened:end] and closing in text[end : end + 300].split("\n\n", 1)[0]


def _full_stop(text: str, begin: int, stop: int, at: int, language: str) -> bool:
    """Whether the single "." at `stop` ends a sentence, the next word beginning at `at`."""
    space = text.rfind(" ", begin, stop)
    last = text[space + 1 : stop]
    if len(last) > 2 and last.isalpha() and last.lower() not in _SHORT and text[begin:space].strip():
        return True  # a word like any other
    token = _token(text, begin, stop)
    word = token.lower()
    if not text[begin : stop - len(token)].strip() and _LISTED.fullmatch(token):
        return False
    if not any(c.isalnum() for c in token):
        return True
    if token[-1].isdigit():
        return not (language in ("de", "da", "nb", "no", "fi") and _ordinal(token, text, at, language))
    if word in _NUMBERED and not (word == "s" and language != "de"):
        if _ROMAN.match(text, at):
            return False
        return word in ("no", "st", "par", "s", "p", "res", "п") or _starts(text, at, language)
    if word in _MONTHS and word not in ("mai", "maj", "mar"):
        return not text[at].isdigit() and _starts(text, at, language)
    return _word_ends(token, word, text, begin, at, language)


def _word_ends(token: str, word: str, text: str, begin: int, at: int, language: str) -> bool:
    if word == "г":  # a year ends a sentence, but hardly one that it opens: «В 2024 г. Правительство …»
        return at - begin > 24 if text[at - 4].isdigit() or text[at - 5].isdigit() else False
    if language == "fr" and token in ("M", "MM"):
        return False
    if word in _SOFT:
        if word in ("etc", "usw", "osv", "т.д", "т.п", "г", "гг", "м.м"):
            return True
        return _starts(text, at, language)
    if word in _TITLES:
        return False
    if len(token) == 1 and token.islower() and text[at - 4 : at - 3].isdigit():
        return True
    if len(token) == 1:
        spelled = text[max(begin, at - 6) : at]
        return (token.islower() and "т." in spelled) or (token.isalpha() and _starts(text, at, language))
    if "." in token and "@" not in token and "/" not in token and all(len(p) <= 2 for p in token.split(".")):
        return _starts(text, at, language)
    return True


def _token(text: str, begin: int, stop: int) -> str:
    token = _TOKEN.split(text[max(begin, stop - 40) : stop])[-1]
    if len(token) <= 2:  # spaced abbreviations are one: z. B., p. ej., т. д., EE. UU.
        spaced = re.search(
            r"(?<![\w.])(\w{1,2})\.[\s\u00a0\u202f](\w{1,2})$", text[max(begin, stop - 9) : stop]
        )
        joined = f"{spaced[1]}.{spaced[2]}" if spaced else ""
        if joined.lower() in _TITLES or joined.lower() in _SOFT:
            return joined
    return token


def _ordinal(token: str, text: str, at: int, language: str) -> bool:
    """German and its neighbours write ordinals with a stop: "am 3. Oktober", "im 21. Jahrhundert"."""
    return len(token) <= 2 and not _starts(text, at, language)


def _starts(text: str, at: int, language: str) -> bool:
    """Whether the word at `at` is one that opens sentences rather than continues a name."""
    found = _WORD.match(text, at)
    return bool(found) and found[0].lower().replace("’", "'") in _starters(language)  # type: ignore[index]


@cache
def _starters(language: str) -> frozenset[str]:
    return frozenset(_STARTERS.get(language, _STARTERS["en"]).split())
