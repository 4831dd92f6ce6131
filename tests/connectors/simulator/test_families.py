"""What simulators of other makers' devices publish, read by the real families: what happened, no more."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.mqtt.principals import access_list, device_username
from connectors.simulator.families.uhppoted import Uhppoted
from connectors.simulator.simulation import devices
from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import VendorDevice
from core.calls import CallState
from core.doors import DoorFacets
from core.leaf import Draft
from core.records import Kind
from core.reports import CallReport, DoorReport, Item, StatusReport
from core.times import SECOND_US, parse_iso_us
from tests.connectors.simulator.demo import demo_estate, understood

ESTATE = demo_estate()
NOW = parse_iso_us("2026-11-24T03:00:05.250Z")
SAMPLES = Path(__file__).parent.parent / "devices" / "samples"
WHO: Mapping[str, object] = {"person": "u-22", "credential": {"type": "card", "masked": "****5537"}}
VENDORS = [one.id for one in ESTATE.devices.values() if one.family != "gatehouse"]


def vendor(name: str, *, connected: bool = True) -> VendorDevice:
    """Make a device of the demo, which has just connected."""
    (found,) = (one for one in devices(ESTATE, 1) if one.device.id == name)
    assert isinstance(found, VendorDevice)
    found.boot(NOW - 10 * SECOND_US)
    if connected:
        list(found.hello(NOW))
    return found


def published(
    model: VendorDevice, *acts: tuple[Kind, Mapping[str, object]], door: str = ""
) -> list[Publication]:
    """Let things happen at a door (the first, if none is named), and give what it publishes."""
    for kind, words in acts:
        model.event(kind, NOW, door or next(iter(model.doors)), **words)
    return list(model.offers(1_000))


def short(item: Item) -> tuple[object, ...]:
    """Say an item in few words: the kind of an event with its reason, or what a report tells."""
    match item:
        case Draft():
            return (item.kind, *([item.reason] if item.reason else []))
        case DoorReport():
            facets = {name: str(getattr(item.facets, name)) for name in DoorFacets.__struct_fields__}
            return tuple(value for value in facets.values() if value != "unknown")
        case CallReport():
            return (item.state,)
        case StatusReport():
            return ("online" if item.online else "offline",)
        case _:
            return (type(item).__name__,)


def heard(
    model: VendorDevice, kind: Kind, words: Mapping[str, object], door: str = ""
) -> list[tuple[object, ...]]:
    """Let one thing happen and say what is understood of it."""
    return [short(one) for one in understood(published(model, (kind, words), door=door), ESTATE, NOW)]


Line = tuple[str, Kind, Mapping[str, object], list[tuple[object, ...]]]
HELD: Mapping[str, object] = {"mode": "held"}
STRANGER: Mapping[str, object] = {"reason": "credential_not_found", "credential": {"masked": "****0042"}}
LATE: Mapping[str, object] = {**WHO, "reason": "not_permitted_at_this_time"}
TOO_LATE = (Kind.ACCESS_DENIED, "not_permitted_at_this_time")
LINES: list[Line] = [
    ("ber-floors", Kind.ACCESS_GRANTED, WHO, [(Kind.ACCESS_GRANTED,)]),
    ("ber-floors", Kind.ACCESS_DENIED, LATE, [TOO_LATE]),
    ("ber-floors", Kind.ACCESS_DENIED, STRANGER, [(Kind.ACCESS_DENIED, "unauthorized")]),
    ("ber-floors", Kind.EXIT_REQUESTED, {}, [(Kind.EXIT_REQUESTED,)]),
    ("ber-floors", Kind.DOOR_OPENED, {}, [(Kind.DOOR_OPENED,)]),
    ("ber-floors", Kind.DOOR_CLOSED, {}, [(Kind.DOOR_CLOSED,)]),
    ("ber-floors", Kind.DOOR_HELD_OPEN, {}, [(Kind.DOOR_HELD_OPEN,)]),
    ("ber-floors", Kind.DOOR_FORCED_OPEN, {}, [(Kind.DOOR_FORCED_OPEN,)]),
    ("ber-floors", Kind.DOOR_UNLOCKED, {}, []),
    ("ber-delivery", Kind.ACCESS_GRANTED, WHO, []),
    ("ber-delivery", Kind.ACCESS_DENIED, LATE, []),
    ("ber-delivery", Kind.DOOR_UNLOCKED, {}, [("unlocked",), ("unlocked",)]),
    ("ber-delivery", Kind.DOOR_LOCKED, {}, [("locked",), ("locked",)]),
    ("ber-delivery", Kind.DOOR_OPENED, {}, [("open",), ("open",)]),
    ("ber-delivery", Kind.DOOR_CLOSED, {}, [("closed",), ("closed",)]),
    ("ber-delivery", Kind.CALL_RINGING, {}, [(CallState.RINGING,)]),
    ("nyc-zigbee", Kind.ACCESS_GRANTED, WHO, [(Kind.ACCESS_GRANTED,), ("closed", "unlocked")]),
    ("nyc-zigbee", Kind.ACCESS_DENIED, LATE, [TOO_LATE, ("closed", "locked")]),
    ("nyc-zigbee", Kind.ACCESS_DENIED, STRANGER, [(Kind.ACCESS_DENIED, "invalid_pin"), ("closed", "locked")]),
    ("nyc-zigbee", Kind.DOOR_UNLOCKED, {}, [(Kind.DOOR_UNLOCKED,), ("closed", "unlocked")]),
    ("nyc-zigbee", Kind.DOOR_LOCKED, {}, [(Kind.DOOR_LOCKED,), ("closed", "locked")]),
    ("nyc-zigbee", Kind.DOOR_OPENED, {}, [("open", "locked")]),
    ("nyc-zigbee", Kind.DOOR_CLOSED, {}, [("closed", "locked")]),
    ("nyc-zigbee", Kind.DOOR_HELD_OPEN, {}, []),
    ("ber-gate", Kind.ACCESS_GRANTED, WHO, []),
    ("ber-gate", Kind.CALL_RINGING, {}, [(CallState.RINGING,)]),
    ("ber-gate", Kind.CALL_ANSWERED, {}, [(CallState.ANSWERED,)]),
    ("ber-gate", Kind.CALL_ENDED, {}, [(CallState.MISSED,)]),  # Axis says Idle: the log knows which end it is
    ("ber-gate", Kind.EXIT_REQUESTED, {}, [(Kind.EXIT_REQUESTED,)]),
    ("ber-gate", Kind.DOOR_UNLOCKED, {}, [("unlocked",)]),
    ("ber-gate", Kind.DOOR_LOCKED, {}, [("locked",)]),
    ("ber-gate", Kind.DOOR_OPENED, {}, [("open",)]),
    ("ber-gate", Kind.DOOR_CLOSED, {}, [("closed",)]),
    ("nyc-roof", Kind.ACCESS_GRANTED, WHO, [(Kind.ACCESS_GRANTED,)]),
    ("nyc-roof", Kind.ACCESS_DENIED, LATE, [TOO_LATE]),
    ("nyc-roof", Kind.ACCESS_DENIED, STRANGER, [(Kind.ACCESS_DENIED, "credential_not_found")]),
    ("nyc-roof", Kind.EXIT_REQUESTED, {}, [(Kind.EXIT_REQUESTED,)]),
    ("nyc-roof", Kind.DOOR_OPENED, {}, [("open",)]),
    ("nyc-roof", Kind.DOOR_CLOSED, {}, [("closed",), ("none",)]),
    ("nyc-roof", Kind.DOOR_UNLOCKED, {}, [("unlocked",)]),
    ("nyc-roof", Kind.DOOR_MODE_CHANGED, HELD, [("held",)]),
    ("nyc-roof", Kind.DOOR_FORCED_OPEN, {}, [("open",), (Kind.DOOR_FORCED_OPEN,)]),
    ("nyc-roof", Kind.DOOR_HELD_OPEN, {}, [(Kind.DOOR_HELD_OPEN,)]),
    ("sin-reader", Kind.ACCESS_GRANTED, WHO, [(Kind.ACCESS_GRANTED,)]),
    ("sin-reader", Kind.ACCESS_DENIED, LATE, [(Kind.ACCESS_DENIED, "credential_not_enabled")]),
    ("sin-reader", Kind.EXIT_REQUESTED, {}, [(Kind.EXIT_REQUESTED,)]),
    ("sin-reader", Kind.DOOR_OPENED, {}, [(Kind.DOOR_OPENED,)]),
    ("sin-reader", Kind.DOOR_CLOSED, {}, [(Kind.DOOR_CLOSED,)]),
    ("sin-reader", Kind.DOOR_HELD_OPEN, {}, [(Kind.DOOR_HELD_OPEN,)]),
    ("sin-reader", Kind.DOOR_FORCED_OPEN, {}, [(Kind.DOOR_OPENED,), (Kind.DOOR_FORCED_OPEN,)]),
    ("sin-reader", Kind.CALL_RINGING, {}, [(CallState.RINGING,)]),
    ("nyc-network", Kind.ACCESS_GRANTED, WHO, [(Kind.ACCESS_GRANTED,)]),
    ("nyc-network", Kind.ACCESS_DENIED, LATE, []),
    ("nyc-network", Kind.EXIT_REQUESTED, {}, [(Kind.EXIT_REQUESTED,)]),
    ("nyc-network", Kind.DOOR_UNLOCKED, {}, [(), ("unlocked",)]),
    ("nyc-network", Kind.DOOR_LOCKED, {}, [(), ("locked",)]),
    ("nyc-network", Kind.DOOR_OPENED, {}, [("open",)]),
    ("nyc-network", Kind.DOOR_CLOSED, {}, [("closed",)]),
]  # fmt: skip


@pytest.mark.parametrize(
    "line", LINES, ids=lambda line: f"{line[0]} {line[1]} {line[2].get('reason', '')}".strip()
)
def test_an_act_is_read_as_what_it_was(line: Line) -> None:
    name, kind, words, expected = line

    assert heard(vendor(name), kind, words) == expected


@pytest.mark.parametrize("name", VENDORS)
def test_whatever_happens_nothing_is_strange_to_the_family(name: str) -> None:
    model = vendor(name)
    told = [*model.hello(NOW), *model.beat(NOW)]
    for kind in Kind:
        told += published(model, (kind, {**LATE, "mode": "held"}))
    found = [one for one in understood(told, ESTATE, NOW) if isinstance(one, Draft)]

    assert {one.device for one in found} <= {name}
    assert not {Kind.FEED_UNMAPPED, Kind.FEED_FORGED} & {one.kind for one in found}


@pytest.mark.parametrize("name", VENDORS)
def test_what_a_device_says_that_it_tells_is_all_that_it_tells(name: str) -> None:
    for kind in Kind:
        if not vendor(name).tells(kind) and kind not in {Kind.DOOR_FORCED_OPEN, *SILENT_LEAVES}:
            assert heard(vendor(name), kind, {**WHO, "mode": "held"}) == [], kind


SILENT_LEAVES = {Kind.CALL_RINGING}


@pytest.mark.parametrize("name", VENDORS)
def test_a_device_says_at_each_connection_how_its_doors_are(name: str) -> None:
    model = vendor(name, connected=False)
    words = [*model.hello(NOW), *model.beat(NOW)]
    answers = [answer for one in words for answer in model.command(one.topic, one.payload, NOW)]
    found = understood([*words, *answers], ESTATE, NOW)
    # esp-rfid tells its door only when it moves.
    sensed = {door.id for door in model.doors.values() if door.sensor and name != "sin-reader"}

    assert ("online",) in [short(one) for one in found]
    assert {one.door for one in found if isinstance(one, DoorReport) and one.live} == sensed


@pytest.mark.parametrize("name", VENDORS)
def test_a_device_keeps_to_what_its_own_account_may_do(name: str) -> None:
    model = vendor(name)
    told = [*model.hello(NOW), *model.beat(NOW), *([model.will()] if model.will() else [])]
    for kind in Kind:
        told += published(model, (kind, {**WHO, "mode": "held"}))
    lines = access_list(ESTATE, demo=True)[device_username(model.device)]

    assert lines == (f"readwrite {model.device.topic}", f"readwrite {model.device.topic}/#")
    assert {one.topic.startswith(f"{model.device.topic}/") for one in told if one} == {True}


@pytest.mark.parametrize("name", [one for one in VENDORS if one not in {"ber-floors", "sin-reader"}])
def test_the_last_word_is_that_it_is_gone(name: str) -> None:
    will = vendor(name).will()

    assert will is not None
    assert will.retain
    assert [short(one) for one in understood([will], ESTATE, NOW)] == [("offline",)]


def test_a_bridge_at_qos_0_and_events_at_qos_1_as_their_makers_do() -> None:
    granted = (Kind.ACCESS_GRANTED, WHO)

    assert {(one.qos, one.retain) for one in published(vendor("sin-reader"), granted)} == {(0, False)}
    assert {(one.qos, one.retain) for one in published(vendor("nyc-zigbee"), granted)} == {(0, False)}
    assert {(one.qos, one.retain) for one in published(vendor("ber-floors"), granted)} == {(1, True)}


def test_what_happens_without_a_connection_is_lost_but_for_a_controller_that_remembers() -> None:
    floors, roof = vendor("ber-floors", connected=False), vendor("nyc-roof", connected=False)
    for model in (floors, roof):
        model.event(Kind.ACCESS_GRANTED, NOW, next(iter(model.doors)), **WHO)

    assert [short(one) for one in understood(floors.hello(NOW), ESTATE, NOW)] == [(Kind.ACCESS_GRANTED,)]
    assert Kind.ACCESS_GRANTED not in {short(one)[0] for one in understood(roof.hello(NOW), ESTATE, NOW)}


def test_a_controller_feeds_again_what_it_has_told_live_under_the_same_number() -> None:
    model = vendor("ber-floors")
    live = published(model, (Kind.ACCESS_GRANTED, WHO), (Kind.DOOR_OPENED, {}))
    fed = [one for one in model.beat(NOW + 31 * SECOND_US) if one.topic == "uhppoted/gateway/events"]
    keys = [
        [one.event_key for one in understood(told, ESTATE, NOW) if isinstance(one, Draft)]
        for told in (live, fed)
    ]

    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 2


def test_a_controller_gives_no_number_out_again_after_a_new_start() -> None:
    before, after = vendor("ber-floors"), vendor("ber-floors", connected=False)
    published(before, *[(Kind.DOOR_OPENED, {})] * 100)
    after.boot(NOW + 60 * SECOND_US)
    after.hello(NOW)

    assert last_event(after) > last_event(before)


def last_event(model: VendorDevice) -> int:
    """Ask a controller for its last event, after one more."""
    assert isinstance(model, Uhppoted)
    model.event(Kind.DOOR_CLOSED, NOW, "1")
    number = status(model)["event"]
    assert isinstance(number, dict)
    return int(number["event-id"])


def status(model: VendorDevice) -> dict[str, object]:
    """Ask a controller how it is."""
    request = {"message": {"request": {"client-id": "Q", "request-id": "1", "device-id": 405419896}}}
    topic = "uhppoted/gateway/requests/device/status:get"
    (reply,) = model.command(topic, json.dumps(request).encode(), NOW)
    assert reply.topic == "uhppoted/gateway/replies/Q"
    told: dict[str, object] = json.loads(reply.payload)["message"]["reply"]["response"]["status"]
    return told


def test_a_controller_does_not_answer_what_it_cannot_read() -> None:
    model = vendor("ber-floors")
    topic = "uhppoted/gateway/requests/device/status:get"

    for payload in (
        b"",
        b"{}",
        b"[1]",
        b'{"message":{"request":7}}',
        b'{"message":{"request":{"device-id":1}}}',
    ):
        assert list(model.command(topic, payload, NOW)) == []


def test_a_door_kept_open_is_set_and_answered_at_the_gateway() -> None:
    model = vendor("ber-floors")
    (asked,) = published(model, (Kind.DOOR_MODE_CHANGED, HELD), door="3")
    answers = list(model.command(asked.topic, asked.payload, NOW))
    (report,) = understood(answers, ESTATE, NOW)

    assert isinstance(report, DoorReport)
    assert (report.door, short(report)) == ("berlin-canteen", ("held",))


def test_a_tag_opens_the_relay_it_was_shown_for() -> None:
    (item,) = understood(published(vendor("sin-reader"), (Kind.ACCESS_GRANTED, WHO), door="2"), ESTATE, NOW)

    assert isinstance(item, Draft)
    assert (item.kind, item.door) == (Kind.ACCESS_GRANTED, "singapore-store")
    assert item.private == {"credential": "card ****5537", "name": "Brian O'Neill"}


def test_an_unknown_tag_is_said_twice_and_named_once() -> None:
    first, second = understood(published(vendor("sin-reader"), (Kind.ACCESS_DENIED, STRANGER)), ESTATE, NOW)

    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert first.event_key == second.event_key is not None


def test_the_reader_senses_at_its_first_relay_only() -> None:
    assert heard(vendor("sin-reader"), Kind.DOOR_OPENED, {}, door="2") == []


def test_a_lock_that_a_code_has_opened_is_not_opened_by_hand_too() -> None:
    told = published(vendor("nyc-zigbee"), (Kind.ACCESS_GRANTED, WHO), (Kind.DOOR_UNLOCKED, {}))
    kinds = [one.kind for one in understood(told, ESTATE, NOW) if isinstance(one, Draft)]

    assert kinds == [Kind.ACCESS_GRANTED]


@pytest.mark.parametrize("name", VENDORS)
def test_no_full_card_number_is_left_in_what_is_read(name: str) -> None:
    told = published(vendor(name), (Kind.ACCESS_GRANTED, WHO), (Kind.ACCESS_DENIED, STRANGER))
    read = [one.private for one in understood(told, ESTATE, NOW) if isinstance(one, Draft)]

    assert "8165537" not in str(read)
    assert "4a7f5537" not in str(read)


def keys_of(value: object) -> set[str]:
    """Name every field of a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in keys_of(one)}
    return {name for one in value for name in keys_of(one)} if isinstance(value, list) else set()


@pytest.mark.parametrize(
    ("name", "kind", "sample", "more"),
    [
        ("ber-delivery", Kind.DOOR_UNLOCKED, "shelly/shelly-events-rpc-switch.json", set()),
        ("sin-reader", Kind.ACCESS_GRANTED, "esprfid/esprfid-publish-access.json", set()),
        ("sin-reader", Kind.DOOR_CLOSED, "esprfid/esprfid-door-status-2.json", set()),
        ("sin-reader", Kind.CALL_RINGING, "esprfid/esprfid-doorbell.json", set()),
        ("ber-gate", Kind.DOOR_CLOSED, "axis/axis-event.json", {"serial", "port"}),
    ],
)
def test_payloads_have_the_fields_that_their_makers_document(
    name: str, kind: Kind, sample: str, more: set[str]
) -> None:
    documented = json.loads((SAMPLES / sample).read_text(encoding="utf-8"))
    payload = json.loads(published(vendor(name), (kind, WHO))[0].payload)

    assert keys_of(payload) - more <= keys_of(documented) | {"doorName"}
    assert set(payload) - more == set(documented) | ({"doorName"} & set(payload))


def test_a_status_has_the_fields_that_the_gateway_documents() -> None:
    sample = (SAMPLES / "uhppoted/uhppoted-get-status-reply.json").read_text(encoding="utf-8")
    documented = json.loads(sample)["message"]["reply"]["response"]["status"]
    model = vendor("ber-floors")
    published(model, (Kind.ACCESS_GRANTED, WHO))

    assert keys_of(status(model)) == keys_of(documented)
