"""The last raw words of each device: cheap to add, masked when they are written down, bounded."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from connectors.devices import Message, read
from connectors.mqtt import words as module
from connectors.mqtt.words import KEPT, Words
from core.model import Device, Door, Estate
from core.reports import LastWords, SessionLost, StatusReport
from tests.connectors.building import BOOT, ESTATE, NOW, event
from tests.connectors.devices.expecting import Case, cases
from tests.connectors.devices.house import HOUSE
from tests.connectors.devices.test_samples import SECRETS

EVENT = "gatehouse/v1/berlin/lobby/event"


def said(payload: object, *, at: int = NOW, topic: str = EVENT) -> Message:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(topic, body, retain=False, received=at)


def heard(words: Words, message: Message, *, limited: bool = False, estate: Estate = ESTATE) -> None:
    words.add(message, read(message, estate), limited=limited)


def only(rows: tuple[LastWords, ...]) -> LastWords:
    (row,) = rows
    return row


def verdict(message: Message, *, limited: bool = False) -> str:
    words = Words()
    heard(words, message, limited=limited)
    return only(words.due(ESTATE)).words[-1].verdict


def test_the_last_words_of_a_device_are_kept_the_newest_at_the_end() -> None:
    words = Words()
    for seq in range(1, KEPT + 4):
        heard(words, said(event(seq=seq), at=NOW + seq))

    row = only(words.due(ESTATE))

    assert (row.device, row.at) == ("lobby", NOW + KEPT + 3)
    assert [one.at - NOW for one in row.words] == list(range(4, KEPT + 4))
    assert row.words[-1].topic == EVENT
    assert row.words[-1].text.startswith(EVENT + ': {"v": 1')


@pytest.mark.parametrize(
    ("path", "payload", "expected"),
    [
        ("event", event(), "access.denied"),
        ("event", b"nonsense", "feed.unmapped: not_json"),
        ("event", event(device="gate"), "feed.forged: device_mismatch"),
        ("status", {"online": True}, "status"),
        (
            "door/1/state",
            {
                "boot": BOOT,
                "seq": 1,
                "ts": "2026-11-23T15:11:45Z",
                "position": "open",
                "lock": "locked",
                "mode": "normal",
                "alarm": "none",
            },
            "state",
        ),
        ("status", b"", "nothing"),
    ],
)
def test_a_word_tells_what_became_of_it(path: str, payload: object, expected: str) -> None:
    message = said(payload, topic=f"gatehouse/v1/berlin/lobby/{path}")

    assert verdict(message) == expected


def test_a_word_over_the_limit_says_so() -> None:
    assert verdict(said(event()), limited=True) == "limited"


def test_every_device_that_a_message_is_about_has_it() -> None:
    bridge = Device(id="a", site="berlin", family="zigbee2mqtt", topic="z/a", heartbeat_s=0)
    estate = Estate.of(ESTATE.sites.values(), [bridge, replace(bridge, id="b", topic="z/b")], [])
    words = Words()

    heard(words, said(b"offline", topic="z/bridge/state"), estate=estate)

    found = {row.device: row.words[-1].verdict for row in words.due(estate)}
    assert found == {"a": "status", "b": "status"}


def test_several_things_in_one_message_are_told_once_each() -> None:
    lock = Device(id="a", site="berlin", family="zigbee2mqtt", topic="z/a", heartbeat_s=0)
    door = Door(id="d", site="berlin", device="a", number="self", name="D")
    estate = Estate.of(ESTATE.sites.values(), [lock], [door, replace(door, id="e")])
    words = Words()
    payload = {"action": "unlock", "action_source_name": "keypad", "action_user": 1, "lock_state": "unlocked"}

    heard(words, said(payload, topic="z/a"), estate=estate)

    assert only(words.due(estate)).words[-1].verdict == "access.granted, state"


def test_what_is_nobodys_is_kept_for_nobody() -> None:
    words = Words()
    heard(words, said(b"x", topic="kitchen/toaster"))
    heard(words, said(event(), topic="gatehouse/v1/berlin/nobody/event"))
    words.add(said(b"x"), (SessionLost(received=NOW),))

    assert words.due(ESTATE) == ()


def test_what_is_written_down_is_not_written_again_until_there_is_more() -> None:
    words = Words()
    heard(words, said(event()))

    assert len(words.due(ESTATE)) == 1
    assert words.due(ESTATE) == ()
    heard(words, said(event(seq=13)))
    assert len(only(words.due(ESTATE)).words) == 2


def test_only_so_many_devices_are_due_at_once_and_none_is_left_out() -> None:
    devices = [Device(id=f"d{one}", site="berlin", family="gatehouse") for one in range(5)]
    estate = Estate.of(ESTATE.sites.values(), devices, [])
    words = Words()
    for one in devices:
        heard(words, said({"online": True}, topic=f"gatehouse/v1/berlin/{one.id}/status"), estate=estate)
        heard(words, said({"online": True}, topic="gatehouse/v1/berlin/d0/status"), estate=estate)

    due = [[row.device for row in words.due(estate, 2)] for _ in range(4)]

    assert due == [["d0", "d1"], ["d2", "d3"], ["d4"], []]


def test_a_device_that_left_the_estate_takes_its_words_along() -> None:
    words = Words()
    heard(words, said(event()))

    assert words.due(Estate()) == ()
    heard(words, said(event(seq=13)))
    assert len(only(words.due(ESTATE)).words) == 1


def test_words_of_more_devices_than_there_may_be_push_out_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_DEVICES", 1)
    words = Words()
    heard(words, said(event()))
    heard(words, said(event(), topic="gatehouse/v1/paris/gate/event"))

    assert [row.device for row in words.due(ESTATE)] == ["gate"]


def test_a_long_word_is_cut_before_it_is_kept() -> None:
    words = Words()
    heard(words, said(b'{"a":"' + b"x" * 60_000 + b'"}'))

    (word,) = only(words.due(ESTATE)).words
    assert len(word.text) < 1_200


def shown(case: Case, cut: int | None) -> str:
    words = Words()
    message = structs.replace(case.message, payload=case.message.payload[:cut])
    words.add(message, read(message, HOUSE))
    return "".join(one.text for row in words.due(HOUSE) for one in row.words)


@pytest.mark.parametrize("cut", [None, 40, 90])
def test_no_pin_and_no_whole_card_of_any_familys_samples_is_in_a_word(cut: int | None) -> None:
    texts = {case.name: shown(case, cut) for case in cases()}

    assert not [(name, secret) for name, text in texts.items() for secret in SECRETS if secret in text]


@pytest.mark.parametrize(
    ("family", "payload", "secret"),
    [
        ("gatehouse", b'{"credential":{"type":"card","masked":"04A2B3"}}', "04A2B3"),
        ("axis", b'{"message":{"data":{"CardNr":"04A2B3"}}}', "04A2B3"),
        ("esprfid", b'{"uid":"04a2b3","username":"Ann"}', "04a2b3"),
        ("esprfid", b'{"uid":"04a2b3","username":"Ann"}', "Ann"),
        ("dahua", b'{"Data":{"CardNo":"04A2B3"}}', "04A2B3"),
        ("hikvision", b'{"control_source":"04A2B3"}', "04A2B3"),
        ("tasmota", b'{"RC522":{"UID":"04A2B3","Data":"ab"}}', "04A2B3"),
        ("nuki", b'[{"authorizationName":"Ann"}]', "Ann"),
        ("frigate", b'{"type":"face","name":"Ann","plate":"AB-12"}', "Ann"),
        ("frigate", b'{"type":"lpr","plate":"AB-12"}', "AB-12"),
        ("unifi", b'{"data":{"nfc_id":"04A2B3"}}', "04A2B3"),
        ("zigbee2mqtt", b'{"pin_code":"12","action_user":1}', '"12"'),
    ],
)
def test_what_a_family_conceals_is_in_no_word_of_its_devices(
    family: str, payload: bytes, secret: str
) -> None:
    device = Device(id="d", site="berlin", family=family, topic="t/d")
    estate = Estate.of(ESTATE.sites.values(), [device], [])
    words = Words()
    nobody_read_it = (StatusReport(device="d", received=NOW, online=True, live=True),)

    for end in range(len(payload), 0, -7):
        words.add(Message("t/d", payload[:end], retain=False, received=NOW), nobody_read_it)

    shown = only(words.due(estate)).words
    assert not [one.text for one in shown if secret in one.text]


@given(payload=st.binary(max_size=200), retain=st.booleans())
def test_words_can_be_written_down_whatever_was_said(payload: bytes, *, retain: bool) -> None:
    words = Words()
    message = Message(EVENT, payload, retain, NOW)
    words.add(message, read(message, ESTATE))

    for row in words.due(ESTATE):
        assert all(json.dumps(one.text).encode() and one.text.isascii() is not None for one in row.words)
        assert "\0" not in row.words[-1].text
