"""Quiet hours, posting windows and offsets: when each channel may post."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import SettingsError
from publisher.hours import Hours

ZURICH = ZoneInfo("Europe/Zurich")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZURICH).timestamp()


def hours(quiet: str = "", windows: str = "", offsets: str = "") -> Hours:
    return Hours.read(quiet=quiet, windows=windows, offsets=offsets, zone="Europe/Zurich")


@pytest.mark.parametrize(
    ("office", "asked", "goes"),
    [
        (hours(), "2026-11-23T03:00", "2026-11-23T03:00"),
        (hours("22:00-07:00"), "2026-11-23T21:59", "2026-11-23T21:59"),
        (hours("22:00-07:00"), "2026-11-23T22:00", "2026-11-24T07:00"),
        (hours("22:00-07:00"), "2026-11-24T06:59", "2026-11-24T07:00"),
        (hours("22:00-07:00; Sat Sun"), "2026-11-27T23:00", "2026-11-30T07:00"),
        (hours("Fri 18:00-08:00"), "2026-11-28T07:00", "2026-11-28T08:00"),
        (hours("Fri 18:00-08:00"), "2026-11-27T07:00", "2026-11-27T07:00"),
        (hours("2026-12-24 2026-12-25"), "2026-12-24T09:00", "2026-12-26T00:00"),
        (hours(windows="Mon-Fri 08:00-18:00"), "2026-11-27T18:00", "2026-11-30T08:00"),
        (hours(windows="Sat-Mon 08:00-18:00"), "2026-11-27T18:00", "2026-11-28T08:00"),
        (hours("03:00-04:00"), "2026-03-29T01:59", "2026-03-29T01:59"),
        (hours("01:00-04:00"), "2026-03-29T01:30", "2026-03-29T04:00"),
    ],
)
def test_a_moment_in_quiet_hours_moves_to_the_opening(office: Hours, asked: str, goes: str) -> None:
    """Nights, weekends, holidays, windows, and the night the clocks change."""
    assert office.opening("x", at(asked)) == at(goes)


def test_an_entry_for_one_channel_leaves_the_others_alone() -> None:
    """LinkedIn sleeps at weekends, X does not."""
    office = hours("linkedin=Sat Sun", windows="email=08:00-18:00", offsets="linkedin=10m, email=1h30m")
    saturday = at("2026-11-28T12:00")
    assert office.open("x", saturday)
    assert not office.open("linkedin", saturday)
    assert not office.open("email", at("2026-11-27T07:00"))
    assert [office.offset(n) for n in ("x", "linkedin", "email")] == [0, 600, 5400]


@pytest.mark.parametrize(
    "bad", ["25:00-26:00", "Foo", "22:00", "2026-13-01", "linkedin=", "Mon-Foo", "10:75-11:00"]
)
def test_what_makes_no_sense_names_the_setting(bad: str) -> None:
    """A typo is a settings error, not a silent night."""
    with pytest.raises(SettingsError, match="PUBLISHER_PLAN__QUIET"):
        hours(bad)


@pytest.mark.parametrize("bad", ["linkedin", "linkedin=soon", "=10m", "linkedin=10"])
def test_an_offset_that_makes_no_sense_names_the_setting(bad: str) -> None:
    """Minutes need their letter."""
    with pytest.raises(SettingsError, match="PUBLISHER_PLAN__OFFSETS"):
        hours(offsets=bad)


def test_a_week_without_an_opening_is_said() -> None:
    """Quiet all day, every day."""
    with pytest.raises(SettingsError, match="no time to post"):
        hours("00:00-24:00").opening("x", at("2026-11-23T12:00"))


@given(st.floats(min_value=1_700_000_000, max_value=1_900_000_000))
def test_the_opening_is_open_and_never_earlier(moment: float) -> None:
    """For any instant, in summer and winter."""
    office = hours("22:00-07:00; Sun", windows="Mon-Sat 06:00-23:00")
    opening = office.opening("x", moment)
    assert opening >= moment
    assert office.open("x", opening)
