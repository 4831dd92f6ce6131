"""What every family promises of what it reads: unknown words, cards, times, retained messages, history."""

import json
from collections.abc import Iterator
from typing import Final

import pytest

from connectors.devices import FAMILIES, Message, read
from core.capabilities import Clock
from core.leaf import Draft, leaf_bytes
from core.records import Kind
from core.reports import BackfillReport, CallReport, DoorReport, Item
from core.times import DAY_US, parse_iso_us
from tests.connectors import building
from tests.connectors.devices.expecting import cases
from tests.connectors.devices.house import HOUSE
from tests.connectors.devices.uhppoted import gateway
from tests.connectors.devices.wall import NOW

families = pytest.mark.parametrize("family", FAMILIES)
WORD: Final = "frobnicated"
_NATIVE: Final = "gatehouse/v1/berlin/lobby"
_READER: Final = {"hostname": "your esp-rfid hostname", "time": 1795446705}
_ACCESS: Final = {"type": "access", "isKnown": "true", "username": "u", "uid": "04a1b2c3", "doorName": "1"}
_PUSH: Final = {"component": "input:2", "id": 2, "event": WORD, "ts": 1795446705.1}
_SEEN: Final = {"id": "1-a", "camera": "front_cam", "label": "person", "start_time": 1795446705.1}
# A message in which the maker's word stands where only a known one makes sense.
UNKNOWN: Final[dict[str, tuple[tuple[str, object], ...]]] = {
    "gatehouse": (
        (f"{_NATIVE}/event", building.event(kind=f"door.{WORD}")),
        (f"{_NATIVE}/{WORD}", building.event()),
    ),
    "shelly": (
        ("wall/plus/events/rpc", {"src": "shellyplus1-08b61fd90730", "method": WORD, "params": {}}),
        (
            "wall/mini/events/rpc",
            {
                "src": "shelly1minig3-54320464a1d0",
                "method": "NotifyEvent",
                "params": {"ts": 1795446705.1, "events": [_PUSH]},
            },
        ),
        ("wall/plus/online", WORD),
    ),
    "tasmota": (
        ("stat/tasmota_switch/RESULT", {"POWER": WORD}),
        ("stat/tasmota_switch/RESULT", {"Button1": {"Action": WORD}}),
        ("tele/tasmota_switch/LWT", WORD),
    ),
    "zigbee2mqtt": (
        ("zigbee2mqtt/FRIENDLY_NAME", {"action": WORD}),
        ("zigbee2mqtt/FRIENDLY_NAME", {"lock_state": WORD}),
        ("zigbee2mqtt/FRIENDLY_NAME/availability", {"state": WORD}),
    ),
    "nuki": (
        ("nuki/2BB28570/lockActionEvent", f"{WORD},0,1,0,0"),
        ("nuki/2BB28570/state", WORD),
        ("nukihub/lock/state", WORD),
    ),
    "uhppoted": (
        (
            "uhppoted/gateway/events/live",
            gateway.published(gateway.event(event_reason=199, event_reason_text=WORD)),
        ),
        (
            "uhppoted/gateway/events/live",
            gateway.published(gateway.event(event_type=9, event_type_text=WORD)),
        ),
    ),
    "dahua": (
        (f"DahuaVTO/{WORD}/Event", {"Action": "Start", "Data": {}}),
        ("DahuaVTO/Invite/Event", {"Action": WORD, "Data": {}}),
    ),
    "hikvision": (
        ("hmd/sensor/Front-door/Call-state/state", WORD),
        ("hmd/switch/Front-door/Door-1-relay/state", WORD),
    ),
    "unifi": (
        ("unifi/access/74ACB9D55B9C/lock", WORD),
        ("unifi/access/0011223344FF/telemetry", {"event": WORD, "data": {}}),
    ),
    "frigate": (
        ("frigate/events", {"type": WORD, "before": {}, "after": _SEEN}),
        ("frigate/available", WORD),
    ),
    "axis": (
        *(
            ("axis/ACCC8E012345/event/x", {"topic": topic, "timestamp": 1795446705123, "message": words})
            for topic, words in (
                (f"tns1:AccessControl/{WORD}", {}),
                *(
                    (
                        f"tns1:Door/State/{name}",
                        {"source": {"DoorToken": "886283000"}, "data": {"State": WORD}},
                    )
                    for name in ("DoorPhysicalState", "LockPhysicalState", "DoorMode", "DoorAlarm")
                ),
            )
        ),
    ),
    "homeassistant": (
        ("home/doorbell/state", {"event_type": WORD}),
        ("home-assistant/frontdoor/state", WORD),
    ),
    "esprfid": (
        ("rfid/send", {**_READER, "type": WORD}),
        ("rfid/send", {**_READER, **_ACCESS, "access": WORD}),
        ("rfid/send", {**_READER, "type": "WARN", "src": "door", "desc": WORD, "data": ""}),
    ),
    "doorbird": (("doorbird/DEADBEEFFADE", {WORD: "1"}),),
}
# What stands for a card or a PIN in any place; what persons, events, calls and boots are called is none.
NUMBER: Final = "81655387"
NO_CREDENTIAL: Final = frozenset({"name", "person", "event", "boot", "seq", "call"})


def hear(topic: str, payload: object, *, retain: bool = False, received: int = NOW) -> tuple[Item, ...]:
    """Read a message in the house, or in the native building."""
    words = payload if isinstance(payload, bytes | str) else json.dumps(payload)
    body = words.encode() if isinstance(words, str) else words
    estate = building.ESTATE if topic.startswith("gatehouse/") else HOUSE
    return read(Message(topic, body, retain, received), estate)


def spoken(family: str) -> Iterator[tuple[str, bytes, int]]:
    """Give what a family says in its samples: topic, payload, when it was received."""
    if family == "gatehouse":
        for kind in ("access.granted", "access.denied", "door.forced_open", "call.ringing"):
            yield f"{_NATIVE}/event", json.dumps(building.event(kind=kind, call=building.CALL)).encode(), NOW
    for case in cases():
        if case.folder == family and case.heard:
            yield case.topic, case.message.payload, case.message.received


def numbered(value: object) -> Iterator[object]:
    """Write the number in the place of each value, as a text and as a number."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: one} for one in (NUMBER, int(NUMBER), *numbered(inner)))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            rest = (NUMBER, int(NUMBER), *numbered(inner))
            yield from ([*value[:place], one, *value[place + 1 :]] for one in rest)


@families
def test_what_a_family_does_not_know_is_unmapped_and_keeps_the_makers_word(family: str) -> None:
    assert UNKNOWN[family]
    for topic, payload in UNKNOWN[family]:
        found = hear(topic, payload)
        drafts = [item for item in found if isinstance(item, Draft)]
        (one,) = drafts
        assert (one.kind, bool(one.device)) == (Kind.FEED_UNMAPPED, True), (topic, payload)
        assert WORD in one.private["text"], (topic, payload)
        assert WORD.encode() not in leaf_bytes(one, dict.fromkeys(one.private, b"s" * 32))
        assert not any(isinstance(item, CallReport) for item in found)


@families
def test_no_whole_number_leaves_a_family_wherever_it_stood(family: str) -> None:
    for topic, payload, received in spoken(family):
        try:
            value = json.loads(payload)
        except ValueError:
            continue
        for one in numbered(value):
            for item in hear(topic, one, received=received):
                told = {**item.private, **item.refs} if isinstance(item, Draft) else {}
                kept = {name for name, word in told.items() if NUMBER in str(word)}
                assert kept <= NO_CREDENTIAL, (topic, one)


@families
def test_what_is_retained_is_never_an_event(family: str) -> None:
    assert list(spoken(family))
    for topic, payload, received in spoken(family):
        for item in hear(topic, payload, retain=True, received=received):
            assert not isinstance(item, CallReport) or not item.live, topic
            assert not isinstance(item, Draft) or item.backfilled, topic


@families
def test_history_is_never_a_live_alarm(family: str) -> None:
    if family == "gatehouse":
        # Our own devices say so by its topic: a slow clock must take no alarm away.
        events = [building.event(kind=kind) for kind in ("door.forced_open", "door.held_open")]
        page = {"boot": building.event()["boot"], "from": 1, "to": 99, "lost": [], "more": False}
        (report,) = hear(f"{_NATIVE}/backfill/data", {**page, "events": events})
        assert isinstance(report, BackfillReport)
        assert [one.backfilled for one in report.events] == [True, True]
        return
    for topic, payload, received in spoken(family):
        for item in hear(topic, payload, received=received + DAY_US):
            if isinstance(item, Draft | CallReport) and item.told is not None:
                assert isinstance(item, Draft), topic
                assert item.backfilled, topic


LOCAL: Final[dict[str, tuple[str, object]]] = {
    "tasmota": ("tele/tasmota_switch/SENSOR", {"Time": "2026-11-23T16:11:45", "Switch1": "ON"}),
    # This controller's clock is in Los Angeles, as the estate says.
    "uhppoted": (
        "uhppoted/gateway/events/live",
        gateway.published(gateway.event(timestamp="2026-11-23 07:11:45", event_reason=23, event_type=2)),
    ),
}


def test_there_is_a_local_time_of_each_family_that_writes_some() -> None:
    local = {name for name, one in FAMILIES.items() if one.capabilities.clock is Clock.LOCAL}

    assert local == set(LOCAL)


@pytest.mark.parametrize("family", LOCAL)
def test_a_local_time_becomes_utc_by_the_zone_of_the_device(family: str) -> None:
    (item,) = (one for one in hear(*LOCAL[family]) if isinstance(one, Draft | DoorReport))

    assert item.at == parse_iso_us("2026-11-23T15:11:45Z")
