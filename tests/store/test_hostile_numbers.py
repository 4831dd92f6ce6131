"""Numbers that lie: they open no hole for ever, fill no memory, and are counted by device and reason."""

from store.database import Database
from store.folding.feeds import MAX_MISSING, MAX_MISSING_RANGES, MAX_OPEN_GAPS
from store.log import append
from tests.store.words import DEVICE, FIRST, SECOND_BOOT, boots, event, gaps, kinds, status, table


def counts(db: Database) -> dict[str, int]:
    return {row["reason"]: row["n"] for row in table(db, "feed_count") if row["device"] == DEVICE}


def test_a_leap_that_no_device_can_make_good_is_lost_at_once(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 2**50)])
    assert gaps(db) == []
    assert [kind for kind in kinds(db) if kind.startswith("feed.")] == ["feed.gap", "feed.gap_lost"]

    append(db, [event(FIRST, 7), event(FIRST, 2**50 + 1)])
    assert boots(db)[FIRST].missing == ()
    assert boots(db)[FIRST].high == 2**50 + 1
    assert counts(db) == {"sequence_back": 1}


def test_a_state_that_quotes_such_a_number_opens_no_hole_either(db: Database) -> None:
    append(db, [event(FIRST, 1), status(FIRST, 2**50)])

    assert gaps(db) == []
    assert boots(db)[FIRST].high == 2**50


def test_the_largest_hole_that_can_be_made_good_is_asked_for(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, MAX_MISSING + 2)])

    assert gaps(db) == [(FIRST, 2, MAX_MISSING + 1)]


def test_holes_in_a_hole_do_not_grow_without_end(db: Database) -> None:
    append(db, [event(FIRST, MAX_MISSING)])
    append(db, [event(FIRST, seq) for seq in range(2, 2 * MAX_MISSING_RANGES + 200, 2)])

    assert len(boots(db)[FIRST].missing) == MAX_MISSING_RANGES
    assert gaps(db) == [(FIRST, 1, MAX_MISSING - 1)]


def test_a_device_that_leaps_again_and_again_has_few_open_holes(db: Database) -> None:
    append(db, [event(FIRST, seq) for seq in range(1, 1_000, 2)])

    assert len(gaps(db)) == MAX_OPEN_GAPS


def test_a_number_that_came_before_is_counted_and_not_recorded(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 2)])
    append(db, [event(FIRST, 1), event(FIRST, 2)])
    append(db, [event(FIRST, 1)], queued=True)
    append(db, [event(FIRST, 1, backfilled=True)])

    assert len([kind for kind in kinds(db) if kind == "door.opened"]) == 2
    assert counts(db) == {"duplicate": 2}


def test_two_devices_with_one_name_are_both_recorded_and_seen_by_their_doubts(db: Database) -> None:
    for seq in range(1, 4):
        append(db, [event(FIRST, seq), event(SECOND_BOOT, seq)])

    assert [kind for kind in kinds(db) if kind == "door.opened"] == ["door.opened"] * 6
    assert "feed.gap" in kinds(db)
