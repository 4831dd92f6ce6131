"""Times as vendors write them, in the zone of their own wall, to µs UTC.

A name such as PDT is not looked up: there are several of most, and a controller writes the one of the
gateway's settings. The zone of the estate holds, and the name only chooses between the two meanings of the
hour that autumn repeats. Where it does not, the meaning holds that is now, if one is (`near`: when it came);
of what is older the earlier one, unless the caller knows a time that the device has written before (`after`):
clocks go forward, so the later one holds if the earlier would go back. A time that spring skipped is read by
the offset before the change, as ISO C and Python do.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import BadMessage
from core.times import DAY_US, HOUR_US, MINUTE_US, since_epoch_us

MAX_CHARACTERS: Final = 64
# Seconds until the year 5138, and in milliseconds everything since March 1973.
_MILLISECONDS_FROM: Final = 100_000_000_000
_MICROSECONDS_FROM: Final = 100_000_000_000_000
_WRITTEN: Final = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)[ T](?P<time>\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
    r" ?(?P<zone>Z|[+-]\d\d(?::?\d\d)?|[A-Z]{2,5}|)\Z",
    re.ASCII,
)
# A clock on a wall has no zone.
_WALL_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001
_DIGITS: Final = re.compile(r"\d{1,16}(?:\.\d{1,9})?", re.ASCII)
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?\Z", re.ASCII)
# Half of what clocks are set back by: as far as either meaning can be taken for now.
_NOW_US: Final = 30 * 60 * 1_000_000
# Made once: a union is a new one at each call.
_NUMBERS: Final = int | float
_UTC_NAMES: Final = frozenset({"Z", "UTC", "GMT"})


def local_us(text: str, time_zone: str, *, after: int | None = None, near: int | None = None) -> int:
    """Read "2019-08-09 16:18:55 PDT", with +0200, +02:00, +02, Z or nothing behind, as µs UTC.

    An offset or Z holds by itself; anything else is in `time_zone` (IANA). Raises BadMessage("bad_time").
    """
    parts = _WRITTEN.match(text) if len(text) <= MAX_CHARACTERS else None
    if parts is None:
        raise BadMessage("bad_time", "no date and time")
    try:
        # Digits past the microseconds are cut off: "2019-08-09 16:18:55.123456" has 26 characters.
        naive = datetime.fromisoformat(text[: min(parts.end("time"), 26)])
        return _resolved(naive, parts["zone"], time_zone, after=after, near=near)
    except (ValueError, OverflowError) as error:
        raise BadMessage("bad_time", str(error)) from error


def epoch_us(value: object) -> int:
    """Read seconds, milli- or microseconds since 1970, told apart by their size, as µs UTC.

    Takes numbers and strings of digits; raises BadMessage("bad_time") for anything else.
    """
    number = value if type(value) is int else _number(value)
    if not 0 <= number < _MICROSECONDS_FROM * 1_000:
        raise BadMessage("bad_time", "out of range")
    if number >= _MICROSECONDS_FROM:
        return int(number)
    return round(number * (1_000 if number >= _MILLISECONDS_FROM else 1_000_000))


def wall_epoch_us(value: object, time_zone: str, *, near: int | None = None) -> int:
    """Read seconds since 1970 of a clock that counts them on its wall, without its zone, as µs UTC."""
    naive = _WALL_EPOCH + timedelta(microseconds=epoch_us(value))
    return _resolved(naive, "", time_zone, after=None, near=near)


def _number(value: object) -> int | float:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return float(value) if "." in value else int(value)
    if isinstance(value, _NUMBERS) and value is not True and value is not False:
        return value
    raise BadMessage("bad_time", "no number")


def _resolved(naive: datetime, written: str, time_zone: str, *, after: int | None, near: int | None) -> int:
    wall = since_epoch_us(naive, _WALL_EPOCH)
    offset = _OFFSET.match(written) if written else None
    if offset:
        return wall - _fixed_us(offset)
    if written in _UTC_NAMES:
        return wall
    steady = _steady_us(time_zone, wall // HOUR_US)
    if steady is not None:
        return wall - steady
    first = naive.replace(tzinfo=_zone(time_zone))
    second = first.replace(fold=1)
    return since_epoch_us(second if _is_second(first, second, written, after=after, near=near) else first)


def _is_second(
    first: datetime, second: datetime, written: str, *, after: int | None, near: int | None
) -> bool:
    """Tell whether an hour that comes twice is meant the second time; elsewhere both are the same."""
    if first.utcoffset() == second.utcoffset() or since_epoch_us(second) < since_epoch_us(first):
        return False
    if written in {first.tzname(), second.tzname()} and first.tzname() != second.tzname():
        return written == second.tzname()
    if near is not None:
        early, late = abs(since_epoch_us(first) - near), abs(since_epoch_us(second) - near)
        if min(early, late) <= _NOW_US:
            return late < early
    return after is not None and since_epoch_us(first) < after


def _fixed_us(offset: re.Match[str]) -> int:
    span = int(offset["hours"]) * HOUR_US + int(offset["minutes"] or 0) * MINUTE_US
    if span >= DAY_US:
        raise BadMessage("bad_time", "an offset of a day or more")
    return -span if offset["sign"] == "-" else span


@lru_cache(maxsize=4096)
def _steady_us(time_zone: str, hour: int) -> int | None:
    """Give the offset of an hour on the wall, counted from 1970's first, that has but one; else None."""
    zone, start = _zone(time_zone), _WALL_EPOCH + timedelta(hours=hour)
    ends = (start, start + timedelta(minutes=59, seconds=59))
    aware = (end.replace(fold=fold, tzinfo=zone) for end in ends for fold in (0, 1))
    offsets = {since_epoch_us(end.replace(tzinfo=None), _WALL_EPOCH) - since_epoch_us(end) for end in aware}
    return offsets.pop() if len(offsets) == 1 else None


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    """Look a zone up; one that the machine does not know is read as UTC, for the estate has checked it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
