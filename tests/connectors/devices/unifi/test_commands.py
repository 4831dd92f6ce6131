"""What a hub is sent, as homebridge-unifi-access documents lock/set, whose verbs are inverted."""

import pytest

from core.commands import Order, Verb
from tests.connectors.devices.commanding import ask, command, refused
from tests.connectors.devices.wall import Wall

HUB = Wall("unifi", "unifi/access/74ACB9D55B9C", ("main", "sidedoor"))


def test_true_unlocks_for_a_moment() -> None:
    expected = Order(topic="unifi/access/74ACB9D55B9C/lock/set", payload=b"true", expiry_s=5)

    assert ask(HUB.estate, "main") == expected


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        (Verb.HOLD, "never_ends_by_itself"),
        (Verb.LOCK_DOWN, "takes_no_commands"),
        (Verb.RESTORE, "nothing_to_undo"),
    ],
)
def test_false_unlocks_for_good_and_is_never_sent(verb: Verb, reason: str) -> None:
    for door in ("main", "sidedoor"):
        assert refused(HUB.estate, door, command(verb)) == reason


def test_a_side_door_would_stay_unlocked() -> None:
    assert refused(HUB.estate, "sidedoor") == "never_ends_by_itself"


def test_a_hub_with_several_doors_is_not_opened() -> None:
    assert refused(Wall("unifi", "unifi/access/x", ("a", "b")).estate, "a") == "opens_more"
