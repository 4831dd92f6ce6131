"""How long a device was away, by the days of its site."""

import random
from collections import Counter
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.reports import Silence, StatusReport
from core.times import HOUR_US, MINUTE_US, SECOND_US
from store.database import Database
from store.log import append
from tests.store.words import DEVICE, FIRST, event, status, table

BERLIN = ZoneInfo("Europe/Berlin")


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()) * SECOND_US


def gone(at: int) -> StatusReport:
    return StatusReport(device=DEVICE, received=at, online=False, live=True)


def back(at: int) -> StatusReport:
    return status(FIRST, 0, received=at)


def away(db: Database) -> dict[int, int]:
    assert {(row["site"], row["device"]) for row in table(db, "downtime")} <= {("berlin", DEVICE)}
    return {row["day"]: row["us"] for row in table(db, "downtime")}


def test_a_device_that_comes_back_was_away_since_it_left(db: Database) -> None:
    begin = us("2026-05-04 10:00")
    append(db, [gone(begin)])
    assert away(db) == {}

    append(db, [back(begin + 5 * MINUTE_US)])
    assert away(db) == {20260504: 5 * MINUTE_US}


def test_a_night_away_is_cut_at_the_sites_midnight(db: Database) -> None:
    append(db, [gone(us("2026-05-04 22:30"))])
    append(db, [back(us("2026-05-06 01:00"))])

    assert away(db) == {20260504: 90 * MINUTE_US, 20260505: 24 * HOUR_US, 20260506: HOUR_US}


def test_the_day_on_which_clocks_go_back_has_an_hour_more(db: Database) -> None:
    append(db, [gone(us("2026-10-24 23:00")), back(us("2026-10-26 00:00"))])

    assert away(db) == {20261024: HOUR_US, 20261025: 25 * HOUR_US}


def test_silence_counts_until_the_next_word_of_any_kind(db: Database) -> None:
    start = us("2026-05-04 10:00")
    append(db, [back(start)])
    append(db, [Silence(device=DEVICE, received=start + 10 * MINUTE_US)])
    append(db, [event(FIRST, 1, received=start + 14 * MINUTE_US)])

    assert away(db) == {20260504: 4 * MINUTE_US}


def test_who_falls_silent_and_then_says_good_bye_is_counted_once_over_the_whole_time(db: Database) -> None:
    start = us("2026-05-04 10:00")
    append(db, [back(start), Silence(device=DEVICE, received=start + 10 * MINUTE_US)])
    append(db, [gone(start + 15 * MINUTE_US)])
    append(db, [back(start + 30 * MINUTE_US)])

    assert away(db) == {20260504: 20 * MINUTE_US}


def test_a_restart_while_it_is_there_is_no_time_away(db: Database) -> None:
    start = us("2026-05-04 10:00")
    append(db, [back(start)])
    append(db, [status("01B", 0, received=start + HOUR_US)])

    assert away(db) == {}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_counted_is_what_was_away_minute_by_minute(db: Database, seed: int) -> None:
    draw = random.Random(seed)
    moment, there, since = us("2026-10-24 12:00"), True, 0
    expected: Counter[int] = Counter()
    append(db, [back(moment)])
    for _ in range(12):
        moment += draw.randrange(1, 9 * 60) * MINUTE_US
        word: Any = draw.choice([gone, back])
        append(db, [word(moment)])
        if word is gone and there:
            since = moment
        if word is back and not there:
            for minute in range(since, moment, MINUTE_US):
                day = datetime.fromtimestamp(minute // SECOND_US, BERLIN)
                expected[int(day.strftime("%Y%m%d"))] += MINUTE_US
        there = word is back

    assert away(db) == expected
