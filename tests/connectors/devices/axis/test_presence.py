"""Who an Axis device is, and that it comes and goes."""

import pytest

from connectors.devices import Message, filters, read
from core.model import Estate
from core.records import Kind
from core.reports import DoorReport, Unclaimed
from tests.connectors.devices.axis.publishing import (
    CONTROLLER,
    DOOR,
    GRANTED,
    INTERCOM,
    POINT,
    SERIAL,
    hear,
    told,
)
from tests.connectors.devices.wall import (
    NOW,
    Wall,
    status,
    unread,
)
from tests.connectors.devices.wall import event as only


def test_a_serial_number_may_be_told_in_any_writing() -> None:
    for told_serial in (SERIAL, "accc8e012345", "AC-CC-8E-01-23-45"):
        words = told("Door/State/DoorMode", DOOR, State="Locked") | {"serial": told_serial}
        assert isinstance(hear(CONTROLLER, words)[0], DoorReport)


@pytest.mark.parametrize("wall", [CONTROLLER, INTERCOM])
@pytest.mark.parametrize("path", ["event/x", "connection"])
def test_a_serial_number_that_is_not_the_topics_is_forged(wall: Wall, path: str) -> None:
    words = told(GRANTED, POINT, Card="8165537") if path == "event/x" else {"connected": True}

    found = only(hear(wall, words | {"serial": "B8A44F999999"}, path=path))

    assert (found.kind, found.reason, found.device) == (Kind.FEED_FORGED, "device_mismatch", "dev")
    assert "8165537" not in repr(found)


@pytest.mark.parametrize("path", ["connection", "event/connection", "LWT", "status", "disconnected"])
@pytest.mark.parametrize(
    ("payload", "online"),
    [
        ({"connected": True}, True),
        ({"connected": "false", "serial": SERIAL}, False),
        ({"status": "offline"}, False),
        ("client_1 connected", True),
        ("client_1 disconnected", False),
        ("client_1 LWT", False),
        ("online", True),
    ],
)
def test_a_device_comes_and_goes(path: str, payload: object, online: bool) -> None:
    assert CONTROLLER.hear(path, payload) == (status(online=online),)
    assert CONTROLLER.hear(path, payload, retain=True) == (status(online=online, live=False),)


@pytest.mark.parametrize("payload", ["sleeping", {"connected": 1}, {"connected": "perhaps"}, {}])
def test_what_is_no_word_of_presence_is_unmapped(payload: object) -> None:
    assert unread(CONTROLLER.hear("connection", payload)) == "wrong_shape"


def test_a_will_taken_away_says_nothing() -> None:
    assert CONTROLLER.hear("connection", b"", retain=True) == ()


@pytest.mark.parametrize("topic", ["axis/B8A44F777777/connection", "axis/B8A44F777777/event/connection"])
@pytest.mark.parametrize(
    ("payload", "name", "title"),
    [
        (b'{"connected":true}', "B8A44F777777", ""),
        (b"connected", "B8A44F777777", ""),
        (b'{"serial":"B8A44F777778","product":"A1610","pin":"12"}', "B8A44F777778", "A1610"),
        (b'{"serial":7,"product":[]}', "B8A44F777777", ""),
        (b"\xff", "B8A44F777777", ""),
    ],
)
def test_a_device_that_nobody_has_claimed_announces_itself(
    topic: str, payload: bytes, name: str, title: str
) -> None:
    (found,) = read(Message(topic, payload, retain=True, received=NOW), CONTROLLER.estate)

    assert isinstance(found, Unclaimed)
    assert (found.family, found.name, found.title, found.retained) == ("axis", name, title, True)
    assert '"12"' not in found.text
    assert "axis/+/connection" in filters(Estate())


def test_a_stranger_shows_no_card() -> None:
    message = Message("axis/B8A44F777777/connection", b'{"UID":"04AB5C"}', retain=False, received=NOW)

    (found,) = read(message, CONTROLLER.estate)

    assert isinstance(found, Unclaimed)
    assert found.text == 'axis/B8A44F******/connection: {"UID":***}'


def test_every_depth_below_the_prefix_is_listened_to() -> None:
    mine = filters(CONTROLLER.estate)

    deep = f"axis/{SERIAL}/event/tns:onvif/Device/tns:axis/IO/Port/$source/port/1"
    assert f"axis/{SERIAL}" in mine
    assert f"axis/{SERIAL}" + "/+" * deep.removeprefix(f"axis/{SERIAL}").count("/") in mine
