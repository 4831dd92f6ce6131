"""What strangers send: the poison corpus, arbitrary bytes and damaged good messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import FAMILIES, Message, read
from core.leaf import Draft, detail_bytes, leaf_bytes
from core.records import Kind
from core.reports import BackfillReport, Item
from tests.connectors.building import BOOT, ESTATE, NOW, event, only, received

PATHS = ("event", "status", "door/1/state", "call/1/state", "backfill/data", "reply/x", "cmd/unlock")
GOOD = json.dumps(event()).encode()
SALTS = dict.fromkeys(("person", "name", "credential", "text"), b"s" * 32)


def raw(fields: str) -> bytes:
    """Write a good event with more JSON text in front, as no serialiser would."""
    return b"{" + fields.encode("utf-8", "surrogatepass") + b"," + GOOD[1:]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        pytest.param(b"[" * 60_000, "too_deep", id="deep"),
        pytest.param(raw('"x":' + "[" * 20 + "]" * 20), "too_deep", id="21 levels"),
        pytest.param(raw('"x":' + '{"a":' * 30_000 + "1" + "}" * 30_000), "too_large", id="too large"),
        pytest.param(raw('"x":NaN'), "not_a_number", id="NaN"),
        pytest.param(raw('"x":-Infinity'), "not_a_number", id="infinity"),
        pytest.param(raw('"x":1e999'), "not_a_number", id="a float past all bounds"),
        pytest.param(raw('"x":' + "9" * 5000), "not_json", id="an endless integer"),
        pytest.param(raw('"x":"\\ud800"'), "lone_surrogate", id="lone surrogate by escape"),
        pytest.param(raw('"\\udfff":1'), "lone_surrogate", id="lone surrogate in a name"),
        pytest.param(raw('"x":"\ud800"'), "not_utf8", id="lone surrogate in bytes"),
        pytest.param(raw('"x":"\\u0000"'), "nul", id="NUL by escape"),
        pytest.param(raw('"x":"\0"'), "nul", id="raw NUL"),
        pytest.param(raw('"kind":"access.granted"'), "duplicate_name", id="twin names"),
        pytest.param(raw('"x":{"a":1,"a":2}'), "duplicate_name", id="twin names below"),
        pytest.param(json.dumps(event()).encode("utf-16"), "not_utf8", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, "not_json", id="byte order mark"),
        pytest.param(b"\xff" + GOOD, "not_utf8", id="no UTF-8"),
        pytest.param(raw(",".join(f'"x{n}":1' for n in range(4_100))), "too_many_names", id="many names"),
        pytest.param(GOOD + b"x", "not_json", id="something after"),
        pytest.param(GOOD[:-1], "not_json", id="cut off"),
        pytest.param(b"[" + GOOD + b"]", "wrong_shape", id="a list"),
        pytest.param(b"null", "wrong_shape", id="null"),
        pytest.param(GOOD + b" " * 65_536, "too_large", id="padded"),
    ],
)
def test_poison_is_named_and_the_next_good_message_is_read(payload: bytes, reason: str) -> None:
    found = only(received("event", payload), Draft)

    assert (found.kind, found.reason) == (Kind.FEED_UNMAPPED, reason)
    assert only(received("event", GOOD), Draft).kind is Kind.ACCESS_DENIED


def test_text_that_only_looks_strange_is_no_poison() -> None:
    payload = raw('"x":"\u202egnp.exe \\u00e4 <script> ' + "[" * 40 + '"')

    assert only(received("event", payload), Draft).kind is Kind.ACCESS_DENIED


def drafts(items: tuple[Item, ...]) -> list[Draft]:
    """Give every record among the items, also those of a replay."""
    replayed = [one for item in items if isinstance(item, BackfillReport) for one in item.events]
    return [*replayed, *(item for item in items if isinstance(item, Draft))]


def hold(items: tuple[Item, ...]) -> None:
    """Check what must hold of whatever was read: it can be sealed, and device text is in the detail only."""
    for draft in drafts(items):
        leaf_bytes(draft, SALTS)
        detail_bytes(draft, {name: SALTS[name] for name in draft.private})
        assert draft.kind not in {Kind.OPERATOR_SIGNED_IN, Kind.UNLOCK_CONFIRMED, Kind.FEED_GAP_FILLED}


@given(path=st.sampled_from(PATHS), payload=st.binary(max_size=200), retain=st.booleans())
def test_no_bytes_raise(path: str, payload: bytes, retain: bool) -> None:
    hold(received(path, payload, retain=retain))


@given(topic=st.text(max_size=80), payload=st.binary(max_size=40))
def test_no_topic_raises(topic: str, payload: bytes) -> None:
    hold(read(Message(topic, payload, retain=False, received=NOW), ESTATE))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = (
    "v id boot seq ts kind door reason credential person call mode online oldest position state "
    "from to events lost more next_boot site device"
)
names = st.sampled_from(WORDS.split())


@given(path=st.sampled_from(PATHS), words=st.dictionaries(names, json_values, max_size=8))
def test_no_json_raises(path: str, words: dict[str, object]) -> None:
    hold(
        received(path, json.dumps({**event(), **words}, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    )


@given(
    events=st.lists(json_values | st.dictionaries(names, json_values).map(lambda d: event(**d)), max_size=4)
)
def test_no_replay_raises(events: list[object]) -> None:
    page = {"boot": BOOT, "from": 1, "to": 9, "events": events, "lost": [], "more": False}

    hold(received("backfill/data", page))


@given(
    place=st.integers(0, len(GOOD) - 1),
    cut=st.integers(0, 6),
    new=st.binary(max_size=6) | st.text(max_size=4).map(str.encode),
)
def test_a_damaged_denial_never_lets_anybody_in(place: int, cut: int, new: bytes) -> None:
    items = received("event", GOOD[:place] + new + GOOD[place + cut :])

    hold(items)
    assert all(draft.kind is not Kind.ACCESS_GRANTED for draft in drafts(items))


@given(first=st.sampled_from(["kind", "seq", "boot"]), value=json_values)
def test_a_second_word_for_the_same_thing_is_never_believed(first: str, value: object) -> None:
    payload = b'{"' + first.encode() + b'":' + json.dumps(value).encode() + b"," + GOOD[1:]

    assert drafts(received("event", payload))[0].kind is Kind.FEED_UNMAPPED


def test_the_family_is_in_the_table() -> None:
    assert FAMILIES["gatehouse"].name == "gatehouse"
