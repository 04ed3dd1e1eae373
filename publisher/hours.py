"""Quiet hours and days, posting windows, and how long after the first each channel follows.

Entries are parted by `;`. One is `[channel=]` and then any of weekdays (`Sat`, `Mon-Fri`), dates
(`2026-12-25`) and hours (`22:00-07:00`), parted by blanks: `22:00-07:00; Sat Sun; linkedin=2026-12-24`.
All in the office's own time zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from publisher import registry
from publisher.errors import SettingsError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST = 60
"""Days within which there must be an open moment."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the week or of certain dates; hours that end before they begin run over midnight."""

    channel: str
    days: frozenset[int]
    dates: frozenset[date]
    start: int  # minutes of the day
    end: int

    def holds(self, channel: str, local: datetime) -> bool:
        if self.channel not in ("", channel):
            return False
        minute = local.hour * 60 + local.minute
        over_midnight = self.end <= self.start
        day = local.date()
        if over_midnight and minute < self.end:
            day -= timedelta(days=1)  # the night belongs to the day it began on
        elif not (self.start <= minute < self.end or (over_midnight and minute >= self.start)):
            return False
        if not self.days and not self.dates:
            return True
        return day.weekday() in self.days or day in self.dates


@dataclass(frozen=True, slots=True)
class Hours:
    """When an office posts. `offsets` in seconds by channel."""

    quiet: tuple[Span, ...] = ()
    windows: tuple[Span, ...] = ()
    offsets: tuple[tuple[str, float], ...] = ()
    zone: str = "UTC"

    @classmethod
    def read(cls, *, quiet: str, windows: str, offsets: str, zone: str) -> Hours:
        """From the settings. Raises SettingsError naming the one that makes no sense."""
        if (quiet.strip() or windows.strip()) and not zone:
            raise SettingsError("quiet hours and windows need PUBLISHER_TIMEZONE")
        return cls(
            _spans(quiet, "PUBLISHER_PLAN__QUIET"),
            _spans(windows, "PUBLISHER_PLAN__WINDOWS"),
            _offsets(offsets),
            zone or "UTC",
        )

    def offset(self, channel: str) -> float:
        return dict(self.offsets).get(channel, 0.0)

    def open(self, channel: str, at: float) -> bool:
        """Whether the channel may post at that instant."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        if any(span.holds(channel, local) for span in self.quiet):
            return False
        theirs = [span for span in self.windows if span.channel in ("", channel)]
        return not theirs or any(span.holds(channel, local) for span in theirs)

    def due(self, channel: str, at: float, *, asked: bool) -> float:
        """When a channel's delivery is due in a plan for `at`; a time that a person asked for is not moved."""
        after = at + self.offset(channel)
        return after if asked else self.opening(channel, after)

    def opening(self, channel: str, at: float) -> float:
        """The first instant from `at` on at which the channel may post: itself, or the start of a minute.

        Raises SettingsError when there is none within two months.
        """
        if not (self.quiet or self.windows) or self.open(channel, at):
            return at
        minute = at - at % 60 + 60
        for step in range(FARTHEST * 24 * 60):
            if self.open(channel, minute + step * 60):
                return minute + step * 60
        raise SettingsError(
            f"PUBLISHER_PLAN__QUIET and __WINDOWS leave {channel} no time to post in {FARTHEST} days"
        )


def _spans(text: str, name: str) -> tuple[Span, ...]:
    return tuple(_span(entry.strip(), name) for entry in text.split(";") if entry.strip())


def _span(entry: str, name: str) -> Span:
    head, equals, tail = entry.partition("=")
    channel, words = (registry.canonical(head), tail.split()) if equals else ("", entry.split())
    days: set[int] = set()
    dates: set[date] = set()
    start, end = 0, 24 * 60
    for word in words:
        if found := re.fullmatch(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})", word):
            start, end = _minutes(found[1], found[2], entry, name), _minutes(found[3], found[4], entry, name)
        elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", word):
            dates.add(_date(word, name))
        else:
            days |= _days(word, entry, name)
    if not words:
        raise SettingsError(f"{name}: {entry!r} says no hours, days or dates")
    return Span(channel, frozenset(days), frozenset(dates), start, end)


def _minutes(hours: str, minutes: str, entry: str, name: str) -> int:
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > 24 * 60:
        raise SettingsError(f"{name}: {entry!r} has no such time of day")
    return total


def _date(word: str, name: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise SettingsError(f"{name}: {word} is no date") from None


def _days(word: str, entry: str, name: str) -> set[int]:
    first, dash, last = (part[:3].lower() for part in word.partition("-"))
    if first not in DAYS or (dash and last not in DAYS):
        raise SettingsError(
            f"{name}: {word!r} in {entry!r} is no day, date or time; write Mon-Fri, Sat, 22:00-07:00"
        )
    begin, stop = DAYS.index(first), DAYS.index(last) if dash else DAYS.index(first)
    return {(begin + n) % 7 for n in range((stop - begin) % 7 + 1)}


def _offsets(text: str) -> tuple[tuple[str, float], ...]:
    """`linkedin=10m, email=1h30m` as seconds by channel."""
    found: list[tuple[str, float]] = []
    for entry in filter(None, (e.strip() for e in re.split(r"[;,]", text))):
        match = re.fullmatch(r"([\w-]+)\s*=\s*\+?(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s)?", entry)
        if not match or not any(match.groups()[1:]):
            raise SettingsError(f"PUBLISHER_PLAN__OFFSETS: {entry!r}; write linkedin=10m, email=1h")
        hours, minutes, seconds = (int(g or 0) for g in match.groups()[1:])
        found.append((registry.canonical(match[1]), hours * 3600.0 + minutes * 60 + seconds))
    return tuple(found)
