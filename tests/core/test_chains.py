"""What belongs together at a door and at a device, and what only happened near it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chains import AT_DOORS, OF_DEVICES, SESSIONS, Link, chain_at_door, chain_of_device
from core.records import Kind
from core.times import SECOND_US

K = Kind


def links(*told: tuple[int, Kind] | tuple[int, Kind, dict[str, str | int]]) -> list[Link]:
    """Make links from (second, kind, refs), numbered from 1."""
    return [
        Link(id=number, at=one[0] * SECOND_US, kind=one[1], refs=one[2] if len(one) > 2 else {})
        for number, one in enumerate(told, start=1)
    ]


CALL = links(
    (0, K.CALL_RINGING, {"call": "c"}),
    (9, K.CALL_ANSWERED, {"call": "c"}),
    (15, K.UNLOCK_REQUESTED, {"act": "a"}),
    (16, K.UNLOCK_ACCEPTED, {"act": "a"}),
    (17, K.DOOR_UNLOCKED),
    (20, K.DOOR_OPENED),
    (26, K.DOOR_CLOSED),
    (27, K.DOOR_LOCKED),
    (30, K.CALL_ENDED, {"call": "c"}),
)


@pytest.mark.parametrize("record", [link.id for link in CALL])
def test_a_ring_leads_to_the_door_that_closed_behind_the_visitor_from_wherever_one_looks(record: int) -> None:
    assert chain_at_door(CALL, record) == {link.id for link in CALL}


def test_a_swipe_leads_to_its_opening_and_not_to_the_next_persons() -> None:
    day = links(
        (0, K.ACCESS_GRANTED),
        (1, K.DOOR_OPENED),
        (6, K.DOOR_CLOSED),
        (10, K.ACCESS_DENIED),
        (20, K.ACCESS_GRANTED),
        (22, K.DOOR_OPENED),
        (29, K.DOOR_CLOSED),
    )

    assert chain_at_door(day, 1) == {1, 2, 3}
    assert chain_at_door(day, 4) == {4}
    assert chain_at_door(day, 6) == {5, 6, 7}


def test_a_second_opening_on_one_swipe_is_nobodys() -> None:
    tailgating = links((0, K.ACCESS_GRANTED), (1, K.DOOR_OPENED), (5, K.DOOR_CLOSED), (8, K.DOOR_OPENED))

    assert chain_at_door(tailgating, 4) == {4}


def test_a_door_that_opens_long_after_a_swipe_was_opened_by_something_else() -> None:
    assert chain_at_door(links((0, K.ACCESS_GRANTED), (300, K.DOOR_OPENED)), 1) == {1}


def test_a_forced_door_is_one_thing_with_its_opening_and_not_with_the_swipe_before() -> None:
    forced = links(
        (0, K.ACCESS_GRANTED),
        (2, K.DOOR_FORCED_OPEN),
        (3, K.DOOR_OPENED),
        (60, K.DOOR_HELD_OPEN),
        (90, K.DOOR_CLOSED),
    )

    assert chain_at_door(forced, 2) == {2, 3, 4, 5}


def test_an_asked_for_access_has_its_answer_and_its_taking() -> None:
    asked = links(
        (0, K.ACCESS_REQUESTED),
        (1, K.ACCESS_GRANTED),
        (3, K.DOOR_OPENED),
        (4, K.ACCESS_TAKEN),
        (50, K.ACCESS_REQUESTED),
        (51, K.ACCESS_DENIED),
    )

    assert chain_at_door(asked, 1) >= {1, 2, 3}
    assert chain_at_door(asked, 6) == {5, 6}


def test_two_calls_and_two_acts_stay_apart() -> None:
    both = links(
        (0, K.CALL_RINGING, {"call": "c"}),
        (1, K.CALL_RINGING, {"call": "d"}),
        (5, K.CALL_MISSED, {"call": "c"}),
        (6, K.CALL_ENDED, {"call": "d"}),
        (2_000, K.UNLOCK_REQUESTED, {"act": "a"}),
        (2_001, K.UNLOCK_REQUESTED, {"act": "b"}),
        (2_004, K.UNLOCK_EXPIRED, {"act": "b"}),
    )

    assert [set(chain_at_door(both, n)) for n in (3, 4, 5, 7)] == [{1, 3}, {2, 4}, {5}, {6, 7}]


def test_an_unlock_belongs_to_the_call_that_it_names_and_not_to_the_last_one() -> None:
    both = links(
        (0, K.CALL_RINGING, {"call": "c"}),
        (1, K.CALL_RINGING, {"call": "d"}),
        (5, K.UNLOCK_REQUESTED, {"act": "a", "call": "c"}),
        (6, K.COMMAND_TAKEN, {"act": "a"}),
        (7, K.UNLOCK_ACCEPTED, {"act": "a"}),
        (8, K.DOOR_OPENED),
        (9, K.UNLOCK_REQUESTED, {"act": "b", "call": "none of these"}),
        (10, K.CALL_ENDED, {"call": "c"}),
    )

    assert chain_at_door(both, 1) == {1, 3, 4, 5, 6, 8}
    assert chain_at_door(both, 2) == {2}
    assert chain_at_door(both, 7) == {7}


def test_a_devices_troubles_lead_to_their_ends() -> None:
    told = links(
        (0, K.DEVICE_SILENT),
        (5, K.FEED_GAP, {"boot": "b", "first": 7}),
        (6, K.DEVICE_OFFLINE),
        (9, K.DEVICE_ONLINE),
        (10, K.FEED_GAP, {"boot": "b", "first": 30}),
        (12, K.FEED_GAP_LOST, {"boot": "b", "first": 7, "lost": 1}),
        (13, K.DEVICE_ONLINE),
        (14, K.DEVICE_CLOCK_WRONG),
        (15, K.FEED_LIMITED, {"messages": 9}),
        (16, K.FEED_LIMITED, {"begun": 9}),
        (17, K.DEVICE_CLOCK_RIGHT),
    )
    chains = [{1, 3, 4}, {2, 6}, {5}, {7}, {8, 11}, {9, 10}]

    for chain in chains:
        for record in chain:
            assert chain_of_device(told, record) == chain


@given(st.lists(st.tuples(st.integers(0, 500), st.sampled_from(sorted(AT_DOORS)), st.sampled_from("abc"))))
def test_whatever_happens_each_record_belongs_to_exactly_one_chain(
    told: list[tuple[int, Kind, str]],
) -> None:
    made = [
        Link(id=n, at=at * SECOND_US, kind=kind, refs={"act": name} if "unlock." in kind else {})
        for n, (at, kind, name) in enumerate(told, start=1)
    ]
    chains = {chain_at_door(made, link.id) for link in made}

    assert sum(len(chain) for chain in chains) == len(made)


def test_a_record_that_is_not_among_those_looked_at_has_no_chain() -> None:
    assert chain_at_door(CALL, 99) == frozenset()


def test_what_is_looked_at_at_doors_at_devices_and_in_sessions_is_apart() -> None:
    assert not AT_DOORS & OF_DEVICES
    assert not (AT_DOORS | OF_DEVICES) & SESSIONS
