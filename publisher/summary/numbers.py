"""Numbers, dates and links as values, so that "1.2 million" and "1 200 000" are one, in ten languages."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from publisher.summary.words import pattern

_MONTHS = (
    "january jan janvier janv enero ene januar jänner januari января январь янв يناير جنوری 一月",
    "february feb février févr febrero februar februari февраля февраль февр فبراير فروری 二月",
    "march mar mars marzo märz марта март مارس مارچ 三月",
    "april apr avril avr abril abr апреля апрель апр أبريل ابريل اپریل 四月",
    "may mai mayo maj мая май مايو مئی 五月",
    "june jun juin junio juni июня июнь يونيو جون 六月",
    "july jul juillet juil julio juli июля июль يوليو جولائی 七月",
    "august aug août agosto ago augusti августа август авг أغسطس اغسطس اگست 八月",
    "september sep sept septembre septiembre сентября сентябрь сент سبتمبر ستمبر 九月",
    "october oct octobre octubre oktober okt октября октябрь окт أكتوبر اكتوبر اکتوبر 十月",
    "november nov novembre noviembre ноября ноябрь نوفمبر نومبر 十一月",
    "december dec décembre déc diciembre dic dezember dez декабря декабрь дек ديسمبر دسمبر 十二月",
)
_CARDINALS: dict[str, str] = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
    "fr": "- deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "es": "- dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "de": "- zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "sv": "- två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton",
    "ru": "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать",
    "ar": "واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "ur": "- دو تین چار پانچ چھ سات آٹھ نو دس",
}
_TENS: dict[str, str] = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "fr": "vingt trente quarante cinquante soixante - - - cent",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert",
    "sv": "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio hundra",
    "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто сто",
}
_SCALES = {
    "thousand": 3, "mille": 3, "mil": 3, "tausend": 3, "tusen": 3, "тыс": 3, "тысяч": 3, "тысячи": 3, "ألف": 3, "آلاف": 3, "ہزار": 3, "千": 3, "万": 4, "萬": 4,
    "million": 6, "millions": 6, "m": 6, "mn": 6, "millón": 6, "millones": 6, "millionen": 6, "mio": 6, "miljon": 6, "miljoner": 6, "млн": 6, "миллион": 6,
    "миллиона": 6, "миллионов": 6, "مليون": 6, "ملايين": 6, "لاکھ": 5, "کروڑ": 7, "百万": 6, "亿": 8, "億": 8, "billion": 9, "billions": 9, "bn": 9, "milliard": 9,
    "milliards": 9, "milliarden": 9, "milliarde": 9, "mrd": 9, "miljard": 9, "miljarder": 9, "млрд": 9, "миллиардов": 9, "миллиарда": 9, "مليار": 9, "ارب": 9,
    "trillion": 12, "billionen": 12, "трлн": 12, "兆": 12,
}  # fmt: skip
_NUMBER = pattern(r"\d+(?:[.,'’\u00a0\u202f٫٬ ]\d+)*")
_SCALE = pattern(r"[\s\u00a0\u202f-]?([^\W\d_]+)")
URL = r"(?:https?://|www\.)[^\s<>\"“”«»]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
"""A web or mail address, perhaps with the punctuation after it."""
_URL = pattern(URL)
_LONE = pattern(r"\bmay\b|\bmars\b|\bmar\b|\bago\b|\bdec\b|\bjan\b")


def links(text: str) -> list[str]:
    """Web and mail addresses, without the punctuation of the sentence they stand in."""
    return [found.rstrip(".,;:!?…)]}’'") for found in _URL.findall(text)]


def values(text: str, language: str) -> dict[str, set[float]]:
    """Each number (but the word "one") as it is written (in lower case), with the values it may have: "1.200" is 1200 or 1.2."""
    text = _digits(text).lower()
    found: dict[str, set[float]] = {}
    for match in _NUMBER.finditer(text):
        scale = _SCALE.match(text, match.end())
        power = _SCALES.get(scale[1], 0) if scale else 0
        whole = match[0] + (scale[0] if scale and power else "")
        found[whole] = {n * 10**power for n in _readings(match[0])}
    words = _spelled(language)
    for joined in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", text):
        known = [words[w] for w in joined.split("-") if w in words]
        if known and len(known) == 1 + joined.count("-") and known != [1]:
            found.setdefault(joined, set()).add(sum(known))
    return found


def _readings(number: str) -> set[float]:
    """What digits with separators may mean; a space or an apostrophe only ever parts thousands."""
    parts = re.split(r"[.,'’\u00a0\u202f٫٬ ]", number)
    marks = re.findall(r"[.,'’\u00a0\u202f٫٬ ]", number)
    readings: set[float] = set()
    if all(len(p) == 3 for p in parts[1:]) and len(parts[0]) <= 3:
        readings.add(float("".join(parts)))
    if marks and marks[-1] in ".,٫" and marks.count(marks[-1]) == 1:
        readings.add(float("".join(parts[:-1]) + "." + parts[-1]))
    if not marks:
        readings.add(float(number))
    return readings or {float(p) for p in parts}


def months(text: str) -> set[int]:
    """The months (1 to 12) that `text` names; words that are also something else count beside a number only."""
    lower = _digits(text).lower()
    known = _month_names()
    found = {known[w] for w in re.findall(r"[^\W\d_]+", lower) if w in known and not _LONE.fullmatch(w)}
    return found | {m for _, m in dates(text)}


def dates(text: str) -> set[tuple[int, int]]:
    """Day and month as pairs: (24, 12) for "24 December", "December 24th", "12月24日"."""
    lower = _digits(text).lower()
    known = _month_names()
    pairs = set()
    for a, b in re.findall(r"\b(\d{1,2})(?:st|nd|rd|th|er|º|-го)?\.?\s(?:of |de |من )?([^\W\d_]+)", lower):
        if b in known:
            pairs.add((int(a), known[b]))
    for a, b in re.findall(r"([^\W\d_]+)\.?\s(\d{1,2})(?:st|nd|rd|th)?\b(?!\s?[:%])", lower):
        if a in known:
            pairs.add((int(b), known[a]))
    pairs.update((int(d), int(m)) for m, d in re.findall(r"(\d{1,2})月(\d{1,2})日", lower))
    pairs.update((int(d), int(m)) for m, d in re.findall(r"\b\d{4}-(\d\d)-(\d\d)", lower))
    return {(d, m) for d, m in pairs if 1 <= d <= 31 and 1 <= m <= 12}


def _digits(text: str) -> str:
    """Digits of every script as ASCII ones."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and c.isdecimal() else c for c in text
    )


@cache
def _month_names() -> dict[str, int]:
    return {name: n for n, names in enumerate(_MONTHS, 1) for name in names.split()}


@cache
def _spelled(language: str) -> dict[str, float]:
    """The number words of a language."""
    words = {w: float(n) for n, w in enumerate(_CARDINALS.get(language, "").split(), 1) if w != "-"}
    tens = {w: float(n * 10) for n, w in enumerate(_TENS.get(language, "").split(), 2) if w != "-"}
    return words | tens
