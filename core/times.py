"""Times: µs UTC as integers inside, ISO 8601 at the edges, site-local hours for roll-ups."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
LATE_AFTER_US: Final = MINUTE_US
FUTURE_LIMIT_US: Final = MINUTE_US
PAST_LIMIT_US: Final = 400 * DAY_US
# Every offset in use is a multiple of a quarter of an hour, so one look-up serves each quarter.
_OFFSET_GRAIN_US: Final = 15 * MINUTE_US
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_iso_us(text: str) -> int:
    """Read an ISO 8601 time with offset as µs UTC; raises ValueError without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a time needs an offset"
        raise ValueError(message)
    return since_epoch_us(moment)


def since_epoch_us(moment: datetime, epoch: datetime = _EPOCH) -> int:
    """Count the µs from 1970 to a time that knows its offset, else with an `epoch` that knows none either."""
    since = moment - epoch
    # Division by a timedelta says the same, at four times the price.
    return (since.days * 86_400 + since.seconds) * SECOND_US + since.microseconds


def iso_us(moment_us: int) -> str:
    """Write µs UTC as ISO 8601 with milliseconds and Z."""
    moment = _EPOCH + timedelta(microseconds=moment_us)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plausible_at(device_at: int | None, received: int) -> int:
    """Take the device's time when it can be true, else the time of receipt (both µs UTC)."""
    if device_at is None or not received - PAST_LIMIT_US <= device_at <= received + FUTURE_LIMIT_US:
        return received
    return device_at


@lru_cache(maxsize=65_536)
def _local_hour(time_zone: str, quarter: int) -> int:
    moment = _EPOCH + timedelta(microseconds=quarter * _OFFSET_GRAIN_US)
    local = moment.astimezone(ZoneInfo(time_zone))
    return local.year * 1_000_000 + local.month * 10_000 + local.day * 100 + local.hour


def local_hour(time_zone: str, at: int) -> int:
    """Name the site-local hour of a moment as YYYYMMDDHH; the hour repeated in autumn is one bucket."""
    return _local_hour(time_zone, at // _OFFSET_GRAIN_US)
