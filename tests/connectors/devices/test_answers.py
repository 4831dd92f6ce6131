"""What devices answer to commands: damage is never a yes, and no number of a card or a PIN goes out."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import Message, read
from core.commands import Result
from core.reports import CommandReply, Item
from tests.connectors.devices.commanding import ACT
from tests.connectors.devices.expecting import Case, cases
from tests.connectors.devices.house import HOUSE
from tests.connectors.devices.wall import NOW, damaged

ANSWERED = [one for one in cases() if any(told["item"] == "CommandReply" for told in one.items)]
answered = pytest.mark.parametrize("case", ANSWERED, ids=lambda one: one.name)
TOPICS = sorted({one.topic for one in ANSWERED})


def replies(items: tuple[Item, ...]) -> list[CommandReply]:
    return [one for one in items if isinstance(one, CommandReply)]


def accepted(topic: str, payload: bytes) -> list[CommandReply]:
    found = read(Message(topic, payload, retain=False, received=NOW), HOUSE)
    return [one for one in replies(found) if one.result is Result.ACCEPTED]


@answered
def test_what_is_damaged_is_no_yes_to_anything_else(case: Case) -> None:
    true = accepted(case.topic, case.message.payload)

    for payload in damaged(case.message.payload):
        assert [one for one in accepted(case.topic, payload) if one not in true] == [], payload


@answered
def test_a_retained_answer_is_one_of_the_past(case: Case) -> None:
    found = read(Message(case.topic, case.message.payload, retain=True, received=NOW), HOUSE)

    assert replies(found) == []


@answered
def test_no_number_goes_out_with_a_reason(case: Case) -> None:
    for one in replies(read(case.message, HOUSE)):
        assert not re.search(r"\d{4}", one.reason)
        assert one.act in {"", ACT}


@given(topic=st.sampled_from(TOPICS), payload=st.binary(max_size=80), retain=st.booleans())
def test_no_bytes_raise_or_are_a_yes(topic: str, payload: bytes, retain: bool) -> None:
    found = read(Message(topic, payload, retain, NOW), HOUSE)

    yes = [one for one in replies(found) if one.result is Result.ACCEPTED]
    assert payload in {b"0", b"success"} or not yes


@given(
    act=st.text(max_size=30) | st.integers() | st.none(),
    opened=st.none() | st.integers() | st.text(max_size=5) | st.booleans(),
)
def test_only_true_for_an_act_of_ours_is_a_yes_of_a_controller(act: object, opened: object) -> None:
    response = {"device-id": 405419896, "door": 4, "opened": opened}
    for asked in (act, ACT):
        reply = {"client-id": "gatehouse", "request-id": asked, "method": "open-door", "response": response}
        payload = json.dumps({"message": {"reply": reply}}).encode()
        found = accepted("uhppoted/gateway/replies/gatehouse-405419896", payload)
        assert bool(found) == (asked == ACT and opened is True)


@given(result=st.recursive(st.none() | st.booleans() | st.integers(), st.lists), error=st.booleans())
def test_only_a_result_of_switch_set_is_a_yes_of_a_shelly(result: object, error: bool) -> None:
    for told in (result, {"was_on": result}):
        frame = {"id": ACT, "src": "shelly1minig3-54320464a1d0", "result": told}
        frame |= {"error": {"code": -1}} if error else {}
        found = accepted("wall/mini/reply/rpc", json.dumps(frame).encode())
        assert bool(found) == (not error and isinstance(told, dict) and isinstance(result, bool))
