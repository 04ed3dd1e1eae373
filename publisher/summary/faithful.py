"""Faithful: holds any text against the statement it speaks for, wherever the text came from.

A tripwire, not a proof: a text that passes may still mislead, and a person approves it. It looks at what can
be looked up: each link, number, date, quotation and name must stand in the statement, and a sentence close
to one of the statement's may not gain or lose a negation or a doubt. Whole sentences of the statement pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from publisher.statement import Statement
from publisher.summary import numbers, quoting
from publisher.summary.alone import relative_day
from publisher.summary.own import without
from publisher.summary.reading import trimmed
from publisher.summary.said import Said
from publisher.summary.score import terms
from publisher.summary.sentences import split
from publisher.summary.words import Rules, listed, pattern, rules

NEAR, SAME = 0.5, 0.65
"""The share of a sentence's terms that one of the statement's has when it may, and surely does, come from there."""
WHOLE = 0.8
"""The share of a sentence's terms from which on a text holds all of it, so that each "not" of it counts."""
CUT = 40
"""Characters from which on a piece of a sentence is more than a name or a label."""

_CAPITAL = pattern(
    r"(?:(?<=[\w,;:’'”»)–—-][ \u00a0])|(?<=[(“«„‘\"/-]))[A-ZÀ-ÞЀ-Я][\w’-]*|\b[A-Z]{2,}[\w-]*|[ァ-ヺー]{3,}"
)
_QUOTING = frozenset('(“«„‘"')
_OPENING = pattern(r"\W*([A-ZÀ-ÞЀ-Я][\w’-]+) [A-ZÀ-ÞЀ-Я][\w’-]+")
_TAG = pattern(r"(?<![\w/&])([#@])(\w+)")
_SPACE = pattern(r"\s+")
_HOST = pattern(r"(?<![\w@./-])(?:[A-Za-z0-9-]{2,}\.)+[a-z]{2,20}(?:/[^\s<>\"”»]*[\w/])?(?![\w@-])")
_CASELESS = listed("ar ur zh ja")
_QUOTES = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "\u00a0": " ",
        "\u202f": " ",
        "\u00ad": "",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the statement does not bear out. `hard`: no generated text may leave with it."""

    hard: bool
    what: str


def check(text: str, statement: Statement, *, verbatim: Sequence[str] = ()) -> list[Finding]:
    """What in `text` the statement (title, body, front matter; not the author's summary) does not bear out.

    `verbatim` are words that are the office's own and need no source: a template's labels, tags and handles
    of its directory. Findings are in the order of the text, each once. Never raises.
    """
    text = without(text, verbatim)
    if not any(map(str.isalnum, text)):
        return []
    source = _Source(statement)
    found: dict[str, Finding] = {}
    for finding in source.findings(text):
        found.setdefault(finding.what, finding)
    return list(found.values())


class _Source:
    """A statement, prepared for looking things up."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self.rules: Rules = rules(statement.language)
        media = (part for m in statement.media for part in (m.name, m.title, m.alt, m.url))
        fields = (statement.title, statement.text, statement.organization, statement.issued, statement.url)
        self.whole = "\n\n".join((*fields, *statement.hashtags, *media))
        self.flat = _flat(self.whole)

    def findings(self, text: str) -> Iterator[Finding]:
        yield from self._links(text)
        yield from self._tags(text)
        for line in text.split("\n"):
            for sentence in split(line, self.statement.language):
                if _flat(sentence.text) in self.wholes:
                    yield from self._day(sentence.text)
                else:
                    yield from self._sentence(_bare(sentence.text))

    def _links(self, text: str) -> Iterator[Finding]:
        known = {_address(link) for link in numbers.links(self.whole)}
        for link in numbers.links(text):
            if _address(link) not in known:
                yield Finding(True, f"the link {link} is not in the statement")
        for host in _HOST.findall(_without_links(text)):  # X makes a link of it
            if host.lower() not in self.flat:
                yield Finding(True, f"the link {host} is not in the statement")

    def _tags(self, text: str) -> Iterator[Finding]:
        known = {t.lstrip("#").lower() for t in self.statement.hashtags}
        squeezed = re.sub(r"\W", "", self.whole).lower()
        for sign, name in _TAG.findall(_without_links(text)):
            if name.lower() not in known and (sign == "@" or name.lower() not in squeezed):
                kind = "hashtag" if sign == "#" else "mention"
                yield Finding(False, f"the {kind} {sign}{name} is not in the statement")

    def _sentence(self, text: str) -> Iterator[Finding]:
        yield from self._numbers(text)
        yield from self._dates(text)
        yield from self._quotations(text)
        yield from self._names(text)
        yield from self._sense(text)
        if len(text) > CUT and _flat(text) in self.flat:
            yield Finding(False, f"“{_short(text)}” is cut out of a longer sentence")

    def _numbers(self, text: str) -> Iterator[Finding]:
        known: set[float] = set().union(*numbers.values(self.whole, self.rules.language).values())
        for written, readings in numbers.values(text, self.rules.language).items():
            if not readings & known:
                idiom = (
                    not any(c.isdigit() for c in written) and max(readings) < 13
                )  # "two sides of one coin"
                yield Finding(not idiom, f"the number “{written}” is not in the statement")

    def _dates(self, text: str) -> Iterator[Finding]:
        pairs = numbers.dates(self.whole)
        for day, month in sorted(numbers.dates(text) - pairs):
            yield Finding(True, f"the date {day}/{month} (day/month) is not in the statement")
        known = numbers.months(self.whole) | {m for _, m in pairs}
        for month in sorted(numbers.months(text) - known):
            yield Finding(True, f"the month {month} is not in the statement")
        for weekday in self.rules.weekday.pattern.findall(text.lower()):
            if weekday not in self.flat:
                yield Finding(True, f"the day “{weekday}” is not in the statement")
        yield from self._day(text)

    def _quotations(self, text: str) -> Iterator[Finding]:
        for quoted in quoting.quotations(text):
            words = _flat(quoted).strip(" .,;:!?'\"")
            if words and words not in self.flat:
                yield Finding(True, f"the quotation “{quoted.strip()}” is not in the statement")
            elif words and f'"{words}' not in self.flat and f"'{words}" not in self.flat:
                yield Finding(False, f"“{quoted.strip()}” is no quotation in the statement")
            elif words.count(" ") >= 3 and (name := self._other_speaker(text, quoted, words)):
                yield Finding(
                    True, f"the quotation “{_short(quoted.strip())}” is not by {name} in the statement"
                )
        if not quoting.balanced(text):
            yield Finding(False, "a quotation or a bracket is opened and not closed, or the other way round")

    def _other_speaker(self, text: str, quoted: str, words: str) -> str:
        """Whom `text` has say what, in the statement, no sentence around it gives to that name; "" else."""
        outside = text.replace(quoted, " ")
        if not self.rules.says.pattern.search(outside.lower()):
            return ""
        names = [m[0].lower() for m in _CAPITAL.finditer(outside)]
        at = [n for n, piece in enumerate(self.pieces) if words[:60] in _flat(piece)]
        around = _flat(" ".join(p for n in at for p in self.pieces[max(0, n - 3) : n + 3]))
        unknown = not at or not names or any(name in around for name in names)
        return "" if unknown else next(m[0] for m in _CAPITAL.finditer(outside))

    def _begins(self, found: re.Match[str]) -> bool:
        """Whether a small word has its capital because a quotation or a bracket begins with it."""
        word, before = found[0], found.string[: found.start()][-1:]
        return before in _QUOTING and not word.isupper() and word.lower() in self.rules.stop

    def _names(self, text: str) -> Iterator[Finding]:
        names = [m[0] for m in _CAPITAL.finditer(text) if not self._begins(m)]
        if opening := _OPENING.match(text):
            names.insert(0, opening[1])
        for name in names:
            bare = re.sub(r"(?:['’]s|['’]|s['’])$", "", name)
            if len(bare) > 1 and _flat(bare) not in self.words and not self._abbreviates(bare):
                soft = self.rules.language == "de"  # where every noun is written like a name
                yield Finding(not soft, f"the name “{bare}” is not in the statement")

    def _abbreviates(self, name: str) -> bool:
        """Whether `name` are the initials of words that stand together in the statement."""
        return name.isupper() and len(name) >= 2 and name.lower() in self.initials

    @cached_property
    def pieces(self) -> list[str]:
        return [s.text for s in split(self.whole, self.statement.language)]

    @cached_property
    def wholes(self) -> frozenset[str]:
        """The statement's sentences, with and without the dateline, list or footnote marks around them."""
        return frozenset(_flat(t) for text in self.pieces for t in (text, trimmed(text, 0, True)[0]))

    @cached_property
    def words(self) -> frozenset[str]:
        found = re.findall(r"[\w'-]+", self.flat)
        parts = (p for w in found for p in re.split(r"['-]", w))
        return frozenset((*found, *(re.sub(r"'s?$", "", w) for w in found), *parts))

    @cached_property
    def initials(self) -> str:
        return " ".join(
            "".join(w[0] for w in run.split())
            for run in re.findall(
                r"(?:[A-ZÀ-ÞЀ-Я][\w’-]*(?: (?:of|the|for|on|and|de|la|des|du|del|und|der|för|och) | )?){2,8}",
                self.whole,
            )
        ).lower()

    def _sense(self, text: str) -> Iterator[Finding]:
        """Negation and doubt against the nearest sentence of the statement."""
        own = set(terms(text, self.rules))
        if not own:
            return
        near, share = self._nearest(own)
        unknown = sorted(own - self.terms)
        if not near or share < NEAR:
            if len(unknown) * 2 > len(own):
                yield Finding(False, f"most words are not the statement's: {', '.join(unknown[:5])}")
            return
        if unknown and self.rules.language in _CASELESS:  # where nothing shows which of them are names
            yield Finding(False, f"words that are not the statement's: {', '.join(unknown[:5])}")
        ours, theirs = (self.rules.negates.pattern.findall(t.lower()) for t in (text, near))
        if len(ours) != len(theirs):
            whole = len(own) >= WHOLE * len(set(terms(near, self.rules)))
            more = set(theirs) - set(ours) or set(theirs) if len(theirs) > len(ours) else ()
            lost = f"leaves out “{min(more)}” of" if more else f"adds “{ours[-1]}” to"
            hard = share >= SAME and (not ours or not theirs or whole)
            yield Finding(hard, f"“{_short(text)}” {lost} “{_short(near)}”")
        if self.rules.hedges.pattern.search(near.lower()) and not self.rules.hedges.pattern.search(
            text.lower()
        ):
            doubt = self.rules.hedges.pattern.search(near.lower())
            yield Finding(False, f"“{_short(text)}” leaves out the doubt “{doubt[0] if doubt else ''}”")

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.whole, self.rules))

    @cached_property
    def sentences(self) -> list[tuple[str, set[str]]]:
        return [(t, set(terms(t, self.rules))) for t in self.pieces]

    def _nearest(self, own: set[str]) -> tuple[str, float]:
        best = max(self.sentences, key=lambda s: (len(own & s[1]), -len(s[1])), default=("", set()))
        return best[0], len(own & best[1]) / len(own)

    def _day(self, text: str) -> Iterator[Finding]:
        if day := relative_day(Said(text), self.rules):
            yield Finding(False, f"“{day}” is true only on one day")


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text.translate(_QUOTES)).strip().lower()


def _address(link: str) -> str:
    """A web address with what of it no capitals tell apart, in small letters: its scheme and host."""
    bare = link.rstrip("/")
    scheme, mark, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host}".lower() + slash + path if mark else bare.lower()


def _without_links(text: str) -> str:
    for link in numbers.links(text):
        text = text.replace(link, " ")
    return text


def _bare(text: str) -> str:
    """`text` without addresses and tags, which are looked up by themselves."""
    return _TAG.sub(" ", _without_links(text)).strip()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60].rsplit(" ", 1)[0] + " …"
