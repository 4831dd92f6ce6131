"""Of every family: each kind of poison is counted by its own name, and no time or topic is too absurd."""

import json
from collections.abc import Iterator

import pytest

from connectors.devices import FAMILIES, Message, read
from core.leaf import Draft, leaf_bytes
from core.records import Kind
from core.reports import CallReport, DoorReport, Item
from core.times import FUTURE_LIMIT_US, PAST_LIMIT_US
from tests.connectors import building
from tests.connectors.devices.expecting import cases
from tests.connectors.devices.house import HOUSE
from tests.connectors.devices.wall import NOW, hold
from tests.failing import failing

families = pytest.mark.parametrize("family", FAMILIES)
POISON = {
    "not_a_number": (b'"x":NaN', b'"x":-Infinity', b'"x":[1e999]'),
    "duplicate_name": (b'"x":1,"x":1', b'"x":{"y":1,"\\u0079":2}'),
    "lone_surrogate": (b'"x":"\\ud800"', b'"\\udfff":1'),
    "nul": (b'"x":"\\u0000"', b'"x":"\0"'),
    "not_utf8": (b'"x":"\xff"', b'"x":"\xed\xa0\x80"'),
    "too_deep": (b'"x":' + b"[" * 20 + b"]" * 20,),
    "too_large": (b'"x":"' + b"x" * 65_536 + b'"',),
    "too_many_names": (b",".join(b'"x%d":1' % number for number in range(5_000)),),
    "not_json": (b'"x":01', b'"x":' + b"9" * 5_000),
}
# 1970, the ends of calendars and of numbers, and what is no time at all.
TIMES = (
    *(0, 1, -1, 1e300, 2**63, -(2**70), 253_402_300_799, 0.5),
    *("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01 00:00:00", "2026-02-30T00:00:00Z"),
    *("2026-11-23T15:11:46+99:99", "2026-11-23T25:61:61Z", "not yet", "", "\u0661\u0669\u0667\u0660"),
)
TOPICS = (
    "{}/+",
    "{}/#",
    "{}/../x",
    "{}//",
    "/{}",
    "$SYS/{}",
    "{}\0",
    "{}\n",
    "{}/cmd/unlock",
    "{}/set",
    "{}/\ud800",
)


def heard(family: str) -> list[Message]:
    """Give the JSON objects of a family's samples, as they come."""
    if family == "gatehouse":
        payload = json.dumps(building.event()).encode()
        return [Message("gatehouse/v1/berlin/lobby/event", payload, retain=False, received=NOW)]
    if family == "nuki":
        state = b'{"lock_state":"locked"}'
        return [Message("nukihub/lock/json", state, retain=False, received=NOW)]
    told = [one.message for one in cases() if one.folder == family and one.heard and one.items]
    return [one for one in told if is_object(one.payload) and not one.retain and not is_stranger(one)]


def hear(message: Message) -> tuple[Item, ...]:
    """Read a message in the house, or in the native building."""
    return read(message, building.ESTATE if message.topic.startswith("gatehouse/") else HOUSE)


def is_object(payload: bytes) -> bool:
    """Tell JSON from words and from samples that their makers have published with a comma too many."""
    try:
        return isinstance(json.loads(payload), dict)
    except ValueError:
        return False


def is_stranger(message: Message) -> bool:
    """Tell what is nobody's word: there is no device to count it for."""
    return any(getattr(item, "device", None) is None for item in hear(message))


def with_payload(message: Message, payload: bytes) -> Message:
    """Give the message with another payload."""
    return Message(message.topic, payload, message.retain, message.received)


def changed(value: object, to: object) -> Iterator[object]:
    """Put something else for each number and string, one at a time."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        yield to
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], one, *value[place + 1 :]] for one in changed(inner, to))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: one} for one in changed(inner, to))


@families
def test_each_kind_of_poison_is_counted_by_its_own_name(family: str) -> None:
    poisoned = [
        (message, reason, poison)
        for message in heard(family)
        for reason, kinds in POISON.items()
        for poison in kinds
    ]

    def count(one: tuple[Message, str, bytes]) -> None:
        message, reason, poison = one
        found = hear(with_payload(message, b"{" + poison + b"," + message.payload[1:]))
        assert [(item.kind, item.reason) for item in found if isinstance(item, Draft)] == [
            (Kind.FEED_UNMAPPED, reason)
        ]

    assert poisoned
    assert failing(count, poisoned, lambda one: f"{one[1]} at {one[0].topic}, {one[2][:40]!r}") == []


@families
def test_no_time_is_too_absurd(family: str) -> None:
    for message in heard(family):
        value = json.loads(message.payload)
        for time in TIMES:
            for one in changed(value, time):
                found = hear(with_payload(message, json.dumps(one).encode()))
                assert all(is_near(item) and is_sealed(item) for item in found), one


def is_sealed(item: Item) -> bool:
    """Seal a record, which raises where its leaf would hold what none may."""
    return not isinstance(item, Draft) or bool(leaf_bytes(item, dict.fromkeys(item.private, b"s" * 32)))


def is_near(item: Item) -> bool:
    """Tell whether the time of an item can be true."""
    if not isinstance(item, Draft | DoorReport | CallReport) or item.at is None:
        return True
    return item.received - PAST_LIMIT_US <= item.at <= item.received + FUTURE_LIMIT_US


@families
def test_a_topic_that_is_bent_is_never_another_devices(family: str) -> None:
    for message in heard(family):
        true = tuple(item for item in hear(message) if isinstance(item, Draft))
        own = {one.id for one in HOUSE.under(family, message.topic)[0]}
        speaking = {getattr(item, "device", None) for item in hear(message)} | own | {None}
        for bent in TOPICS:
            topic = bent.format(message.topic)
            found = hear(Message(topic, message.payload, retain=False, received=message.received))
            hold(found, true)
            assert {getattr(item, "device", None) for item in found} <= speaking
