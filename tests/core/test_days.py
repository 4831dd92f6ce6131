"""Days of a site: numbered, begun at its own midnight, and lengths of time cut at them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import Days, date_of, local_day, number_of, split_days, starts
from core.times import DAY_US, HOUR_US, SECOND_US

# Among them one that skipped a day, and one whose clocks are changed at midnight.
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "America/Sao_Paulo", "Asia/Kathmandu"]
MOMENTS = st.integers(30 * 365, 60 * 365).map(lambda days: days * DAY_US)


@given(zone=st.sampled_from(ZONES), begin=MOMENTS, length=st.integers(0, 40 * 24))
def test_what_is_cut_into_days_adds_up_and_each_share_lies_on_its_day(
    zone: str, begin: int, length: int
) -> None:
    end = begin + length * HOUR_US
    moment = begin
    for day, us in split_days(zone, begin, end):
        assert us > 0
        assert local_day(zone, moment) == local_day(zone, moment + us - 1) == day
        moment += us

    assert moment == end


@given(zone=st.sampled_from(ZONES), at=MOMENTS)
def test_a_day_begins_where_the_day_before_ends(zone: str, at: int) -> None:
    day = date_of(local_day(zone, at))
    begin, end = Days(first=number_of(day), last=number_of(day)).span(zone)

    assert begin <= at < end
    assert local_day(zone, begin) == number_of(day)
    assert local_day(zone, begin - 1) < number_of(day)


def test_the_hour_that_clocks_skip_begins_when_they_do() -> None:
    spring = date(2026, 3, 29)

    assert starts(spring, "Europe/Berlin", 3) - starts(spring, "Europe/Berlin", 1) == HOUR_US
    assert starts(spring, "Europe/Berlin", 2) == starts(spring, "Europe/Berlin", 3)


def test_days_are_counted_through_the_turn_of_a_year() -> None:
    days = Days(first=20271230, last=20280102)

    assert days.count == 4
    assert [number_of(day) for day in days.each()] == [20271230, 20271231, 20280101, 20280102]
    assert days.hours == (2027123000, 2028010223)
    begin, end = days.span("Europe/Berlin")
    assert begin == int(datetime(2027, 12, 30, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()) * SECOND_US
    assert end - begin == 4 * DAY_US


@pytest.mark.parametrize("day", [20260230, 20261301, 0])
def test_no_day_is_made_of_a_number_that_is_none(day: int) -> None:
    with pytest.raises(ValueError, match=r"day|month|year"):
        date_of(day)


def test_numbers_and_dates_are_the_same_days() -> None:
    day = date(2024, 2, 29) + timedelta(days=1)

    assert date_of(number_of(day)) == day
