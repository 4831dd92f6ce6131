"""What the UniFi Access bridge publishes to records."""

import json
from dataclasses import replace

import pytest
from msgspec import structs

from connectors.devices import Message
from connectors.devices.unifi import FAMILY
from core.calls import CallState
from core.doors import DoorFacets
from core.leaf import Draft
from core.model import Device
from core.records import Kind
from core.reports import Item
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    UNLOCKED,
    Wall,
    body,
    damaged,
    event,
    grants,
    hold,
    report,
    ring,
    sample,
    status,
    stranger,
    unread,
)

MAC = "74ACB9D55B9C"
CONTROLLER = Device(id="controller", site="berlin", family="unifi", topic="unifi/access/0011223344FF")
WALL = Wall("unifi", f"unifi/access/{MAC}", ("main", "sidedoor"), more=(CONTROLLER,))
TELEMETRY = f"{CONTROLLER.topic}/telemetry"
UNLOCK = sample("unifi", "unifi-remote_unlock.json")
UNKNOWN = DoorFacets()


def telemetry(**changes: object) -> dict[str, object]:
    """Give the published remote unlock, changed."""
    return {**json.loads(UNLOCK), **changes}


@pytest.mark.parametrize(
    ("path", "word", "door", "facets"),
    [
        ("dps", "true", "main", OPEN),
        ("dps", "false", "main", CLOSED),
        ("lock", "true", "main", LOCKED),
        ("lock", "false", "main", UNLOCKED),
        ("sidedoor/dps", "true", "sidedoor", OPEN),
        ("sidedoor/lock", "true", "sidedoor", LOCKED),
        ("sidedoor/lock", "false", "sidedoor", UNLOCKED),
    ],
)
def test_a_state_is_told_of_its_door(path: str, word: str, door: str, facets: DoorFacets) -> None:
    assert WALL.hear(path, word) == (report(door, facets),)
    assert WALL.hear(path, word, retain=True) == (report(door, facets, live=False),)


@pytest.mark.parametrize(
    ("path", "door", "facet"),
    [("dps", "main", "position"), ("lock", "main", "lock"), ("sidedoor/dps", "sidedoor", "position")],
)
def test_a_state_that_is_unknown_takes_the_last_one_back(path: str, door: str, facet: str) -> None:
    assert WALL.hear(path, "unknown") == (report(door, UNKNOWN, unknown=(facet,)),)


def test_the_bell_rings_and_ends() -> None:
    assert WALL.hear("doorbell", "true") == (ring("main"),)
    assert WALL.hear("doorbell", "false") == (structs.replace(ring("main"), state=CallState.ENDED),)
    assert WALL.hear("doorbell", "unknown") == ()


@pytest.mark.parametrize("word", ["true", "false"])
def test_a_retained_bell_says_nothing(word: str) -> None:
    assert WALL.hear("doorbell", word, retain=True) == ()


def test_a_closed_exit_button_asks_to_leave() -> None:
    found = event(WALL.hear("rex", "false"))

    assert found == Draft(
        kind=Kind.EXIT_REQUESTED, received=NOW, at=NOW, site="berlin", door="main", device="dev"
    )
    assert WALL.hear("rex", "true") == WALL.hear("rex", "unknown") == ()
    assert WALL.hear("rex", "false", retain=True) == ()


@pytest.mark.parametrize("path", ["rel", "ren", "motion"])
def test_what_needs_no_record_is_a_sign_of_life(path: str) -> None:
    assert WALL.hear(path, "true") == (status(online=True),)
    assert WALL.hear(path, "true", retain=True) == ()


def test_a_remote_unlock_is_a_grant_at_the_hub_it_names() -> None:
    assert WALL.hear_at(TELEMETRY, UNLOCK) == (
        Draft(
            kind=Kind.ACCESS_GRANTED,
            received=NOW,
            at=NOW,
            site="berlin",
            door="main",
            device="dev",
            private={"credential": "remote"},
        ),
    )


def test_a_hub_may_be_known_by_its_serial() -> None:
    wall = Wall("unifi", "building/entrance", ("main",), serial="74:ac:b9:d5:5b:9c", more=(CONTROLLER,))

    assert event(wall.hear_at(TELEMETRY, UNLOCK)).device == "dev"


def test_a_hub_of_another_site_is_not_opened_by_this_sites_controller() -> None:
    elsewhere = replace(CONTROLLER, site="paris")
    wall = Wall("unifi", f"unifi/access/{MAC}", ("main",), more=(elsewhere,))

    assert stranger(wall.hear_at(TELEMETRY, UNLOCK), "unifi") == MAC


def test_an_unlock_of_a_hub_that_nobody_knows_lets_nobody_in() -> None:
    heard = WALL.hear_at(TELEMETRY, telemetry(event_object_id="74acb9d55b9d"))

    assert stranger(heard, "unifi") == "74ACB9D55B9D"


@pytest.mark.parametrize("identity", ["", "60ec302f-6e26-4758-acca-f37673ecfcca", "zz" * 6])
def test_an_unlock_of_no_hub_is_not_understood(identity: str) -> None:
    assert unread(WALL.hear_at(TELEMETRY, telemetry(event_object_id=identity))) == "wrong_shape"


@pytest.mark.parametrize(("path", "word"), [("lock", "true"), ("dps", "false")])
def test_a_hub_that_nobody_has_claimed_is_a_stranger(path: str, word: str) -> None:
    topic = f"unifi/access/74acb9d55b9d/{path}"

    assert stranger(WALL.hear_at(topic, word), "unifi") == "74ACB9D55B9D"
    assert WALL.hear_at(topic, "", retain=True) == ()


def test_retained_telemetry_is_a_picture_of_the_past_and_counts_once() -> None:
    first, again = (event(WALL.hear_at(TELEMETRY, UNLOCK, retain=True)) for _ in range(2))

    assert (first.kind, first.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert first.event_key == again.event_key is not None


def test_telemetry_that_the_hubs_topics_tell_as_well_is_a_sign_of_life() -> None:
    found = WALL.hear_at(TELEMETRY, telemetry(event="access.remote_view.change", reason_code=108))

    assert found == (structs.replace(status(online=True), device="controller"),)


@pytest.mark.parametrize(
    ("path", "payload", "reason"),
    [
        ("dps", "open", "wrong_shape"),
        ("dps", "TRUE", "wrong_shape"),
        ("lock", "1", "wrong_shape"),
        ("lock", '"true"', "wrong_shape"),
        ("doorbell", "", "wrong_shape"),
        ("rex", b"\xff", "not_utf8"),
        ("battery", "7", "unknown_topic"),
        ("lock/set", "false", "unknown_topic"),
        ("telemetry", telemetry(event="access.logs.add"), "unknown_kind"),
        ("telemetry", {"event": 7}, "wrong_shape"),
        ("telemetry", "true", "wrong_shape"),
    ],
)
def test_what_is_not_understood_is_kept_with_the_reason(path: str, payload: object, reason: str) -> None:
    assert unread(WALL.hear(path, payload)) == reason


def test_a_hub_without_that_door_tells_of_none() -> None:
    one = Wall("unifi", "unifi/access/A", ("main",))
    many = Wall("unifi", "unifi/access/A", ("main", "other"))

    assert unread(one.hear("sidedoor/dps", "true")) == "unknown_door"
    assert unread(many.hear("dps", "true")) == "unknown_door"


def test_no_command_is_listened_to() -> None:
    assert not any(one.endswith(("/set", "/get", "/trigger")) for one in FAMILY.filters(WALL.estate))
    message = Message("unifi/access/other/lock", b"false", retain=False, received=NOW)
    assert FAMILY.parse(message, WALL.estate) is None


GOOD = (("dps", b"false"), ("lock", b"true"), ("doorbell", b"true"), ("rex", b"false"))


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_of_a_word_raises_or_lets_anybody_in(path: str, payload: bytes) -> None:
    for other in damaged(payload):
        found: tuple[Item, ...] = WALL.hear(path, other)
        hold(found)
        assert not grants(found)


def test_no_damage_of_telemetry_raises_or_lets_anybody_else_in() -> None:
    true = grants(WALL.hear_at(TELEMETRY, UNLOCK))

    assert true
    for other in damaged(body(UNLOCK)):
        hold(WALL.hear_at(TELEMETRY, other), true)
        hold(WALL.hear_at(TELEMETRY, other, retain=True))
