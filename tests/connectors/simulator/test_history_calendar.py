"""The demo's calendar: when nobody comes to work, and what a site's clock says."""

from datetime import UTC, date, datetime

import pytest

from connectors.simulator.history_calendar import easter, is_holiday, is_workday, moment
from core.times import HOUR_US, since_epoch_us

BERLIN, NEW_YORK, SINGAPORE = "Europe/Berlin", "America/New_York", "Asia/Singapore"


@pytest.mark.parametrize(
    ("year", "month", "day"), [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)]
)
def test_easter_is_when_the_churches_say(year: int, month: int, day: int) -> None:
    assert easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (BERLIN, date(2026, 3, 8)),
        (BERLIN, date(2026, 5, 14)),
        (BERLIN, date(2026, 5, 25)),
        (BERLIN, date(2025, 10, 3)),
        (NEW_YORK, date(2026, 1, 19)),
        (NEW_YORK, date(2026, 5, 25)),
        (NEW_YORK, date(2026, 7, 3)),
        (NEW_YORK, date(2026, 11, 26)),
        (NEW_YORK, date(2021, 12, 31)),
        (SINGAPORE, date(2026, 2, 17)),
        (SINGAPORE, date(2026, 8, 10)),
        (SINGAPORE, date(2026, 11, 9)),
    ],
)
def test_public_holidays_are_those_of_the_place(zone: str, day: date) -> None:
    assert is_holiday(zone, day)
    assert not is_workday(zone, day)


def test_one_countrys_holiday_is_anothers_workday() -> None:
    unity = date(2025, 10, 3)

    assert not is_workday(BERLIN, unity)
    assert is_workday(NEW_YORK, unity)
    assert is_workday(SINGAPORE, unity)


def test_a_weekend_is_no_workday_anywhere() -> None:
    assert not any(is_workday(zone, date(2026, 11, 22)) for zone in (BERLIN, NEW_YORK, SINGAPORE, "UTC"))


def test_a_local_time_is_what_the_sites_clock_shows_on_both_sides_of_a_change() -> None:
    before, after = (moment(BERLIN, date(2026, 3, day), 8) for day in (28, 29))

    assert before == since_epoch_us(datetime(2026, 3, 28, 7, tzinfo=UTC))
    assert after - before == 23 * HOUR_US
    assert moment(BERLIN, date(2026, 3, 27), 32) == before
