"""Today's calls: by each site's own day, with what became of them and who had them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from core.acts import Action
from core.commands import Result
from core.permissions import Permission, Scope
from core.records import Kind
from core.reports import CommandReply
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from core.unlocks import send
from store.acts import begin_flight, take_step
from store.claims import claim_call, pass_calls
from store.database import Database
from store.desk_calls import MOST, DeskCall, desk_calls
from store.log import append
from store.schema import site
from tests.store.building import NOW, build_estate, draft, scope
from tests.store.ringing import BEN, ring, word
from tests.store.test_acts import DEVICE, DOOR, act, begin_session, flight
from tests.stores import new_store

LATER = NOW + 5 * MINUTE_US


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = new_store(tmp_path / "data")
    build_estate(made)
    yield made
    made.close()


def today(db: Database, *sites: str, now: int = LATER) -> tuple[DeskCall, ...]:
    handled = Scope(
        permission=Permission.CALL_HANDLE,
        sites=frozenset(sites or ("berlin",)),
        organisation=False,
        classes=frozenset(),
        names=frozenset(),
        policy_version=1,
    )
    return desk_calls(db, handled, now).calls


def outcomes(db: Database, now: int = LATER) -> list[str]:
    return [one.outcome for one in today(db, now=now)]


def test_an_open_call_rings_or_is_being_talked_on(db: Database) -> None:
    ring(db)
    assert outcomes(db, NOW + SECOND_US) == ["ringing"]
    append(db, [word(Kind.CALL_ANSWERED, NOW + SECOND_US)])

    assert outcomes(db, NOW + SECOND_US) == ["talking"]


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ((Kind.CALL_ANSWERED, Kind.CALL_ENDED), "answered"),
        ((Kind.CALL_ENDED,), "missed"),
        ((Kind.CALL_MISSED,), "missed"),
        ((), "missed"),
    ],
)
def test_a_call_that_is_over_was_answered_or_missed(
    db: Database, words: tuple[Kind, ...], outcome: str
) -> None:
    ring(db)
    append(db, [word(kind, NOW + SECOND_US + number) for number, kind in enumerate(words)])

    assert outcomes(db) == [outcome]


def test_a_call_that_somebody_had_says_who_when_no_device_tells_of_an_answer(db: Database) -> None:
    claim_call(db, ring(db), BEN, NOW + SECOND_US)
    append(db, [word(Kind.CALL_ENDED, NOW + 20 * SECOND_US)])
    (one,) = today(db)

    assert (one.outcome, one.claimed_by, one.ended) == ("taken", "Ben", NOW + 20 * SECOND_US)


def test_a_call_that_nobody_came_to_was_missed_when_the_site_gave_up(db: Database) -> None:
    ring(db)
    pass_calls(db, NOW + MINUTE_US)
    (one,) = today(db)

    assert (one.outcome, one.state, one.ended, one.claimed_by) == ("missed", "missed", NOW + MINUTE_US, None)


def opened(
    db: Database, at: int, *, accepted: bool = True, action: Action = Action.UNLOCK, call: str = ""
) -> None:
    """Let Ben open the door at which it rang, or do something else there."""
    one = replace(act(session=begin_session(db)), created=at)
    intent = draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": one.id})
    begin_flight(db, replace(flight(one, at=at), sensor=False, action=action, call=call), one, intent)
    take_step(db, one.id, lambda it: send(it, at), at)
    result = Result.ACCEPTED if accepted else Result.REFUSED
    append(db, [CommandReply(device=DEVICE, door=DOOR, act=one.id, result=result, received=at)])


@pytest.mark.parametrize(
    ("after", "accepted", "outcome"),
    [
        (5 * SECOND_US, True, "opened"),
        (30 * SECOND_US, True, "opened"),
        (5 * SECOND_US, False, "answered"),
        (90 * SECOND_US, True, "answered"),
    ],
)
def test_a_call_during_which_the_door_was_opened_says_so_and_by_whom(
    db: Database, after: int, outcome: str, *, accepted: bool
) -> None:
    ring(db)
    append(db, [word(Kind.CALL_ANSWERED, NOW + 1), word(Kind.CALL_ENDED, NOW + 10 * SECOND_US)])
    opened(db, NOW + after, accepted=accepted)
    (one,) = today(db)

    assert (one.outcome, one.opened_by) == (outcome, "Ben" if outcome == "opened" else None)


@pytest.mark.parametrize("action", [Action.LOCKDOWN, Action.RELEASE, Action.END_HOLD])
def test_what_locks_the_door_during_a_call_has_opened_it_to_nobody(db: Database, action: Action) -> None:
    ring(db)
    opened(db, NOW + SECOND_US, action=action)
    (one,) = today(db)

    assert (one.outcome, one.opened_by) == ("missed", None)


def test_of_two_calls_at_a_door_the_one_that_was_named_is_the_one_opened_on(db: Database) -> None:
    ring(db)
    ring(db, at=NOW + 1, call="c-2")
    opened(db, NOW + SECOND_US, call="c-1")

    assert {one.call: one.opened_by for one in today(db)} == {"c-1": "Ben", "c-2": None}


def test_a_call_that_was_opened_on_long_after_it_was_told_over_says_so_if_it_was_named(db: Database) -> None:
    ring(db)
    append(db, [word(Kind.CALL_ENDED, NOW + SECOND_US)])
    opened(db, NOW + 2 * MINUTE_US, call="c-1")

    assert outcomes(db) == ["opened"]


def test_a_day_is_the_sites_own(db: Database) -> None:
    with db.write() as connection:
        zone = update(site).where(site.c.id == "berlin")
        connection.execute(zone.values(time_zone="Etc/GMT-14"))
    # 14 hours ahead, that day begins at 10:00 UTC.
    midnight = NOW // DAY_US * DAY_US + 10 * HOUR_US
    ring(db, at=midnight - 1, call="yesterday")
    ring(db, at=midnight, call="today")

    assert [one.call for one in today(db, now=midnight + 1)] == ["today"]


def test_no_call_of_another_site_is_listed_and_no_more_than_a_hundred_are(db: Database) -> None:
    for number in range(MOST + 3):
        ring(db, at=NOW + number, call=f"c-{number}")

    assert today(db, "paris") == ()
    assert [one.call for one in today(db, "paris", "berlin")] == [
        f"c-{number}" for number in range(MOST + 2, 2, -1)
    ]


def test_who_only_watches_is_given_no_list(db: Database) -> None:
    ring(db)

    assert desk_calls(db, scope("berlin"), LATER).calls == ()
