"""Days of a site as YYYYMMDD numbers, and how lengths of time fall into them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.times import local_hour, since_epoch_us

HOURS_A_DAY: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Whole days as YYYYMMDD, both included; at each site its own."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many days that are."""
        return (date_of(self.last) - date_of(self.first)).days + 1

    @property
    def hours(self) -> tuple[int, int]:
        """The first hour and the last one, as YYYYMMDDHH."""
        return self.first * 100, self.last * 100 + HOURS_A_DAY - 1

    def each(self) -> Iterator[date]:
        """Give every day, the first one first."""
        first = date_of(self.first)
        return (first + timedelta(days=number) for number in range(self.count))

    def span(self, time_zone: str) -> tuple[int, int]:
        """Give when they begin and have ended at a site (µs UTC)."""
        return starts(date_of(self.first), time_zone), starts(
            date_of(self.last) + timedelta(days=1), time_zone
        )


def day_of(hour: int) -> int:
    """Give the day of an hour that is written as YYYYMMDDHH."""
    return hour // 100


def hour_of(hour: int) -> int:
    """Give which hour of its day it is, from 0 to 23."""
    return hour % 100


def local_day(time_zone: str, at: int) -> int:
    """Name the site-local day of a moment (µs UTC) as YYYYMMDD."""
    return day_of(local_hour(time_zone, at))


def date_of(day: int) -> date:
    """Read a day number; raises ValueError for a day that no calendar has."""
    return date(day // 10_000, day // 100 % 100, day % 100)


def number_of(day: date) -> int:
    """Write a date as a day number."""
    return day.year * 10_000 + day.month * 100 + day.day


def starts(day: date, time_zone: str, hour: int = 0) -> int:
    """Give when an hour of a day begins at a site (µs UTC); one that its clocks skip begins after the gap."""
    return since_epoch_us(datetime.combine(day, time(hour), tzinfo=ZoneInfo(time_zone)).astimezone(UTC))


def split_days(time_zone: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a length of time (µs UTC) at a site's midnights; gives each day with its share in µs."""
    while begin < end:
        day = local_day(time_zone, begin)
        midnight = starts(date_of(day) + timedelta(days=1), time_zone)
        until = min(end, midnight)
        yield day, until - begin
        begin = until
