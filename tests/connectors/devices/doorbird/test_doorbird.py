"""What the bridge of DoorBird stations publishes, to items."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import FAMILIES, Message, filters, read
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import StatusReport, Unclaimed
from tests.connectors.devices.wall import NOW, Wall, damaged, hold, ring, sample, unread
from tests.connectors.devices.wall import event as only

STATION: Final = Wall("doorbird", "doorbird/DEADBEEFFADE", ("front",))
SEVERAL: Final = Wall("doorbird", "house/doorbird/x", ("1", "2"), serial="de:ad:be:ef:fa:de")
NOWHERE: Final = Wall("doorbird", "doorbird/DEADBEEFFADE", ())
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF"
INFO: Final = sample("doorbird", "doorbird-info.json")


def test_a_picture_on_the_bells_topic_is_a_ring() -> None:
    assert STATION.hear("doorbell", JPEG) == (ring("front"),)
    assert SEVERAL.hear("doorbell", JPEG) == (ring("1"),)


@pytest.mark.parametrize("payload", [b"<html>401</html>", b"{}", b"\x00", JPEG * 10_000])
def test_a_ring_whose_picture_failed_is_a_ring(payload: bytes) -> None:
    assert STATION.hear("doorbell", payload) == (ring("front"),)


def test_the_last_ring_that_there_was_is_none() -> None:
    assert STATION.hear("doorbell", JPEG, retain=True) == ()


def test_a_picture_taken_away_is_no_ring() -> None:
    assert STATION.hear("doorbell", b"") == ()


@pytest.mark.parametrize("wall", [STATION, SEVERAL])
@pytest.mark.parametrize("retain", [False, True])
def test_a_station_tells_what_it_is(wall: Wall, retain: bool) -> None:
    assert wall.hear("", INFO, retain=retain) == (
        StatusReport(device="dev", received=NOW, online=True, live=not retain, firmware="000118"),
    )


def test_newer_stations_name_their_address_otherwise() -> None:
    assert isinstance(STATION.hear("", {"PRIMARY_MAC_ADDR": "DEADBEEFFADE"})[0], StatusReport)


def test_another_station_on_this_ones_topic_is_forged() -> None:
    found = only(STATION.hear("", INFO.replace(b"DEADBEEFFADE", b"DEADBEEF0000")))

    assert (found.kind, found.reason, found.device) == (Kind.FEED_FORGED, "device_mismatch", "dev")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{}", "wrong_shape"),
        (b'{"WIFI_MAC_ADDR":7}', "wrong_shape"),
        (JPEG, "not_utf8"),
        (b"[]", "wrong_shape"),
    ],
)
def test_what_makes_no_sense_is_unmapped(payload: bytes, reason: str) -> None:
    assert unread(STATION.hear("", payload)) == reason


def test_a_ring_at_no_door_is_unmapped() -> None:
    assert unread(NOWHERE.hear("doorbell", JPEG)) == "unknown_door"


def test_a_station_that_nobody_has_claimed_is_listed() -> None:
    (found,) = read(Message("doorbird/D1", INFO, retain=True, received=NOW), STATION.estate)

    assert isinstance(found, Unclaimed)
    assert (found.family, found.name, found.title) == ("doorbird", "DEADBEEFFADE", "DoorBird D101")
    assert "doorbird/+" in filters(Estate())


@pytest.mark.parametrize("payload", [b"{}", b"[]", b"\xff", b'{"WIFI_MAC_ADDR":7,"DEVICE-TYPE":{}}'])
def test_a_stranger_that_does_not_say_who_it_is_has_the_name_of_its_topic(payload: bytes) -> None:
    (found,) = read(Message("doorbird/D1", payload, retain=False, received=NOW), STATION.estate)

    assert isinstance(found, Unclaimed)
    assert (found.name, found.title) == ("D1", "")


@pytest.mark.parametrize("path", ["relay", "light", "restart", "image", "info", "motion", "motionsensor"])
def test_commands_and_pictures_that_are_no_ring_are_not_heard(path: str) -> None:
    topic = f"doorbird/DEADBEEFFADE/{path}"

    assert topic not in filters(STATION.estate)
    assert (
        FAMILIES["doorbird"].parse(Message(topic, b"1", retain=False, received=NOW), STATION.estate) is None
    )


@given(payload=st.binary(max_size=80), path=st.sampled_from(["", "doorbell"]), retain=st.booleans())
def test_no_bytes_raise_or_let_anybody_in(payload: bytes, path: str, retain: bool) -> None:
    hold(STATION.hear(path, payload, retain=retain))


def test_no_damage_raises_or_makes_another_station_of_it() -> None:
    for hurt in damaged(json.dumps(json.loads(INFO)).encode()):
        found = STATION.hear("", hurt)
        hold(found)
        assert all(isinstance(one, StatusReport | Draft) for one in found)
