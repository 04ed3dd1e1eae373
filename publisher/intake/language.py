"""Which language a text is in, by its script and its commonest words. Fourteen languages, no models.

For a statement that declares none: a wrong guess costs more than none, so a close vote is undecided.
"""

from __future__ import annotations

import re
from collections import Counter

_SCRIPTS = {
    "arabic": re.compile("[\u0600-\u06ff]"),
    "cyrillic": re.compile("[\u0400-\u04ff]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "han": re.compile("[\u4e00-\u9fff]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}
_URDU = re.compile("[ٹڈڑںےہھ]")
_PERSIAN_OR_URDU = re.compile("[پچژگکی]")
_UKRAINIAN = re.compile("[іїєґўјњћџ]", re.I)
_RUSSIAN = re.compile("[ыэё]", re.I)

_WORDS = {
    "en": "the of and to in that is for with on as by are was this be have has it from which will an at not its",
    "fr": "le la les des de du et en un une que qui dans pour sur est au aux par avec ce cette sont nous plus à ou ne pas",
    "es": "el la los las de del y en un una que por para con se su al es como más lo sus este esta son ha entre no",
    "de": "der die das und den von zu in mit des auf für im dem ein eine ist sich nicht auch als an wird es bei sind wir",
    "sv": "och att det som en på är av för med den till i har de inte om ett vi kan ska från eller vid sin men",
    "pt": "o a os as de do da dos das e em um uma que para com por no na ao se mais não como são à pelo pela",
    "it": "il la lo i gli le di del della dei delle e in un una che per con è sono da al alla nel non si come più",
    "nl": "de het een van en in is dat op te voor met zijn die aan niet door ook om als er bij wordt naar deze wij",
}
# Close to one of the above and none of them: they only keep it from winning a text that is not its own.
_NEIGHBOURS = {
    "da/nb": "og at det som en på er af av for med den til i har de ikke om et vi kan skal fra eller ved sin men også",
    "ca": "el la els les de del dels i en un una que per amb és són no al als com més seva aquest aquesta entre",
    "ro": "și în de la a al ale cu pe pentru din că nu este sunt care prin sau mai o un se au",
}
_STOP = {tag: frozenset(words.split()) for tag, words in (_WORDS | _NEIGHBOURS).items()}
FUNCTION_WORDS = frozenset().union(*_STOP.values())
"""Words no line ends with: whatever follows goes on."""
_ENOUGH = 20_000


def detect(text: str) -> str:
    """The BCP 47 tag of `text`, or "" where it is too short, too mixed or in none of the known languages."""
    text = text[:_ENOUGH]
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    if counts["kana"] > 0.1 * (counts["kana"] + counts["han"]) and counts["kana"] * 2 > counts["latin"]:
        return "ja"
    script = max(counts, key=lambda name: counts[name])
    if counts[script] < 10:
        return ""
    match script:
        case "arabic":
            return _arabic(text)
        case "cyrillic":
            return "ru" if _RUSSIAN.search(text) and not _UKRAINIAN.search(text) else ""
        case "han":
            return "zh"
        case "latin":
            return _latin(text)
    return ""


def _arabic(text: str) -> str:
    letters = len(_SCRIPTS["arabic"].findall(text))
    if len(_URDU.findall(text)) > 0.02 * letters:
        return "ur"
    return "" if len(_PERSIAN_OR_URDU.findall(text)) > 0.02 * letters else "ar"


def _latin(text: str) -> str:
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    total = sum(words.values())
    votes = {tag: sum(words[word] for word in stop) for tag, stop in _STOP.items()}
    first, second = sorted(votes, key=lambda tag: -votes[tag])[:2]
    clear = votes[first] >= 4 and votes[first] >= 0.12 * total and votes[first] > 1.25 * votes[second]
    return first if clear and first in _WORDS else ""
