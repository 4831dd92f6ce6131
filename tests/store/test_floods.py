"""A flood in the log: told once at its beginning, summed up at its end, and its holes made good or lost."""

import pytest

from core.feeds import OPEN_END
from core.records import Kind
from core.reports import Bucket, Calm, Limited
from store.database import Database
from store.ingest_log import IngestLog
from store.log import append
from store.touch import Holder
from tests.store.words import (
    DEVICE,
    FIRST,
    NOW,
    SECOND,
    SECOND_BOOT,
    answer,
    event,
    gaps,
    kinds,
    records,
    table,
)

RATE = Bucket.ORDINARY


def limited(count: int, *ranges: tuple[str, int, int], at: int = NOW, **reasons: int) -> Limited:
    return Limited(device=DEVICE, bucket=RATE, received=at, count=count, ranges=ranges, reasons=reasons)


def calm(at: int = NOW + SECOND) -> Calm:
    return Calm(device=DEVICE, bucket=RATE, received=at)


def told(db: Database) -> list[tuple[object, ...]]:
    found = records(db, Kind.FEED_LIMITED)
    return [(one.leaf["outcome"], one.refs.get("messages"), one.refs.get("lost")) for one in found]


def test_a_flood_of_what_has_no_numbers_is_lost(db: Database) -> None:
    append(db, [limited(300)])
    append(db, [limited(200)])
    append(db, [calm()])

    assert told(db) == [("limited", None, None), ("calm", 500, 500)]
    assert gaps(db) == []


def test_a_flood_of_numbered_events_is_one_hole_that_grows_and_is_filled(db: Database) -> None:
    append(db, [event(FIRST, 1)])
    append(db, [limited(3, (FIRST, 2, 4))])
    append(db, [limited(2, (FIRST, 5, 6))])
    assert gaps(db) == [(FIRST, 2, 6)]
    append(db, [calm(), answer(FIRST, 2, 6, range(2, 7))])

    assert told(db) == [("limited", None, None), ("calm", 5, 0)]
    assert gaps(db) == []
    assert kinds(db)[-1] == "feed.gap_filled"
    assert kinds(db).count("feed.gap") == 1


def test_what_the_device_has_lost_of_its_flood_is_said_to_be_lost(db: Database) -> None:
    append(db, [event(FIRST, 1), limited(5, (FIRST, 2, 6)), calm()])
    append(db, [answer(FIRST, 2, 6, [], lost=[(2, 6)])])

    assert kinds(db)[-1] == "feed.gap_lost"
    assert records(db, Kind.FEED_GAP_LOST)[0].refs["lost"] == 5


def test_each_message_over_the_limit_is_counted_once_by_what_was_wrong_with_it(db: Database) -> None:
    append(db, [limited(10, not_json=3, nul=2)])

    counts = {row["reason"]: row["n"] for row in table(db, "feed_count")}
    assert counts == {"limited": 5, "not_json": 3, "nul": 2}


def test_who_takes_over_learns_of_the_floods_that_nobody_has_ended(db: Database) -> None:
    log = IngestLog(db, Holder(id="next"))
    append(db, [limited(1)])
    assert log.floods() == [(DEVICE, RATE)]

    append(db, [calm(), calm()])
    assert log.floods() == []
    assert len(told(db)) == 2


@pytest.mark.parametrize(
    "ranges",
    [
        [(f"02{n:06}", 1, 1) for n in range(320)],
        [(FIRST, 2 * n, 2 * n) for n in range(50, 370)],
        [(FIRST, 2_000_000 * n, 2_000_000 * n) for n in range(1, 321)],
    ],
    ids=["a boot a message", "every other number", "leaps"],
)
def test_what_is_over_a_limit_makes_no_records_whatever_its_numbers(
    db: Database, ranges: list[tuple[str, int, int]]
) -> None:
    append(db, [event(FIRST, 1), limited(1, (FIRST, 2, 2))])
    before = len(kinds(db))
    for start in range(0, len(ranges), 32):
        append(db, [limited(32, *ranges[start : start + 32])])

    assert kinds(db)[before:] == []
    assert len(table(db, "feed")) == 1


def test_a_boot_that_began_in_a_flood_is_asked_for_once_it_is_over(db: Database) -> None:
    append(db, [event(FIRST, 1), limited(3, (FIRST, 2, 3), (SECOND_BOOT, 1, 1)), calm()])
    append(db, [event(SECOND_BOOT, 3)])

    assert told(db)[-1] == ("calm", 3, 1)
    assert gaps(db) == [(FIRST, 2, 3), (FIRST, 4, OPEN_END), (SECOND_BOOT, 1, 2)]
