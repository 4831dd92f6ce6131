"""What a supervisor must see live: a door not locked after an unlock, a lockdown that no door confirms."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.acts import Act, Action
from core.doors import Mode
from core.modes import LOCKDOWN_US
from core.records import Kind
from core.reports import Item
from core.times import HOUR_US, MINUTE_US, SECOND_US
from core.unlocks import ANSWER_US, SECURE_GRACE_US, refuse, send
from store.act_views import acts_of
from store.acts import begin_flight, close_due, take_step
from store.attention import attention
from store.database import Database
from store.log import append
from store.modes import begin_orders
from store.projections import changed_tiles, tiles_of
from store.rows import next_rows
from store.views import Tile
from tests.store.building import NOW, build_estate, draft, scope
from tests.store.test_modes import DOOR, HELD, NORMAL, act, answer, order, shows
from tests.stores import new_store

LOCKED_DOWN = replace(NORMAL, mode=Mode.LOCKED_DOWN)
OVERDUE = NOW + 5 * SECOND_US + SECURE_GRACE_US + SECOND_US


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    yield made
    made.close()


def unlock(db: Database, *words: Item) -> None:
    """Take an unlock as far as these words."""
    one: Act = replace(act(action=Action.UNLOCK), until=0, seconds=5)
    flight = replace(order().flight, action=Action.UNLOCK, until=0, seconds=5)
    asked = draft(Kind.UNLOCK_REQUESTED, refs={"act": one.id})
    assert begin_flight(db, flight, one, asked) is None
    assert take_step(db, one.id, lambda it: send(it, NOW), NOW) is not None
    append(db, words)


def lock_down(db: Database) -> None:
    begin_orders(db, [order("01a-1", Action.LOCKDOWN)], act("01a", Action.LOCKDOWN))


def tile(db: Database) -> Tile:
    with db.read() as connection:
        return next(one for one in tiles_of(connection, {"berlin"}) if one.door == DOOR)


def news(db: Database, after: int) -> list[str]:
    """Give what the batch of these records says of the door's doubts."""
    with db.read() as connection:
        some = next_rows(connection, after, 1_000)
        tiles = changed_tiles(connection, some.rows, (after, some.head))
    return [one.mode_doubt for one in tiles if one.door == DOOR]


def whats(db: Database, now: int, site: str = "berlin") -> list[tuple[str, str, int]]:
    found = attention(db, scope(site), now).items
    return [(one.what, one.label, one.since) for one in found if one.door is not None]


def test_a_door_not_locked_after_an_unlock_is_told_until_it_is(db: Database) -> None:
    unlock(db, answer(), shows(replace(HELD, mode=Mode.NORMAL), NOW + 200))
    assert whats(db, NOW + SECOND_US) == []
    with db.read() as connection:
        head = next_rows(connection, 0, 1_000).head
    assert close_due(db, OVERDUE) == 1

    assert news(db, head) == ["not_secured"]
    assert whats(db, OVERDUE) == [("not_secured", "Not secure again", OVERDUE)]
    assert whats(db, OVERDUE + 10 * HOUR_US)
    assert whats(db, OVERDUE, "paris") == []

    append(db, [shows(NORMAL, OVERDUE + MINUTE_US)])

    assert tile(db).mode_doubt == ""
    assert whats(db, OVERDUE + MINUTE_US) == []


def test_a_door_that_let_go_after_a_late_answer_is_told_as_any_other_until_it_is_locked(db: Database) -> None:
    unlock(db)
    at = NOW + 6 * SECOND_US
    close_due(db, NOW + ANSWER_US)
    append(db, [answer(at), shows(replace(HELD, mode=Mode.NORMAL), at)])
    with db.read() as connection:
        head = next_rows(connection, 0, 1_000).head
    late = at + 5 * SECOND_US + SECURE_GRACE_US
    assert close_due(db, late) == 1

    assert news(db, head) == ["not_secured"]
    assert ("not_secured", "Not secure again", late) in whats(db, late)
    with db.read() as connection:
        (one,) = acts_of(connection, {"berlin"}, late)
    assert (one.stage, one.good, one.late, one.let_go, one.overdue) == ("unconfirmed", False, at, at, late)
    assert close_due(db, late + HOUR_US) == 0

    append(db, [shows(NORMAL, late + MINUTE_US)])

    assert tile(db).mode_doubt == ""
    with db.read() as connection:
        (one,) = acts_of(connection, {"berlin"}, late + MINUTE_US)
    assert (one.stage, one.secured, one.overdue) == ("unconfirmed", late + MINUTE_US, 0)


def test_a_lockdown_that_no_device_confirms_is_told_until_the_door_shows_it(db: Database) -> None:
    lock_down(db)
    assert whats(db, NOW) == []
    take_step(db, "01a-1", lambda it: refuse(it, "not_connected"), NOW)

    assert tile(db).mode_doubt == "unconfirmed"
    assert whats(db, NOW) == [("unconfirmed", "Lockdown not confirmed", NOW)]
    assert attention(db, scope("paris"), NOW).alarms == 0


def test_an_answer_after_the_verdict_is_told_for_some_minutes(db: Database) -> None:
    unlock(db)
    assert close_due(db, NOW + MINUTE_US) == 1
    at = NOW + MINUTE_US + SECOND_US
    append(db, [answer(at)])

    with db.read() as connection:
        assert [one.late for one in acts_of(connection, {"berlin"}, at)] == [at]
    assert whats(db, at) == [("answered_late", "Answered late", at)]
    assert whats(db, at + LOCKDOWN_US) == []
