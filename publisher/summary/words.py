"""The closed word lists that the rules of choice and proof go by, one `Words` for each language.

Each field is a regular expression's alternatives, in lower case. They are lists of
function words, not of topics: a rule may be wrong for want of a word, never for the subject of a statement.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any, NamedTuple, cast

from publisher.summary.openings import needs, openings


class Words(NamedTuple):
    """`leans` opens a sentence that needs the one before; `points` needs it wherever it stands.

    `person` are personal pronouns, `day` words true only on some day, `weekday` names of days, `we` and `i`
    the first person, `says` verbs of saying, `but` what opens a contrast, `negates` negation, `hedges`
    doubt, `worry` and `praise` how a statement speaks of its subject, `stop` words that say nothing of it.
    """

    leans: str
    points: str = r"(?!)"
    person: str = r"(?!)"
    day: str = r"(?!)"
    weekday: str = r"(?!)"
    we: str = r"(?!)"
    i: str = r"(?!)"
    says: str = r"(?!)"
    but: str = r"(?!)"
    negates: str = r"(?!)"
    hedges: str = r"(?!)"
    worry: str = r"(?!)"
    praise: str = r"(?!)"
    stop: str = ""


Pattern = re.Pattern[str]


class _Lazy:
    """Stands for a pattern until something is asked of it; from then on its methods are the pattern's own."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self._source, self._flags), name)
        self.__dict__[name] = found
        return found


def pattern(source: str, flags: int = 0) -> Pattern:
    """A regular expression that is compiled when it is first used: no statement needs all of them."""
    return cast(Pattern, _Lazy(source, flags))


class Listed:
    """A word list as a pattern for text in lower case. `starts` are keys of the first word of any match, `needs` of
    some word of it (see `openings`), None where that may be any; what is never asked for is never made."""

    def __init__(self, before: str, alternatives: str, after: str = "", *, spaced: bool = True) -> None:
        self.pattern = pattern(f"{before}(?:{alternatives}){after}")
        self._alternatives, self._whole, self._spaced = alternatives, bool(after), spaced

    @cached_property
    def needs(self) -> frozenset[str] | None:
        return needs(self._alternatives, whole=self._whole) if self._spaced else None

    @cached_property
    def starts(self) -> frozenset[str] | None:
        return openings(self._alternatives, whole=self._whole) if self._spaced else None


class Rules(NamedTuple):
    """The lists of one language. `spaced` is False where words are not parted by spaces."""

    language: str
    spaced: bool
    leans: Listed
    points: Listed
    person: Listed
    day: Listed
    weekday: Listed
    we: Listed
    i: Listed
    says: Listed
    but: Listed
    negates: Listed
    hedges: Listed
    worry: Listed
    praise: Listed
    stop: frozenset[str]


def primary(language: str) -> str:
    """The first subtag of a BCP 47 tag, in lower case."""
    return language.lower().replace("_", "-").split("-")[0]


def listed(words: str) -> frozenset[str]:
    """A set of words written with spaces between them."""
    return frozenset(words.split())


LANGUAGES = listed("en fr es de sv ru ar ur zh ja")


def knows(language: str) -> bool:
    """Whether there are word lists for a BCP 47 tag."""
    return primary(language) in LANGUAGES


def rules(language: str) -> Rules:
    """The rules for a BCP 47 tag; a language without lists of its own gets the English ones."""
    return _rules(primary(language))


@cache
def _rules(language: str) -> Rules:
    from publisher.summary import words_latin, words_other

    words = {
        "fr": words_latin.FRENCH,
        "es": words_latin.SPANISH,
        "de": words_latin.GERMAN,
        "sv": words_latin.SWEDISH,
        "ru": words_other.RUSSIAN,
        "ar": words_other.ARABIC,
        "ur": words_other.URDU,
        "zh": words_other.CHINESE,
        "ja": words_other.JAPANESE,
    }.get(language, words_latin.ENGLISH)
    spaced = language not in ("zh", "ja")

    edges = (r"(?<![\w’'])", r"(?!\w)") if spaced else ("", "")
    compiled = {
        name: Listed(r"\W*" if name in ("leans", "but") else edges[0], alternatives, edges[1], spaced=spaced)
        for name, alternatives in words._asdict().items()
        if name != "stop"
    }
    return Rules(language=language, spaced=spaced, stop=listed(words.stop), **compiled)
