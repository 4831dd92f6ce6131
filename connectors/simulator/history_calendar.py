"""When nobody comes to work: weekends, and the public holidays where the demo's sites are. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from core.times import since_epoch_us

_SATURDAY: Final = 5
_ONE: Final = timedelta(days=1)
# What follows moons and sightings is not computed: as announced, or as expected where nobody has yet.
_SINGAPORE: Final[dict[int, tuple[tuple[int, int], ...]]] = {
    2024: ((2, 10), (2, 11), (4, 10), (5, 22), (6, 17), (10, 31)),
    2025: ((1, 29), (1, 30), (3, 31), (5, 12), (6, 7), (10, 20)),
    2026: ((2, 17), (2, 18), (3, 21), (5, 27), (5, 31), (11, 8)),
    2027: ((2, 6), (2, 7), (3, 10), (5, 16), (5, 20), (10, 28)),
    2028: ((1, 26), (1, 27), (2, 27), (5, 5), (5, 9), (10, 17)),
    2029: ((2, 13), (2, 14), (2, 15), (4, 24), (5, 27), (11, 5)),
    2030: ((2, 3), (2, 4), (2, 5), (4, 13), (5, 17), (10, 26)),
}


def moment(time_zone: str, day: date, hours: float) -> int:
    """Give a site's local time as µs UTC; hours go past midnight into the next day."""
    return since_epoch_us(datetime.combine(day, time(), ZoneInfo(time_zone)) + timedelta(hours=hours))


def is_holiday(time_zone: str, day: date) -> bool:
    """Whether a day is a public holiday where this zone's clock is read; none are known elsewhere."""
    return day in _holidays(time_zone, day.year)


def is_workday(time_zone: str, day: date) -> bool:
    """Whether offices are open."""
    return day.weekday() < _SATURDAY and not is_holiday(time_zone, day)


@lru_cache(maxsize=64)
def _holidays(time_zone: str, year: int) -> frozenset[date]:
    match time_zone:
        case "Europe/Berlin":
            return frozenset(_berlin(year))
        case "America/New_York":
            return frozenset(_new_york(year))
        case "Asia/Singapore":
            return frozenset(_singapore(year))
        case _:
            return frozenset()


def _berlin(year: int) -> Iterator[date]:
    for month, day in ((1, 1), (3, 8), (5, 1), (10, 3), (12, 25), (12, 26)):
        yield date(year, month, day)
    for days in (-2, 1, 39, 50):
        yield easter(year) + days * _ONE


def _new_york(year: int) -> Iterator[date]:
    # A year's first day may be kept on the last of the year before.
    for one in (
        *((year, *fixed) for fixed in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))),
        (year + 1, 1, 1),
    ):
        kept = date(*one)
        yield kept + {5: -1, 6: 1}.get(kept.weekday(), 0) * _ONE
    for month, weekday, which in ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)):
        yield _nth(year, month, weekday, which)
    memorial = _nth(year, 5, 0, 4) + 7 * _ONE
    yield memorial if memorial.month == 5 else memorial - 7 * _ONE  # noqa: PLR2004 - May


def _singapore(year: int) -> Iterator[date]:
    fixed = ((1, 1), (5, 1), (8, 9), (12, 25))
    for month, day in (*fixed, *_SINGAPORE.get(year, ())):
        kept = date(year, month, day)
        yield kept
        if kept.weekday() == _SATURDAY + 1:
            yield kept + _ONE
    yield easter(year) - 2 * _ONE


def _nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + ((weekday - first.weekday()) % 7 + 7 * (which - 1)) * _ONE


def easter(year: int) -> date:
    """Give Easter Sunday, by the Gregorian rule as Meeus writes it down."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * i) // 451
    month, day = divmod(h + i - 7 * m + 114, 31)
    return date(year, month, day + 1)
