"""What esp-rfid readers say, to items: access, log, Home Assistant's topics, and who says it."""

import json
from dataclasses import replace
from typing import Final

import pytest

from connectors.devices import FAMILIES, Message, filters
from core.calls import CallState
from core.doors import Alarm, DoorFacets
from core.leaf import Draft
from core.model import Device, Estate
from core.records import Kind
from core.reports import CallReport, Item
from tests.connectors.devices.wall import (
    CLOSED,
    LOCKED,
    NOW,
    OPEN,
    SAMPLES,
    UNLOCKED,
    Wall,
    damaged,
    grants,
    hold,
    report,
    ring,
    sample,
    status,
    unread,
)
from tests.connectors.devices.wall import event as only

HOST: Final = "your esp-rfid hostname"
TIME: Final = NOW // 1_000_000 - 2
AT: Final = TIME * 1_000_000
OTHERS: Final = (
    Device(id="second", site="berlin", family="esprfid", topic="rfid", serial="cellar"),
    Device(id="far", site="berlin", family="esprfid", topic="elsewhere", serial="attic"),
)
SHARED: Final = Wall("esprfid", "rfid", ("1", "2"), serial=HOST, more=OTHERS)
ALONE: Final = Wall("esprfid", "rfid/a1b2c3", ("1", "2"))
UID: Final = "4a2b3c4d"


def access(state: object = "Always", **changes: object) -> dict[str, object]:
    """Give an access message; a change to None takes the field away."""
    words: dict[str, object] = {
        "type": "access",
        "time": TIME,
        "isKnown": "true",
        "access": state,
        "username": "Ada",
        "uid": UID,
        "hostname": HOST,
        **changes,
    }
    return {name: value for name, value in words.items() if value is not None}


def log(source: str, words: str, level: str = "INFO", **changes: object) -> dict[str, object]:
    """Give a message of the log."""
    told = {"type": level, "src": source, "desc": words, "data": "", "time": TIME, "cmd": "event"}
    return {**told, "hostname": HOST, **changes}


def test_a_known_tag_is_let_in_by_name_and_the_end_of_its_number() -> None:
    assert SHARED.hear("send", access()) == (
        Draft(
            kind=Kind.ACCESS_GRANTED,
            received=NOW,
            at=AT,
            site="berlin",
            door="1",
            device="dev",
            private={"credential": "card ****3c4d", "name": "Ada"},
        ),
    )


@pytest.mark.parametrize(
    ("state", "known", "kind", "reason"),
    [
        ("Admin", "true", Kind.ACCESS_GRANTED, None),
        ("Always", True, Kind.ACCESS_GRANTED, None),
        ("Disabled", "true", Kind.ACCESS_DENIED, "credential_not_enabled"),
        ("Expired", "true", Kind.ACCESS_DENIED, "credential_expired"),
        ("Denied", "true", Kind.ACCESS_DENIED, "unauthorized"),
        ("Denied", "false", Kind.ACCESS_DENIED, "credential_not_found"),
    ],
)
def test_every_access_state_has_a_meaning(state: str, known: object, kind: Kind, reason: str | None) -> None:
    found = only(SHARED.hear("send", access(state, isKnown=known)))

    assert (found.kind, found.reason, found.backfilled) == (kind, reason, False)


@pytest.mark.parametrize(
    ("states", "names", "expected"),
    [
        (["Always", "Always"], ["1", "2"], [(Kind.ACCESS_GRANTED, "1"), (Kind.ACCESS_GRANTED, "2")]),
        (["Disabled", "Always"], ["1", "2"], [(Kind.ACCESS_GRANTED, "2")]),
        (["Always", "Disabled"], ["2", "1"], [(Kind.ACCESS_GRANTED, "2")]),
        (["Disabled", "Admin"], None, [(Kind.ACCESS_GRANTED, "2")]),
        (["Expired", "Disabled"], ["1", "2"], [(Kind.ACCESS_DENIED, "1")]),
        ("Always", "2", [(Kind.ACCESS_GRANTED, "2")]),
        ("Always", "a name the estate has not", [(Kind.ACCESS_GRANTED, "1")]),
    ],
)
def test_a_swipe_is_granted_at_the_relays_that_open_and_denied_once_where_none_does(
    states: object, names: object, expected: list[tuple[Kind, str]]
) -> None:
    found = SHARED.hear("send", access(states, doorName=names))

    assert [(one.kind, one.door) for one in found if isinstance(one, Draft)] == expected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"access": "Sometimes"}, "wrong_shape"),
        ({"access": ["Always", "Sometimes"]}, "wrong_shape"),
        ({"access": []}, "wrong_shape"),
        ({"access": ["Always"] * 3}, "unknown_door"),
        ({"access": ["Always", "Always"], "doorName": "1"}, "wrong_shape"),
        ({"access": "Always", "doorName": ["1", "2"]}, "wrong_shape"),
        ({"isKnown": "false"}, "wrong_shape"),
        ({"isKnown": False}, "wrong_shape"),
        ({"isKnown": "yes"}, "wrong_shape"),
        ({"isKnown": 1}, "wrong_shape"),
        ({"uid": None}, "wrong_shape"),
        ({"uid": ""}, "wrong_shape"),
        ({"uid": 7}, "wrong_shape"),
        ({"time": "soon"}, "bad_time"),
        ({"type": "dance"}, "unknown_kind"),
        ({"type": None}, "wrong_shape"),
        ({"hostname": 7}, "wrong_shape"),
        ({"hostname": "nobody's"}, "unclaimed"),
        ({"hostname": None}, "device_mismatch"),
    ],
)
def test_what_makes_no_sense_is_unmapped_and_shows_no_tag(changes: dict[str, object], reason: str) -> None:
    found = SHARED.hear(
        "send",
        access(**{"state": "Always", **changes}) if "access" not in changes else {**access(), **changes},
    )

    assert unread(found) == reason
    assert UID not in repr(found)


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [("Button", Kind.EXIT_REQUESTED, "rex"), ("MQTT", Kind.ACCESS_GRANTED, "remote")],
)
def test_a_release_without_a_tag_is_the_button_or_a_command(name: str, kind: Kind, shown: str) -> None:
    found = only(SHARED.hear("send", access(uid=" ", username=name)))

    assert (found.kind, found.private) == (kind, {"credential": shown})


def test_a_person_called_button_is_a_person() -> None:
    assert only(SHARED.hear("send", access(username="Button"))).kind is Kind.ACCESS_GRANTED


@pytest.mark.parametrize(
    ("uid", "shown"),
    [("1234", "card"), ("123456", "card"), ("1234567", "card ****4567"), (UID, "card ****3c4d")],
)
def test_nothing_of_what_may_be_a_pin_is_shown(uid: str, shown: str) -> None:
    found = SHARED.hear("send", access(uid=uid))

    assert only(found).private["credential"] == shown
    assert uid not in repr(found)


def test_an_unknown_tag_is_one_record_though_it_is_told_twice() -> None:
    refused = only(SHARED.hear("send", access("Denied", isKnown="false", username="Unknown")))
    logged = only(SHARED.hear("send", log("rfid", "Unknown rfid tag is scanned", "WARN", data=f"{UID} 34")))

    assert refused.event_key == logged.event_key is not None
    assert (refused.kind, refused.reason, refused.door, refused.private) == (
        logged.kind,
        logged.reason,
        logged.door,
        logged.private,
    )


def test_a_clock_that_lost_its_time_makes_no_two_tags_the_same() -> None:
    found = only(SHARED.hear("send", access("Denied", isKnown="false", time=77)))

    assert (found.at, found.event_key, found.backfilled) == (NOW, None, False)


def test_an_old_message_is_history() -> None:
    assert only(SHARED.hear("send", access(time=TIME - 60))).backfilled
    assert only(SHARED.hear("send", access(), retain=True)).backfilled


def test_a_clock_on_the_wall_is_read_in_its_zone() -> None:
    device = replace(SHARED.estate.devices["dev"], time_zone="America/New_York")
    estate = Estate.of(SHARED.estate.sites.values(), [device], SHARED.estate.doors.values())
    payload = json.dumps(access(time=TIME - 5 * 3600)).encode()

    found = FAMILIES["esprfid"].parse(Message("rfid/send", payload, retain=False, received=NOW), estate)

    assert found is not None
    assert (only(found).at, only(found).backfilled) == (AT, False)


THERE: Final = (status(online=True),)


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


def test_home_assistants_tamper_is_recorded_once_it_begins() -> None:
    assert only(ALONE.hear("io/tamper", "ON")).kind is Kind.DEVICE_TAMPERED
    assert ALONE.hear("io/tamper", "ON", retain=True) == ()
    assert ALONE.hear("io/doorbell", "ON", retain=True) == ()


def test_home_assistants_tag_is_an_access_message_without_a_type() -> None:
    words = {"uid": UID, "username": "Ada", "access": "Always", "time": TIME}

    assert ALONE.hear("tag", words) == tuple(
        replace(one, device="dev") for one in SHARED.hear("send", access()) if isinstance(one, Draft)
    )
    refused = only(ALONE.hear("tag", {**words, "access": "Denied", "username": "Unknown"}))
    assert (refused.reason, refused.private) == ("credential_not_found", {"credential": "card ****3c4d"})


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


def old(kind: Kind, door: str | None, reason: str | None = None, **private: str) -> Draft:
    """Give a record of the documents' own second, years ago: the record says when it came."""
    return Draft(
        kind=kind,
        received=NOW,
        at=NOW,
        site="berlin",
        door=door,
        device="dev",
        reason=reason,
        private=private,
        backfilled=True,
    )


EXPECTED: Final[dict[str, tuple[Item, ...] | str]] = {
    "esprfid-delete-user.json": THERE,
    "esprfid-door-status-2.json": (old(Kind.DOOR_CLOSED, "1"),),
    "esprfid-doorbell.json": (old(Kind.CALL_RINGING, "1"),),
    "esprfid-get-all-the-users.json": (),
    "esprfid-get-configuration.json": THERE,
    "esprfid-mqtt-status-2.json": THERE,
    "esprfid-mqtt-status.json": THERE,
    "esprfid-publish-access-2.json": (
        old(Kind.ACCESS_DENIED, "1", "credential_not_found", credential="card ****nUID"),
    ),
    "esprfid-publish-access-3.json": (old(Kind.ACCESS_DENIED, "1", "credential_not_found"),),
    "esprfid-publish-access.json": "wrong_shape",  # the documents write "the access state" there
    "esprfid-system-messages-10.json": (old(Kind.DEVICE_FAULT, None, "storage"),),
    "esprfid-system-messages-2.json": (old(Kind.DEVICE_FAULT, None, "rebooted"),),
    "esprfid-system-messages-4.json": (old(Kind.DEVICE_FAULT, None, "storage"),),
    "esprfid-system-messages-5.json": THERE,
    "esprfid-system-messages-7.json": (old(Kind.DEVICE_FAULT, None, "storage"),),
    "esprfid-system-messages-8.json": THERE,
    "esprfid-tamper-status.json": (old(Kind.DOOR_FORCED_OPEN, "1"),),
    "esprfid-update-configuration.json": THERE,
    "esprfid-wifi-status.json": THERE,
}
COMMANDS: Final = {path.name for path in (SAMPLES / "esprfid").glob("*-cmd.json")}


def test_every_sample_is_expected() -> None:
    assert {path.name for path in (SAMPLES / "esprfid").iterdir()} - COMMANDS == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_payload_of_the_documents_is_read(name: str) -> None:
    found, expected = SHARED.hear("send", sample("esprfid", name)), EXPECTED[name]

    assert (unread(found) if isinstance(expected, str) else found) == expected


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_no_word_of_a_reader(name: str) -> None:
    assert unread(ALONE.hear("send", sample("esprfid", name))) == "wrong_shape"


@pytest.mark.parametrize(
    "words",
    [
        access(doorName="1"),
        access(["Always", "Disabled"], doorName=["1", "2"]),
        access("Denied", isKnown="false"),
        access(uid=" ", username="MQTT"),
        log("rfid", "Unknown rfid tag is scanned", "WARN", data=f"{UID} 34"),
        log("doorbell", "Doorbell ringing"),
    ],
)
def test_no_damage_raises_lets_anybody_in_or_shows_a_tag(words: dict[str, object]) -> None:
    payload = json.dumps(words).encode()
    true = grants(SHARED.hear("send", payload))

    for hurt in damaged(payload):
        found = SHARED.hear("send", hurt)
        hold(found, true)
        assert UID not in repr(found)


def test_a_call_of_the_bell_is_at_the_door_numbered_one() -> None:
    (found,) = SHARED.hear("send", log("doorbell", "Doorbell ringing"))

    assert isinstance(found, CallReport)
    assert (found.state, found.door) == (CallState.RINGING, "1")
