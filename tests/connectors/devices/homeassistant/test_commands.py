"""What a lock is sent as Home Assistant's MQTT lock documents its command topic and payload_unlock."""

import pytest

from connectors.devices import filters
from core.commands import Order, Verb
from tests.connectors.devices.commanding import ask, command, refused
from tests.connectors.devices.wall import LOCKED, Wall, report

DOOR = "frontdoor:state-lock.frontdoor:set-command"
WALL = Wall("homeassistant", "home-assistant", (DOOR,))


def test_a_lock_is_told_to_unlock_on_the_topic_that_the_estate_names() -> None:
    assert ask(WALL.estate, DOOR) == Order(
        topic="home-assistant/frontdoor/set", payload=b"UNLOCK", expiry_s=5
    )
    assert ask(WALL.estate, DOOR, command(Verb.LOCK_DOWN)).payload == b"LOCK"


def test_what_a_lock_is_told_is_never_taken_for_what_it_says() -> None:
    assert "home-assistant/frontdoor/set" not in filters(WALL.estate)
    assert WALL.hear("frontdoor/state", "LOCKED") == (report(DOOR, LOCKED),)


@pytest.mark.parametrize(
    ("door", "reason"),
    [
        ("state-lock", "no_relay"),
        ("state-lock.a-command.b-command", "no_relay"),
        ("state-lock.a::x-command", "no_relay"),
        ("set-command", "state_untold"),
        ("contact-open.set-command", "state_untold"),
    ],
)
def test_a_lock_without_a_command_or_a_state_is_not_opened(door: str, reason: str) -> None:
    assert refused(Wall("homeassistant", "home", (door,)).estate, door) == reason


def test_a_command_topic_that_doors_share_is_not_used() -> None:
    doors = ("a-lock.set-command", "b-lock.set-command")

    assert refused(Wall("homeassistant", "home", doors).estate, doors[0]) == "opens_more"
