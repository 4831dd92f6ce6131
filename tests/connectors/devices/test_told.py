"""What a device's clock said goes with every item that tells a time, and nothing else is taken for it."""

from typing import Final

import pytest

from connectors.devices import FAMILIES, Message, read
from core.capabilities import Clock
from core.leaf import Draft
from core.reports import CallReport, DoorReport, Item, StatusReport
from core.times import DAY_US, HOUR_US, SECOND_US, plausible_at
from tests.connectors.building import AT, NOW, event, received
from tests.connectors.devices.expecting import cases
from tests.connectors.devices.house import HOUSE

FAMILIES_BY_DEVICE: Final = {device.id: device.family for device in HOUSE.devices.values()}
WITHOUT_CLOCK: Final = {name for name, one in FAMILIES.items() if one.capabilities.clock is Clock.NONE}
SNAPSHOT: Final = {"boot": event()["boot"], "seq": 1, "ts": "2026-11-23T15:11:45.123Z"}


def timed(items: tuple[Item, ...]) -> list[Draft | StatusReport | DoorReport | CallReport]:
    kinds = (Draft, StatusReport, DoorReport, CallReport)
    return [item for item in items if isinstance(item, kinds)]


def samples(shift: int = 0) -> list[tuple[str, Draft | StatusReport | DoorReport | CallReport]]:
    """Read every published payload as if it had come later by so much, with the family that said it."""
    found = []
    for case in cases():
        came = case.message
        message = Message(came.topic, came.payload, came.retain, came.received + shift)
        found += [
            (FAMILIES_BY_DEVICE[item.device], item)
            for item in timed(read(message, HOUSE))
            if item.device in FAMILIES_BY_DEVICE
        ]
    return found


def test_families_without_a_clock_tell_no_time_and_all_others_do() -> None:
    telling = {family for family, item in samples() if item.told is not None}

    # Of these two no payload with a time is published; see below.
    assert telling == set(FAMILIES) - WITHOUT_CLOCK - {"gatehouse", "tasmota", "zigbee2mqtt"}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tele/tasmota_switch/SENSOR", b'{"Time": "2026-11-23T16:11:45", "Switch1": "ON"}'),
        ("zigbee2mqtt/hall/contact", b'{"contact": true, "last_seen": "2026-11-23T16:11:45+01:00"}'),
    ],
)
def test_a_state_comes_with_its_time(topic: str, payload: bytes) -> None:
    (item,) = timed(read(Message(topic, payload, retain=False, received=NOW), HOUSE))

    assert item.told == NOW - SECOND_US


@pytest.mark.parametrize("shift", [0, 500 * DAY_US, -HOUR_US], ids=["then", "much later", "before"])
def test_the_time_of_an_item_is_what_its_clock_said_where_that_can_be(shift: int) -> None:
    # What a camera saw began before the frame that tells of it.
    found = [item for family, item in samples(shift) if item.told is not None and family != "frigate"]
    told = [item for item in found if not isinstance(item, StatusReport)]

    assert told
    for item in told:
        # What a controller answers stands just before its events of the same second.
        assert plausible_at(item.told, item.received) - (item.at or 0) in {0, 1}


def test_what_is_retained_is_never_judged_by_its_age() -> None:
    for case in cases():
        came = case.message
        items = timed(read(Message(came.topic, came.payload, retain=True, received=came.received), HOUSE))

        assert not [item for item in items if item.by_age]


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("event", event()),
        ("status", {"online": True, **SNAPSHOT}),
        ("door/1/state", {**SNAPSHOT, "position": "open"}),
        ("call/1/state", {**SNAPSHOT, "call": event()["id"], "state": "ringing", "door": "1"}),
    ],
)
def test_our_own_devices_tell_their_time_with_every_word(path: str, payload: dict[str, object]) -> None:
    (item,) = timed(received(path, payload))

    assert (item.told, item.by_age) == (AT, False)


def test_a_clock_of_1970_is_told_as_it_is() -> None:
    (item,) = timed(received("event", event(ts="1970-01-01T00:00:07Z")))

    assert item.told == 7_000_000


@pytest.mark.parametrize("ts", ["yesterday", 7, None, "2026-11-23T15:11:45", "9" * 99])
def test_a_status_whose_time_makes_no_sense_is_still_a_sign_of_life(ts: object) -> None:
    (item,) = received("status", {"online": True, **SNAPSHOT, "ts": ts})

    assert isinstance(item, StatusReport)
    assert (item.online, item.told) == (True, None)
