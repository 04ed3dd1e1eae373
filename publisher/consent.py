"""Whether an export says that somebody wants mail: the columns and words by which the usual services tell it.

Who has left, bounced or complained there is never mailed from here. A column that may say so and is not understood
stops the import: to mail those who have left is worse than to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.errors import UsageError


def _words(of: Mapping[str, str]) -> dict[str, str]:
    """Each word of a table with what it stands for."""
    return {word: meaning for meaning, words in of.items() for word in words.split("|")}


_TITLES = _words(
    {
        "status": "status|email status|delivery status|subscription status|email marketing status|subscriber status",
        # May say anything (a state of the union); only words that are known count.
        "perhaps": "state|email preference|email permission status|permission status|group status",
        "left": "unsub time|unsubscribed at|unsubscribe date|date unsubscribed|unsubscribed|unsubscribed on|opt out|opted out"
        "|unsubscribed from all email|email opt out|has opted out of email|global unsubscribe|do not email",
        "bounced": "clean time|cleaned at|bounced at|bounced|hard bounced|hard bounce|email hard bounce reason|bounce date",
        "blocked": "blacklisted|blocklisted|email blacklisted|email blocklisted|email disabled|suppressed|banned",
        "wants": "subscribed|subscribed to emails|accepts marketing|accepts email marketing|email subscribed",
        "sure": "confirmed|opt in|double opt in|opted in|is confirmed",
    }
)
_SAYS = _words(
    {
        "on": "|subscribed|active|enabled|confirmed|normal|member|owner|manager|optin|opted in|implied|express|explicit",
        "left": "unsubscribed|unsubscribe|opted out|optedout|optout|removed|left|by user|disabled by user|no email|deleted",
        "bounced": "bounced|bouncing|by bounces|disabled by bounces|cleaned|hard bounced|undeliverable|invalid",
        "complained": "complained|complaint|junk|spam|abuse|marked as spam",
        "blocked": "blocklisted|blacklisted|disabled|suppressed|banned|blocked|by moderator|disabled by moderator",
    }
)
_NO = frozenset({"0", "no", "false", "n", "f", "nein", "non", "off", "none", "null", "never", "-", "n/a"})
_EMPTY = _NO | {"", "0000-00-00", "0000-00-00 00:00:00"}
_TELLING = re.compile(
    r"unsub|bounc|black ?list|block ?list|opt(?:ed)? ?(?:in|out)|suppress|complain|do not (?:e ?mail|mail|contact)"
    r"|abgemeldet|abmeld|désabonn|desabonn|desinscri|désinscri|disiscri"
)
_BESIDES = re.compile(
    r"^(?:sms|whats ?app|push)\b|\b(?:campaign|reason|ip|time|date|source|count|score|number|id|by)\b"
)
"""What stands beside such a column: of another way to reach them, or when and why."""

STATUS, LEFT = "status", "left"
"""What `--map` can name: the column with a word, and the one that is filled for whoever wants no mail."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an export says it: each column's meaning and place."""

    columns: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, titles: Sequence[str], wanted: Mapping[str, str], strict: bool) -> Standing:
        """By the plain titles of all columns. `wanted`: what `--map` said. Raises UsageError unless not `strict`."""
        return cls(tuple(_places(titles, wanted, strict)))

    def told(self, row: Sequence[str]) -> tuple[str, str]:
        """Why they must not be mailed, or ""; why nobody can tell whether they want it, or ""."""
        fault = ""
        for meaning, place in self.columns:
            said = row[place].strip() if place < len(row) else ""
            stop, doubt = _judged(meaning, said)
            if stop:
                return stop, ""
            fault = fault or doubt
        return "", fault


def _places(titles: Sequence[str], wanted: Mapping[str, str], strict: bool) -> Iterator[tuple[str, int]]:
    named = {titles.index(plain(title)): field for field, title in wanted.items() if title}
    for place, title in enumerate(titles):
        meaning = named.get(place) or _TITLES.get(title, "")
        kind = STATUS if meaning in (STATUS, "perhaps") else LEFT
        if place in named or (meaning and kind not in wanted):
            yield meaning, place
        elif strict and not meaning and LEFT not in wanted and _may_tell(title):
            raise UsageError(
                f"the column {title!r} may say who wants no mail; name it with --map left={title!r}, "
                "or say --map left= if it says nothing of the kind"
            )


def _may_tell(title: str) -> bool:
    return bool(_TELLING.search(title)) and not _BESIDES.search(title)


@lru_cache(4096)
def _judged(meaning: str, said: str) -> tuple[str, str]:
    word = plain(said)
    if meaning in (STATUS, "perhaps"):
        known = _SAYS.get(word, "" if meaning == STATUS else "on")
        if known:
            return ("" if known == "on" else known), ""
        return "", f"the status {said[:40]!r} does not say that they want mail; `--map status=` reads none"
    if meaning == "wants":
        return (LEFT if said.casefold() in _NO else ""), ""
    if meaning == "sure":
        return "", "they have not confirmed that they want mail" if said.casefold() in _NO else ""
    return ("" if said.casefold() in _EMPTY else meaning), ""


@lru_cache(4096)
def plain(title: str) -> str:
    """A title or word without case, signs and surplus blanks."""
    return " ".join(re.sub(r"[\W_]+", " ", title.lstrip("\ufeff").casefold()).split())
