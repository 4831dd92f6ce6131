"""Every payload that makers and documents publish, what each becomes, and what no damage to it may do."""

from pathlib import Path
from typing import Final

import pytest
from paho.mqtt.client import topic_matches_sub

from connectors.devices import FAMILIES, Message, filters, read
from core.calls import STATES
from core.leaf import Draft
from core.reports import Item
from tests.connectors.devices.expecting import EXPECTATIONS, Case, cases, expectations, folders, written
from tests.connectors.devices.house import HOUSE
from tests.connectors.devices.wall import damaged, grants, hold, mistaken, without
from tests.failing import failing

CASES: Final = cases()
GRANTING: Final = [one for one in CASES if any(item.get("kind") == "access.granted" for item in one.items)]
NOBODYS: Final = "nobodys"
FILTERS: Final = filters(HOUSE)
# What the samples hold of PINs, passwords and whole card numbers.
SECRETS: Final = (
    "48213",
    "482130",
    "8165537",
    "8165538",
    "65538",
    "0102030405",
    "4a2b3c4d",
    "04A1B2C3D4",
    '"pass"',
)
every_folder = pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)


def cases_of(folder: Path) -> list[Case]:
    """Give the cases of one family; there are some."""
    found = [one for one in CASES if one.folder == folder.name]
    assert found
    return found


def told(case: Case, payload: bytes) -> tuple[Item, ...]:
    """Read another payload as it would come in this case."""
    came = case.message
    return read(Message(came.topic, payload, came.retain, came.received), HOUSE)


@every_folder
def test_every_sample_has_an_expectation_and_every_expectation_a_sample(folder: Path) -> None:
    files = {one.name for one in folder.iterdir()} - {EXPECTATIONS}

    assert files == set(expectations(folder))
    assert all(expectations(folder).values())


def test_there_are_samples_of_every_family_and_of_nobody() -> None:
    # Ours has its payloads in its own tests: nobody else publishes them.
    assert {one.name for one in folders()} == {NOBODYS, *FAMILIES} - {"gatehouse"}


@every_folder
def test_a_sample_becomes_what_is_expected(folder: Path) -> None:
    def compare(case: Case) -> None:
        items = told(case, case.message.payload)
        assert [written(item, case.message.received) for item in items] == case.items

    assert failing(compare, cases_of(folder), lambda case: case.name) == []


def test_samples_are_heard_or_not() -> None:
    heard = {one.name: any(topic_matches_sub(each, one.topic) for each in FILTERS) for one in CASES}

    assert heard == {one.name: one.heard for one in CASES}


def test_no_secret_of_a_sample_is_kept() -> None:
    kept = {one.name: repr(told(one, one.message.payload)) for one in CASES}

    assert not [(name, secret) for name, words in kept.items() for secret in SECRETS if secret in words]


def test_a_word_about_a_call_of_the_past_is_a_record_and_can_open_none() -> None:
    items = [(one.name, item) for one in CASES for item in told(one, one.message.payload)]
    calls = [(name, item) for name, item in items if isinstance(item, Draft) and item.kind in STATES]

    assert not [name for name, item in calls if not item.backfilled or "call" in item.refs]


@every_folder
def test_no_damage_raises_lets_anybody_in_or_shows_a_door_shut(folder: Path) -> None:
    def damage(case: Case) -> None:
        before = told(case, case.message.payload)
        for hurt in filter(case.is_damage, damaged(case.message.payload)):
            after = told(case, hurt)
            hold(after, grants(before))
            assert not mistaken(after, before), hurt

    assert failing(damage, cases_of(folder), lambda case: case.name) == []


@pytest.mark.parametrize("case", GRANTING, ids=lambda case: case.name)
def test_nobody_is_let_in_without_a_field_that_decides(case: Case) -> None:
    assert case.decisive
    for path in case.decisive:
        hurt = list(without(case.message.payload, path))
        assert len(hurt) > 1
        for one in hurt:
            assert not grants(told(case, one)), (path, one)
