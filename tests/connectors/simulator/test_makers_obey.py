"""Simulated Shelly, Nuki, Zigbee and esp-rfid devices do what our tables send, and answer as real ones do."""

import json

import pytest

from connectors.simulator.families.esprfid import RELEASE_S
from connectors.simulator.families.nuki import LOCK_N_GO_S
from connectors.simulator.families.zigbee2mqtt import RELOCK_S
from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import VendorDevice
from core.commands import Command, Verb
from core.doors import Lock, Position
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import DoorReport, Item, StatusReport
from core.times import SECOND_US
from tests.connectors.simulator.asking import (
    ACT,
    NOW,
    connected,
    heard,
    later,
    ordered,
    placed,
    replies,
    told,
)
from tests.connectors.simulator.demo import understood

SHELLY = placed("shelly", "shellypro2-c8f09e47e6f0", "switch:0.input:0", "switch:1-holds.input:1")
NUKI = placed("nuki", "nuki/4A3C1B7D", "1")
ZIGBEE = placed("zigbee2mqtt", "zigbee2mqtt", "archive_lock", "gym_lock.gym_contact")
READER = placed("esprfid", "esp-rfid/3C71BF", "1-only", serial="pantry-reader")
PLAIN = placed("esprfid", "esp-rfid", "1", "2", serial="pantry-reader")


def locks(items: list[Item], door: str = "door-0") -> list[Lock]:
    """Give what is told of a door's lock, in order, each word once."""
    found = [one.facets.lock for one in items if isinstance(one, DoorReport) and one.door == door]
    return [one for place, one in enumerate(found) if one is not Lock.UNKNOWN and found[:place][-1:] != [one]]


def strange(items: list[Item]) -> list[Item]:
    return [one for one in items if isinstance(one, Draft) and one.kind is Kind.FEED_UNMAPPED]


def lock_down(estate: Estate, model: VendorDevice) -> list[Item]:
    return told(model, estate, ordered(estate, verb=Verb.LOCK_DOWN))


def test_a_shelly_answers_by_the_id_of_the_request_and_times_the_pulse_itself() -> None:
    model = connected(SHELLY)
    items = told(model, SHELLY, ordered(SHELLY, seconds=3))

    assert replies(items) == [(ACT, "accepted", "")]
    assert (locks(items), locks(items, "door-1")) == ([Lock.UNLOCKED], [])
    assert [(one.act, one.door) for one in model.relays.released] == [(ACT, "switch:0.input:0")]
    assert locks(later(model, SHELLY, 2.9)) == []
    assert locks(later(model, SHELLY, 3)) == [Lock.LOCKED]
    assert strange(items) == []


def test_a_shelly_says_what_has_switched_it_and_for_how_long() -> None:
    model = connected(SHELLY)
    asked = ordered(SHELLY, seconds=3)
    on = notified(heard(model, asked.topic, asked.payload))
    model.relays.pass_time(NOW + 3 * SECOND_US)
    off = notified(list(model.offers(9)))

    assert (on["output"], on["source"], on["timer_duration"]) == (True, "MQTT", 3)
    assert (off["output"], off["source"]) == (False, "timer")


def notified(said: list[Publication]) -> dict[str, object]:
    """Give what the one NotifyStatus says of relay 0."""
    payloads = [json.loads(one.payload) for one in said if one.topic.endswith("/events/rpc")]
    (frame,) = payloads
    status: dict[str, object] = frame["params"]["switch:0"]
    return status


def test_a_relay_that_holds_a_magnet_lets_go_by_switching_off() -> None:
    model = connected(SHELLY)
    items = told(model, SHELLY, ordered(SHELLY, "door-1"))

    assert locks(items, "door-1") == [Lock.UNLOCKED]
    assert json.loads(heard(model, *switch({"id": 1, "on": True}))[0].payload)["result"] == {"was_on": False}


def switch(params: object, **frame: object) -> tuple[str, bytes]:
    """Ask a Shelly for something, as whoever may write there could."""
    words = {"id": 7, "src": "somebody", "method": "Switch.Set", "params": params, **frame}
    return "shellypro2-c8f09e47e6f0/rpc", json.dumps(words).encode()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (switch({"id": 5, "on": True}), -105),
        (switch({"id": 0}), -103),
        (switch({"id": 0, "on": True, "toggle_after": "long"}), -103),
        (switch({"id": 0, "on": True}, method="Switch.Open"), 404),
    ],
)
def test_a_shelly_refuses_what_it_does_not_understand(asked: tuple[str, bytes], code: int) -> None:
    model = connected(SHELLY)
    (answer,) = heard(model, *asked)

    assert (answer.topic, json.loads(answer.payload)["error"]["code"]) == ("somebody/rpc", code)
    assert model.relays.released == []


@pytest.mark.parametrize("payload", [b"on", b"[]", b'{"id": 1}', b'{"id":1,"src":"a/#","method":"X"}'])
def test_a_shelly_does_not_answer_where_nobody_says_to_whom(payload: bytes) -> None:
    assert heard(connected(SHELLY), "shellypro2-c8f09e47e6f0/rpc", payload) == []


def test_a_shelly_put_at_rest_ends_its_pulse_at_once_and_does_not_switch_later() -> None:
    model = connected(SHELLY)
    told(model, SHELLY, ordered(SHELLY, seconds=3))

    assert locks(lock_down(SHELLY, model)) == [Lock.LOCKED]
    assert later(model, SHELLY, 10) == []


def test_a_shelly_that_is_held_lets_go_until_then() -> None:
    model = connected(SHELLY)
    until = NOW + 3600 * SECOND_US
    hold = Command(act=ACT, verb=Verb.HOLD, issued=NOW, expires=NOW + 5 * SECOND_US, until=until)
    items = told(model, SHELLY, ordered(SHELLY, command=hold))

    assert (replies(items), locks(items)) == ([(ACT, "accepted", "")], [Lock.UNLOCKED])
    assert locks(later(model, SHELLY, 3599)) == []
    assert locks(later(model, SHELLY, 3600)) == [Lock.LOCKED]


def test_a_nuki_answers_without_an_id_unlatches_and_locks_again_by_itself() -> None:
    model = connected(NUKI)
    items = told(model, NUKI, ordered(NUKI))

    assert replies(items) == [("", "accepted", "")]
    assert locks(items) == [Lock.UNLOCKED]
    assert [one.kind for one in items if isinstance(one, Draft)] == [Kind.ACCESS_GRANTED]
    assert locks(later(model, NUKI, LOCK_N_GO_S - 0.1)) == []
    assert locks(later(model, NUKI, LOCK_N_GO_S)) == [Lock.LOCKED]
    assert model.relays.pulses == {"1": 1}


def test_a_nuki_that_is_to_lock_does_so_at_once() -> None:
    model = connected(NUKI)
    told(model, NUKI, ordered(NUKI))
    items = lock_down(NUKI, model)

    assert (replies(items), locks(items)) == ([("", "accepted", "")], [Lock.LOCKED])
    assert later(model, NUKI, 60) == []


@pytest.mark.parametrize("action", [b"", b"1", b"7", b"open", b"\xff"])
def test_a_nuki_takes_no_other_action(action: bytes) -> None:
    model = connected(NUKI)

    assert heard(model, "nuki/4A3C1B7D/lockAction", action) == []
    assert model.relays.released == []


def test_a_zigbee_lock_answers_by_how_it_stands_then_and_locks_again_by_itself() -> None:
    model = connected(ZIGBEE)
    items = told(model, ZIGBEE, ordered(ZIGBEE))

    assert (replies(items), locks(items), locks(items, "door-1")) == ([], [Lock.UNLOCKED], [])
    assert [one.kind for one in items if isinstance(one, Draft)] == [Kind.DOOR_UNLOCKED]
    assert locks(later(model, ZIGBEE, RELOCK_S - 0.1)) == []
    assert locks(later(model, ZIGBEE, RELOCK_S)) == [Lock.LOCKED]
    assert model.relays.pulses == {"archive_lock": 1}


def test_a_zigbee_lock_says_how_it_stands_also_where_nothing_moves() -> None:
    assert locks(lock_down(ZIGBEE, connected(ZIGBEE))) == [Lock.LOCKED]


@pytest.mark.parametrize("payload", [b"UNLOCK", b'{"state":"OPEN"}', b'{"state":null}', b"[]"])
def test_a_zigbee_lock_takes_no_other_word(payload: bytes) -> None:
    model = connected(ZIGBEE)

    assert heard(model, "zigbee2mqtt/archive_lock/set", payload) == []
    assert model.relays.released == []


def test_a_contact_beside_a_zigbee_lock_tells_of_the_leaf_and_one_in_it_with_the_lock() -> None:
    model = connected(ZIGBEE)
    for door in model.doors:
        model.event(Kind.DOOR_OPENED, NOW, door)
    said = list(model.offers(9))
    open_doors = [one for one in understood(said, ZIGBEE, NOW) if isinstance(one, DoorReport)]

    assert [one.topic.rpartition("/")[2] for one in said] == ["archive_lock", "gym_contact"]
    assert [(one.door, one.facets.position) for one in open_doors] == [
        ("door-0", Position.OPEN),
        ("door-1", Position.OPEN),
    ]


def test_a_reader_at_home_opens_answers_nothing_and_tells_its_relay() -> None:
    model = connected(READER)
    items = told(model, READER, ordered(READER))

    assert (replies(items), locks(items)) == ([], [Lock.UNLOCKED])
    assert locks(later(model, READER, RELEASE_S)) == [Lock.LOCKED]
    assert (model.relays.pulses, strange(items)) == ({"1-only": 1}, [])


def test_a_reader_at_home_says_that_it_is_there_and_leaves_a_will() -> None:
    model = connected(READER)
    will = model.will()
    assert will is not None
    found = understood([*model.hello(NOW), will], READER, NOW)

    online = [one.online for one in found if isinstance(one, StatusReport)]
    assert (set(online[:-1]), online[-1], locks(found)) == ({True}, False, [Lock.LOCKED])


@pytest.mark.parametrize("kind", [*Kind])
def test_whatever_happens_at_a_reader_at_home_is_understood(kind: Kind) -> None:
    model = connected(READER)
    model.event(kind, NOW, "1-only", mode="held", person="u-22", reason="credential_not_found")

    assert strange(understood(model.offers(9), READER, NOW)) == []


def test_a_plain_reader_obeys_its_own_address_alone_and_moves_every_relay() -> None:
    model = connected(PLAIN)
    without = heard(model, "esp-rfid/cmd", b'{"cmd":"opendoor"}')
    elsewhere = heard(model, "esp-rfid/cmd", b'{"cmd":"opendoor","doorip":"192.168.4.99"}')
    said = heard(model, "esp-rfid/cmd", b'{"cmd":"opendoor","doorip":"192.168.4.21"}')

    assert (without, elsewhere) == ([], [])
    assert json.loads(said[0].payload)["username"] == "MQTT"
    assert model.relays.pulses == {"1": 1, "2": 1}
