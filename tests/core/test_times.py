"""Times: read, written, believed and put into site-local hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US, iso_us, local_hour, parse_iso_us, plausible_at

NOW = 1_790_000_000_000_000
CENTURY = st.integers(0, 100 * 365 * DAY_US)
# Zone, and a UTC moment in the middle of a night when its clock is changed.
NIGHTS = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham"]


def us(moment: datetime) -> int:
    return int(moment.timestamp()) * SECOND_US + moment.microsecond


def hour_of(zone: str, at: int) -> int:
    local = datetime.fromtimestamp(at // SECOND_US, ZoneInfo(zone))
    return int(local.strftime("%Y%m%d%H"))


@pytest.mark.parametrize(("zone", "night"), NIGHTS)
def test_hours_are_local_through_nights_when_the_clock_is_changed(zone: str, night: datetime) -> None:
    moments = [us(night + timedelta(minutes=minute)) for minute in range(-240, 241)]

    assert [local_hour(zone, at) for at in moments] == [hour_of(zone, at) for at in moments]


def test_the_hour_that_comes_twice_in_autumn_is_one_and_the_one_left_out_in_spring_none() -> None:
    autumn = us(datetime(2026, 10, 24, 22, tzinfo=UTC))
    spring = us(datetime(2026, 3, 28, 23, tzinfo=UTC))

    assert [local_hour("Europe/Berlin", autumn + n * HOUR_US) % 100 for n in range(5)] == [0, 1, 2, 2, 3]
    assert [local_hour("Europe/Berlin", spring + n * HOUR_US) % 100 for n in range(4)] == [0, 1, 3, 4]


@given(st.sampled_from(ZONES), CENTURY)
def test_hours_are_those_of_the_time_zone_at_any_time(zone: str, at: int) -> None:
    # From 1990 on: some zones stood at odd minutes before.
    moment = at + 20 * 366 * DAY_US

    assert local_hour(zone, moment) == hour_of(zone, moment)


@given(CENTURY)
def test_what_is_written_is_read_back_to_the_millisecond(at: int) -> None:
    assert parse_iso_us(iso_us(at)) == at - at % 1_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.000001+01:00", 1),
        ("2026-09-21T14:13:20.123456Z", 1_790_000_000_123_456),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_times_are_read_exactly(text: str, moment: int) -> None:
    assert parse_iso_us(text) == moment


@pytest.mark.parametrize("text", ["2026-09-21T14:13:20", "2026-09-21", "yesterday", "", "1790000000"])
def test_a_time_without_an_offset_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"offset|isoformat"):
        parse_iso_us(text)


def test_a_time_is_written_with_milliseconds_and_z() -> None:
    assert iso_us(NOW) == "2026-09-21T14:13:20.000Z"


@pytest.mark.parametrize(
    ("device_at", "taken"),
    [
        (None, NOW),
        (NOW, NOW),
        (NOW + MINUTE_US, NOW + MINUTE_US),
        (NOW + MINUTE_US + 1, NOW),
        (NOW - 400 * DAY_US, NOW - 400 * DAY_US),
        (NOW - 400 * DAY_US - 1, NOW),
        (0, NOW),
        (-1, NOW),
    ],
)
def test_a_devices_time_is_taken_when_it_can_be_true(device_at: int | None, taken: int) -> None:
    assert plausible_at(device_at, NOW) == taken
