"""What an esp-rfid reader decided about a tag, to records."""

import json
from dataclasses import replace

import pytest
from msgspec import structs

from connectors.devices import FAMILIES, Message
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import Unclaimed
from tests.connectors.devices.esprfid.reader import (
    ALONE,
    AT,
    SHARED,
    TIME,
    UID,
    access,
    log,
)
from tests.connectors.devices.wall import (
    NOW,
    damaged,
    grants,
    hold,
    unread,
)
from tests.connectors.devices.wall import event as only


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
        ({"isKnown": None}, "wrong_shape"),
        ({"isKnown": "yes"}, "wrong_shape"),
        ({"isKnown": 1}, "wrong_shape"),
        ({"uid": None}, "wrong_shape"),
        ({"uid": ""}, "wrong_shape"),
        ({"uid": 7}, "wrong_shape"),
        ({"time": "soon"}, "bad_time"),
        ({"type": "dance"}, "unknown_kind"),
        ({"type": None}, "wrong_shape"),
        ({"hostname": 7}, "wrong_shape"),
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


def test_a_reader_that_the_estate_does_not_name_is_a_stranger_and_shows_no_tag() -> None:
    (found,) = SHARED.hear("send", access(hostname="nobody's"))

    assert isinstance(found, Unclaimed)
    assert (found.family, found.name) == ("esprfid", "nobody's")
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


def test_home_assistants_tag_is_an_access_message_without_a_type() -> None:
    words = {"uid": UID, "username": "Ada", "access": "Always", "time": TIME}

    assert ALONE.hear("tag", words) == tuple(
        structs.replace(one, device="dev") for one in SHARED.hear("send", access()) if isinstance(one, Draft)
    )
    refused = only(ALONE.hear("tag", {**words, "access": "Denied", "username": "Unknown"}))
    assert (refused.reason, refused.private) == ("credential_not_found", {"credential": "card ****3c4d"})


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
