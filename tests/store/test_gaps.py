"""Gaps: what is missing is said before anything is built on it, asked for, and closed when it came."""

from sqlalchemy import update

from core.doors import DoorFacets, Position
from core.feeds import OPEN_END, Boot, Missing
from core.records import Kind
from core.reports import DoorReport, SessionLost
from store import schema
from store.database import Database
from store.folding.feeds import MAX_OPEN_GAPS
from store.ingest_log import IngestLog
from store.log import append
from store.touch import Holder
from tests.store.words import (
    DEVICE,
    DOOR,
    FIRST,
    NOW,
    SECOND_BOOT,
    THIRD,
    answer,
    boots,
    event,
    gaps,
    kinds,
    records,
    status,
    table,
)

GAPS = (Kind.FEED_GAP, Kind.FEED_GAP_FILLED, Kind.FEED_GAP_LOST)


def asked(db: Database) -> list[tuple[str, int, int]]:
    """Give what ingest would ask the device for now."""
    missing: list[Missing] = list(IngestLog(db, Holder(id="test")).missing())
    return [(one.boot, one.first, one.last) for one in missing]


def test_a_hole_is_recorded_before_the_event_that_shows_it(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 4)])

    assert kinds(db) == ["door.opened", "feed.gap", "door.opened"]
    gap = records(db, Kind.FEED_GAP)[0]
    assert gap.refs == {"boot": FIRST, "first": 2, "last": 3, "missing": 2}
    assert (gap.leaf["reason"], gap.leaf["site"], gap.leaf["device"]) == ("sequence", "berlin", DEVICE)
    assert gaps(db) == [(FIRST, 2, 3)] == asked(db)


def test_a_sequence_that_begins_late_is_missing_its_beginning(db: Database) -> None:
    append(db, [event(FIRST, 3)])

    assert gaps(db) == [(FIRST, 1, 2)]


def test_a_gap_is_closed_behind_the_event_that_fills_it(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 4)])
    append(db, [event(FIRST, 3)])
    assert asked(db) == [(FIRST, 2, 3)]

    append(db, [event(FIRST, 2)])

    assert kinds(db)[-2:] == ["door.opened", "feed.gap_filled"]
    assert records(db)[-1].refs == {"boot": FIRST, "first": 2, "last": 3}
    assert gaps(db) == asked(db) == []


def test_only_what_has_not_come_is_asked_for(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 9), event(FIRST, 2), event(FIRST, 3), event(FIRST, 6)])

    assert asked(db) == [(FIRST, 4, 8)]


def test_what_the_device_has_lost_closes_the_gap_as_lost_with_its_number(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 9)])
    append(db, [answer(FIRST, 2, 8, events=(6, 7, 8), lost=((2, 5),))])

    lost = records(db)[-1]
    assert lost.kind is Kind.FEED_GAP_LOST
    assert lost.refs == {"boot": FIRST, "first": 2, "last": 8, "lost": 4}
    assert boots(db)[FIRST] == Boot(9)


def test_an_answer_that_comes_twice_closes_once(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 4)])
    for _ in range(2):
        append(db, [answer(FIRST, 2, 3, events=(2, 3))])

    assert [one.kind for one in records(db, *GAPS)] == [Kind.FEED_GAP, Kind.FEED_GAP_FILLED]
    assert len(records(db, Kind.DOOR_OPENED)) == 4


def test_a_status_that_quotes_more_than_came_shows_the_hole_after_the_last_event(db: Database) -> None:
    append(db, [status(FIRST, 0, oldest=(FIRST, 1)), event(FIRST, 1)])
    append(db, [status(FIRST, 4)])

    assert gaps(db) == [(FIRST, 2, 4)] == asked(db)
    append(db, [status(FIRST, 4), status(FIRST, 4, live=False)])
    assert len(records(db, Kind.FEED_GAP)) == 1


def test_a_door_that_quotes_more_than_came_shows_a_hole_too(db: Database) -> None:
    report = DoorReport(
        device=DEVICE,
        door=DOOR,
        received=NOW,
        live=True,
        boot=FIRST,
        seq=2,
        at=NOW,
        facets=DoorFacets(position=Position.OPEN),
    )
    append(db, [status(FIRST, 0), report])

    assert gaps(db) == [(FIRST, 1, 2)]


def test_a_device_that_was_never_met_misses_nothing_from_before_its_oldest_event(db: Database) -> None:
    retained = DoorReport(
        device=DEVICE, door=DOOR, received=NOW, live=False, boot=FIRST, seq=500, at=NOW, facets=DoorFacets()
    )
    append(db, [retained])
    assert gaps(db) == []

    append(db, [status(FIRST, 500, live=False, oldest=(FIRST, 451))])

    assert gaps(db) == [(FIRST, 451, 500)]


def test_at_first_contact_earlier_boots_are_asked_for_from_their_oldest_event(db: Database) -> None:
    append(db, [status(SECOND_BOOT, 2, oldest=(FIRST, 30))])

    assert gaps(db) == [(FIRST, 30, OPEN_END), (SECOND_BOOT, 1, 2)]


def test_a_device_that_was_met_misses_what_its_new_boot_no_longer_holds(db: Database) -> None:
    append(db, [status(FIRST, 0, oldest=(FIRST, 1))])
    append(db, [status(SECOND_BOOT, 60, oldest=(SECOND_BOOT, 40))])

    assert (SECOND_BOOT, 1, 60) in gaps(db)


def test_a_reboot_puts_the_end_of_the_old_boot_in_doubt(db: Database) -> None:
    append(db, [status(FIRST, 0), event(FIRST, 1)])
    append(db, [status(SECOND_BOOT, 0)])

    assert gaps(db) == [(FIRST, 2, OPEN_END)] == asked(db)
    gap = records(db, Kind.FEED_GAP)[0]
    assert gap.leaf["reason"] == "rebooted"
    assert gap.refs == {"boot": FIRST, "first": 2}


def test_a_reboot_that_only_an_event_tells_of_is_one_too(db: Database) -> None:
    append(db, [status(FIRST, 0), event(FIRST, 1), event(SECOND_BOOT, 1)])

    assert gaps(db) == [(FIRST, 2, OPEN_END)]


def test_an_open_end_is_closed_when_nothing_more_had_been_made(db: Database) -> None:
    append(db, [event(FIRST, 1), event(SECOND_BOOT, 1), answer(FIRST, 2, 1)])

    closed = records(db)[-1]
    assert closed.kind is Kind.FEED_GAP_FILLED
    assert closed.refs == {"boot": FIRST, "first": 2, "last": 1}
    assert gaps(db) == []


def test_an_open_end_is_closed_by_an_answer_in_several_pages(db: Database) -> None:
    append(db, [event(FIRST, 1), event(SECOND_BOOT, 1)])

    append(db, [answer(FIRST, 2, 3, events=(2, 3), more=True)])
    assert asked(db) == [(FIRST, 4, OPEN_END)]
    append(db, [answer(FIRST, 4, 5, events=(4, 5))])

    assert gaps(db) == asked(db) == []
    assert records(db)[-1].refs == {"boot": FIRST, "first": 2, "last": 5}


def test_an_open_end_is_closed_by_an_answer_that_begins_after_what_came_meanwhile(db: Database) -> None:
    append(db, [event(FIRST, 1), SessionLost(received=NOW), event(FIRST, 4), event(FIRST, 2)])
    assert asked(db) == [(FIRST, 3, OPEN_END)]

    append(db, [answer(FIRST, 3, 4, events=(3, 4))])

    assert gaps(db) == []


def test_an_open_end_that_is_lost_is_closed_as_lost(db: Database) -> None:
    append(db, [event(FIRST, 1), event(SECOND_BOOT, 1), answer(FIRST, 2, 7, lost=((2, 7),))])

    assert records(db)[-1].refs == {"boot": FIRST, "first": 2, "last": 7, "lost": 6}


def test_a_device_that_has_forgotten_the_boot_closes_the_open_end_as_lost(db: Database) -> None:
    append(db, [event(FIRST, 1), event(SECOND_BOOT, 1)])
    append(db, [answer(FIRST, 2, OPEN_END, lost=((2, OPEN_END),))])

    assert records(db)[-1].kind is Kind.FEED_GAP_LOST
    assert records(db)[-1].refs["lost"] == 1
    assert gaps(db) == []
    assert boots(db)[FIRST].high == 1


def test_an_answer_to_an_older_gap_says_nothing_of_an_open_end(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 4), SessionLost(received=NOW)])
    append(db, [answer(FIRST, 2, 3, events=(2, 3))])

    assert gaps(db) == [(FIRST, 5, OPEN_END)]


def test_an_end_that_did_not_come_with_the_answer_stays_missing(db: Database) -> None:
    append(db, [event(FIRST, 1), event(SECOND_BOOT, 1)])
    append(db, [answer(FIRST, 2, 6, events=(2, 3))])

    assert asked(db) == [(FIRST, 4, 6)]
    assert records(db, Kind.FEED_GAP_FILLED) == []


def test_a_boot_that_an_answer_tells_of_is_asked_for_in_turn(db: Database) -> None:
    append(db, [status(FIRST, 0), event(FIRST, 1), status(THIRD, 0)])
    append(db, [answer(FIRST, 2, 1, next_boot=SECOND_BOOT)])
    assert asked(db) == [(SECOND_BOOT, 1, OPEN_END)]

    append(db, [answer(SECOND_BOOT, 1, 2, events=(1, 2), next_boot=THIRD)])

    assert asked(db) == []
    assert [one.refs["boot"] for one in records(db, Kind.DOOR_OPENED)] == [FIRST, SECOND_BOOT, SECOND_BOOT]


def test_a_boot_that_an_answer_to_another_question_tells_of_leaves_the_end_in_doubt(db: Database) -> None:
    append(db, [event(FIRST, 2)])
    append(db, [answer(FIRST, 1, 1, events=(1,), next_boot=SECOND_BOOT)])

    assert gaps(db) == [(FIRST, 3, OPEN_END)]


def test_a_lost_session_puts_the_end_of_every_running_sequence_in_doubt_once(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 2)])
    append(db, [SessionLost(received=NOW)])
    append(db, [SessionLost(received=NOW)])

    assert kinds(db)[2:] == ["ingest.session_lost", "feed.gap", "ingest.session_lost"]
    assert records(db, Kind.FEED_GAP)[0].leaf["reason"] == "session_lost"
    assert gaps(db) == [(FIRST, 3, OPEN_END)]


def test_a_device_never_heard_of_has_no_gap_when_the_session_is_lost(db: Database) -> None:
    append(db, [SessionLost(received=NOW)])

    assert kinds(db) == ["ingest.session_lost"]


def test_a_gap_holds_whatever_another_device_does(db: Database) -> None:
    append(db, [event(FIRST, 1), event(FIRST, 3)])
    append(db, [event(FIRST, seq, device="other", site="newyork") for seq in (1, 2, 3)])

    assert gaps(db) == [(FIRST, 2, 2)]


def test_a_device_that_reboots_at_every_word_has_its_oldest_gaps_given_up(db: Database) -> None:
    append(db, [status("B0000", 0)])
    for number in range(1, MAX_OPEN_GAPS + 6):
        append(db, [status(f"B{number:04}", 0)])

    open_gaps = [row for row in table(db, "gap") if row["closed_id"] is None]
    assert len(open_gaps) == MAX_OPEN_GAPS
    assert kinds(db).count(Kind.FEED_GAP_LOST) == 5


def test_nobody_asks_a_device_out_of_service_for_what_it_owes(db: Database) -> None:
    append(db, [status(FIRST, 0)])
    append(db, [event(FIRST, 5)])
    assert len(asked(db)) == 1

    with db.write() as connection:
        connection.execute(update(schema.device).values(retired=NOW))
    assert asked(db) == []
