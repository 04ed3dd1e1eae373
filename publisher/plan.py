"""When: a moment as people plan it (wall time and zone) together with the instant it means.

A local time that does not exist or exists twice (daylight saving) is refused with both readings named:
guessing which one was meant is how an embargo breaks by an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from publisher.errors import UsageError

PAST = 60.0
"""Seconds by which a planned time may lie in the past: the minute somebody took to type it."""

_RELATIVE = re.compile(
    r"\+\s*(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?$", re.I
)
_CLOCK = re.compile(r"(?:(today|tomorrow)\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?$", re.I)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")


@dataclass(frozen=True, slots=True)
class When:
    """`at` in seconds since the epoch; `wall` and `zone` as approved, zone an IANA name, "UTC" or an offset."""

    at: float
    wall: str
    zone: str

    def __str__(self) -> str:
        return shown(self.at, self.zone)


def parse(text: str, *, zone: str = "", now: float, what: str = "--at") -> When:
    """Read a WHEN: ISO 8601, `15:00`, `tomorrow 09:00` or `+2h`, each with an optional zone name.

    `zone` is what a time without zone or offset is in ("" = none is set). Raises UsageError that names `what`.
    """
    words = text.strip()
    if not words:
        raise UsageError(f"{what} is empty; write for example 2027-01-15T15:00+01:00 or 15:00 Europe/Zurich")
    words, named = _named_zone(words, what)
    home = named or zone
    if found := _RELATIVE.match(words):
        return _relative(found, home, now, text, what)
    local, offset = _wall(words, home, now, text, what)
    if offset is not None:
        if named:
            local = offset.astimezone(ZoneInfo(named)).replace(tzinfo=None)
        return When(offset.timestamp(), _stamp(local), named or _offset_name(offset))
    if not home:
        raise UsageError(
            f"{what} {text!r} has no time zone: add one ({words} Europe/Zurich), an offset, or set PUBLISHER_TIMEZONE"
        )
    return When(_instant(local, home, text, what), _stamp(local), home)


def _named_zone(words: str, what: str) -> tuple[str, str]:
    head, _, last = words.rpartition(" ")
    if not head or not re.match(r"[A-Za-z]", last) or last.lower() in ("today", "tomorrow"):
        return words, ""
    try:
        return head.strip(), ZoneInfo(last).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{what}: no time zone named {last!r}; use an IANA name such as Europe/Zurich"
        ) from None


def _relative(found: re.Match[str], zone: str, now: float, text: str, what: str) -> When:
    days, hours, minutes, seconds = (int(g or 0) for g in found.groups())
    if not any(found.groups()):
        raise UsageError(f"{what} {text!r}: say how long, for example +2h, +30m or +1d")
    try:
        at = now + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
        return When(at, _stamp(_local(at, zone or "UTC")), zone or "UTC")
    except (OverflowError, ValueError):
        raise UsageError(f"{what} {text!r} is too far away") from None


def _wall(words: str, zone: str, now: float, text: str, what: str) -> tuple[datetime, datetime | None]:
    """The wall time, and the same with its offset where one was written."""
    if found := _CLOCK.match(words):
        if not zone:
            return datetime.min, None
        day = _local(now, zone).date() + timedelta(days=1 if (found[1] or "").lower() == "tomorrow" else 0)
        try:
            return datetime.combine(day, time(int(found[2]), int(found[3]), int(found[4] or 0))), None
        except ValueError:
            raise UsageError(f"{what} {text!r} is no time of day; write 00:00 to 23:59") from None
    if not _ISO.match(words):
        raise UsageError(
            f"{what} {text!r} is no date and time; write 2027-01-15T15:00, 15:00, tomorrow 09:00 or +2h, "
            "each with a zone such as Europe/Zurich if you like"
        )
    try:
        read = datetime.fromisoformat(words)
        read.timestamp()
    except (ValueError, OverflowError):
        raise UsageError(
            f"{what} {text!r} is no date and time that there is; write 2027-01-15T15:00"
        ) from None
    return (read.replace(tzinfo=None), read) if read.tzinfo else (read, None)


def _instant(local: datetime, zone: str, text: str, what: str) -> float:
    """The one instant `local` names in `zone`; refused when there is none, or there are two."""
    tz = ZoneInfo(zone)
    early, late = (local.replace(tzinfo=tz, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.timestamp()
    readings = [f"{_iso(moment)} ({moment.astimezone(UTC):%H:%M} UTC)" for moment in (early, late)]
    if early.astimezone(UTC).astimezone(tz).replace(tzinfo=None) != local:
        # In a gap each reading names a time that does exist, an hour apart.
        readings = [
            f"{_iso(m.astimezone(UTC).astimezone(tz))} ({m.astimezone(UTC):%H:%M} UTC)" for m in (late, early)
        ]
        raise UsageError(
            f"{what} {text!r} does not exist in {zone}: the clocks go forward then; write {readings[0]} or {readings[1]}"
        )
    raise UsageError(
        f"{what} {text!r} exists twice in {zone}: the clocks go back then; write {readings[0]} or {readings[1]}"
    )


def _local(at: float, zone: str) -> datetime:
    return datetime.fromtimestamp(at, _zone(zone)).replace(tzinfo=None)


def _zone(name: str) -> tzinfo:
    """The zone of a plan: an IANA name, or the offset it was written with."""
    if found := re.fullmatch(r"([+-])(\d\d):(\d\d)", name):
        east = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(east if found[1] == "+" else -east)
    return ZoneInfo(name or "UTC")


def _stamp(local: datetime) -> str:
    return local.replace(microsecond=0).isoformat(timespec="minutes" if not local.second else "seconds")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _offset_name(moment: datetime) -> str:
    name = moment.strftime("%z")
    return "UTC" if moment.utcoffset() == timedelta(0) else f"{name[:3]}:{name[3:5]}"


def span(seconds: float) -> str:
    """A length of time for people: `2 h 12 min`, `53 d`, `40 s`."""
    left = int(abs(seconds))
    days, hours, minutes = left // 86400, left % 86400 // 3600, left % 3600 // 60
    if days >= 3:
        return f"{days} d"
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{left} s"


def shown(at: float, zone: str = "UTC", now: float | None = None) -> str:
    """`15:00 Europe/Zurich (14:00 UTC), in 2 h 12 min`, with the date where it is not today."""
    here, there = datetime.fromtimestamp(at, _zone(zone)), datetime.fromtimestamp(at, UTC)
    today = datetime.fromtimestamp(now, _zone(zone)).date() if now is not None else None
    text = f"{_clock(here, today)} {zone or 'UTC'}"
    if here.utcoffset() or zone not in ("UTC", ""):
        text += f" ({_clock(there, here.date())} UTC)"
    if now is None:
        return text
    return f"{text}, in {span(at - now)}" if at > now else f"{text}, {span(now - at)} ago"


def _clock(moment: datetime, today: date | None) -> str:
    clock = moment.strftime("%H:%M:%S" if moment.second else "%H:%M")
    return clock if moment.date() == today else f"{moment:%Y-%m-%d} {clock}"


def odd_offset(when: When, zone: str) -> str:
    """A sentence when `when` was written with an offset that `zone` does not have at that moment, else ""."""
    if not zone or not when.zone.startswith(("+", "-")):
        return ""
    usual = datetime.fromtimestamp(when.at, ZoneInfo(zone))
    if usual.utcoffset() == datetime.fromtimestamp(when.at, _zone(when.zone)).utcoffset():
        return ""
    return f"{when.zone} is not the offset of {zone} at that moment ({_offset_name(usual)}): there it is {usual:%H:%M}"
