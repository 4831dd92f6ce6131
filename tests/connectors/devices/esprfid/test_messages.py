"""esp-rfid's log, Home Assistant's topics, and who speaks."""

import json

import pytest

from connectors.devices import FAMILIES, Message, filters
from core.calls import CallState
from core.doors import Alarm, DoorFacets
from core.records import Kind
from core.reports import CallReport, Item
from tests.connectors.devices.esprfid.reader import (
    ALONE,
    AT,
    HOST,
    ONLY,
    SHARED,
    THERE,
    TIME,
    UID,
    access,
    log,
)
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    UNLOCKED,
    report,
    ring,
    status,
    unread,
)
from tests.connectors.devices.wall import event as only


@pytest.mark.parametrize(
    ("source", "words", "level", "kind", "reason"),
    [
        ("door", "Door Open", "INFO", Kind.DOOR_OPENED, None),
        ("door", "Door Closed", "INFO", Kind.DOOR_CLOSED, None),
        ("tamper", "Door was tampered!", "WARN", Kind.DOOR_FORCED_OPEN, None),
        ("tamper", "Door wasn't closed within max open time!", "WARN", Kind.DOOR_HELD_OPEN, None),
        ("mqtt", "Dropping MQTT message, out of memory", "ERRO", Kind.DEVICE_FAULT, "other"),
        ("sys", "System is going to reboot", "INFO", Kind.DEVICE_FAULT, "rebooted"),
        ("sys", "Filesystem formatted", "WARN", Kind.DEVICE_FAULT, "storage"),
        ("sys", "Event log cleared!", "WARN", Kind.DEVICE_FAULT, "storage"),
        ("updt", "Not enough space to update", "ERRO", Kind.DEVICE_FAULT, "storage"),
        ("updt", "Update is failed", "ERRO", Kind.DEVICE_FAULT, "storage"),
    ],
)
def test_the_log_tells_events(source: str, words: str, level: str, kind: Kind, reason: str | None) -> None:
    found = only(SHARED.hear("send", log(source, words, level)))

    assert (found.kind, found.reason, found.at) == (kind, reason, AT)
    assert found.door == (None if kind is Kind.DEVICE_FAULT else "1")


def test_the_bell_rings_now_and_is_history_later() -> None:
    assert SHARED.hear("send", log("doorbell", "Doorbell ringing")) == (ring("1", at=AT),)
    assert only(SHARED.hear("send", log("doorbell", "Doorbell ringing", time=TIME - 60))).backfilled


@pytest.mark.parametrize(
    "words",
    [
        {"type": "boot", "time": TIME, "uptime": 0, "ip": "192.0.2.7", "hostname": HOST},
        {"type": "heartbeat", "time": TIME, "uptime": 999, "ip": "192.0.2.7", "hostname": HOST},
        {"type": "hearthbeat", "time": TIME, "hostname": HOST},
        {"type": "adduser", "hostname": HOST},
        {"type": "getconf", "hostname": HOST, "configfile": {"pswd": "hunter2"}},
        log("mqtt", "MQTT publish acknowledged", data="7"),
        log("sys", "System setup completed, running"),
        log("updt", "Firmware update is finished"),
    ],
)
def test_signs_of_life_say_that_the_reader_is_there(words: dict[str, object]) -> None:
    assert SHARED.hear("send", words) == THERE
    assert SHARED.hear("", words) == THERE


@pytest.mark.parametrize(
    "words", [log("door", "Door Ajar"), log("sys", "Meltdown", "ERRO"), log("moon", "Full")]
)
def test_a_new_message_of_the_log_is_unmapped(words: dict[str, object]) -> None:
    assert unread(SHARED.hear("send", words)) == "unknown_kind"


def test_readers_on_one_topic_are_told_apart_by_their_name() -> None:
    assert (
        only(SHARED.hear("send", log("sys", "Filesystem formatted", "WARN", hostname="cellar"))).device
        == "second"
    )
    forged = only(SHARED.hear("send", access(hostname="attic")))
    assert (forged.kind, forged.device) == (Kind.FEED_FORGED, "far")
    assert UID not in repr(forged)


def test_older_firmware_writes_its_name_as_the_door() -> None:
    old = access(hostname=None, door=HOST)

    assert only(SHARED.hear("send", old)).device == "dev"


def test_a_reader_alone_on_its_topic_needs_no_name() -> None:
    for words in (access(), access(hostname=None)):
        assert only(ALONE.hear("send", words)).kind is Kind.ACCESS_GRANTED


@pytest.mark.parametrize(
    ("path", "word", "expected"),
    [
        ("io/door", "ON", (report("1", OPEN),)),
        ("io/door", "OFF", (report("1", CLOSED),)),
        ("io/lock", "LOCKED", (report("1", LOCKED),)),
        ("io/lock", "UNLOCKED", (report("1", UNLOCKED),)),
        ("io/lock1", "UNLOCKED", (report("1", UNLOCKED),)),
        ("io/lock2", "LOCKED", (report("2", LOCKED),)),
        ("io/doorbell", "ON", (ring("1"),)),
        ("io/doorbell", "OFF", ()),
        ("io/tamper", "OFF", (report("1", DoorFacets(alarm=Alarm.NONE)),)),
        ("avty", "online", (status(online=True),)),
        ("avty", "offline", (status(online=False),)),
        ("avty", "", ()),
    ],
)
def test_home_assistants_topics_are_words(path: str, word: str, expected: tuple[Item, ...]) -> None:
    assert ALONE.hear(path, word) == expected


@pytest.mark.parametrize(
    ("path", "words", "expected"),
    [
        ("io/lock", "UNLOCKED", (report("1-only", UNLOCKED),)),
        ("io/lock1", "UNLOCKED", (report("1-only", UNLOCKED),)),
        ("io/door", "ON", (report("1-only", OPEN),)),
        ("io/doorbell", "ON", (ring("1-only"),)),
    ],
)
def test_the_only_relay_is_the_first(path: str, words: str, expected: tuple[Item, ...]) -> None:
    assert ONLY.hear(path, words) == expected
    assert unread(ONLY.hear("io/lock2", "LOCKED")) == "unknown_door"


def test_a_tag_is_decided_at_the_only_relay() -> None:
    for state in ("Always", ["Always"]):
        assert only(ONLY.hear("send", access(state))).door == "1-only"


def test_home_assistants_tamper_is_recorded_once_it_begins() -> None:
    assert only(ALONE.hear("io/tamper", "ON")).kind is Kind.DEVICE_TAMPERED
    assert ALONE.hear("io/tamper", "ON", retain=True) == ()
    assert ALONE.hear("io/doorbell", "ON", retain=True) == ()


@pytest.mark.parametrize(("path", "word"), [("io/door", "ON"), ("avty", "offline"), ("tag", json.dumps({}))])
def test_home_assistants_topics_name_nobody_among_several(path: str, word: str) -> None:
    assert unread(SHARED.hear(path, word)) == "device_mismatch"


@pytest.mark.parametrize(
    ("path", "word", "reason"),
    [
        ("io/door", "open", "wrong_shape"),
        ("io/lock", "ON", "wrong_shape"),
        ("io/lock7", "LOCKED", "unknown_door"),
        ("io/window", "ON", "unknown_topic"),
        ("io/door", b"\xff", "not_utf8"),
        ("avty", "asleep", "wrong_shape"),
        ("avty", "x" * 300, "too_large"),
    ],
)
def test_a_word_that_is_none_is_unmapped(path: str, word: object, reason: str) -> None:
    assert unread(ALONE.hear(path, word)) == reason


def test_commands_and_lists_of_users_are_not_listened_to() -> None:
    mine = [one for one in filters(SHARED.estate) if one.startswith("rfid")]

    assert set(mine) == {"rfid", "rfid/send", "rfid/tag", "rfid/avty", "rfid/io/+"}
    for path in ("cmd", "accesslist"):
        message = Message(f"rfid/{path}", b"{}", retain=False, received=NOW)
        assert FAMILIES["esprfid"].parse(message, SHARED.estate) is None


def test_a_damaged_configuration_shows_no_password() -> None:
    damage = b'{"type":"getconf","hostname":"' + HOST.encode() + b'","configfile":{"wifi":{"pswd":"hunter2"'

    assert "hunter2" not in repr(SHARED.hear("send", damage))


def test_a_call_of_the_bell_is_at_the_door_numbered_one() -> None:
    (found,) = SHARED.hear("send", log("doorbell", "Doorbell ringing"))

    assert isinstance(found, CallReport)
    assert (found.state, found.door) == (CallState.RINGING, "1")
