"""A strict native device: it does what is signed for it, once and in time, and ends it by itself."""

import base64
import hashlib
import hmac
import json
from random import Random
from typing import Any

import pytest

from connectors.devices.gatehouse.commands import order
from connectors.simulator.device import NativeDevice
from core.commands import LIVES_US, Command, Keys, Verb
from core.times import SECOND_US
from tests.connectors.building import DEVICE, ESTATE, NOW

KEY, OTHER = bytes(range(32)), bytes(32)
ACT = "01kapqyxe0abcdefghjkmnpqrs"
DOOR = ESTATE.doors["berlin-main"]
UNLOCK = "gatehouse/v1/berlin/lobby/cmd/unlock"
MODE = "gatehouse/v1/berlin/lobby/cmd/mode"


def device(*keys: bytes) -> NativeDevice:
    model = NativeDevice(DEVICE, ESTATE.doors_of(DEVICE.id), Random(1), keys=keys or (KEY,))
    model.boot(NOW)
    list(model.hello(NOW))
    return model


def signed(verb: Verb = Verb.UNLOCK, *, key: bytes = KEY, until: int = NOW + 60 * SECOND_US) -> bytes:
    command = Command(act=ACT, verb=verb, issued=NOW, expires=NOW + LIVES_US, seconds=5, until=until)
    return order(DEVICE, DOOR, command, Keys(signing=key), ESTATE).payload


def token(head: dict[str, Any] | None = None, **changes: object) -> bytes:
    """Sign by hand what our side would never write."""
    now = NOW // SECOND_US
    aud = "berlin/lobby/1"
    claims = {"iss": "gatehouse", "aud": aud, "jti": ACT, "iat": now, "exp": now + 5, "seconds": 5, **changes}
    words = [head or {"alg": "HS256", "kid": "lobby"}, claims]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in words)
    mac = base64.urlsafe_b64encode(hmac.digest(KEY, text, hashlib.sha256)).rstrip(b"=")
    return text + b"." + mac


def answer(model: NativeDevice, payload: bytes, at: int = NOW, topic: str = UNLOCK) -> str:
    """Give the result a device answers with, and its reason."""
    (reply,) = model.command(topic, payload, at)
    told = json.loads(reply.payload)
    assert (reply.topic, told["id"], reply.retain) == (f"{model.root}/reply/{ACT}", ACT, False)
    return " ".join(told[name] for name in ("result", "reason") if name in told)


def kinds(model: NativeDevice) -> list[str]:
    return [json.loads(one.payload)["kind"] for one in model.offers()]


def test_an_unlock_pulses_once_and_locks_by_itself() -> None:
    model = device()

    assert answer(model, signed()) == "accepted"
    assert (model.words("1")["lock"], kinds(model)) == ("unlocked", ["door.unlocked"])
    model.obedience.pass_time(NOW + 5 * SECOND_US - 1)
    assert kinds(model) == []
    model.obedience.pass_time(NOW + 5 * SECOND_US)
    assert (model.words("1")["lock"], kinds(model)) == ("locked", ["door.locked"])
    assert model.obedience.pulses == {"1": 1}


def test_a_replay_is_a_duplicate_and_moves_nothing() -> None:
    model = device()
    answer(model, signed())

    assert answer(model, signed(), NOW + SECOND_US) == "duplicate"
    assert model.obedience.pulses == {"1": 1}


@pytest.mark.parametrize(("late_s", "result"), [(6, "accepted"), (7, "accepted"), (8.1, "expired")])
def test_a_late_command_is_refused_after_two_seconds_of_grace(late_s: float, result: str) -> None:
    assert answer(device(), signed(), NOW + int(late_s * SECOND_US)) == result


@pytest.mark.parametrize(
    ("payload", "result"),
    [
        (signed(key=OTHER), "bad_signature"),
        (signed()[:-4] + b"AAAA", "bad_signature"),
        (signed().rpartition(b".")[0] + b".", "bad_signature"),
        (token({"alg": "none", "kid": "lobby"}), "bad_signature"),
        (token({"alg": "HS512", "kid": "lobby"}), "bad_signature"),
        (token({"alg": "HS256", "kid": "gate"}), "bad_signature"),
        (token(aud="berlin/lobby/3"), "refused wrong_audience"),
        (token(aud="paris/gate/9"), "refused wrong_audience"),
        (token(iss="somebody"), "refused unreadable"),
        (token(exp=NOW // SECOND_US + 6), "refused bad_time"),
        (token(iat=NOW // SECOND_US + 4, exp=NOW // SECOND_US + 9), "refused bad_time"),
        (token(exp=True), "refused unreadable"),
        (token(seconds=0), "refused unreadable"),
        (token(seconds="5"), "refused unreadable"),
    ],
)
def test_what_is_not_believed_opens_nothing(payload: bytes, result: str) -> None:
    model = device()

    assert answer(model, payload) == result
    assert (model.obedience.pulses, kinds(model)) == ({}, [])


@pytest.mark.parametrize("payload", [b"", b"{}", b"a.b.c", token(jti="a/b"), token(jti="")])
def test_what_names_no_act_is_not_answered(payload: bytes) -> None:
    assert list(device().command(UNLOCK, payload, NOW)) == []


def test_a_device_without_a_key_believes_nobody() -> None:
    model = NativeDevice(DEVICE, ESTATE.doors_of(DEVICE.id), Random(1))
    model.boot(NOW)

    assert answer(model, signed()) == "bad_signature"


def test_while_a_key_is_rotated_either_is_good() -> None:
    assert [answer(device(KEY, OTHER), signed(key=key)) for key in (KEY, OTHER)] == ["accepted"] * 2


@pytest.mark.parametrize(
    ("verb", "mode", "lock"), [(Verb.HOLD, "held", "unlocked"), (Verb.LOCK_DOWN, "locked_down", "locked")]
)
def test_a_mode_ends_by_itself(verb: Verb, mode: str, lock: str) -> None:
    model = device()

    assert answer(model, signed(verb), topic=MODE) == "accepted"
    assert (model.words("1")["mode"], model.words("1")["lock"]) == (mode, lock)
    model.obedience.pass_time(NOW + 60 * SECOND_US)
    assert (model.words("1")["mode"], model.words("1")["lock"]) == ("normal", "locked")


def test_an_unlock_does_not_end_a_hold() -> None:
    model = device()
    answer(model, signed(Verb.HOLD), topic=MODE)
    model.obedience.obey("unlock", token(jti="abc"), ["1"], NOW)

    model.obedience.pass_time(NOW + 30 * SECOND_US)

    assert model.words("1")["lock"] == "unlocked"


def test_an_unlock_is_no_mode_and_the_other_way_round() -> None:
    assert answer(device(), signed(), topic=MODE) == "refused unreadable"
    assert answer(device(), signed(Verb.HOLD)) == "refused unreadable"
