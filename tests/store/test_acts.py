"""Acts: one proof each, one command at a door at a time, and every step a record."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from auth.sessions import Sessions
from core.acts import LIVES_US, Act, Action
from core.capabilities import Answer
from core.commands import Result
from core.doors import DoorFacets, Lock, Position
from core.leaf import Draft
from core.records import Kind
from core.reports import CommandReply, DoorReport, Item
from core.times import SECOND_US
from core.unlocks import ANSWER_US, CONFIRM_US, Flight, Stage, send
from store.acts import (
    Noted,
    add_act,
    awaited,
    begin_flight,
    close_due,
    find_act,
    find_flight,
    take_step,
    use_up,
)
from store.database import Database
from store.door_keepers import busy_door
from store.folding.counts import UNASKED
from store.log import append
from store.sessions import end_sessions
from tests.auth.people import LIMITS, person
from tests.auth.reading import told as records
from tests.store.building import NOW, build_estate, draft
from tests.store.words import table
from tests.stores import new_store

UNLOCKS = [kind for kind in Kind if kind.value.startswith("unlock.")]
DEVICE, DOOR = "berlin-dev", "berlin-door-1"


def act(name: str = "01a", session: str = "s1", door: str = DOOR, at: int = NOW) -> Act:
    return Act(
        id=name,
        subject=f"subject of {session}",
        session=session,
        action=Action.UNLOCK,
        target={"door": door},
        seconds=5,
        why="visitor",
        nonce=b"n" * 32,
        created=at,
    )


def flight(one: Act, answer: Answer = Answer.ACK, *, sensor: bool = True, at: int = NOW) -> Flight:
    return Flight(
        act=one.id,
        site="berlin",
        door=one.door,
        device=DEVICE,
        answer=answer,
        sensor=sensor,
        seconds=one.seconds,
        requested=at,
    )


def intent(one: Act, at: int = NOW) -> Draft:
    return draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": one.id}, private={"subject": one.subject})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    yield made
    made.close()


def begin_session(db: Database) -> str:
    _, actor = Sessions(db, LIMITS).start(person("ben"), address="192.0.2.7", agent="Firefox", now=NOW)
    return actor.session


@pytest.fixture
def estate(db: Database) -> Database:
    build_estate(db)
    return db


def fly(db: Database, name: str = "01a", answer: Answer = Answer.ACK, *, sensor: bool = True) -> None:
    """Take an unlock as far as the publish."""
    one = act(name)
    assert begin_flight(db, flight(one, answer, sensor=sensor), one, intent(one)) is None
    assert take_step(db, name, lambda it: send(it, NOW), NOW) is not None


def told(db: Database) -> list[tuple[str, str | None]]:
    """Give the log's unlocks, the oldest first."""
    return [(one.kind.partition(".")[2], one.reason) for one in records(db, *UNLOCKS)]


def answer(result: Result, act: str = "01a", at: int = NOW + 100) -> Item:
    return CommandReply(device=DEVICE, received=at, result=result, act=act)


def shows(position: Position, lock: Lock, at: int, *, live: bool = True) -> Item:
    return DoorReport(
        device=DEVICE,
        door=DOOR,
        received=at,
        live=live,
        boot="",
        seq=0,
        at=at,
        facets=DoorFacets(position=position, lock=lock),
    )


def test_a_pending_act_is_used_up_by_the_first_proof(db: Database) -> None:
    session = begin_session(db)
    add_act(db, act(session=session))

    assert use_up(db, "01a", session, NOW + 1) == act(session=session)
    assert use_up(db, "01a", session, NOW + 2) is None
    assert find_act(db, "01a", session) == Noted(act=act(session=session), used=True, refused="")


@pytest.mark.parametrize("late", [LIVES_US, -1])
def test_an_act_is_void_after_a_minute_and_before_it_was_made(db: Database, late: int) -> None:
    session = begin_session(db)
    add_act(db, act(session=session))

    assert use_up(db, "01a", session, NOW + late) is None


def test_an_act_of_another_session_is_as_if_there_were_none(db: Database) -> None:
    session, other = begin_session(db), begin_session(db)
    add_act(db, act(session=session))

    assert use_up(db, "01a", other, NOW + 1) is None
    assert find_act(db, "01a", other) is None
    assert use_up(db, "01a", session, NOW + 1) is not None


def test_an_act_is_void_once_its_session_has_ended(db: Database) -> None:
    session = begin_session(db)
    add_act(db, act(session=session))
    end_sessions(db, [session], "ended_by_admin", NOW + 1)

    assert use_up(db, "01a", session, NOW + 2) is None


def test_twenty_proofs_at_once_use_an_act_up_once(db: Database) -> None:
    session = begin_session(db)
    add_act(db, act(session=session))

    assert sum(one is not None for one in at_once(lambda _: use_up(db, "01a", session, NOW + 1))) == 1


def test_twenty_unlocks_of_a_door_at_once_are_one_and_the_others_hear_whose(estate: Database) -> None:
    def begin(number: int) -> object:
        one = act(f"01{number:02}", session=f"s{number}")
        return begin_flight(estate, flight(one), one, intent(one))

    taken = at_once(begin)

    assert sum(one is None for one in taken) == 1
    first = busy_door(estate, DOOR)
    assert first is not None
    assert {one for one in taken if one is not None} == {first}
    assert told(estate) == [("requested", None)]


def at_once(do: Callable[[int], object], times: int = 20) -> list[object]:
    together = Barrier(times)

    def one(number: int) -> object:
        together.wait()
        return do(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_an_unlock_is_confirmed_by_the_devices_answer_and_its_door(estate: Database) -> None:
    fly(estate)

    append(estate, [answer(Result.ACCEPTED)])
    append(estate, [shows(Position.OPEN, Lock.UNLOCKED, NOW + 200)])
    assert busy_door(estate, DOOR) is not None
    append(estate, [shows(Position.CLOSED, Lock.LOCKED, NOW + 2 * SECOND_US)])

    assert [kind for kind, _ in told(estate)] == ["requested", "sent", "accepted", "confirmed", "secured"]
    assert busy_door(estate, DOOR) is None


def test_a_door_that_tells_nothing_is_free_when_its_pulse_is_over(estate: Database) -> None:
    fly(estate, answer=Answer.NONE, sensor=False)
    assert busy_door(estate, DOOR) is not None

    assert close_due(estate, NOW + 5 * SECOND_US) == 1

    assert busy_door(estate, DOOR) is None
    assert [kind for kind, _ in told(estate)] == ["requested", "sent"]


def test_events_of_the_door_confirm_as_its_reports_do(estate: Database) -> None:
    fly(estate)

    append(estate, [answer(Result.ACCEPTED), draft(Kind.DOOR_UNLOCKED, at=NOW + 200)])

    assert told(estate)[-1] == ("confirmed", None)


@pytest.mark.parametrize("queued", [True, False])
def test_what_is_history_confirms_nothing(estate: Database, queued: bool) -> None:
    fly(estate)
    append(estate, [answer(Result.ACCEPTED)])

    append(estate, [shows(Position.OPEN, Lock.UNLOCKED, NOW + 200, live=queued)], queued=queued)
    append(estate, [draft(Kind.DOOR_OPENED, at=NOW + 300, backfilled=True)])

    assert told(estate)[-1] == ("accepted", None)


def test_another_door_of_the_device_confirms_nothing(estate: Database) -> None:
    fly(estate)
    append(estate, [answer(Result.ACCEPTED), draft(Kind.DOOR_OPENED, at=NOW + 300, door=2)])

    assert told(estate)[-1] == ("accepted", None)


def test_an_answer_without_a_name_is_to_what_the_device_was_sent(estate: Database) -> None:
    fly(estate, answer=Answer.RESULT_NO_ID, sensor=False)

    append(estate, [answer(Result.ACCEPTED, act="")])

    assert told(estate)[-1] == ("accepted", None)


def test_answers_are_waited_for_from_the_request_until_one_is_there_or_nothing_is_open(
    estate: Database,
) -> None:
    assert awaited(estate) == []
    fly(estate, sensor=False)
    assert awaited(estate) == [(DEVICE, "01a")]

    append(estate, [answer(Result.ACCEPTED)])

    assert awaited(estate) == []


def test_another_devices_answer_to_our_act_is_none(estate: Database) -> None:
    fly(estate)

    append(estate, [CommandReply(device="paris-dev", received=NOW + 1, result=Result.ACCEPTED, act="01a")])

    assert told(estate)[-1] == ("sent", None)


def test_an_answer_that_nobody_waits_for_is_counted(estate: Database) -> None:
    append(estate, [answer(Result.ACCEPTED), answer(Result.ACCEPTED)])

    assert [(row["device"], row["n"]) for row in table(estate, "feed_count") if row["reason"] == UNASKED] == [
        (DEVICE, 2)
    ]
    assert told(estate) == []


def test_the_leader_closes_what_was_requested_and_never_sent(estate: Database) -> None:
    one = act()
    begin_flight(estate, flight(one), one, intent(one))

    assert close_due(estate, NOW + 5 * SECOND_US - 1) == 0
    close_due(estate, NOW + 5 * SECOND_US)

    assert told(estate)[-1] == ("expired", "not_sent")
    assert busy_door(estate, DOOR) is None
    assert take_step(estate, "01a", lambda it: send(it, NOW + 1), NOW + 6 * SECOND_US) is None


def test_the_leader_closes_what_nobody_answered_and_a_late_answer_is_told(estate: Database) -> None:
    fly(estate)

    close_due(estate, NOW + ANSWER_US)
    append(estate, [answer(Result.ACCEPTED, at=NOW + 12 * SECOND_US)])
    append(estate, [answer(Result.ACCEPTED, at=NOW + 13 * SECOND_US)])

    assert told(estate)[-2:] == [("unconfirmed", "not_answered"), ("answered_late", None)]
    assert len(told(estate)) == 4


def test_a_late_answer_is_followed_for_as_long_as_its_door_may_let_go(estate: Database) -> None:
    fly(estate)
    close_due(estate, NOW + ANSWER_US)
    late = NOW + 60 * SECOND_US
    append(estate, [answer(Result.ACCEPTED, at=late)])
    assert awaited(estate) == [(DEVICE, "01a")]

    assert close_due(estate, late + CONFIRM_US) == 0
    assert close_due(estate, late + CONFIRM_US + 1) == 1

    assert awaited(estate) == []
    assert close_due(estate, late + 600 * SECOND_US) == 0


def test_a_door_that_lets_go_late_is_watched_and_free_for_the_next_to_whom_it_then_belongs(
    estate: Database,
) -> None:
    fly(estate)
    close_due(estate, NOW + ANSWER_US)
    assert busy_door(estate, DOOR) is None
    again = act("01b", at=NOW + 6 * SECOND_US)
    at = again.created
    assert begin_flight(estate, flight(again, at=at), again, intent(again, at=at)) is None
    assert take_step(estate, "01b", lambda it: send(it, at), at) is not None
    append(estate, [answer(Result.ACCEPTED, "01b", at=at + 100)])
    append(estate, [shows(Position.OPEN, Lock.UNLOCKED, at + 200)])
    append(estate, [shows(Position.CLOSED, Lock.LOCKED, at + 2 * SECOND_US)])

    assert [kind for kind, _ in told(estate)][-2:] == ["confirmed", "secured"]
    assert [one.refs["act"] for one in records(estate, Kind.UNLOCK_SECURED)] == ["01b"]
    first = find_flight(estate, "01a")
    assert first is not None
    assert (first.seen, first.opened) == (0, 0)


def test_a_door_that_ran_out_a_moment_ago_can_be_unlocked_again_before_the_leader_has_looked(
    estate: Database,
) -> None:
    fly(estate)
    again = act("01b", at=NOW + CONFIRM_US)

    taken = begin_flight(
        estate, flight(again, at=NOW + CONFIRM_US), again, intent(again, at=NOW + CONFIRM_US)
    )

    assert taken is None
    assert told(estate)[-2:] == [("unconfirmed", "not_answered"), ("requested", None)]


def test_a_step_that_is_not_allowed_writes_nothing(estate: Database) -> None:
    fly(estate)

    assert take_step(estate, "01a", lambda it: send(it, NOW + 1), NOW + 1) is None
    assert take_step(estate, "none", lambda it: send(it, NOW + 1), NOW + 1) is None
    assert len(told(estate)) == 2


def test_each_step_tells_its_time_since_the_request(estate: Database) -> None:
    fly(estate)
    append(estate, [answer(Result.ACCEPTED, at=NOW + 250_000)])

    (last,) = records(estate, Kind.UNLOCK_ACCEPTED)
    assert last.refs == {"act": "01a", "after_ms": 250}
    found = find_flight(estate, "01a")
    assert found is not None
    assert (found.stage, found.accepted) == (Stage.ACCEPTED, NOW + 250_000)
