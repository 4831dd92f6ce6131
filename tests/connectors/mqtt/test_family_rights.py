"""The rights of every family at the embedded broker: all are heard, none has another's commands."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
from paho.mqtt.client import topic_matches_sub

from connectors.devices import FAMILIES, filters
from connectors.mqtt.principals import access_list, device_username
from core.model import Device, Door, Estate, Site
from tests.connectors.mqtt.running import RunningBroker, running
from tests.waiting import until

SITE: Final = Site(id="s", name="S", time_zone="UTC")
FOREIGN: Final = tuple(name for name in FAMILIES if name != "gatehouse")
DEVICES: Final = tuple(
    Device(
        id=f"{name}-{number}",
        site="s",
        family=name,
        topic=f"{name}/place/{number}",
        serial=f"{name}-{number}",
    )
    for name in FAMILIES
    for number in (1, 2)
)
ESTATE: Final = Estate.of(
    [SITE],
    DEVICES,
    [Door(id=f"{one.id}-door", site="s", device=one.id, number="1", name="Door") for one in DEVICES],
)
# Topics by which the makers' documents have their devices commanded.
COMMANDS: Final = (
    "gatehouse/v1/s/gatehouse-1/cmd/unlock",
    "gatehouse/v1/s/gatehouse-1/cmd/mode",
    "shelly/place/1/rpc",
    "shelly/place/1/command/switch:0",
    "shelly/place/1/command",
    "cmnd/tasmota/place/1/POWER",
    "zigbee2mqtt/place/1/set",
    "zigbee2mqtt/place/1/get",
    "zigbee2mqtt/bridge/request/permit_join",
    "nuki/place/1/lockAction",
    "nuki/place/1/lock/action",
    "uhppoted/place/1/requests/device/door/lock:open",
    "dahua/place/1/Command/Open",
    "hikvision/place/1/switch/hikvision-1/Door-1-relay/command",
    "unifi/place/1/lock/set",
    "unifi/place/1/sidedoor/lock/set",
    "frigate/place/1/front/detect/set",
    "homeassistant/place/1/lock/set",
    "esprfid/place/1/cmd",
    "doorbird/place/1/command",
)
# What an estate may try to call a device's own, and what it would have by that.
RESERVED: Final = (
    "gatehouse",
    "gatehouse/v1/s/gatehouse-1",
    "$SYS",
    "$CONTROL/x",
    "a/+",
    "#",
    "",
    "x ",
    " x",
    "x\nuser ingest",
)
HOUSES_OWN: Final = (
    "gatehouse/v1/s/gatehouse-1/cmd/unlock",
    "gatehouse/canary/ingest",
    "gatehouse",
    "x",
    "$SYS/broker",
    "$CONTROL/x/v1",
)


def lines(estate: Estate = ESTATE, *, demo: bool = False) -> Mapping[str, tuple[str, ...]]:
    return access_list(estate, demo=demo)


def may(access: tuple[str, ...], right: str, topic: str) -> bool:
    """Whether one of these lines allows it."""
    granted = (line.partition(" ") for line in access)
    return any(right in what and topic_matches_sub(one, topic) for what, _, one in granted)


def concrete(filter_: str) -> str:
    return filter_.replace("+", "x")


def test_ingest_may_read_all_that_it_subscribes_to() -> None:
    assert {one for one in filters(ESTATE) if f"read {one}" not in lines()["ingest"]} == set()


@pytest.mark.parametrize("topic", COMMANDS)
def test_ingest_neither_hears_nor_sends_a_command(topic: str) -> None:
    assert not may(lines()["ingest"], "read", topic)
    assert not may(lines()["ingest"], "write", topic)


def test_ingest_writes_requests_for_what_is_missing_and_its_canary_only() -> None:
    writing = [line for line in lines()["ingest"] if line.startswith(("write", "readwrite"))]

    assert writing == ["write gatehouse/v1/+/+/cmd/backfill", "readwrite gatehouse/canary/ingest"]


@pytest.mark.parametrize("device", DEVICES, ids=lambda one: one.id)
def test_a_device_may_say_what_its_family_listens_to_and_hear_its_commands(device: Device) -> None:
    alone = Estate.of([SITE], [device], ESTATE.doors_of(device.id))
    own = lines()[device_username(device)]
    elsewhere = set(filters(Estate())) if device.family != "gatehouse" else set()
    said = [concrete(one) for one in filters(alone) if one not in elsewhere]
    if device.family == "gatehouse":
        said = [one.replace("/v1/x/x/", f"/v1/s/{device.id}/") for one in said if one.startswith("gatehouse")]

    assert [
        one for one in said if f"/{device.id}" in one or device.topic in one if not may(own, "write", one)
    ] == []
    assert all(may(own, "read", one) for one in COMMANDS if device.topic in one or device.id in one)


@pytest.mark.parametrize("device", DEVICES, ids=lambda one: one.id)
def test_a_device_may_neither_speak_nor_listen_where_another_does(device: Device) -> None:
    own = lines()[device_username(device)]
    others = [one for one in DEVICES if one is not device]
    topics = [
        f"{place}{path}"
        for one in others
        for place in (one.topic, f"stat/{one.topic}", f"cmnd/{one.topic}", f"gatehouse/v1/s/{one.id}")
        for path in ("", "/status", "/event", "/cmd/unlock", "/x/y")
    ]

    assert [one for one in topics if may(own, "read", one) or may(own, "write", one)] == []


@pytest.mark.parametrize("family", FOREIGN)
def test_an_estate_cant_give_a_device_what_is_the_houses_own(family: str) -> None:
    for topic in RESERVED:
        device = Device(id="d", site="s", family=family, topic=topic)

        own = lines(Estate.of([SITE], [device], []))["s.d"]

        assert all(line.isprintable() and line == line.strip() for line in own), topic
        given = [one for one in HOUSES_OWN for right in ("read", "write") if may(own, right, one)]
        assert given == [], topic


@pytest.mark.parametrize("topic", ["x\nuser demo\ntopic readwrite #", "x "])
def test_no_topic_of_an_estate_becomes_a_line_of_its_own(topic: str) -> None:
    devices = [Device(id=name, site="s", family=name, topic=topic, serial="a") for name in FAMILIES]

    found = lines(Estate.of([SITE], devices, []), demo=True)

    assert [
        line for own in found.values() for line in own if not line.isprintable() or line != line.strip()
    ] == []


def test_the_demos_account_may_say_what_any_device_says() -> None:
    demo = lines(demo=True)["demo"]

    assert [one for one in filters(ESTATE) if not may(demo, "write", concrete(one))] == []
    assert not may(demo, "write", "gatehouse/v1/s/gatehouse-1/cmd/unlock")
    assert may(demo, "read", "any/thing")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running(tmp_path_factory.mktemp("families") / "broker", ESTATE) as one:
        yield one


@pytest.mark.slow
@pytest.mark.parametrize("family", FOREIGN)
def test_a_foreign_device_is_heard_at_the_embedded_broker(broker: RunningBroker, family: str) -> None:
    device = ESTATE.devices[f"{family}-1"]
    alone = Estate.of([SITE], [device], ESTATE.doors_of(device.id))
    discovery = set(filters(Estate()))
    topics = [concrete(one) for one in filters(alone) if one not in discovery]
    mine = [one for one in topics if device.topic in one]
    with broker.peer("ingest").subscribe(*filters(ESTATE)) as ingest:
        with broker.peer(device_username(device)) as peer:
            assert {peer.publish(one) for one in mine} == {"Success"}
        until(lambda: set(mine) <= set(ingest.topics()))


@pytest.mark.slow
def test_a_topic_with_a_space_and_a_quote_is_granted_as_it_is(tmp_path: Path) -> None:
    device = Device(
        id="lock", site="s", family="zigbee2mqtt", topic='zigbee2mqtt/Front "door" #1'.replace("#", "no ")
    )
    estate = Estate.of([SITE], [device], [])
    with running(tmp_path / "broker", estate) as broker:
        with broker.peer("ingest").subscribe(*filters(estate)) as ingest, broker.peer("s.lock") as lock:
            assert lock.publish(device.topic) == "Success"
            until(lambda: ingest.topics() == [device.topic])
        with broker.peer("s.lock") as lock:
            assert lock.publish("zigbee2mqtt/Front") == "Not authorized"
