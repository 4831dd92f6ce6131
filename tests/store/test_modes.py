"""What is ordered at doors: on their tiles, in the bell, and followed by live words of that door alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from core.acts import Act, Action
from core.capabilities import Answer
from core.commands import Result
from core.doors import DoorFacets, Lock, Mode, Position
from core.leaf import Draft
from core.modes import Lease
from core.records import Kind
from core.reports import CommandReply, DoorReport, Item
from core.times import HOUR_US, MINUTE_US
from core.unlocks import SECURE_GRACE_US, Flight, send
from store.acts import close_due, take_step
from store.attention import attention
from store.database import Database
from store.ingest_log import IngestLog
from store.log import append
from store.modes import Order, begin_order, begin_orders, close_leases, find_lease, standing
from store.projections import changed_tiles
from store.rows import next_rows
from store.schema_modes import mode_lease
from store.touch import Holder
from store.views import Tile
from tests.auth.reading import told as records
from tests.store.building import NOW, build_estate, draft, scope
from tests.stores import new_store

DEVICE, DOOR = "berlin-dev", "berlin-door-1"
UNTIL = NOW + HOUR_US
HELD = DoorFacets(position=Position.CLOSED, lock=Lock.UNLOCKED, mode=Mode.HELD)
NORMAL = DoorFacets(position=Position.CLOSED, lock=Lock.LOCKED, mode=Mode.NORMAL)
MODES = [kind for kind in Kind if kind.value.startswith(("hold.", "lockdown."))]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    yield made
    made.close()


def act(name: str = "01a", action: Action = Action.HOLD) -> Act:
    return Act(
        id=name,
        subject="local:ben",
        session="s1",
        action=action,
        target={"door": DOOR},
        seconds=0,
        why="delivery",
        nonce=b"n" * 32,
        created=NOW,
        until=UNTIL,
    )


def order(name: str = "01a", action: Action = Action.HOLD, at: int = NOW) -> Order:
    flight = Flight(
        act=name,
        site="berlin",
        door=DOOR,
        device=DEVICE,
        answer=Answer.ACK,
        sensor=True,
        seconds=0,
        requested=at,
        action=action,
        until=UNTIL,
    )
    lease = Lease(act=name, site="berlin", door=DOOR, device=DEVICE, mode=Mode.HELD, asked=at, until=UNTIL)
    if action is Action.LOCKDOWN:
        lease = replace(lease, mode=Mode.LOCKED_DOWN, began=at)
    kind = Kind.HOLD_REQUESTED if action is Action.HOLD else Kind.LOCKDOWN_REQUESTED
    return Order(flight=flight, lease=lease, records=(draft(kind, at=at, refs={"act": name}),))


def hold(db: Database, name: str = "01a", at: int = NOW) -> None:
    """Take a hold as far as the publish."""
    assert begin_order(db, order(name, at=at), act(name)) is None
    assert take_step(db, name, lambda it: send(it, at), at) is not None


def answer(at: int = NOW + 100, name: str = "01a") -> Item:
    return CommandReply(device=DEVICE, received=at, result=Result.ACCEPTED, act=name)


def shows(facets: DoorFacets, at: int, *, door: str = DOOR, live: bool = True) -> Item:
    return DoorReport(device=DEVICE, door=door, received=at, live=live, boot="", seq=0, at=at, facets=facets)


def said(db: Database) -> list[tuple[str, str | None]]:
    return [(one.kind.value, one.reason) for one in records(db, *MODES)]


def test_answer_and_sight_in_one_batch_put_a_hold_in_force(db: Database) -> None:
    hold(db)

    append(db, [answer(), shows(HELD, NOW + 200)])

    assert said(db)[-2:] == [("hold.accepted", None), ("hold.confirmed", None)]
    assert standing(db, [DOOR])[DOOR].lease.shown == NOW + 200


@pytest.mark.parametrize(
    "word",
    [
        shows(NORMAL, NOW + MINUTE_US, door="berlin-door-2"),
        shows(NORMAL, NOW + MINUTE_US, live=False),
        draft(Kind.DOOR_LOCKED, at=NOW + MINUTE_US, backfilled=True),
        draft(Kind.HOLD_REQUESTED, at=NOW + MINUTE_US, refs={"act": "01b"}),
    ],
)
def test_what_is_no_live_word_of_the_door_ends_no_hold(db: Database, word: Item) -> None:
    hold(db)
    append(db, [answer(), shows(HELD, NOW + 200)])

    append(db, [word])

    found = find_lease(db, "01a")
    assert found is not None
    assert found.in_force


def test_the_leader_lets_holds_run_out_and_says_what_did_not_lock(db: Database) -> None:
    hold(db)
    append(db, [answer(), shows(HELD, NOW + 200)])
    log = IngestLog(db, Holder(id="leader"))

    log.close_acts(UNTIL)
    log.close_acts(UNTIL + SECURE_GRACE_US)

    assert said(db)[-2:] == [("hold.ended", "lease_over"), ("hold.not_secured", None)]
    assert close_leases(db, UNTIL + HOUR_US) == 0, "nothing more is waited for by time"


def test_the_bell_rings_for_a_door_that_did_not_lock_until_it_does(db: Database) -> None:
    hold(db)
    append(db, [answer(), shows(HELD, NOW + 200)])
    close_leases(db, UNTIL)
    assert attention(db, scope("berlin"), UNTIL).alarms == 0

    close_leases(db, UNTIL + SECURE_GRACE_US)

    found = attention(db, scope("berlin"), UNTIL + SECURE_GRACE_US)
    assert [(one.what, one.door, one.since) for one in found.items if one.door] == [
        ("not_secured", DOOR, UNTIL + SECURE_GRACE_US)
    ]
    assert attention(db, scope("paris"), UNTIL + SECURE_GRACE_US).alarms == 0
    append(db, [shows(NORMAL, UNTIL + HOUR_US)])
    assert attention(db, scope("berlin"), UNTIL + HOUR_US).alarms == 0


def tiles(db: Database, after: int) -> tuple[int, dict[str, Tile]]:
    """Give the log's end, and the tiles that changed since."""
    with db.read() as connection:
        rows = next_rows(connection, after=after, limit=1000).rows
        head = rows[-1].id if rows else after
        return head, {one.door: one for one in changed_tiles(connection, rows, (after, head))}


def test_a_tile_changes_with_what_is_ordered_at_its_door(db: Database) -> None:
    hold(db)
    head, _ = tiles(db, 0)
    append(db, [answer()])
    head, changed = tiles(db, head)
    assert (changed[DOOR].mode_ordered, changed[DOOR].mode_until) == ("held", UNTIL)

    begin_orders(db, [order("01b", Action.LOCKDOWN, NOW + 300)], act("01b", Action.LOCKDOWN))

    head, changed = tiles(db, head)
    assert changed[DOOR].mode_ordered == "locked_down"
    assert tiles(db, head)[1] == {}


def test_a_lockdown_that_web_never_sent_is_told_by_the_leader_and_stays_in_force(db: Database) -> None:
    begin_orders(db, [order("01b-1", Action.LOCKDOWN)], act("01b", Action.LOCKDOWN), [_parent()])

    close_due(db, NOW + MINUTE_US)

    assert said(db)[-1] == ("lockdown.refused", "not_sent")
    assert standing(db, [DOOR])[DOOR].lease.in_force


def _parent() -> Draft:
    return draft(Kind.LOCKDOWN_REQUESTED, None, refs={"act": "01b", "doors": 1})


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (select(mode_lease.c.state).where(mode_lease.c.open, mode_lease.c.device == "x"), "mode_lease_open"),
        (
            select(mode_lease.c.state).where(mode_lease.c.current, mode_lease.c.door.in_(["x", "y"])),
            "mode_lease_current",
        ),
        (select(mode_lease.c.state).where(mode_lease.c.due <= 5), "mode_lease_due"),
    ],
)
def test_what_is_asked_at_every_batch_is_answered_by_its_index(db: Database, query: Any, index: str) -> None:
    plain = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    with db.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}").all()

    assert any(f"INDEX {index} " in step[3] and step[3].startswith("SEARCH") for step in plan), plan
