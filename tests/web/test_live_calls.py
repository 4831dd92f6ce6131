"""The stream of calls and acts: what one desk does, every other one sees with the same record."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.calls import RINGS_US
from core.capabilities import Answer
from core.doors import Lock, Position
from core.handles import handle_of
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from core.unlocks import send
from store.acts import begin_flight, take_step
from store.claims import claim_call, pass_calls
from store.database import Database
from store.log import append
from tests.store.building import build_estate, draft, scope
from tests.store.ringing import ADA, BEN, DEVICE, ring, seen, word
from tests.store.test_acts import act, begin_session, flight, shows
from tests.stores import new_store
from tests.web.streaming import Client, screen, serving


def now() -> int:
    return time.time_ns() // 1_000


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def frame_with(client: Client, name: str) -> dict[str, Any]:
    """Wait for the next frame that brings something of this name."""
    while True:
        frame = client.frame("records")
        if frame[name]:
            return frame


def test_two_desks_see_a_claim_in_the_frame_of_its_record(db: Database) -> None:
    one = ring(db, at=now())
    with (
        serving(db, ann=scope("berlin"), bob=scope("berlin", "rome")) as server,
        screen(server, "ann") as ann,
        screen(server, "bob") as bob,
    ):
        starts = [desk.frame("snapshot")["calls"][0] for desk in (ann, bob)]
        claim_call(db, one, BEN, now())
        frames = [frame_with(desk, "calls") for desk in (ann, bob)]

    assert [(start["claimed"], start["rings"]) for start in starts] == [(None, True)] * 2
    for frame in frames:
        assert [rec["kind"] for rec in frame["records"]] == ["call.claimed"]
        claimed = frame["calls"][0]["claimed"]
        assert (claimed["by"], claimed["name"], claimed["mine"]) == (handle_of("local:ben"), "Ben", False)
        assert "local:ben" not in str(frame)


def test_a_desk_that_opens_later_sees_who_has_the_call_and_who_declined_it(db: Database) -> None:
    one = ring(db, at=now())
    claim_call(db, one, ADA, now())
    append(db, [word(Kind.CALL_DECLINED, now(), private={"subject": "local:ben", "name": "Ben"})])
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        (call,) = ann.frame("snapshot")["calls"]

    assert call["claimed"]["name"] == "Ada"
    assert call["declined"] == [handle_of("local:ben")]


def test_ten_calls_at_once_come_in_one_frame_each_with_its_own_state(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        append(db, [word(Kind.CALL_RINGING, now(), f"c-{number}") for number in range(10)])
        frame = frame_with(ann, "calls")
        claim_call(db, seen(db, "c-3"), BEN, now())
        claimed = frame_with(ann, "calls")

    assert sorted(call["call"] for call in frame["calls"]) == [f"c-{number}" for number in range(10)]
    assert all(call["rings"] for call in frame["calls"])
    assert [call["call"] for call in claimed["calls"]] == ["c-3"]


@pytest.mark.parametrize(
    ("age", "late"), [(0, False), (RINGS_US + SECOND_US, False), (RINGS_US + SECOND_US, True)]
)
def test_a_ring_that_is_older_than_half_a_minute_never_rings(db: Database, age: int, *, late: bool) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        at = now() - age
        append(db, [word(Kind.CALL_RINGING, at)], queued=late)
        (call,) = frame_with(ann, "calls")["calls"]
        with screen(server, "ann") as again:
            (start,) = again.frame("snapshot")["calls"]

    assert (call["rings"], start["rings"]) == (age == 0, age == 0)


def test_a_call_that_nobody_took_comes_as_missed_and_is_no_call_any_more(db: Database) -> None:
    ring(db, at=now() - MINUTE_US - SECOND_US)
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        pass_calls(db, now())
        (call,) = frame_with(ann, "calls")["calls"]
        with screen(server, "ann") as again:
            start = again.frame("snapshot")["calls"]

    assert (call["state"], start) == ("missed", [])


def test_everybody_who_watches_a_door_sees_who_opens_it_and_how_far_that_has_come(db: Database) -> None:
    with (
        serving(db, ann=scope("berlin"), eve=scope("rome")) as server,
        screen(server, "ann") as ann,
        screen(server, "eve") as eve,
    ):
        starts = [one.frame("snapshot")["acts"] for one in (ann, eve)]
        one, at = act(session=begin_session(db)), now()
        intent = draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": one.id})
        begin_flight(db, flight(one, at=at), one, intent)
        requested = frame_with(ann, "acts")
        take_step(db, one.id, lambda it: send(it, now()), now())
        sent = frame_with(ann, "acts")
        append(db, [draft(Kind.DOOR_OPENED, "rome", now())])
        foreign = eve.frame("records")
        with screen(server, "ann") as again:
            start = again.frame("snapshot")["acts"]

    assert starts == [[], []]
    assert [(told["name"], told["stage"]) for told in requested["acts"]] == [("Ben", "requested")]
    # What operators do is no record of the wall's: the frame ends where the screen was.
    assert (requested["records"], sent["records"]) == ([], [])
    assert [told["stage"] for told in sent["acts"]] == [told["stage"] for told in start] == ["sent"]
    assert foreign["acts"] == []


@pytest.mark.parametrize(
    ("lock", "by"), [((Lock.UNLOCKED, Lock.LOCKED), "lock"), ((Lock.UNKNOWN, Lock.UNKNOWN), "position")]
)
def test_the_stream_says_what_of_a_door_tells_that_it_is_secure_again(
    db: Database, lock: tuple[Lock, Lock], by: str
) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        ann.frame("snapshot")
        one, at = act(session=begin_session(db)), now()
        intent = draft(Kind.UNLOCK_REQUESTED, at=at, refs={"act": one.id})
        begin_flight(db, flight(one, Answer.STATE_ONLY, at=at), one, intent)
        take_step(db, one.id, lambda it: send(it, at), at)
        for position, bolt in zip((Position.OPEN, Position.CLOSED), lock, strict=True):
            append(db, [shows(position, bolt, now())])
        frames: list[dict[str, Any]] = []
        while not frames or not frames[-1].get("secured"):
            frames.append(frame_with(ann, "acts")["acts"][-1])

    assert "secured_by" not in frames[0], "nothing is known of the door so far"
    assert frames[-1]["secured_by"] == by


def test_who_was_away_gets_the_last_state_of_each_act_and_call_and_no_other(db: Database) -> None:
    with serving(db, ann=scope("berlin")) as server, screen(server, "ann") as ann:
        first = ann.frame("snapshot")["id"]
        one = ring(db, at=now())
        for number in range(20):
            claim_call(db, one, (BEN, ADA)[number % 2], now(), take_over=True)
        with screen(server, "ann", after=first) as again:
            start = again.frame("snapshot")

    assert [call["claimed"]["name"] for call in start["calls"]] == ["Ada"]
    assert start["calls"][0]["device"] == DEVICE
