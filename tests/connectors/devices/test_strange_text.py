"""Of every family: what turns, hides or ends text on a screen is shown for what it is, wherever it stood."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.devices import FAMILIES, Message, read
from connectors.masking import masked_text, masked_word, plain_words
from core.leaf import Draft, leaf_bytes
from core.reports import BackfillReport, Item, StatusReport, Unclaimed
from tests.connectors import building
from tests.connectors.devices.expecting import Case, cases, folders
from tests.connectors.devices.house import HOUSE

# Right-to-left override, isolate, zero width space, word joiner, byte order mark, soft hyphen, next line,
# line separator, Arabic letter mark, tag.
STRANGE = "\u202e\u2066\u200b\u2060\ufeff\u00ad\u0085\u2028\u061c\U000e0041"
MARKUP = "<img src=x onerror=alert(1)>"
families = pytest.mark.parametrize("family", [folder.name for folder in folders()])


def shown(items: tuple[Item, ...]) -> Iterator[str]:
    """Give every text of a device that a screen may show."""
    for item in items:
        if isinstance(item, BackfillReport):
            yield from shown(item.events)
        if isinstance(item, Draft):
            yield from item.private.values()
            yield from (str(value) for value in item.refs.values())
        if isinstance(item, StatusReport):
            yield item.firmware or ""
        if isinstance(item, Unclaimed):
            yield from (item.name, item.topic, item.title, item.text)


def is_plain(items: tuple[Item, ...]) -> bool:
    """Tell whether nothing that is shown turns or hides text."""
    return set(STRANGE).isdisjoint("".join(shown(items)))


def spoilt(value: object, more: str) -> Iterator[object]:
    """Write more behind each string of a value, and behind each name, one at a time."""
    if isinstance(value, str):
        yield value + more
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from ([*value[:place], one, *value[place + 1 :]] for one in spoilt(inner, more))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield {**value, name + more: inner}
            yield from ({**value, name: one} for one in spoilt(inner, more))


def variants(payload: bytes, more: str) -> Iterator[bytes]:
    """Spoil a payload in each place: JSON as it is and escaped, and anything else at its end."""
    yield payload + more.encode()
    try:
        value = json.loads(payload)
    except ValueError:
        return
    for one in spoilt(value, more):
        yield json.dumps(one).encode()
        yield json.dumps(one, ensure_ascii=False).encode()


def of(family: str) -> list[Case]:
    """Give the samples of a family."""
    return [case for case in cases() if case.folder == family]


@families
def test_nothing_of_a_payload_turns_or_hides_what_stands_around_it(family: str) -> None:
    assert of(family)
    for case in of(family):
        message = case.message
        for payload in variants(message.payload, STRANGE):
            found = read(Message(message.topic, payload, message.retain, message.received), HOUSE)
            assert is_plain(found), (case.name, payload)


@families
def test_nothing_of_a_topic_does_either(family: str) -> None:
    for case in of(family):
        message = case.message
        for topic in (f"{message.topic}{STRANGE}", f"{STRANGE}/{message.topic}"):
            assert is_plain(
                read(Message(topic, message.payload, retain=False, received=message.received), HOUSE)
            )


@families
def test_markup_is_in_no_leaf(family: str) -> None:
    for case in of(family):
        message = case.message
        for payload in variants(message.payload, MARKUP):
            found = read(Message(message.topic, payload, message.retain, message.received), HOUSE)
            drafts = [item for item in found if isinstance(item, Draft)]
            leaves = [leaf_bytes(one, dict.fromkeys(one.private, b"s" * 32)) for one in drafts]
            assert not any(b"<img" in leaf for leaf in leaves), (case.name, payload)


@pytest.mark.parametrize("path", ["event", "status", "door/1/state", "call/1/state", "backfill/data"])
def test_our_own_devices_words_are_shown_as_plainly(path: str) -> None:
    words = {
        **building.event(fw="1.2", online=True, state="ringing", call=building.CALL, position="open"),
        "from": 1,
        "to": 9,
        "lost": [],
        "more": False,
        "events": [building.event()],
    }

    for payload in variants(json.dumps(words).encode(), STRANGE):
        assert is_plain(building.received(path, payload))


def test_a_name_that_is_plain_is_kept_and_one_that_is_not_says_so() -> None:
    plain = {"name": "Zoë Ångström-Ğ 王"}

    assert plain_words(plain) is plain
    assert plain_words({"name": "Ann\u202e", "credential": "card"}) == {
        "name": "Ann\ufffd",
        "credential": "card",
    }


def test_what_is_kept_of_a_message_is_as_plain() -> None:
    kept = masked_text(f"t{STRANGE}", f"a{STRANGE}b".encode()) + masked_word(f"c{STRANGE}")

    assert set(STRANGE).isdisjoint(kept)
    assert kept.count("\ufffd") == 3 * len(STRANGE)


def test_every_family_but_our_own_has_samples_here() -> None:
    assert {Path(one).name for one in FAMILIES} - {"gatehouse"} <= {folder.name for folder in folders()}
