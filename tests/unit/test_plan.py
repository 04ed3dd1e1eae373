"""WHEN: what people type, the instant it means, and what is refused."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher import plan
from publisher.errors import UsageError

NOW = datetime(2027, 1, 15, 12, 48, tzinfo=UTC).timestamp()


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "zone", "instant", "shown"),
    [
        ("15:00 Europe/Zurich", "", "2027-01-15T14:00", "15:00 Europe/Zurich (14:00 UTC), in 1 h 12 min"),
        ("15:00", "Europe/Zurich", "2027-01-15T14:00", "15:00 Europe/Zurich (14:00 UTC), in 1 h 12 min"),
        (
            "tomorrow 09:00",
            "Europe/Zurich",
            "2027-01-16T08:00",
            "2027-01-16 09:00 Europe/Zurich (08:00 UTC), in 19 h 12 min",
        ),
        ("+2h", "", "2027-01-15T14:48", "14:48 UTC, in 2 h"),
        (
            "+1d2h30m",
            "Asia/Tokyo",
            "2027-01-16T15:18",
            "2027-01-17 00:18 Asia/Tokyo (2027-01-16 15:18 UTC), in 1 d 2 h",
        ),
        ("2027-01-15T15:00+01:00", "", "2027-01-15T14:00", "15:00 +01:00 (14:00 UTC), in 1 h 12 min"),
        (
            "2027-07-15 15:00 Europe/Zurich",
            "",
            "2027-07-15T13:00",
            "2027-07-15 15:00 Europe/Zurich (13:00 UTC), in 181 d",
        ),
        ("2027-01-15T15:00Z", "", "2027-01-15T15:00", "15:00 UTC, in 2 h 12 min"),
        ("2028-02-29T00:00 UTC", "", "2028-02-29T00:00", "2028-02-29 00:00 UTC, in 409 d"),
        (
            "2027-01-15T15:00+01:00 Asia/Tokyo",
            "",
            "2027-01-15T14:00",
            "23:00 Asia/Tokyo (14:00 UTC), in 1 h 12 min",
        ),
    ],
)
def test_what_people_type_means_one_instant(text: str, zone: str, instant: str, shown: str) -> None:
    """Each form of WHEN is read in the zone that was meant and shown in it."""
    when = plan.parse(text, zone=zone, now=NOW)
    assert when.at == utc(instant)
    assert plan.shown(when.at, when.zone, NOW) == shown


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("2027-03-28T02:30", ("2027-03-28T01:30+01:00 (00:30 UTC)", "2027-03-28T03:30+02:00 (01:30 UTC)")),
        ("2027-10-31T02:30", ("2027-10-31T02:30+02:00 (00:30 UTC)", "2027-10-31T02:30+01:00 (01:30 UTC)")),
    ],
)
def test_a_local_time_that_is_none_or_two_is_refused_with_both_readings(
    text: str, readings: tuple[str, str]
) -> None:
    """Daylight saving is never guessed, and either reading can be pasted back."""
    with pytest.raises(UsageError) as refused:
        plan.parse(text, zone="Europe/Berlin", now=NOW)
    for reading in readings:
        assert reading in str(refused.value)
        plan.parse(reading.split(" ")[0], now=NOW)


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "15:00", "25:00 UTC", "15:00 Foo/Bar", "2027-01-15", "2027-13-15T10:00Z", "+", "+99999999999d", "tomorrow",
     "2027-02-29T10:00 UTC", "15:00 ../../etc/passwd"],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_one_sentence(text: str) -> None:
    """No zone, no such day, no such zone, no time at all: each is a usage error that names the option."""
    with pytest.raises(UsageError, match="--at"):
        plan.parse(text, now=NOW)


@given(st.text(max_size=40))
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    """Whatever is typed is a time or a usage error."""
    with contextlib.suppress(UsageError):
        plan.parse(text, zone="Europe/Zurich", now=NOW)


@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2040, 1, 1)))
def test_a_wall_time_that_is_accepted_reads_back_as_itself(wall: datetime) -> None:
    """The instant shown in its zone is the wall time that was approved."""
    text = wall.replace(second=0, microsecond=0).isoformat(timespec="minutes")
    try:
        when = plan.parse(text, zone="Europe/Zurich", now=NOW)
    except UsageError as refused:
        assert "exist" in str(refused)
        return
    assert when.wall == text
    assert plan.shown(when.at, when.zone).startswith(text.replace("T", " "))


def test_an_offset_that_the_office_does_not_have_then_is_pointed_out() -> None:
    """Winter's offset written for a summer day is how an embargo breaks by an hour."""
    summer = plan.parse("2027-07-15T15:00+01:00", now=NOW)
    assert "there it is 16:00" in plan.odd_offset(summer, "Europe/Zurich")
    assert not plan.odd_offset(plan.parse("2027-07-15T15:00+02:00", now=NOW), "Europe/Zurich")
