"""What a Nuki is sent, as its MQTT API lists lock actions and Nuki Hub's README those of lock/action."""

import pytest

from core.commands import Order, Verb
from tests.connectors.devices.commanding import ask, command, refused
from tests.connectors.devices.wall import Wall


@pytest.mark.parametrize(
    ("place", "topic", "payload"),
    [
        ("nuki/2BB28570", "nuki/2BB28570/lockAction", b"5"),
        ("nuki", "nuki/lock/action", b"lockNgoUnlatch"),
        ("house/nukihub", "house/nukihub/lock/action", b"lockNgoUnlatch"),
        ("nukiopener", "nukiopener/lock/action", b"electricStrikeActuation"),
    ],
)
def test_a_nuki_opens_and_locks_again_by_itself(place: str, topic: str, payload: bytes) -> None:
    wall = Wall("nuki", place, ("lock",))

    assert ask(wall.estate, "lock") == Order(topic=topic, payload=payload, expiry_s=5)


@pytest.mark.parametrize(
    ("place", "topic", "payload"),
    [
        ("nuki/2BB28570", "nuki/2BB28570/lockAction", b"2"),
        ("house/nukihub", "house/nukihub/lock/action", b"lock"),
    ],
)
def test_a_lockdown_locks_the_bolt_now(place: str, topic: str, payload: bytes) -> None:
    wall = Wall("nuki", place, ("lock",))

    assert ask(wall.estate, "lock", command(Verb.LOCK_DOWN)) == Order(
        topic=topic, payload=payload, expiry_s=5
    )


def test_an_opener_has_no_bolt() -> None:
    opener = Wall("nuki", "nukiopener", ("lock",)).estate

    assert refused(opener, "lock", command(Verb.LOCK_DOWN)) == "takes_no_commands"


def test_a_nuki_with_several_doors_is_not_opened() -> None:
    assert refused(Wall("nuki", "nukihub", ("a", "b")).estate, "a") == "opens_more"
