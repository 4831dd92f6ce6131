"""uhppoted events, live and back-filled, to records."""

import pytest

from connectors.devices import Message, filters, read
from core.leaf import Draft, EventKey
from core.model import Estate
from core.records import Kind
from core.times import parse_iso_us
from tests.connectors.devices.uhppoted.gateway import GATE, LIVE, SERIAL, event, published
from tests.connectors.devices.wall import NOW, body, stranger, unread
from tests.connectors.devices.wall import event as only

AT = parse_iso_us("2026-11-23T15:11:44Z")


def test_a_live_swipe_becomes_one_record_with_the_end_of_its_card() -> None:
    assert GATE.hear(LIVE, published(event())) == (
        Draft(
            kind=Kind.ACCESS_GRANTED,
            received=NOW,
            at=AT,
            site="berlin",
            door="1",
            device="dev",
            refs={"event": 69, "direction": "in"},
            private={"credential": "card ****5537"},
            event_key=EventKey(str(SERIAL), 69),
        ),
    )


@pytest.mark.parametrize(
    ("reason", "granted", "kind", "meant"),
    [
        (1, False, Kind.ACCESS_DENIED, "other"),
        (2, True, Kind.ACCESS_GRANTED, None),
        (3, True, Kind.ACCESS_GRANTED, None),
        (5, False, Kind.ACCESS_DENIED, "unauthorized"),
        (6, False, Kind.ACCESS_DENIED, "unauthorized"),
        (7, False, Kind.ACCESS_DENIED, "invalid_pin"),
        (8, False, Kind.ACCESS_DENIED, "antipassback"),
        (9, False, Kind.ACCESS_DENIED, "other"),
        (10, False, Kind.ACCESS_DENIED, "other"),
        (11, False, Kind.ACCESS_DENIED, "door_locked"),
        (12, False, Kind.ACCESS_DENIED, "interlock"),
        (13, False, Kind.ACCESS_DENIED, "not_permitted_at_this_time"),
        (15, False, Kind.ACCESS_DENIED, "not_permitted_at_this_time"),
        (18, False, Kind.ACCESS_DENIED, "unauthorized"),
        (18, None, Kind.ACCESS_DENIED, "unauthorized"),
        (20, True, Kind.EXIT_REQUESTED, None),
        (23, True, Kind.DOOR_OPENED, None),
        (24, False, Kind.DOOR_CLOSED, None),
        (25, True, Kind.ACCESS_GRANTED, None),
        (28, True, Kind.DEVICE_FAULT, "power"),
        (29, True, Kind.DEVICE_FAULT, "rebooted"),
        (31, False, Kind.ACCESS_DENIED, "door_locked"),
        (32, False, Kind.ACCESS_DENIED, "other"),
        (33, False, Kind.ACCESS_DENIED, "interlock"),
        (34, False, Kind.ACCESS_DENIED, "lockout"),
        (37, False, Kind.DOOR_HELD_OPEN, None),
        (38, False, Kind.DOOR_FORCED_OPEN, None),
        (39, False, Kind.DOOR_EMERGENCY, None),
        (40, False, Kind.DOOR_MODE_CHANGED, None),
        (41, False, Kind.DOOR_EMERGENCY, None),
        (42, False, Kind.DOOR_EMERGENCY, None),
        (43, False, Kind.DOOR_EMERGENCY, None),
        (44, True, Kind.ACCESS_GRANTED, None),
        (44, False, Kind.ACCESS_DENIED, "other"),
        (45, True, Kind.ACCESS_GRANTED, None),
    ],
)
def test_every_reason_of_the_dictionary_has_a_meaning(
    reason: int, granted: bool | None, kind: Kind, meant: str | None
) -> None:
    found = only(GATE.hear(LIVE, published(event(event_reason=reason, access_granted=granted))))

    assert (found.kind, found.reason, found.backfilled) == (kind, meant, False)


def test_a_forced_closed_door_is_locked_down() -> None:
    assert only(GATE.hear(LIVE, published(event(event_reason=40)))).outcome == "locked_down"


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"event_reason": 44}, "remote ****5537"),
        ({"event_reason": 25}, "pin"),
        ({"event_reason": 20}, "rex ****5537"),
        ({"event_reason": 20, "card_number": 0}, "rex"),
        ({"card_number": 123}, "card ****3"),
        ({"event_reason": 38}, None),
    ],
)
def test_what_was_shown_is_masked(changes: dict[str, object], shown: str | None) -> None:
    assert only(GATE.hear(LIVE, published(event(**changes)))).private.get("credential") == shown


def test_nothing_of_a_full_number_is_kept() -> None:
    for payload in (published(event()), published(event(event_reason=99)), published(event(door_id=9))):
        assert "8165537" not in repr(GATE.hear(LIVE, payload))


def test_events_that_were_overwritten_are_a_fault_of_the_storage() -> None:
    found = only(GATE.hear(LIVE, published(event(event_type=255, event_reason=0))))

    assert (found.kind, found.reason, found.door) == (Kind.DEVICE_FAULT, "storage", None)


def test_no_event_is_no_record() -> None:
    assert GATE.hear(LIVE, published(event(event_type=0, event_reason=0))) == ()


def test_codes_may_come_with_their_descriptions() -> None:
    worded = event(
        event_type={"code": 1, "description": "card swipe"},
        event_reason={"code": 6, "description": "no access rights"},
        direction={"code": 2, "description": "out"},
        access_granted=False,
    )

    found = only(GATE.hear(LIVE, published(worded)))

    assert (found.kind, found.refs["direction"]) == (Kind.ACCESS_DENIED, "out")


def test_a_copy_of_an_event_has_the_same_key() -> None:
    live = only(GATE.hear(LIVE, published(event())))
    later = only(GATE.hear("events", published(event()), received=NOW + 60_000_000))

    assert live.event_key == later.event_key
    assert (live.backfilled, later.backfilled) == (False, True)


@pytest.mark.parametrize(
    ("path", "time", "history"),
    [
        (LIVE, "2026-11-23 16:11:44 CET", False),
        ("events", "2026-11-23 16:11:44 CET", False),
        (LIVE, "2026-11-23 16:10:44 CET", True),
        ("events", "2026-11-23 16:10:44 CET", True),
        (LIVE, "2019-08-09 16:18:55 PDT", True),
        # A clock that lost its time says nothing of an event's age.
        (LIVE, "2000-01-01 00:00:07 CET", False),
        ("events", "2000-01-01 00:00:07 CET", True),
        (LIVE, "", False),
        ("events", "", True),
    ],
)
def test_history_is_never_a_live_alarm(path: str, time: str, history: bool) -> None:
    assert only(GATE.hear(path, published(event(event_reason=38, timestamp=time)))).backfilled is history


def test_a_retained_event_is_history_however_fresh() -> None:
    assert only(GATE.hear(LIVE, published(event()), retain=True)).backfilled


def test_a_retained_event_taken_away_says_nothing() -> None:
    assert GATE.hear(LIVE, b"") == ()


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2026-11-23 16:11:44 +0100", "2026-11-23T15:11:44Z"),
        ("2026-11-23 15:11:44 UTC", "2026-11-23T15:11:44Z"),
        ("2026-10-25 02:30:00 CEST", "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30:00 CET", "2026-10-25T01:30:00Z"),
    ],
)
def test_local_times_are_of_the_zone_of_the_site(time: str, expected: str) -> None:
    assert only(GATE.hear(LIVE, published(event(timestamp=time)))).at == parse_iso_us(expected)


def test_a_batch_through_the_night_of_the_clocks_keeps_its_order() -> None:
    times = ("01:59:00", "02:30:00", "02:59:00", "02:05:00", "02:40:00", "03:10:00")
    batch = [event(event_id=n, timestamp=f"2026-10-25 {time}") for n, time in enumerate(times, 1)]

    found = [one.at for one in GATE.hear("events", published(*batch)) if isinstance(one, Draft)]

    assert found == sorted(at for at in found if at is not None)
    assert found[3] == parse_iso_us("2026-10-25T01:05:00Z")


@pytest.mark.parametrize("outer", ["event", "events"])
def test_a_bad_event_of_a_batch_harms_no_other(outer: str) -> None:
    batch = [event(), "no event", event(event_id=70, event_reason=99), event(event_id=71, door_id=9)]

    found = GATE.hear("events", published(*batch, event(event_id=72), outer=outer))

    told = [(one.kind, one.reason, one.event_key) for one in found if isinstance(one, Draft)]
    serial = str(SERIAL)
    assert told == [
        (Kind.ACCESS_GRANTED, None, EventKey(serial, 69)),
        (Kind.FEED_UNMAPPED, "wrong_shape", None),
        (Kind.FEED_UNMAPPED, "unknown_kind", EventKey(serial, 70)),
        (Kind.FEED_UNMAPPED, "unknown_door", EventKey(serial, 71)),
        (Kind.ACCESS_GRANTED, None, EventKey(serial, 72)),
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"event_reason": 6, "access_granted": True}, "wrong_shape"),
        ({"event_reason": 31, "access_granted": True}, "wrong_shape"),
        ({"access_granted": None}, "wrong_shape"),
        ({"access_granted": "true"}, "wrong_shape"),
        ({"access_granted": 1}, "wrong_shape"),
        ({"event_reason": 0}, "unknown_kind"),
        ({"event_type": 4}, "unknown_kind"),
        ({"event_reason": True}, "wrong_shape"),
        ({"event_id": 0}, "wrong_shape"),
        ({"event_id": 2**32}, "wrong_shape"),
        ({"card_number": None}, "wrong_shape"),
        ({"card_number": -1}, "wrong_shape"),
        ({"timestamp": "yesterday"}, "bad_time"),
        ({"timestamp": 7}, "bad_time"),
        ({"door_id": 5}, "unknown_door"),
        ({"device_id": "405419896"}, "wrong_shape"),
        ({"device_id": 0}, "wrong_shape"),
    ],
)
def test_what_makes_no_sense_is_unmapped(changes: dict[str, object], reason: str) -> None:
    assert unread(GATE.hear(LIVE, published(event(**changes)))) == reason


def test_a_controller_that_nobody_has_claimed_is_a_stranger() -> None:
    assert stranger(GATE.hear(LIVE, published(event(device_id=999))), "uhppoted") == "999"


@pytest.mark.parametrize("path", ["events", "events/live"])
def test_a_gateway_that_nobody_has_claimed_tells_of_its_controllers(path: str) -> None:
    message = Message(f"uhppoted/gateway/{path}", body(published(event())), retain=True, received=NOW)

    assert stranger(read(message, Estate()), "uhppoted") == str(SERIAL)
    assert message.topic in filters(Estate())


def test_an_event_of_another_gateways_controller_is_forged() -> None:
    found = only(GATE.hear(LIVE, published(event(device_id=201020304))))

    assert (found.kind, found.reason, found.device) == (Kind.FEED_FORGED, "device_mismatch", "far")


def test_controllers_behind_one_gateway_are_told_apart_by_their_serial() -> None:
    far = published(event(device_id=303986753, event_reason=28))

    assert only(GATE.hear(LIVE, far)).device == "second"


def test_an_encrypted_event_is_unmapped() -> None:
    assert unread(GATE.hear(LIVE, {"message": {"key": "a2V5", "event": "ZW52ZWxvcGU="}})) == "wrong_shape"


def test_a_signed_event_is_read() -> None:
    signed = {"message": {"signature": "c2ln", "event": {"event": event()}}, "hmac": "0e8e"}

    assert only(GATE.hear(LIVE, signed)).kind is Kind.ACCESS_GRANTED


def test_requests_are_never_listened_to() -> None:
    mine = filters(GATE.estate)

    assert {f"uhppoted/gateway/{path}" for path in ("events", "events/live", "replies/+", "system")} <= set(
        mine
    )
    assert not any("request" in one for one in mine)
