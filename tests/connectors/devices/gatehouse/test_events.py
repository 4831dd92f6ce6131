"""Native events to records."""

import pytest

from core.leaf import Draft, EventKey
from core.records import Kind
from core.reports import Unclaimed
from tests.connectors.building import AT, BOOT, CALL, EVENT, NOW, event, only, received

MONTH_US = 30 * 24 * 3600 * 1_000_000


def draft(**changes: object) -> Draft:
    return only(received("event", event(**changes)), Draft)


def test_an_event_becomes_one_record_with_its_key() -> None:
    assert draft() == Draft(
        kind=Kind.ACCESS_DENIED,
        received=NOW,
        at=AT,
        site="berlin",
        door="berlin-main",
        device="lobby",
        reason="credential_expired",
        refs={"boot": BOOT, "seq": 12, "event": EVENT},
        private={"person": "u-17", "credential": "card ****5538"},
        event_key=EventKey(BOOT, 12),
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"kind": "access.granted", "reason": None}, Kind.ACCESS_GRANTED),
        ({"kind": "access.duress"}, Kind.ACCESS_DURESS),
        ({"kind": "exit.requested", "person": None, "credential": None}, Kind.EXIT_REQUESTED),
        ({"kind": "door.forced_open"}, Kind.DOOR_FORCED_OPEN),
        ({"kind": "call.ringing", "call": CALL}, Kind.CALL_RINGING),
        ({"kind": "device.tampered", "door": None}, Kind.DEVICE_TAMPERED),
        ({"kind": "device.fault", "door": None, "reason": "battery"}, Kind.DEVICE_FAULT),
    ],
)
def test_each_class_of_event_is_understood(changes: dict[str, object], kind: Kind) -> None:
    assert draft(**changes).kind is kind


def test_a_call_is_referred_to_by_its_id() -> None:
    assert draft(kind="call.missed", call=CALL).refs["call"] == CALL


@pytest.mark.parametrize(
    ("word", "mode"), [("held", "held"), ("locked_down", "locked_down"), ("ajar", "unknown")]
)
def test_a_new_mode_is_the_outcome(word: str, mode: str) -> None:
    assert draft(kind="door.mode_changed", mode=word).outcome == mode


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "operator.signed_in"}, "unknown_kind"),
        ({"kind": "unlock.confirmed"}, "unknown_kind"),
        ({"kind": "feed.gap"}, "unknown_kind"),
        ({"kind": "policy.changed"}, "unknown_kind"),
        ({"kind": "device.online"}, "unknown_kind"),
        ({"kind": "door.reported"}, "unknown_kind"),
        ({"kind": "door.corrected"}, "unknown_kind"),
        ({"kind": "coffee.ready"}, "unknown_kind"),
        ({"door": "9"}, "unknown_door"),
        ({"door": None}, "wrong_shape"),
        ({"kind": "call.ringing"}, "wrong_shape"),
        ({"kind": "door.mode_changed"}, "wrong_shape"),
        ({"ts": "yesterday"}, "bad_time"),
        ({"ts": "2026-11-23T15:11:45"}, "bad_time"),
        ({"ts": "2026-13-01T00:00:00Z"}, "bad_time"),
        ({"v": 2}, "wrong_shape"),
        ({"v": True}, "wrong_shape"),
        ({"id": "a b"}, "wrong_shape"),
        ({"door": 1}, "wrong_shape"),
        ({"credential": "5538"}, "wrong_shape"),
    ],
)
def test_what_makes_no_sense_is_kept_at_its_number(changes: dict[str, object], reason: str) -> None:
    found = draft(**changes)

    assert (found.kind, found.reason) == (Kind.FEED_UNMAPPED, reason)
    assert found.event_key == EventKey(BOOT, 12)
    assert found.refs == {"boot": BOOT, "seq": 12}
    assert (found.site, found.device, found.door) == ("berlin", "lobby", None)
    assert found.keep_until == NOW + MONTH_US


@pytest.mark.parametrize("seq", [0, -1, True, 1.0, "12", 2**53, 10**300])
def test_an_event_without_a_number_has_no_key(seq: object) -> None:
    found = draft(seq=seq)

    assert (found.kind, found.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")
    assert found.event_key is None
    assert found.refs == {}


@pytest.mark.parametrize("boot", ["", "a b", "x" * 65, 7, "ok\n"])
def test_a_boot_that_is_no_id_gives_no_key(boot: object) -> None:
    assert draft(boot=boot).event_key is None


def test_a_reason_of_the_devices_own_is_other_with_its_word_in_the_detail() -> None:
    found = draft(reason="card 12345678 chewed by dog")

    assert found.reason == "other"
    assert found.private["text"] == "card ******** chewed by dog"


def test_a_device_may_not_give_a_persons_reason() -> None:
    assert draft(reason="wrong_password").reason == "other"


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ({"type": "card", "masked": "12345538"}, "card ****5538"),
        ({"type": "card", "masked": "12 34 55 38"}, "card ** ** 55 38"),
        ({"type": "pin", "masked": "4711"}, "pin"),
        ({"type": "tattoo", "masked": "****"}, "other ****"),
        ({"type": "rex"}, "rex"),
    ],
)
def test_a_credential_shows_at_most_four_digits(shown: dict[str, str], kept: str) -> None:
    assert draft(credential=shown).private["credential"] == kept


def test_a_persons_number_stays_whole_and_in_the_detail() -> None:
    assert draft(person="100234").person == "100234"


@pytest.mark.parametrize("ts", ["1970-01-01T00:00:07Z", "0001-01-01T00:00:00+23:59", "2026-11-23T15:13:00Z"])
def test_a_clock_that_cant_be_right_gives_way_to_the_time_of_receipt(ts: str) -> None:
    assert draft(ts=ts).at == NOW


def test_an_offset_is_understood() -> None:
    assert draft(ts="2026-11-23T16:11:45.123+01:00").at == AT


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"device": "gate"}, "device_mismatch"),
        ({"site": "paris"}, "site_mismatch"),
        ({"device": 7}, "device_mismatch"),
    ],
)
def test_a_payload_that_contradicts_its_topic_is_forged(changes: dict[str, object], reason: str) -> None:
    found = draft(**changes)

    assert (found.kind, found.reason, found.device) == (Kind.FEED_FORGED, reason, "lobby")
    assert found.event_key is None


def test_a_payload_that_agrees_with_its_topic_is_believed() -> None:
    assert draft(device="lobby", site="berlin").kind is Kind.ACCESS_DENIED


def test_a_known_device_under_another_site_is_forged() -> None:
    found = only(received("event", event(), where="paris/lobby"), Draft)

    assert (found.kind, found.reason, found.site) == (Kind.FEED_FORGED, "site_mismatch", "berlin")


def test_a_device_of_another_family_is_forged() -> None:
    found = only(received("event", event(), where="berlin/camera"), Draft)

    assert (found.kind, found.reason) == (Kind.FEED_FORGED, "device_mismatch")


@pytest.mark.parametrize("path", ["event", "status", "door/1/state", "weather"])
def test_a_device_that_the_estate_does_not_name_is_a_stranger(path: str) -> None:
    found = only(received(path, event(), where="berlin/nobody"), Unclaimed)

    assert (found.family, found.name) == ("gatehouse", "berlin/nobody")
    assert found.text.startswith(f"gatehouse/v1/berlin/nobody/{path}: ")


def test_a_retained_event_is_never_an_event_and_counts_once() -> None:
    first = only(received("event", event(kind="call.ringing", call=CALL), retain=True), Draft)
    again = only(received("event", event(kind="call.ringing", call=CALL), retain=True), Draft)

    assert (first.kind, first.reason, first.refs) == (Kind.FEED_UNMAPPED, "wrong_shape", {})
    assert first.event_key == again.event_key
    assert first.event_key != EventKey(BOOT, 12)


def test_what_is_kept_to_look_at_hides_numbers_and_secrets() -> None:
    found = draft(kind="coffee.ready", pin="99", card="123456789", name="x" * 2000)

    assert "99" not in found.private["text"]
    assert "1234" not in found.private["text"]
    assert len(found.private["text"]) < 1200
