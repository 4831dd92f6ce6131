"""A native device without its network."""

import json
from random import Random
from typing import Any

from connectors.devices import Message, read
from connectors.simulator.device import NativeDevice
from connectors.simulator.speaking import Publication
from core.calls import CallState
from core.leaf import Draft
from core.records import Kind
from core.reports import CallReport, DoorReport, Item, StatusReport
from tests.connectors.building import DEVICE, ESTATE, NOW


def device(*, connected: bool = True) -> NativeDevice:
    model = NativeDevice(DEVICE, ESTATE.doors_of(DEVICE.id), Random(1))
    model.boot(NOW)
    if connected:
        list(model.hello(NOW))
    return model


def words(publication: Publication) -> dict[str, Any]:
    read_words: dict[str, Any] = json.loads(publication.payload)
    return read_words


def understood(publication: Publication) -> Item:
    (item,) = read(Message(publication.topic, publication.payload, publication.retain, NOW), ESTATE)
    return item


def test_what_it_says_is_understood_by_the_family() -> None:
    model = device(connected=False)
    said = list(model.hello(NOW))
    model.event(Kind.ACCESS_GRANTED, NOW, "1", person="u-1", credential={"type": "card", "masked": "****1"})
    model.call(Kind.CALL_RINGING, NOW, "2", "c1")
    said += [*model.offers(), *model.states(NOW), model.will()]

    kinds = [type(understood(one)) for one in said]

    assert kinds == [StatusReport, DoorReport, DoorReport, Draft, Draft, CallReport, StatusReport]


def test_hello_is_a_status_and_then_each_door() -> None:
    topics = [
        one.topic.removeprefix("gatehouse/v1/berlin/lobby/") for one in device(connected=False).hello(NOW)
    ]

    assert topics == ["status", "door/1/state", "door/2/state"]


def test_states_are_retained_and_events_are_not() -> None:
    model = device()
    model.event(Kind.DOOR_OPENED, NOW, "1")

    (event,), (state,) = model.offers(), model.states(NOW)

    assert (event.retain, state.retain) == (False, True)
    assert words(state)["position"] == "open"
    assert words(state)["seq"] == words(event)["seq"] == 1


def test_a_state_waits_until_the_events_before_it_are_sent() -> None:
    model = device()
    model.event(Kind.DOOR_OPENED, NOW, "1")

    assert list(model.states(NOW)) == []
    assert words(model.status(NOW))["seq"] == 0


def test_an_event_made_without_a_connection_waits_to_be_asked_for() -> None:
    model = device()
    model.lost([])
    key = model.event(Kind.DOOR_OPENED, NOW, "1")

    said = list(model.hello(NOW))

    assert [one for one in said if one.key] == []
    assert words(said[0])["seq"] == key[1]
    assert words(said[0])["oldest"] == {"boot": key[0], "seq": 1}


def test_an_event_that_was_not_acknowledged_is_offered_again_as_it_was() -> None:
    model = device()
    keys = [model.event(Kind.DOOR_OPENED, NOW, "1"), model.event(Kind.DOOR_CLOSED, NOW, "1")]
    first = list(model.offers())
    model.lost(reversed(keys))

    again = [one for one in model.hello(NOW) if one.key]

    assert again == first


def test_events_are_offered_as_there_is_room() -> None:
    model = device()
    for _ in range(5):
        model.event(Kind.DOOR_OPENED, NOW, "1")

    assert [len(list(model.offers(room))) for room in (2, 0, 9)] == [2, 0, 3]


def test_each_boot_is_greater_even_if_the_clock_goes_back() -> None:
    model = device()
    boots = [model.spool.boot]
    for at in (NOW, NOW - 3_600_000_000, NOW - 7_200_000_000):
        model.boot(at)
        boots.append(model.spool.boot)

    assert boots == sorted(set(boots))


def test_a_boot_begins_again_at_one_and_keeps_the_old_events() -> None:
    model = device()
    model.event(Kind.DOOR_OPENED, NOW, "1")
    old = model.spool.boot
    model.boot(NOW + 1)

    request = json.dumps({"boot": old, "from": 1, "to": 2**53 - 1}).encode()
    (answer,) = model.command(f"{model.root}/cmd/backfill", request, NOW + 2)

    assert (len(words(answer)["events"]), words(answer)["next_boot"]) == (1, model.spool.boot)
    assert model.event(Kind.DOOR_CLOSED, NOW, "1")[1] == 1


def test_every_command_but_backfill_is_ignored() -> None:
    model = device()

    assert list(model.command(f"{model.root}/cmd/unlock", b"{}", NOW)) == []
    assert list(model.command(f"{model.root}/cmd/backfill", b"nonsense", NOW)) == []


def test_a_call_goes_its_way_in_one_retained_place() -> None:
    model = device()
    said = []
    for kind in (Kind.CALL_RINGING, Kind.CALL_ANSWERED, Kind.CALL_ENDED):
        model.call(kind, NOW, "1", "c1")
        list(model.offers())
        said += list(model.states(NOW))

    reports = [understood(one) for one in said]

    assert [one.state for one in reports if isinstance(one, CallReport)] == [
        CallState.RINGING, CallState.ANSWERED, CallState.ENDED,
    ]  # fmt: skip
    assert {(one.topic, one.expiry_s) for one in said} == {(f"{model.root}/call/1/state", 120)}
    assert not any("call" in one.topic for one in model.hello(NOW))
