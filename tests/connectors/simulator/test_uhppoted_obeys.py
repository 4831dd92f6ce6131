"""The simulated uhppoted gateway opens for whom a real one would, and is silent or refuses as that is."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from connectors.simulator.families.uhppoted import DOOR_DELAY_S
from connectors.simulator.vendor import VendorDevice
from core.commands import Keys
from core.leaf import Draft
from core.records import Kind
from tests.connectors.simulator.asking import (
    ACT,
    NOW,
    connected,
    heard,
    later,
    ordered,
    placed,
    replies,
    told,
)

ESTATE = placed("uhppoted", "uhppoted/gateway", "1", "2", serial="405419896")
KNOWN = Keys(signing=b"a phrase of the gateway", hotp=b"twenty bytes of hotp", card="8165537")
TOPIC = "uhppoted/gateway/requests/device/door/lock:open"


@pytest.fixture
def model() -> VendorDevice:
    return connected(ESTATE, KNOWN)


def counted(counter: int) -> Keys:
    """Give our keys with the number of a request."""
    return replace(KNOWN, counter=counter)


def request(payload: bytes, changed: Mapping[str, object], key: bytes = KNOWN.signing) -> bytes:
    """Change a request (None takes a word out), and sign it again."""
    asked = {**json.loads(payload)["message"]["request"], **changed}
    words = {name: word for name, word in asked.items() if word is not None}
    inside = json.dumps({"request": words}).encode()
    code = hmac.digest(key, inside, "sha256").hex().encode()
    return b'{"message":%b,"hmac":"%b"}' % (inside, code)


def test_a_proved_request_pulses_the_relay_of_its_door_and_is_answered_by_its_own_id(
    model: VendorDevice,
) -> None:
    items = told(model, ESTATE, ordered(ESTATE, "door-1", keys=counted(1)))

    assert replies(items) == [(ACT, "accepted", "")]
    assert [(one.act, one.door) for one in model.relays.released] == [(ACT, "2")]
    assert (model.is_unlocked("1"), model.is_unlocked("2")) == (False, True)
    events = [one for one in items if isinstance(one, Draft)]
    assert [(one.kind, one.door) for one in events] == [(Kind.ACCESS_GRANTED, "door-1")]


def test_the_door_delay_of_the_controller_ends_it(model: VendorDevice) -> None:
    told(model, ESTATE, ordered(ESTATE, keys=counted(1), seconds=60))
    later(model, ESTATE, DOOR_DELAY_S - 0.1)
    before = model.is_unlocked("1")
    later(model, ESTATE, DOOR_DELAY_S)

    assert (before, model.is_unlocked("1")) == (True, False)


def test_what_was_obeyed_once_is_not_answered_again_also_after_a_reboot(model: VendorDevice) -> None:
    asked = ordered(ESTATE, keys=counted(1))
    told(model, ESTATE, asked)
    again = heard(model, asked.topic, asked.payload)
    model.boot(NOW)
    later(model, ESTATE, 0)
    after = heard(model, asked.topic, asked.payload)

    assert (again, after, model.relays.pulses) == ([], [], {"1": 1})


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda it: request(it, {}, b"another phrase"), id="a wrong HMAC"),
        pytest.param(lambda it: it.replace(b'"door":1', b'"door":2'), id="another door under the HMAC"),
        pytest.param(lambda it: b'{"message":%b}' % it[11 : it.rindex(b',"hmac"')], id="no HMAC"),
        pytest.param(lambda it: request(it, {"hotp": "000000"}), id="a wrong password"),
        pytest.param(lambda it: request(it, {"hotp": None}), id="no password"),
        pytest.param(lambda it: request(it, {"nonce": None}), id="no nonce"),
        pytest.param(lambda it: request(it, {"nonce": 0}), id="a nonce that is none"),
        pytest.param(lambda it: request(it, {"client-id": "facility"}), id="another client"),
        pytest.param(lambda it: request(it, {"device-id": 405419897}), id="another controller"),
        pytest.param(lambda _: b"open, please", id="no request"),
    ],
)
def test_whoever_does_not_prove_it_is_met_with_silence(model: VendorDevice, forged: object) -> None:
    assert callable(forged)
    asked = ordered(ESTATE, keys=counted(1))

    assert heard(model, TOPIC, forged(asked.payload)) == []
    assert model.relays.released == []
    assert not model.is_unlocked("1")
    assert not model.is_unlocked("2")


def test_a_nonce_that_is_not_above_the_last_is_met_with_silence(model: VendorDevice) -> None:
    told(model, ESTATE, ordered(ESTATE, keys=counted(2)))
    asked = ordered(ESTATE, keys=counted(3))

    assert heard(model, TOPIC, request(asked.payload, {"nonce": 2})) == []
    assert model.relays.pulses == {"1": 1}


def test_a_card_that_the_controller_does_not_know_is_refused_in_words(model: VendorDevice) -> None:
    items = told(model, ESTATE, ordered(ESTATE, keys=replace(counted(1), card="8165538")))

    assert replies(items) == [(ACT, "refused", "Card ******* is not authorized for door 1")]
    assert model.relays.released == []


def test_numbers_that_were_left_out_are_looked_for_but_not_for_ever(model: VendorDevice) -> None:
    few = told(model, ESTATE, ordered(ESTATE, keys=counted(8)))
    many = heard(model, TOPIC, ordered(ESTATE, keys=counted(17)).payload)

    assert (replies(few), many) == ([(ACT, "accepted", "")], [])


def test_a_gateway_goes_on_from_the_last_number_that_it_has_seen() -> None:
    model = connected(ESTATE, counted(40))

    assert heard(model, TOPIC, ordered(ESTATE, keys=counted(40)).payload) == []
    assert replies(told(model, ESTATE, ordered(ESTATE, keys=counted(41)))) == [(ACT, "accepted", "")]


def test_the_poller_of_the_site_proves_itself_as_well_and_is_answered(model: VendorDevice) -> None:
    for _ in range(3):
        asked = [one for one in model.beat(NOW) if one.topic.endswith("status:get")]
        (answer,) = model.command(asked[0].topic, asked[0].payload, NOW)
        assert json.loads(answer.payload)["message"]["reply"]["method"] == "get-status"
        assert "hmac" in json.loads(answer.payload)


def test_a_gateway_without_secrets_asks_for_the_card_alone() -> None:
    model = connected(ESTATE, Keys(card=KNOWN.card))

    assert replies(told(model, ESTATE, ordered(ESTATE, keys=Keys(card=KNOWN.card)))) == [
        (ACT, "accepted", "")
    ]


def test_an_answer_is_never_sent_where_nobody_could_publish(model: VendorDevice) -> None:
    asked = ordered(ESTATE, keys=counted(1))

    said = heard(model, TOPIC, request(asked.payload, {"reply-to": "uhppoted/#"}))

    assert [one.topic for one in said] == ["uhppoted/gateway/events/live"]
