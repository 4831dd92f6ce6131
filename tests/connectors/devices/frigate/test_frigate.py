"""What Frigate publishes to records at the doors that its cameras watch."""

import json
from dataclasses import replace

import pytest
from msgspec import structs

from connectors.devices import Message
from connectors.devices.frigate import FAMILY
from core.leaf import Draft, EventKey
from core.model import Device, Door, Estate, Site
from core.records import Kind
from core.reports import Item
from tests.connectors.devices.wall import (
    NOW,
    Wall,
    body,
    damaged,
    event,
    hold,
    sample,
    status,
    stranger,
    unread,
)

SITES = [Site(id="berlin", name="B", time_zone="Europe/Berlin"), Site(id="paris", name="P", time_zone="UTC")]
RECORDER = Device(id="dev", site="berlin", family="frigate", topic="frigate", heartbeat_s=0)
CAMERA = replace(RECORDER, id="cam", topic="frigate/yard")
LOCK = Device(id="lock", site="berlin", family="gatehouse")


def door(name: str, camera: str, site: str = "berlin") -> Door:
    return Door(id=name, site=site, device="lock", number=name, name=name, camera=camera)


DOORS = [
    door("main", "front_cam"),
    door("side", "front_cam"),
    door("yard", "yard"),
    door("garage", "driveway"),
    door("abroad", "front_cam", "paris"),
    door("blind", ""),
]
ESTATE = Estate.of(SITES, [RECORDER, CAMERA, LOCK], DOORS)
EVENT_ID, REVIEW_ID = "1795446700.475377-mxklsc", "1795446700.308396-fqk5ka"
START = NOW / 1_000_000 - 6


def hear(path: str, payload: object, *, retain: bool = False, received: int = NOW) -> tuple[Item, ...]:
    """Read a payload that came on `frigate/<path>`."""
    found = FAMILY.parse(Message(f"frigate/{path}", body(payload), retain, received), ESTATE)
    assert found is not None
    return found


def tracked(step: str = "new", **changes: object) -> dict[str, object]:
    """Give a message of `events` with the fields of the document."""
    after = {
        "id": EVENT_ID,
        "camera": "driveway",
        "frame_time": START + 5,
        "snapshot": {"frame_time": START + 1, "box": [415, 489, 528, 700], "attributes": []},
        "label": "person",
        "sub_label": ["John Smith", 0.79],
        "false_positive": False,
        "start_time": START,
        "end_time": None,
        "entered_zones": ["yard", "driveway"],
        "recognized_license_plate": "ABC12345",
        **changes,
    }
    return {"type": step, "before": after, "after": after}


def review(step: str = "new", **changes: object) -> dict[str, object]:
    """Give the published review with today's time, changed."""
    published = json.loads(sample("frigate", "frigate-frigate-reviews.json"))
    after = {**published["after"], "id": REVIEW_ID, "start_time": START, **changes}
    return {"type": step, "before": published["before"], "after": after}


def alerted(at_door: str) -> Draft:
    """Give the record of the published review at a door."""
    return Draft(
        kind=Kind.CAMERA_ALERTED,
        received=NOW,
        at=NOW,
        site="berlin",
        door=at_door,
        device="dev",
        refs={
            "camera": "front_cam",
            "review": "1718987129.308396-fqk5ka",
            "event": "1718987128.947436-g92ztx",
        },
        private={"text": "person, car"},
        event_key=EventKey(f"1718987129.308396-fqk5ka/{at_door}", 1),
    )


SAMPLES: tuple[tuple[str, str, tuple[Item, ...]], ...] = (
    ("frigate-frigate-reviews.json", "reviews", (alerted("main"), alerted("side"))),
    ("frigate-face-recognition-update.json", "tracked_object_update", ()),
    ("frigate-object-classification-update.json", "tracked_object_update", ()),
    ("frigate-object-classification-update-2.json", "tracked_object_update", ()),
    ("frigate-frigate-triggers.json", "triggers", ()),
)


@pytest.mark.parametrize(("name", "path", "expected"), SAMPLES)
def test_a_published_payload_becomes_its_items(name: str, path: str, expected: tuple[Item, ...]) -> None:
    assert hear(path, sample("frigate", name)) == expected


def test_who_was_seen_is_recorded_at_the_door_with_the_way_to_the_picture() -> None:
    found = event(hear("events", tracked()))

    assert found == Draft(
        kind=Kind.CAMERA_DETECTED,
        received=NOW,
        at=NOW - 6_000_000,
        site="berlin",
        door="garage",
        device="dev",
        refs={"camera": "driveway", "event": EVENT_ID},
        private={"text": "person"},
        event_key=EventKey(f"{EVENT_ID}/garage", 1),
    )


def test_no_name_and_no_plate_is_kept() -> None:
    kept = str(hear("events", tracked())) + str(hear("reviews", review()))

    assert "John" not in kept
    assert "Bob" not in kept
    assert "ABC" not in kept


@pytest.mark.parametrize("payload", [tracked("update"), tracked("end"), tracked(false_positive=True)])
def test_what_goes_on_or_was_false_is_no_record(payload: dict[str, object]) -> None:
    assert hear("events", payload) == ()


def test_a_camera_that_watches_no_door_here_is_left_alone() -> None:
    assert hear("events", tracked(camera="kitchen")) == ()
    assert hear("events", tracked(camera="")) == ()
    assert hear("reviews", review(camera="kitchen")) == ()


def test_a_camera_of_two_doors_tells_both_and_none_of_another_site() -> None:
    found = hear("events", tracked(camera="front_cam"))

    assert [item.door for item in found if isinstance(item, Draft)] == ["main", "side"]


def test_an_object_that_was_seen_long_ago_is_history() -> None:
    old = tracked(start_time=START - 600, frame_time=START - 590)
    slow = tracked(start_time=START - 600)

    assert event(hear("events", old)).backfilled
    assert not event(hear("events", slow)).backfilled


def test_a_review_becomes_an_alert_once_whenever_that_is() -> None:
    said = [hear("reviews", review(step, camera="driveway")) for step in ("new", "update", "end")]
    keys = {event(items).event_key for items in said}

    assert keys == {EventKey(f"{REVIEW_ID}/garage", 1)}


def test_an_old_review_that_becomes_an_alert_now_is_no_history() -> None:
    old = START - 600

    assert event(hear("reviews", review("new", camera="driveway", start_time=old))).backfilled
    assert not event(hear("reviews", review("update", camera="driveway", start_time=old))).backfilled


def test_a_review_that_is_no_alert_is_no_record() -> None:
    assert hear("reviews", review(severity="detection")) == ()


@pytest.mark.parametrize(("word", "online"), [("online", True), ("stopped", False), ("offline", False)])
@pytest.mark.parametrize("retain", [True, False])
def test_the_recorder_says_whether_it_is_there(word: str, online: bool, retain: bool) -> None:
    assert hear("available", word, retain=retain) == (status(online=online, live=not retain),)


@pytest.mark.parametrize(("word", "online"), [("online", True), ("disabled", False), ("offline", False)])
def test_a_camera_that_is_a_device_is_there_while_it_sees(word: str, online: bool) -> None:
    assert hear("yard/status/detect", word) == (structs.replace(status(online=online), device="cam"),)


@pytest.mark.parametrize(
    ("path", "word", "text", "device"),
    [
        ("driveway/status/detect", "offline", "driveway: detect offline", "dev"),
        ("driveway/status/record", "disabled", "driveway: record disabled", "dev"),
        ("driveway/recordings/state", "OFF", "driveway: recordings off", "dev"),
        ("yard/status/record", "offline", "yard: record offline", "cam"),
        ("yard/recordings/state", "OFF", "yard: recordings off", "cam"),
    ],
)
def test_a_door_that_is_no_longer_watched_has_a_fault(path: str, word: str, text: str, device: str) -> None:
    found = event(hear(path, word))

    assert (found.kind, found.reason, found.private) == (Kind.DEVICE_FAULT, "other", {"text": text})
    assert (found.device, found.door is not None) == (device, True)
    assert hear(path, word, retain=True) == ()


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("driveway/status/detect", "online"),
        ("driveway/recordings/state", "ON"),
        ("kitchen/status/detect", "offline"),
    ],
)
def test_what_is_well_or_watches_no_door_is_no_record(path: str, word: str) -> None:
    assert hear(path, word) == ()


@pytest.mark.parametrize(
    ("path", "payload", "reason"),
    [
        ("available", "running", "wrong_shape"),
        ("driveway/status/detect", "Online", "wrong_shape"),
        ("driveway/recordings/state", "off", "wrong_shape"),
        ("driveway/motion", "ON", "unknown_topic"),
        ("events", {**tracked(), "type": "old"}, "wrong_shape"),
        ("events", {"type": "new"}, "wrong_shape"),
        ("events", tracked(id="../../etc"), "wrong_shape"),
        ("events", tracked(start_time="now"), "wrong_shape"),
        ("events", tracked(start_time=-1), "wrong_shape"),
        ("events", b'{"type": "update", // new, update, end\n"after": {}}', "not_json"),
        ("reviews", review(severity="panic"), "wrong_shape"),
        ("reviews", review(data={"detections": ["x" * 400]}), "wrong_shape"),
    ],
)
def test_what_is_not_understood_is_kept_with_the_reason(path: str, payload: object, reason: str) -> None:
    assert unread(hear(path, payload)) == reason


@pytest.mark.parametrize(("path", "payload"), [("events", tracked()), ("reviews", review())])
def test_a_retained_event_is_a_picture_of_the_past_and_counts_once(
    path: str, payload: dict[str, object]
) -> None:
    first, again = (event(hear(path, payload, retain=True)) for _ in range(2))

    assert (first.kind, first.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert first.event_key == again.event_key is not None


def test_a_camera_under_its_recorder_is_not_listened_to_twice() -> None:
    assert not any(one.startswith("frigate/yard") for one in FAMILY.filters(ESTATE))
    alone = Estate.of(SITES, [CAMERA], [])
    assert "frigate/yard/status/+" in FAMILY.filters(alone)


GOOD = (
    ("events", tracked()),
    ("reviews", review()),
    ("available", "online"),
    ("yard/status/detect", "offline"),
)


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: object) -> None:
    for other in damaged(body(payload)):
        hold(hear(path, other))
        hold(hear(path, other, retain=True))


def test_a_recorder_that_nobody_has_claimed_is_a_stranger() -> None:
    elsewhere = Wall("frigate", "cctv", ())

    assert stranger(elsewhere.hear_at("frigate/available", "online"), "frigate") == "frigate"
    assert elsewhere.hear_at("frigate/available", "", retain=True) == ()
