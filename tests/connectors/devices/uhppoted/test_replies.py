"""Replies and system messages of a gateway; every payload of its documents."""

import json
from typing import Final

import pytest

from core.leaf import Draft
from core.records import Kind
from core.reports import StatusReport
from core.times import parse_iso_us
from tests.connectors.devices.uhppoted.gateway import GATE, LIVE, SERIAL, event, published, reply
from tests.connectors.devices.wall import (
    CLOSED,
    NOW,
    OPEN,
    damaged,
    grants,
    hold,
    report,
    sample,
    status,
    stranger,
    unread,
)
from tests.connectors.devices.wall import event as only

PATH = "replies/QWERTY"
THERE: Final = (status(online=True),)
SECOND: Final = StatusReport(device="second", received=NOW, online=True, live=True)


def test_a_list_of_controllers_shows_ours_and_who_is_to_be_claimed_and_who_is_not_where_it_should_be() -> (
    None
):
    forged, second, first = GATE.hear(PATH, sample("uhppoted", "uhppoted-get-devices-reply.json"))

    assert isinstance(forged, Draft)
    assert (forged.kind, forged.device) == (Kind.FEED_FORGED, "far")
    assert (second, first) == (SECOND, status(online=True))
    assert stranger(GATE.hear(PATH, reply("get-devices", devices={"77": {}})), "uhppoted") == "77"
    assert GATE.hear(PATH, reply("get-devices", devices={"0": {}, "9999999999": {}, "x": {}})) == ()


def test_an_open_door_is_reported_at_the_controllers_own_time() -> None:
    states = {"1": True, "2": False}
    words = {"door-states": states, "system-datetime": "2026-11-23 16:11:40 CET"}
    # Before any event of that second, which the status would show if it were older.
    at = parse_iso_us("2026-11-23T15:11:40Z") - 1

    found = GATE.hear(PATH, reply("get-status", device_id=SERIAL, status=words))

    assert found == (*THERE, report("1", OPEN, at=at), report("2", CLOSED, at=at))


def test_a_fresh_event_of_a_status_is_live() -> None:
    words = {"door-states": {}, "event": event(event_reason=38, device_id=0)}

    found = only(GATE.hear(PATH, reply("get-status", device_id=SERIAL, status=words)))

    assert (found.kind, found.device, found.backfilled) == (Kind.DOOR_FORCED_OPEN, "dev", False)


def test_a_controller_without_events_has_none_in_its_status() -> None:
    words = {"door-states": {}, "event": {"event-id": 0}}

    assert GATE.hear(PATH, reply("get-status", device_id=SERIAL, status=words)) == THERE


def test_events_that_were_asked_for_are_history() -> None:
    worded = event(event_type={"code": 1}, event_reason={"code": 1}, timestamp="2026-11-23 12:00:00 CET")

    one = GATE.hear(PATH, reply("get-event", device_id=SERIAL, event=worded))
    many = GATE.hear(PATH, reply("get-events", device_id=SERIAL, first=1, last=69, events=[worded]))

    assert only(one).backfilled
    assert many == (*one, *THERE)


def test_an_answer_to_an_unlock_only_says_that_the_controller_is_there() -> None:
    assert GATE.hear(PATH, reply("open-door", device_id=SERIAL, door=4, opened=True)) == THERE


def test_a_refused_request_changes_nothing() -> None:
    assert GATE.hear(PATH, {"message": {"error": {"method": "get-status", "error": {}}}}) == ()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (reply("make-coffee", device_id=SERIAL), "unknown_kind"),
        (reply("get-status", device_id=SERIAL), "wrong_shape"),
        (reply("get-status", device_id=SERIAL, status={"door-states": {"1": "open"}}), "wrong_shape"),
        (
            reply("get-status", device_id=SERIAL, status={"door-states": {}, "system-datetime": "x"}),
            "bad_time",
        ),
        (reply("get-events", device_id=SERIAL, events={}), "wrong_shape"),
        (reply("get-event", device_id=SERIAL), "wrong_shape"),
        (reply("get-door-control", device_id=SERIAL, door=3, control="ajar"), "wrong_shape"),
        (reply("get-door-control", device_id=SERIAL, door=7, control="controlled"), "unknown_door"),
        (reply("get-time", device_id=True), "wrong_shape"),
        (reply("get-time", device_id=0), "wrong_shape"),
        (reply("get-time", device_id=2**32), "wrong_shape"),
        (b"{}", "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b"no", "not_json"),
    ],
)
def test_a_reply_that_makes_no_sense_is_unmapped(payload: bytes, reason: str) -> None:
    assert unread(GATE.hear(PATH, payload)) == reason


def test_the_gateways_heartbeat_vouches_for_no_controller() -> None:
    alive = {"message": {"system": {"alive": {"subsystem": "health-check", "message": "OK"}}}}

    assert GATE.hear("system", alive) == ()
    assert unread(GATE.hear("system", {"message": {"system": {}}})) == "wrong_shape"


def test_the_gateways_alert_is_a_fault_on_its_site() -> None:
    alert = {"message": {"system": {"alert": {"subsystem": "health-check", "message": "no response"}}}}

    found, again = (only(GATE.hear("system", alert, retain=retain)) for retain in (False, True))

    assert (found.kind, found.site, found.device, found.backfilled) == (
        Kind.DEVICE_FAULT,
        "berlin",
        None,
        False,
    )
    assert again.backfilled
    assert again.event_key is not None


@pytest.mark.parametrize(
    ("path", "payload"),
    [
        (LIVE, published(event())),
        (LIVE, published(event(access_granted=False, event_reason=6))),
        ("events", published(event(), event(event_id=70, access_granted=False, event_reason=8))),
        (PATH, sample("uhppoted", "uhppoted-get-status-reply.json")),
        (PATH, sample("uhppoted", "uhppoted-get-devices-reply.json")),
    ],
)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: bytes) -> None:
    true = grants(GATE.hear(path, payload))

    for hurt in damaged(json.dumps(json.loads(payload)).encode()):
        hold(GATE.hear(path, hurt), true)
