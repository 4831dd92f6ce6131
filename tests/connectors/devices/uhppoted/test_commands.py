"""What a controller's gateway is sent, as uhppoted-mqtt documents open-door, security and RFC 4226."""

import pytest

from connectors.devices.uhppoted.commands import hotp
from core.commands import Keys, Order, Verb
from tests.connectors.devices.commanding import ACT, ask, command, refused
from tests.connectors.devices.wall import Wall

GATEWAY = Wall("uhppoted", "uhppoted/gateway", ("4", "5", "hall"), serial="405419896")
TOPIC = "uhppoted/gateway/requests/device/door/lock:open"
REPLIES = "uhppoted/gateway/replies/gatehouse-405419896"
ASKED = f'{{"request":{{"client-id":"gatehouse","request-id":"{ACT}","reply-to":"{REPLIES}",'
AT_THE_DOOR = '"device-id":405419896,"door":4,"card-number":8165537'
PLAIN = f'{{"message":{ASKED}{AT_THE_DOOR}}}}}}}'
# By `openssl dgst -sha256 -hmac "site key"` over what stands behind "message": 520489 is RFC 4226's for 9.
CODE = "deafec75bd5795a2f1fa8fd83e521f9c06b56ad918bcf1e6d543242781495656"
PROVED = f'{{"message":{ASKED}{AT_THE_DOOR},"hotp":"520489","nonce":9}}}},"hmac":"{CODE}"}}'


def test_a_door_is_opened_by_a_service_card_with_the_act_for_a_request_id() -> None:
    expected = Order(topic=TOPIC, payload=PLAIN.encode(), expiry_s=5, response=REPLIES)

    assert ask(GATEWAY.estate, "4", keys=Keys(card="8165537")) == expected


def test_a_request_is_proved_over_the_very_bytes_that_are_sent() -> None:
    keys = Keys(card="8165537", signing=b"site key", hotp=b"12345678901234567890", counter=9)

    assert ask(GATEWAY.estate, "4", keys=keys).payload.decode() == PROVED


@pytest.mark.parametrize(("signing", "signed"), [(b"site key", True), (b"", False)])
def test_only_what_our_key_has_signed_names_that_key(signing: bytes, *, signed: bool) -> None:
    keys = Keys(card="8165537", signing=signing, hotp=b"12345678901234567890", counter=9)

    assert bool(ask(GATEWAY.estate, "4", keys=keys).kid) is signed


def test_a_lockdown_that_would_turn_the_exit_button_off_is_never_sent() -> None:
    keys = Keys(card="8165537")

    assert refused(GATEWAY.estate, "4", command(Verb.LOCK_DOWN), keys) == "touches_egress"


def test_nothing_of_a_key_or_a_card_is_in_what_is_printed_of_an_order() -> None:
    assert "8165537" not in repr(ask(GATEWAY.estate, "4", keys=Keys(card="8165537")))


@pytest.mark.parametrize("card", ["", "0", "08165537", "x", "4294967296", "-1", "1 "])
def test_without_a_service_card_no_door_is_opened(card: str) -> None:
    assert refused(GATEWAY.estate, "4", keys=Keys(card=card)) == "no_key"


@pytest.mark.parametrize("keys", [Keys(card="1", signing=b"k"), Keys(card="1", hotp=b"s")])
def test_a_proof_needs_a_number_used_for_nothing_before(keys: Keys) -> None:
    assert refused(GATEWAY.estate, "4", keys=keys) == "no_key"


@pytest.mark.parametrize("door", ["5", "hall"])
def test_a_controller_has_four_doors(door: str) -> None:
    assert refused(GATEWAY.estate, door, keys=Keys(card="1")) == "no_relay"


def test_a_controller_without_a_serial_number_cant_be_asked() -> None:
    nameless = Wall("uhppoted", "uhppoted/gateway", ("4",))

    assert refused(nameless.estate, "4", keys=Keys(card="1")) == "no_relay"


def test_one_time_passwords_are_those_of_rfc_4226() -> None:
    listed = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489"

    assert [hotp(b"12345678901234567890", counter) for counter in range(10)] == listed.split()
