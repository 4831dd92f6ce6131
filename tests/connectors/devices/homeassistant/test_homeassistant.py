"""Words of Home Assistant's entities to records of the doors that name them."""

from itertools import permutations

import pytest

from connectors.devices import Message
from connectors.devices.homeassistant import FAMILY
from connectors.devices.homeassistant.bindings import Binding, Role, bindings, verdict
from core.doors import DoorFacets
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
    unread,
)

FRONT = "lock:state-lock.contact::open-open.state-bell.available-latest"
BACK = "back-closed.bolt-unlocked.case-tamper.cell-battery.fault-problem.deep:er::x-lock"
WALL = Wall("homeassistant", "home/doorbell", (FRONT, BACK))
UNKNOWN = DoorFacets()


@pytest.mark.parametrize("name", ["ha-event-press.json", "ha-event-hold.json"])
def test_a_published_event_rings(name: str) -> None:
    assert WALL.hear("state", sample("homeassistant", name)) == (ring(FRONT),)


@pytest.mark.parametrize(
    ("word", "facets"),
    [
        ("LOCKED", LOCKED),
        ("UNLOCKED", UNLOCKED),
        ("OPEN", UNLOCKED),
        ("LOCK", LOCKED),
        ("UNLOCK", UNLOCKED),
        ("locked", LOCKED),
        ("LOCKING", UNKNOWN),
        ("UNLOCKING", UNKNOWN),
    ],
)
def test_a_lock_tells_its_state(word: str, facets: DoorFacets) -> None:
    assert WALL.hear("lock/state", word) == (report(FRONT, facets),)
    assert WALL.hear("lock/state", word, retain=True) == (report(FRONT, facets, live=False),)


@pytest.mark.parametrize(
    ("path", "payload", "door", "facets"),
    [
        ("contact", {"open": "ON"}, FRONT, OPEN),
        ("contact", {"open": False, "battery": 7}, FRONT, CLOSED),
        ("back", "ON", BACK, CLOSED),
        ("back", "OFF", BACK, OPEN),
        ("bolt", "ON", BACK, UNLOCKED),
        ("bolt", "OFF", BACK, LOCKED),
        ("deep/er", {"x": "LOCKED"}, BACK, LOCKED),
        ("case", "OFF", BACK, UNKNOWN),
    ],
)
def test_a_sensor_tells_what_its_role_says(path: str, payload: object, door: str, facets: DoorFacets) -> None:
    assert WALL.hear(path, payload) == (report(door, facets),)


@pytest.mark.parametrize(
    ("path", "word", "kind", "reason"),
    [
        ("case", "ON", Kind.DEVICE_TAMPERED, None),
        ("cell", "ON", Kind.DEVICE_FAULT, "battery"),
        ("fault", "ON", Kind.DEVICE_FAULT, "other"),
    ],
)
def test_what_goes_wrong_is_recorded_when_it_does(
    path: str, word: object, kind: Kind, reason: str | None
) -> None:
    found = event(WALL.hear(path, word))

    assert (found.kind, found.reason, found.door) == (kind, reason, BACK)
    assert WALL.hear(path, word, retain=True) == ()


def test_a_bolt_that_is_jammed_is_a_fault_and_unknown_from_then_on() -> None:
    found = WALL.hear("deep/er", {"x": "JAMMED"})

    assert (event(found).kind, event(found).reason) == (Kind.DEVICE_FAULT, "other")
    assert found[1:] == (report(BACK, UNKNOWN, unknown=("lock",)),)
    assert WALL.hear("deep/er", {"x": "JAMMED"}, retain=True) == (
        report(BACK, UNKNOWN, live=False, unknown=("lock",)),
    )


@pytest.mark.parametrize(
    ("path", "word", "door", "facet"),
    [
        ("lock/state", "None", FRONT, "lock"),
        ("back", "None", BACK, "position"),
        ("bolt", "None", BACK, "lock"),
    ],
)
def test_none_takes_a_state_back(path: str, word: str, door: str, facet: str) -> None:
    assert WALL.hear(path, word) == (report(door, UNKNOWN, unknown=(facet,)),)


def test_a_retained_event_is_a_picture_of_the_past_and_counts_once() -> None:
    first, again = (event(WALL.hear("state", {"event_type": "press"}, retain=True)) for _ in range(2))

    assert (first.kind, first.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert first.event_key == again.event_key is not None


@pytest.mark.parametrize(("word", "online"), [("online", True), ("offline", False)])
@pytest.mark.parametrize("retain", [True, False])
def test_the_last_word_of_availability_holds(word: str, online: bool, retain: bool) -> None:
    assert WALL.hear("available", word, retain=retain) == (status(online=online, live=not retain),)


@pytest.mark.parametrize(
    ("number", "path", "word", "online"),
    [
        ("a-all", "a", "online", True),
        ("a-all", "a", "offline", False),
        ("a-any", "a", "offline", False),
        ("a-all.b-all", "b", "offline", False),
        ("a-all.b-all", "b", "online", None),
        ("a-any.b-any", "b", "online", True),
        ("a-any.b-any", "b", "offline", None),
        ("a-latest.b-latest", "b", "offline", False),
    ],
)
def test_availability_is_told_where_one_word_decides_it(
    number: str, path: str, word: str, online: bool | None
) -> None:
    found = Wall("homeassistant", "home", (number,)).hear(path, word)

    assert found == (() if online is None else (status(online=online),))


def test_two_doors_of_one_device_tell_of_its_presence_once() -> None:
    wall = Wall("homeassistant", "home", ("a-lock.up-latest", "b-lock.up-latest"))

    assert wall.hear("up", "online") == (status(online=True),)


def test_a_bridges_availability_may_be_that_of_several_devices() -> None:
    other = Device(id="other", site="berlin", family="homeassistant", topic="home")
    wall = Wall("homeassistant", "home", ("up-latest",), more=(other,))

    assert wall.hear("up", "online") == (status(online=True),)


@pytest.mark.parametrize("order", list(permutations(("a", "b", "c"))))
def test_all_and_any_do_not_depend_on_the_order_of_words(order: tuple[str, ...]) -> None:
    topics = ("a", "b", "c")
    for offline in range(4):
        said = {topic: topics.index(topic) >= offline for topic in order}

        assert verdict(Role.ALL, topics, said) is (offline == 0)
        assert verdict(Role.ANY, topics, said) is (offline < 3)
        assert verdict(Role.LATEST, topics, said) is said[order[-1]]


def test_nothing_said_decides_nothing() -> None:
    assert [verdict(mode, ("a",), {}) for mode in (Role.ALL, Role.ANY, Role.LATEST)] == [None] * 3


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("1", Binding("1", "", Role.LOCK)),
        ("Front-Door", Binding("Front-Door", "", Role.LOCK)),
        ("lock:front_door:state-lock", Binding("lock/front_door/state", "", Role.LOCK)),
        ("Front-Door-open", Binding("Front-Door", "", Role.OPEN)),
        ("contact::open-open", Binding("contact", "open", Role.OPEN)),
        ("frontdoor:-lock", Binding("frontdoor/", "", Role.LOCK)),
        ("frontdoor:::x", Binding("frontdoor/", "x", Role.LOCK)),
        ("-open", Binding("-open", "", Role.LOCK)),
    ],
)
def test_a_number_names_topic_field_and_role(number: str, expected: Binding) -> None:
    assert bindings(number) == (expected,)


def test_the_trailing_slash_of_the_document_is_part_of_the_topic() -> None:
    wall = Wall("homeassistant", "home-assistant", ("frontdoor:-lock",))

    assert wall.hear("frontdoor/", "LOCK") == (report("frontdoor:-lock", LOCKED),)
    assert unread(wall.hear("frontdoor", "LOCK")) == "unknown_topic"


@pytest.mark.parametrize(
    ("path", "payload", "reason"),
    [
        ("lock/state", "AJAR", "wrong_shape"),
        ("lock/state", '"LOCKED"', "wrong_shape"),
        ("lock/state", b"\xff", "not_utf8"),
        ("lock/state", "LOCKED " * 99, "too_large"),
        ("contact", "ON", "not_json"),
        ("contact", {"closed": "ON"}, "wrong_shape"),
        ("contact", {"open": {"x": "ON"}}, "wrong_shape"),
        ("contact", {"open": 1}, "wrong_shape"),
        ("state", {"event_type": "motion"}, "unknown_kind"),
        ("state", {"event_type": 7}, "wrong_shape"),
        ("state", {"Button1": {"Action": "SINGLE"}}, "wrong_shape"),
        ("state", "press", "not_json"),
        ("available", "ON", "wrong_shape"),
        ("available", "Online", "wrong_shape"),
        ("lock/set", "UNLOCK", "unknown_topic"),
    ],
)
def test_what_is_not_understood_is_kept_with_the_reason(path: str, payload: object, reason: str) -> None:
    assert unread(WALL.hear(path, payload)) == reason


def test_taking_a_retained_state_away_says_nothing() -> None:
    assert WALL.hear("lock/state", b"", retain=True) == ()


def test_only_named_topics_are_listened_to_and_no_command() -> None:
    heard = FAMILY.filters(WALL.estate)

    assert "home/doorbell/lock/state" in heard
    assert "home/doorbell/state" in heard
    assert all(one.startswith(("home/doorbell/", "homeassistant/")) for one in heard)
    message = Message("home/other/lock", b"LOCKED", retain=False, received=NOW)
    assert FAMILY.parse(message, WALL.estate) is None


GOOD = (
    ("lock/state", b"LOCKED"),
    ("contact", body({"open": "ON", "battery": 7})),
    ("state", sample("homeassistant", "ha-event-press.json")),
    ("available", b"online"),
)


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: bytes) -> None:
    for other in damaged(payload):
        found: tuple[Item, ...] = WALL.hear(path, other)
        hold(found)
        assert not grants(found)
        hold(WALL.hear(path, other, retain=True))
