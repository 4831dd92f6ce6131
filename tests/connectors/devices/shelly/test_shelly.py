"""Shelly's frames and topics to records."""

import pytest

from connectors.devices import Message
from connectors.devices.family import Answer
from connectors.devices.shelly import FAMILY
from core.leaf import Draft, EventKey
from core.model import Device, Estate
from core.records import Kind
from core.reports import DoorReport, Item
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

SERIAL = "shelly1minig3-54320464a1d0"
WALL = Wall("shelly", "wall/front", ("switch:0.input:1", "switch:1-holds", "input:2-bell", "input:3-exit"))
STRIKE, MAGNET, BELL, EXIT = WALL.doors
TS = NOW / 1_000_000 - 0.55
AT = NOW - 550_000


def notify(method: str = "NotifyStatus", /, **params: object) -> dict[str, object]:
    """Give a notification as the device frames it."""
    return {
        "src": SERIAL,
        "dst": f"{SERIAL}/events",
        "method": method,
        "params": {"ts": TS, **params},
    }


def pushed(component: str = "input:2", word: str = "single_push", **more: object) -> dict[str, object]:
    """Give a notification of one event."""
    one = {"component": component, "id": int(component[-1]), "event": word, "ts": TS, **more}
    return notify("NotifyEvent", events=[{k: v for k, v in one.items() if v is not None}])


SAMPLES: tuple[tuple[str, str, tuple[Item, ...]], ...] = (
    ("shelly-events-rpc-cloud.json", "events/rpc", ()),
    # The time of the capture is older than our estates look back: the time of receipt holds.
    ("shelly-events-rpc-switch.json", "events/rpc", (report(STRIKE, LOCKED),)),
    ("shelly-status-switch0.json", "status/switch:0", (report(STRIKE, UNLOCKED),)),
)


@pytest.mark.parametrize(("name", "path", "expected"), SAMPLES)
def test_a_published_payload_becomes_its_items(name: str, path: str, expected: tuple[Item, ...]) -> None:
    assert WALL.hear(path, sample("shelly", name)) == expected


def test_the_published_time_is_kept_while_it_can_be_true() -> None:
    captured = 1_736_603_810_490_000
    found = WALL.hear(
        "events/rpc", sample("shelly", "shelly-events-rpc-switch.json"), received=captured + 200_000
    )

    assert found == (report(STRIKE, LOCKED, at=captured, received=captured + 200_000),)


def test_a_refused_request_is_said() -> None:
    assert unread(WALL.hear("reply/rpc", sample("shelly", "shelly-rpc-error.json"))) == "other"


def test_a_request_is_not_heard() -> None:
    topic = "wall/front/rpc"

    assert topic not in FAMILY.filters(WALL.estate)
    message = Message(topic, sample("shelly", "shelly-rpc-switch-set.json"), retain=False, received=NOW)
    assert FAMILY.parse(message, WALL.estate) is None


@pytest.mark.parametrize(("word", "online"), [("true", True), ("false", False)])
@pytest.mark.parametrize("retain", [True, False])
def test_the_will_says_whether_it_is_there(word: str, online: bool, retain: bool) -> None:
    assert WALL.hear("online", word, retain=retain) == (status(online=online, live=not retain),)


@pytest.mark.parametrize("word", ["True", "1", "online", '"true"', "true\n", b"\xff", "true " * 99])
def test_another_word_of_presence_is_not_understood(word: str | bytes) -> None:
    assert unread(WALL.hear("online", word)) in {"wrong_shape", "not_utf8", "too_large"}


@pytest.mark.parametrize(
    ("part", "words", "door", "facets"),
    [
        ("switch:0", {"id": 0, "output": True}, STRIKE, UNLOCKED),
        ("switch:0", {"id": 0, "output": False}, STRIKE, LOCKED),
        ("switch:1", {"id": 1, "output": True}, MAGNET, LOCKED),
        ("switch:1", {"id": 1, "output": False}, MAGNET, UNLOCKED),
        ("input:1", {"id": 1, "state": True}, STRIKE, CLOSED),
        ("input:1", {"id": 1, "state": False}, STRIKE, OPEN),
    ],
)
def test_each_part_tells_its_own_of_its_door(
    part: str, words: dict[str, object], door: str, facets: object
) -> None:
    (notified,) = WALL.hear("events/rpc", notify(**{part: words}))
    (told,) = WALL.hear(f"status/{part}", words, retain=True)

    assert isinstance(notified, DoorReport)
    assert isinstance(told, DoorReport)
    assert (notified.door, notified.facets, notified.at, notified.live) == (door, facets, AT, True)
    assert (told.door, told.facets, told.at, told.live) == (door, facets, NOW, False)


def test_a_contact_may_be_wired_the_other_way() -> None:
    wall = Wall("shelly", "wall/back", ("input:0-open",))

    assert wall.hear("status/input:0", {"id": 0, "state": True}) == (report("input:0-open", OPEN),)


def test_a_full_state_tells_every_door_and_rings_no_bell() -> None:
    frame = notify(
        "NotifyFullStatus",
        **{
            "ble": {},
            "input:1": {"id": 1, "state": True},
            "input:2": {"id": 2, "state": True},
            "input:3": {"id": 3, "state": None},
            "switch:0": {"id": 0, "source": "SHC", "output": True, "temperature": {"tC": 48.4}},
            "sys": {"mac": "54320464A1D0", "uptime": 658773},
        },
    )

    assert WALL.hear("events/rpc", frame) == (
        report(STRIKE, CLOSED, at=AT),
        report(STRIKE, UNLOCKED, at=AT),
    )


def test_the_answer_to_a_look_at_everything_is_a_state() -> None:
    answer = {"id": 7, "src": SERIAL, "dst": "x", "result": {"switch:0": {"id": 0, "output": False}}}

    assert WALL.hear("reply/rpc", answer) == (report(STRIKE, LOCKED),)


def test_what_a_relay_did_before_says_nothing_of_now() -> None:
    assert WALL.hear("reply/rpc", {"id": 0, "src": SERIAL, "result": {"was_on": True}}) == ()


@pytest.mark.parametrize("word", ["single_push", "double_push", "triple_push", "long_push"])
def test_a_push_on_a_bell_rings(word: str) -> None:
    assert WALL.hear("events/rpc", pushed(word=word)) == (ring(BELL, at=AT),)


def test_a_push_on_an_exit_button_asks_to_leave() -> None:
    found = event(WALL.hear("events/rpc", pushed("input:3")))

    assert found == Draft(
        kind=Kind.EXIT_REQUESTED,
        received=NOW,
        at=AT,
        site="berlin",
        door=EXIT,
        device="dev",
        event_key=EventKey(f"input:3/single_push/{EXIT}", AT // 1000),
    )


@pytest.mark.parametrize("word", ["btn_down", "btn_up", "toggle", "config_changed"])
def test_what_comes_with_a_push_rings_no_second_time(word: str) -> None:
    assert WALL.hear("events/rpc", pushed(word=word)) == ()


def test_a_bell_on_a_latching_input_rings_when_it_closes() -> None:
    assert WALL.hear("events/rpc", notify(**{"input:2": {"id": 2, "state": True}})) == (ring(BELL, at=AT),)
    assert WALL.hear("events/rpc", notify(**{"input:2": {"id": 2, "state": False}})) == ()
    assert WALL.hear("status/input:2", {"id": 2, "state": True}) == ()


def test_a_part_that_serves_no_door_says_nothing() -> None:
    assert WALL.hear("events/rpc", pushed("input:9")) == ()
    assert WALL.hear("events/rpc", notify(**{"switch:7": {"id": 7, "output": True}})) == ()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pushed(word="coffee_push"), "unknown_kind"),
        (pushed("input:1"), "unknown_kind"),
        (pushed(ts=-4), "bad_time"),
        (notify("NotifyWeather"), "unknown_kind"),
        (notify("NotifyEvent"), "wrong_shape"),
        (notify(**{"switch:0": {"id": 1, "output": True}}), "wrong_shape"),
        (notify(**{"switch:0": {"id": 0, "output": "true"}}), "wrong_shape"),
        (notify(**{"input:1": {"id": 1, "state": 1}}), "wrong_shape"),
        (notify(ts="yesterday"), "bad_time"),
        ({"method": "NotifyStatus"}, "wrong_shape"),
    ],
)
def test_what_makes_no_sense_is_kept_to_look_at(frame: object, reason: str) -> None:
    assert unread(WALL.hear("events/rpc", frame)) == reason


def test_a_part_that_makes_no_sense_hides_no_other() -> None:
    frame = notify(**{"switch:0": {"id": 0, "output": "on"}, "switch:1": {"id": 1, "output": False}})
    first, second = WALL.hear("events/rpc", frame)

    assert isinstance(first, Draft)
    assert first.private["text"] == 'wall/front/events/rpc: {"switch:0": {"id": 0, "output": "on"}}'
    assert second == report(MAGNET, UNLOCKED, at=AT)


def test_trouble_of_a_relay_is_a_fault_once() -> None:
    hot = {"switch:0": {"id": 0, "errors": ["overtemp", "coffee"]}}
    found = WALL.hear("events/rpc", notify(**hot))

    assert [(one.kind, one.reason) for one in found if isinstance(one, Draft)] == [
        (Kind.DEVICE_FAULT, "temperature"),
        (Kind.DEVICE_FAULT, "other"),
    ]
    assert WALL.hear("events/rpc", notify("NotifyFullStatus", **hot)) == ()


def test_a_retained_push_rings_no_bell_and_counts_once() -> None:
    first = event(WALL.hear("events/rpc", pushed(), retain=True))
    again = event(WALL.hear("events/rpc", pushed(), retain=True))

    assert first.kind is Kind.FEED_UNMAPPED
    assert first.event_key == again.event_key is not None


def test_an_old_push_is_history() -> None:
    old = event(WALL.hear("events/rpc", pushed(ts=TS - 60)))

    assert (old.kind, old.backfilled) == (Kind.CALL_RINGING, True)
    assert event(WALL.hear("events/rpc", pushed("input:3", ts=TS - 60))).backfilled
    assert not event(WALL.hear("events/rpc", pushed("input:3"))).backfilled


def test_a_clock_not_set_yet_gives_no_key_and_the_time_of_receipt() -> None:
    found = event(WALL.hear("events/rpc", pushed("input:3", ts=5.01)))

    assert (found.at, found.event_key, found.backfilled) == (NOW, None, False)


def test_a_stranger_under_the_topic_is_forged() -> None:
    wall = Wall("shelly", "wall/front", ("switch:0",), serial=SERIAL.upper())
    lie = {**notify(**{"switch:0": {"id": 0, "output": False}}), "src": "shellyplus1-000000000000"}

    assert event(wall.hear("events/rpc", lie)).kind is Kind.FEED_FORGED
    assert event(wall.hear("reply/rpc", lie)).reason == "device_mismatch"
    assert wall.hear("events/rpc", notify(**{"switch:0": {"id": 0, "output": False}})) == (
        report("switch:0", LOCKED, at=AT),
    )


def test_two_devices_under_one_topic_cant_be_told_apart() -> None:
    twin = Device(id="twin", site="paris", family="shelly", topic="wall/front")
    found = event(Wall("shelly", "wall/front", ("switch:0",), more=(twin,)).hear("online", "true"))

    assert (found.reason, found.device, found.site) == ("device_mismatch", None, None)


def test_taking_a_retained_state_away_says_nothing() -> None:
    assert WALL.hear("status/switch:0", b"") == WALL.hear("online", b"") == ()


def test_it_listens_to_its_devices_alone_and_to_no_request() -> None:
    assert FAMILY.filters(Estate()) == ("+/online",)
    wall = Wall("shelly", "a/b", ("switch:0.input:1", "switch:1"))
    assert FAMILY.filters(wall.estate) == (
        "a/b/online",
        "a/b/events/rpc",
        "a/b/reply/rpc",
        "a/b/status/switch:0",
        "a/b/status/input:1",
        "a/b/status/switch:1",
        "+/online",
    )


def test_a_device_whose_prefix_is_as_it_came_is_a_stranger() -> None:
    assert stranger(WALL.hear_at("shellyplus1-08b61fd90730/online", "true"), "shelly") == (
        "shellyplus1-08b61fd90730"
    )
    assert WALL.hear_at("shellyplus1-08b61fd90730/online", "", retain=True) == ()


@pytest.mark.parametrize("topic", ["a1/online", "shelly/online", "shellyplus1-08b61fd90730/a/online"])
def test_whatever_else_is_online_is_no_shelly(topic: str) -> None:
    assert FAMILY.meet(Message(topic, b"true", retain=True, received=NOW), Estate()) is None


def test_its_answer_to_an_unlock_names_our_request() -> None:
    assert FAMILY.capabilities.unlock is Answer.ACK


GOOD = (
    ("events/rpc", notify(**{"switch:0": {"id": 0, "output": True}, "input:1": {"id": 1, "state": True}})),
    ("events/rpc", pushed()),
    ("reply/rpc", {"id": 1, "src": SERIAL, "result": {"switch:0": {"id": 0, "output": True}}}),
    ("status/switch:0", {"id": 0, "output": True}),
    ("online", "true"),
)


@pytest.mark.parametrize(("path", "payload"), GOOD)
def test_no_damage_raises_or_lets_anybody_in(path: str, payload: object) -> None:
    assert not grants(WALL.hear(path, payload))
    for other in damaged(body(payload)):
        hold(WALL.hear(path, other))
        hold(WALL.hear(path, other, retain=True))
