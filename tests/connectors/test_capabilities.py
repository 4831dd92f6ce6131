"""docs/devices.md says of every family what its code says."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from paho.mqtt.client import topic_matches_sub

from connectors.capabilities import table
from connectors.devices import FAMILIES, Message, filters, read
from connectors.devices.family import Capabilities
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import CallReport, DoorReport
from store.estate import parse_estate
from tests.connectors.building import NOW
from tests.connectors.devices.uhppoted import gateway as uhppoted

PAGE = (Path(__file__).parent.parent.parent / "docs" / "devices.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
SITE = '[[sites]]\nid = "berlin"\nname = "Berlin"\ntime_zone = "Europe/Berlin"\n'
NOT_UNDERSTOOD = {Kind.FEED_UNMAPPED, Kind.FEED_FORGED}
# Something that the device of each example says of its door.
SAID = {
    "gatehouse": (
        "gatehouse/v1/berlin/lobby/door/1/state",
        b'{"boot":"b","seq":1,"ts":"2026-11-23T15:11:45Z","position":"open"}',
    ),
    "shelly": ("shellyplus1-08b61fd90730/status/switch:0", b'{"id":0,"output":true}'),
    "tasmota": ("stat/cellar/POWER1", b"ON"),
    "zigbee2mqtt": ("zigbee2mqtt/side_contact", b'{"contact":true}'),
    "nuki": ("nuki/45A2F2C/state", b"1"),
    "uhppoted": ("uhppoted/gateway/events/live", uhppoted.published(uhppoted.event())),
    "dahua": ("DahuaVTO/Invite/Event", b'{"Action":"Start","Code":"Invite","Data":{"CallID":"1"},"Index":0}'),
    "hikvision": ("hmd/switch/Front-door/Door-1-relay/state", b"ON"),
    "unifi": ("unifi/access/245A4CAABBCC/lock", b"true"),
    "frigate": (
        "frigate/events",
        b'{"type":"new","before":{},"after":{"id":"1.2-a","camera":"lobby","label":"person","start_time":1795446705.1,"frame_time":1795446705.2,"false_positive":false}}',
    ),
    "axis": (
        "axis/accc8e012345/event",
        b'{"topic":"onvif:Device/axis:IO/Port","timestamp":1795446705123,"message":{"source":{"port":"1"},"key":{},"data":{"state":"1"}}}',
    ),
    "homeassistant": ("home/doorbell/lock/state", b"LOCKED"),
    "esprfid": (
        "esprfid/send",
        b'{"type":"access","time":1795446705,"isKnown":"true","access":"Always","username":"u","uid":"1234abcd","hostname":"reader-1","doorName":"1"}',
    ),
    "doorbird": ("doorbird/1CCAE3711111/doorbell", b"JPEG"),
}
families = pytest.mark.parametrize("family", FAMILIES)


def test_the_page_holds_the_table_as_it_is_today() -> None:
    assert table() in PAGE, "put what `python -m connectors.capabilities` prints into docs/devices.md"


def test_the_table_has_a_line_a_family_and_a_column_a_capability() -> None:
    rows = [line.strip("| ").split(" | ") for line in table().splitlines()]

    assert [row[0].split("`")[1] for row in rows[2:]] == list(FAMILIES)
    assert {len(row) for row in rows} == {1 + len(fields(Capabilities))}
    assert all(cell.strip() for row in rows for cell in row)


@families
def test_every_family_has_a_section_that_says_how_it_is_written_into_the_estate(family: str) -> None:
    text = SECTIONS[family]

    assert f"connectors/devices/{family}/quirks.md" in text
    assert (Path(__file__).parent.parent.parent / f"connectors/devices/{family}/quirks.md").exists()
    assert "number" in text


@families
def test_the_example_of_a_family_can_be_imported_and_is_understood(family: str) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", SECTIONS[family], re.DOTALL)
    document = parse_estate(SITE + example, FAMILIES)
    estate = Estate.of(document.sites, document.devices, document.doors)
    topic, payload = SAID[family]
    items = read(Message(topic, payload, retain=False, received=NOW), estate)

    assert {one.family for one in document.devices} == {family}
    assert any(topic_matches_sub(one, topic) for one in filters(estate))
    assert items
    assert {one.door for one in items if isinstance(one, DoorReport | CallReport | Draft)} == set(
        estate.doors
    )
    assert not [one for one in items if isinstance(one, Draft) and one.kind in NOT_UNDERSTOOD]


def test_there_is_no_section_of_a_family_that_is_gone() -> None:
    assert set(SECTIONS) <= set(FAMILIES)
