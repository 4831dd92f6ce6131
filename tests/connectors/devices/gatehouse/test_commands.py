"""Native commands: signed for one door and one act, and the answers to them."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from connectors.devices.gatehouse.commands import order
from core.commands import LIVES_US, Command, Keys, Order, Result, Verb
from core.errors import CommandImpossible
from core.leaf import Draft
from core.model import Estate
from core.records import Kind
from core.reports import CommandReply
from core.times import SECOND_US
from tests.connectors.building import AT, DEVICE, ESTATE, NOW, only, received

ACT = "01kapqyxe0abcdefghjkmnpqrs"
KEY = bytes(range(32))
DOOR = ESTATE.doors["berlin-side"]
UNTIL = NOW + 60 * SECOND_US
ANSWER = {"id": ACT, "result": "accepted", "ts": "2026-11-23T15:11:45.123Z"}


def command(verb: Verb = Verb.UNLOCK, *, lives: int = LIVES_US, seconds: int = 5, until: int = 0) -> Command:
    return Command(act=ACT, verb=verb, issued=NOW, expires=NOW + lives, seconds=seconds, until=until)


def asked(wanted: Command, key: bytes = KEY) -> Order:
    return order(DEVICE, DOOR, wanted, Keys(signing=key), Estate())


def part(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def opened(made: Order, key: bytes = KEY) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check the signature by RFC 7515 alone, without the library that made it."""
    head, body, signature = made.payload.split(b".")
    assert part(signature) == hmac.digest(key, head + b"." + body, hashlib.sha256)
    return json.loads(part(head)), json.loads(part(body))


def test_an_unlock_is_signed_for_one_door_and_one_act() -> None:
    made = asked(command())
    head, claims = opened(made)

    assert head == {"alg": "HS256", "kid": "lobby"}
    assert claims == {
        "iss": "gatehouse",
        "aud": "berlin/lobby/2",
        "jti": ACT,
        "iat": NOW // SECOND_US,
        "exp": NOW // SECOND_US + 5,
        "seconds": 5,
    }
    assert made.topic == "gatehouse/v1/berlin/lobby/cmd/unlock"
    assert made.response == f"gatehouse/v1/berlin/lobby/reply/{ACT}"
    assert (made.correlation, made.expiry_s) == (ACT.encode(), 5)


@pytest.mark.parametrize(
    ("verb", "until", "words"),
    [
        (Verb.HOLD, UNTIL, {"mode": "held", "until": UNTIL // SECOND_US}),
        (Verb.LOCK_DOWN, UNTIL, {"mode": "locked_down", "until": UNTIL // SECOND_US}),
        (Verb.RESTORE, 0, {"mode": "normal"}),
    ],
)
def test_a_mode_has_an_end_and_the_end_of_a_mode_has_none(
    verb: Verb, until: int, words: dict[str, Any]
) -> None:
    made = asked(command(verb, until=until))
    claims = opened(made)[1]

    assert made.topic == "gatehouse/v1/berlin/lobby/cmd/mode"
    assert {name: claims[name] for name in ("mode", "until", "seconds") if name in claims} == words


def test_no_command_lives_longer_than_five_seconds() -> None:
    made = asked(command(lives=60 * SECOND_US))
    claims = opened(made)[1]

    assert (claims["exp"] - claims["iat"], made.expiry_s) == (5, 5)


@pytest.mark.parametrize(
    ("wanted", "key", "reason"),
    [
        (command(), b"", "no_key"),
        (command(), b"short", "no_key"),
        (command(lives=SECOND_US - 1), KEY, "expired"),
        (command(seconds=0), KEY, "unfit_length"),
        (command(seconds=601), KEY, "unfit_length"),
        (command(Verb.HOLD), KEY, "unfit_length"),
    ],
)
def test_what_can_not_be_asked(wanted: Command, key: bytes, reason: str) -> None:
    with pytest.raises(CommandImpossible) as caught:
        asked(wanted, key)

    assert caught.value.reason == reason


def test_no_key_is_in_a_repr() -> None:
    assert "payload" not in repr(asked(command()))
    assert repr(KEY) not in repr(Keys(signing=KEY))


@pytest.mark.parametrize("result", list(Result))
def test_an_answer_is_read(result: Result) -> None:
    told = {**ANSWER, "result": str(result), "reason": "interlock"}

    assert only(received(f"reply/{ACT}", told), CommandReply) == CommandReply(
        device="lobby", received=NOW, result=result, act=ACT, reason="interlock", told=AT
    )


def test_an_answer_counts_whatever_the_devices_clock_says() -> None:
    assert only(received(f"reply/{ACT}", {**ANSWER, "ts": "never"}), CommandReply).told is None


@pytest.mark.parametrize("changes", [{"id": ACT[::-1]}, {"result": "opened"}, {"id": None}])
def test_what_is_no_answer_to_this_act(changes: dict[str, Any]) -> None:
    draft = only(received(f"reply/{ACT}", {**ANSWER, **changes}), Draft)

    assert (draft.kind, draft.reason) == (Kind.FEED_UNMAPPED, "wrong_shape")


def test_a_retained_answer_is_none() -> None:
    assert only(received(f"reply/{ACT}", ANSWER, retain=True), Draft).kind is Kind.FEED_UNMAPPED


def test_an_answer_in_anothers_name_is_forged() -> None:
    draft = only(received(f"reply/{ACT}", {**ANSWER, "device": "gate"}), Draft)

    assert draft.kind is Kind.FEED_FORGED
