"""Tasmota's topics to records."""

import pytest

from connectors.devices import Message
from connectors.devices.tasmota import FAMILY
from core.leaf import Draft
from core.model import Device, Estate
from core.records import Kind
from core.reports import DoorReport, Item, Unclaimed
from core.times import SECOND_US, parse_iso_us
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

WALL = Wall(
    "tasmota",
    "hall",
    ("POWER.Switch1", "POWER2-holds.Switch2-open", "Switch3-bell", "Button1", "Switch4-exit"),
    serial="DVES_3D5E26",
)
STRIKE, MAGNET, BELL, BUTTON, EXIT = WALL.doors
LOCAL = "2026-11-23T16:11:40"  # at Berlin, in winter
AT = parse_iso_us("2026-11-23T15:11:40Z")


def hear(topic: str, payload: object, *, retain: bool = False) -> tuple[Item, ...]:
    """Read what comes on a topic of the default order."""
    return WALL.hear_at(topic, payload, retain=retain)


@pytest.mark.parametrize(
    ("name", "topic", "expected"),
    [
        ("tasmota-stat-tasmota_switch-power.txt", "stat/hall/POWER", (report(STRIKE, LOCKED),)),
        ("tasmota-stat-tasmota_switch-result.json", "stat/hall/RESULT", (report(STRIKE, LOCKED),)),
        ("tasmota-stat-tasmota_switch-result-2.json", "stat/hall/RESULT", (report(STRIKE, UNLOCKED),)),
    ],
)
def test_a_published_payload_becomes_its_items(name: str, topic: str, expected: tuple[Item, ...]) -> None:
    assert hear(topic, sample("tasmota", name)) == expected


def test_the_sample_that_is_no_json_as_published_stays_so() -> None:
    published = sample("tasmota", "tasmota-stat-tasmota-status6.json")

    assert unread(hear("stat/hall/STATUS6", published)) == "not_json"
    assert hear("stat/hall/STATUS6", published + b"}") == ()


@pytest.mark.parametrize(("word", "online"), [("Online", True), ("Offline", False)])
@pytest.mark.parametrize("retain", [True, False])
def test_the_will_says_whether_it_is_there(word: str, online: bool, retain: bool) -> None:
    assert hear("tele/hall/LWT", word, retain=retain) == (status(online=online, live=not retain),)


@pytest.mark.parametrize("word", ["online", "ONLINE", '"Online"', "Online\n", b"\xff"])
def test_another_word_of_presence_is_not_understood(word: object) -> None:
    assert unread(hear("tele/hall/LWT", word)) in {"wrong_shape", "not_utf8"}


@pytest.mark.parametrize(
    ("topic", "words", "expected"),
    [
        ("stat/hall/POWER", "ON", report(STRIKE, UNLOCKED)),
        ("stat/hall/POWER1", "ON", report(STRIKE, UNLOCKED)),
        ("stat/hall/POWER2", "ON", report(MAGNET, LOCKED)),
        ("stat/hall/POWER2", "OFF", report(MAGNET, UNLOCKED)),
        ("stat/hall/RESULT", {"POWER1": "OFF"}, report(STRIKE, LOCKED)),
        ("stat/hall/RESULT", {"Switch1": {"Action": "ON"}}, report(STRIKE, CLOSED)),
        ("stat/hall/RESULT", {"Switch2": {"Action": "ON"}}, report(MAGNET, OPEN)),
        ("tele/hall/SENSOR", {"Time": LOCAL, "Switch1": "OFF"}, report(STRIKE, OPEN, at=AT)),
        ("tele/hall/SENSOR", {"Time": LOCAL + "+01:00", "Switch2": "OFF"}, report(MAGNET, CLOSED, at=AT)),
        ("tele/hall/STATE", {"Time": LOCAL, "Uptime": "0T", "POWER": "OFF"}, report(STRIKE, LOCKED, at=AT)),
        (
            "stat/hall/STATUS10",
            {"StatusSNS": {"Time": LOCAL, "Switch1": "ON"}},
            report(STRIKE, CLOSED, at=AT),
        ),
        ("stat/hall/STATUS11", {"StatusSTS": {"Time": LOCAL, "POWER2": "ON"}}, report(MAGNET, LOCKED, at=AT)),
    ],
)
def test_each_part_tells_its_own_of_its_door(topic: str, words: object, expected: DoorReport) -> None:
    assert hear(topic, words) == (expected,)


def test_a_retained_state_is_a_state_but_not_live() -> None:
    assert hear("stat/hall/POWER", "ON", retain=True) == (report(STRIKE, UNLOCKED, live=False),)


@pytest.mark.parametrize("word", ["ON", "TOGGLE", "HOLD"])
def test_a_press_on_a_detached_switch_rings(word: str) -> None:
    assert hear("stat/hall/RESULT", {"Switch3": {"Action": word}}) == (ring(BELL),)


@pytest.mark.parametrize("word", ["SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA", "HOLD"])
def test_a_press_on_a_button_rings_in_both_forms(word: str) -> None:
    assert hear("stat/hall/RESULT", {"Button1": {"Action": word}}) == (ring(BUTTON),)
    assert hear("stat/hall/BUTTON1", {"ACTION": word}) == (ring(BUTTON),)


def test_a_press_on_an_exit_switch_asks_to_leave() -> None:
    found = event(hear("stat/hall/RESULT", {"Switch4": {"Action": "ON"}}))

    assert (found.kind, found.door, found.at) == (Kind.EXIT_REQUESTED, EXIT, NOW)


def test_a_release_and_a_repeated_state_ring_nothing() -> None:
    assert hear("stat/hall/RESULT", {"Switch3": {"Action": "OFF"}}) == ()
    assert hear("tele/hall/SENSOR", {"Time": LOCAL, "Switch3": "ON"}) == ()


@pytest.mark.parametrize(
    ("topic", "words", "reason"),
    [
        ("stat/hall/POWER", "AN", "wrong_shape"),
        ("stat/hall/POWER", "on", "wrong_shape"),
        ("stat/hall/RESULT", {"POWER": True}, "wrong_shape"),
        ("stat/hall/RESULT", {"Switch1": {"Action": "TOGGLE"}}, "unknown_kind"),
        ("stat/hall/RESULT", {"Switch1": {"Actions": "ON"}}, "wrong_shape"),
        ("stat/hall/RESULT", {"Switch3": {"Action": "INC_DEC"}}, "unknown_kind"),
        ("stat/hall/RESULT", "[]", "wrong_shape"),
        ("tele/hall/SENSOR", {"Time": "noon", "Switch1": "ON"}, "bad_time"),
        ("tele/hall/SENSOR", {"Time": 7, "Switch1": "ON"}, "bad_time"),
        ("stat/hall/LOGGING", "x", "unknown_topic"),
    ],
)
def test_what_makes_no_sense_is_kept_to_look_at(topic: str, words: object, reason: str) -> None:
    assert unread(hear(topic, words)) == reason


def test_a_part_that_makes_no_sense_hides_no_other() -> None:
    bad, good = hear("tele/hall/SENSOR", {"Time": LOCAL, "Switch1": "TOGGLE", "Switch2": "ON"})

    assert isinstance(bad, Draft)
    assert (bad.reason, bad.private["text"]) == ("unknown_kind", 'tele/hall/SENSOR: {"Switch1": "TOGGLE"}')
    assert good == report(MAGNET, OPEN, at=AT)


def test_a_retained_press_rings_no_bell_and_counts_once() -> None:
    first = event(hear("stat/hall/BUTTON1", {"ACTION": "SINGLE"}, retain=True))
    again = event(hear("stat/hall/BUTTON1", {"ACTION": "SINGLE"}, retain=True))

    assert (first.kind, first.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert first.event_key == again.event_key is not None


def test_answers_about_no_door_say_nothing() -> None:
    assert hear("stat/hall/RESULT", {"PulseTime1": {"Set": 20, "Remaining": 0}}) == ()
    assert hear("stat/hall/RESULT", {"POWER7": "ON"}) == ()
    assert hear("stat/hall/STATUS", {"Status": {"Module": 1}}) == ()


def test_a_clock_of_1970_gives_way_to_the_time_of_receipt() -> None:
    assert hear("tele/hall/SENSOR", {"Time": "1970-01-01T00:00:09", "Switch1": "ON"}) == (
        report(STRIKE, CLOSED),
    )


def test_the_night_of_summers_end_is_read_in_the_zone_of_the_site() -> None:
    received = parse_iso_us("2026-10-25T02:30:05Z")
    (found,) = WALL.hear_at(
        "tele/hall/SENSOR", {"Time": "2026-10-25T03:30:00", "Switch1": "ON"}, received=received
    )

    assert isinstance(found, DoorReport)
    assert found.at == received - 5 * SECOND_US


@pytest.mark.parametrize(
    ("full", "topic"),
    [
        ("tasmota/hall/%prefix%", "tasmota/hall/stat/POWER"),
        ("%prefix%/cellar/hall", "stat/cellar/hall/POWER"),
        ("a/%prefix%/b", "a/stat/b/POWER"),
        ("stat/%prefix%/b", "stat/stat/b/POWER"),
    ],
)
def test_the_prefix_may_stand_anywhere(full: str, topic: str) -> None:
    wall = Wall("tasmota", full, ("POWER",))

    assert wall.hear_at(topic, "ON") == (report("POWER", UNLOCKED),)
    assert topic.replace("POWER", "+") in FAMILY.filters(wall.estate)


def test_it_listens_to_its_devices_alone_and_to_no_command() -> None:
    assert FAMILY.filters(Estate()) == ("tasmota/discovery/+/config",)
    assert FAMILY.filters(WALL.estate) == (
        "tele/hall/LWT",
        "tele/hall/STATE",
        "tele/hall/SENSOR",
        "stat/hall/+",
        "tasmota/discovery/+/config",
    )


def announced(**changes: object) -> tuple[Item, ...]:
    told = {"dn": "Cellar door", "md": "Sonoff Basic", "t": "cellar", "ft": "%prefix%/%topic%/", **changes}
    return WALL.hear_at("tasmota/discovery/A4CF12345678/config", told, retain=True)


@pytest.mark.parametrize(
    ("changes", "topic"),
    [
        ({}, "cellar"),
        ({"ft": "house/%prefix%/%topic%/"}, "house/%prefix%/cellar"),
        ({"ft": 7}, "cellar"),
        ({"ft": "%topic%/%prefix%"}, "cellar/%prefix%"),
    ],
)
def test_a_device_that_announces_itself_is_a_stranger_with_the_topic_to_write_down(
    changes: dict[str, object], topic: str
) -> None:
    (found,) = announced(**changes)

    assert isinstance(found, Unclaimed)
    assert (found.name, found.title, found.topic) == ("A4CF12345678", "Cellar door Sonoff Basic", topic)


def test_a_device_of_the_estate_that_announces_itself_is_no_stranger() -> None:
    assert announced(t="hall") == ()
    assert unread(WALL.hear_at("tasmota/discovery/A4CF12345678/config", b"{")) == "not_json"
    assert WALL.hear_at("tasmota/discovery/A4CF12345678/config", b"", retain=True) == ()


@pytest.mark.parametrize(
    "topic",
    [
        "cmnd/hall/POWER",
        "stat/hall",
        "stat/hall/a/b",
        "tele/hall/INFO1",
        "stat/attic/POWER",
        "stat/" * 20_000,
    ],
)
def test_other_topics_are_not_its_own(topic: str) -> None:
    assert FAMILY.parse(Message(topic, b"ON", retain=False, received=NOW), WALL.estate) is None


def test_another_client_under_the_topic_is_forged() -> None:
    wall = Wall("tasmota", "hall", ("POWER",), serial="DVES_3D5E26")

    assert wall.hear_at("stat/hall/STATUS6", {"StatusMQT": {"MqttClient": "DVES_3D5E26"}}) == ()
    found = event(wall.hear_at("stat/hall/STATUS6", {"StatusMQT": {"MqttClient": "DVES_000000"}}))
    assert (found.kind, found.reason) == (Kind.FEED_FORGED, "device_mismatch")


def test_two_devices_under_one_topic_cant_be_told_apart() -> None:
    twin = Device(id="twin", site="paris", family="tasmota", topic="hall")
    found = Wall("tasmota", "hall", ("POWER",), more=(twin,)).hear_at("stat/hall/POWER", "ON")

    assert event(found).device is None


def test_taking_a_retained_state_away_says_nothing() -> None:
    assert hear("stat/hall/POWER", b"") == hear("tele/hall/LWT", b"") == hear("tele/hall/SENSOR", b"") == ()


GOOD = (
    ("stat/hall/POWER", "ON"),
    ("tele/hall/LWT", "Online"),
    ("stat/hall/RESULT", {"POWER": "ON", "Switch1": {"Action": "ON"}, "Button1": {"Action": "SINGLE"}}),
    ("tele/hall/SENSOR", {"Time": LOCAL, "Switch1": "OFF", "Switch2": "ON"}),
    ("stat/hall/STATUS11", {"StatusSTS": {"Time": LOCAL, "POWER2": "ON"}}),
    ("stat/hall/BUTTON1", {"ACTION": "SINGLE"}),
    ("stat/hall/STATUS6", {"StatusMQT": {"MqttClient": "DVES_3D5E26"}}),
)


@pytest.mark.parametrize(("topic", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(topic: str, payload: object) -> None:
    assert not grants(hear(topic, payload))
    for other in damaged(body(payload)):
        hold(hear(topic, other))
        hold(hear(topic, other, retain=True))
        assert not any(isinstance(item, Draft) and item.door for item in hear(topic, other, retain=True))
