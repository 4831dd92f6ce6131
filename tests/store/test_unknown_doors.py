"""A device that no longer knows how its door is: what it said before must not stay on the wall."""

import msgspec
import pytest
from sqlalchemy import select

from core.doors import DoorFacets, DoorState, Lock, Position
from core.reports import DoorReport
from store import schema
from store.database import Database
from store.log import append
from tests.store.words import DEVICE, DOOR, FIRST, NOW, SECOND, records

LOCKED = DoorFacets(Position.CLOSED, Lock.LOCKED)


def report(
    seq: int, facets: DoorFacets, *unknown: str, numbered: bool = False, live: bool = True
) -> DoorReport:
    return DoorReport(
        device=DEVICE,
        door=DOOR,
        received=NOW + seq * SECOND,
        live=live,
        boot=FIRST if numbered else "",
        seq=seq if numbered else 0,
        at=NOW + seq * SECOND,
        facets=facets,
        unknown=unknown,
    )


def door(db: Database) -> DoorFacets:
    with db.read() as connection:
        state = connection.execute(select(schema.door_state.c.state)).scalar_one()
    return msgspec.json.decode(state, type=DoorState).facets


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("live", [False, True])
def test_what_is_said_to_be_unknown_is_unknown_and_recorded_once(
    db: Database, numbered: bool, live: bool
) -> None:
    append(db, [report(1, LOCKED, numbered=numbered)])
    for seq in (2, 3):
        append(db, [report(seq, DoorFacets(), "lock", numbered=numbered, live=live)])

    assert door(db) == DoorFacets(Position.CLOSED, Lock.UNKNOWN)
    told = [one.leaf["refs"] for one in records(db) if one.leaf["kind"] == "door.corrected"]
    assert [one["lock"] for one in told] == ["unknown"]


def test_what_is_merely_not_told_stays(db: Database) -> None:
    append(db, [report(1, LOCKED), report(2, DoorFacets(position=Position.OPEN))])

    assert door(db) == DoorFacets(Position.OPEN, Lock.LOCKED)


def test_an_older_word_that_knew_does_not_come_back(db: Database) -> None:
    append(db, [report(2, DoorFacets(), "lock"), report(1, LOCKED)])

    assert door(db).lock is Lock.UNKNOWN
