"""What a Tasmota is sent, as its documents write Backlog, PulseTime and FullTopic."""

import pytest

from core.commands import Order, Verb
from tests.connectors.devices.commanding import ask, command, refused
from tests.connectors.devices.wall import Wall

WALL = Wall(
    "tasmota",
    "hall",
    (
        "POWER",
        "POWER2.Switch2",
        "POWER3-holds",
        "POWER4.POWER5",
        "POWER6",
        "POWER6.Switch6",
        "POWER9",
        "Switch1",
    ),
)


@pytest.mark.parametrize(
    ("door", "seconds", "payload"),
    [
        ("POWER", 1, b"PulseTime1 10; Power1 ON"),
        ("POWER", 11, b"PulseTime1 110; Power1 ON"),
        ("POWER", 12, b"PulseTime1 112; Power1 ON"),
        ("POWER2.Switch2", 600, b"PulseTime2 700; Power2 ON"),
    ],
)
def test_a_relay_is_pulsed_by_the_device_itself(door: str, seconds: int, payload: bytes) -> None:
    expected = Order(topic="cmnd/hall/Backlog", payload=payload, expiry_s=5)

    assert ask(WALL.estate, door, command(seconds=seconds)) == expected


@pytest.mark.parametrize("verb", [Verb.LOCK_DOWN, Verb.RESTORE])
def test_a_lockdown_and_its_release_put_the_relay_at_rest(verb: Verb) -> None:
    expected = Order(topic="cmnd/hall/Backlog", payload=b"Power2 OFF", expiry_s=5)

    assert ask(WALL.estate, "POWER2.Switch2", command(verb)) == expected


def test_a_hold_would_leave_its_length_to_whoever_presses_next() -> None:
    assert refused(WALL.estate, "POWER", command(Verb.HOLD)) == "never_ends_by_itself"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [("tasmota/hall/%prefix%", "tasmota/hall/cmnd/Backlog"), ("%prefix%/a/b", "cmnd/a/b/Backlog")],
)
def test_the_prefix_stands_where_the_full_topic_has_it(topic: str, expected: str) -> None:
    assert ask(Wall("tasmota", topic, ("POWER",)).estate, "POWER").topic == expected


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        ("POWER3-holds", "never_ends_by_itself"),
        ("POWER4.POWER5", "no_relay"),
        ("POWER6", "opens_more"),
        ("POWER9", "no_relay"),
        ("Switch1", "no_relay"),
    ],
)
def test_a_door_without_one_relay_that_ends_by_itself_is_not_opened(door: str, reason: str) -> None:
    assert refused(WALL.estate, door) == reason


def test_the_lone_relay_is_one_with_or_without_its_number() -> None:
    assert refused(Wall("tasmota", "hall", ("POWER", "POWER1")).estate, "POWER1") == "opens_more"


@pytest.mark.parametrize("seconds", [0, 601])
def test_a_pulse_has_an_end(seconds: int) -> None:
    assert refused(WALL.estate, "POWER", command(seconds=seconds)) == "unfit_length"
