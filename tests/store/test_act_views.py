"""What screens show of acts: who opens which door since when, at their own sites, as far as it has come."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.acts import Action
from core.commands import Result
from core.handles import handle_of
from core.leaf import Draft
from core.records import Kind
from core.reports import CommandReply
from core.times import SECOND_US
from core.unlocks import refuse, send
from store.act_views import MOST, SHOWN_US, acts_of, changed_acts
from store.acts import begin_flight, take_step
from store.database import Database
from store.log import append
from store.rows import next_rows
from store.views import ActView
from tests.store.building import NOW, build_estate, draft
from tests.store.test_acts import DEVICE, DOOR, act, begin_session, flight
from tests.stores import new_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    yield made
    made.close()


def intent(name: str, at: int) -> Draft:
    return draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": name})


def begin(db: Database, name: str = "01a", *, at: int = NOW, session: str = "") -> None:
    one = replace(act(name, session or begin_session(db)), subject="local:ben")
    assert begin_flight(db, flight(one, at=at), one, intent(name, at)) is None


def changed(db: Database, after: int) -> tuple[ActView, ...]:
    with db.read() as connection:
        some = next_rows(connection, after, 1_000)
        return changed_acts(connection, some.rows, (after, some.head), NOW)


def shown(db: Database, *sites: str, now: int = NOW) -> tuple[ActView, ...]:
    with db.read() as connection:
        return acts_of(connection, sites, now)


def test_an_act_says_who_and_since_when_without_saying_why(db: Database) -> None:
    begin(db)
    (one,) = shown(db, "berlin")

    assert (one.act, one.action, one.door, one.stage) == ("01a", "unlock", DOOR, "requested")
    assert (one.by, one.name, one.since) == (handle_of("local:ben"), "Ben", NOW)
    assert (one.busy, one.final, one.good) == (True, False, False)
    assert "visitor" not in str(one)


def test_acts_are_shown_at_their_own_site_and_for_some_minutes(db: Database) -> None:
    begin(db)

    assert shown(db, "paris", "rome") == ()
    assert len(shown(db, "berlin", now=NOW + SHOWN_US)) == 1
    assert shown(db, "berlin", now=NOW + SHOWN_US + 1) == ()


def test_each_step_is_in_the_batch_that_made_it(db: Database) -> None:
    begin(db)
    first = changed(db, 0)
    take_step(db, "01a", lambda it: send(it, NOW), NOW)
    second = changed(db, 1)
    reply = CommandReply(device=DEVICE, act="01a", result=Result.ACCEPTED, received=NOW + SECOND_US)
    append(db, [reply])
    third = changed(db, 2)
    append(db, [draft(Kind.DOOR_OPENED, at=NOW + 2 * SECOND_US)])
    last = changed(db, 3)

    assert [[one.stage for one in some] for some in (first, second, third, last)] == [
        ["requested"],
        ["sent"],
        ["accepted"],
        ["confirmed"],
    ]
    assert (last[0].accepted, last[0].opened) == (NOW + SECOND_US, NOW + 2 * SECOND_US)
    assert last[0].good


def test_what_changed_an_act_later_is_not_shown_before(db: Database) -> None:
    begin(db)
    take_step(db, "01a", lambda it: send(it, NOW), NOW)
    with db.read() as connection:
        some = next_rows(connection, 0, 2)
        assert [row.kind for row in some.rows][-1] is Kind.UNLOCK_REQUESTED
        assert changed_acts(connection, some.rows, (0, some.head), NOW) == ()


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (Action.HOLD, Kind.HOLD_REQUESTED),
        (Action.END_HOLD, Kind.HOLD_END_REQUESTED),
        (Action.LOCKDOWN, Kind.LOCKDOWN_REQUESTED),
        (Action.RELEASE, Kind.LOCKDOWN_RELEASE_REQUESTED),
    ],
)
def test_holds_and_lockdowns_are_shown_as_what_they_are(db: Database, action: Action, kind: Kind) -> None:
    one = act(session=begin_session(db))
    asked = draft(kind, refs={"act": one.id})
    begin_flight(db, replace(flight(one), action=action, seconds=0), one, asked)

    assert [(told.action, told.name, told.closes) for told in changed(db, 1)] == [(action.value, "Ben", 0)]


def test_a_refusal_says_why(db: Database) -> None:
    begin(db)
    take_step(db, "01a", lambda it: refuse(it, "not_connected"), NOW)

    assert [(one.stage, one.reason, one.final) for one in shown(db, "berlin")] == [
        ("refused", "not_connected", True)
    ]


def test_however_many_acts_there_were_a_screen_begins_with_the_newest_of_them(db: Database) -> None:
    session = begin_session(db)
    for number in range(MOST + 5):
        begin(db, f"{number:03}", at=NOW + number, session=session)
        take_step(db, f"{number:03}", lambda it: refuse(it, "not_connected"), NOW + number)
    names = [one.act for one in shown(db, "berlin")]
    elsewhere = act("999", session, door="paris-door-1")
    begin_flight(db, replace(flight(elsewhere), site="paris"), elsewhere, intent("999", NOW))

    assert names == [f"{number:03}" for number in range(5, MOST + 5)]
    # However much happens in Berlin.
    assert [one.act for one in shown(db, "paris")] == ["999"]
