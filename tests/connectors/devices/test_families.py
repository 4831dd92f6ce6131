"""The contract that every registered family keeps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import FAMILIES, Family, Message, backfill_request, filters, read
from core.leaf import Draft
from core.model import Device, Estate
from core.records import Kind
from tests.connectors.building import NOW

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
NOBODY = Estate()


def topic_of(filter_: str) -> str:
    """Make a topic that a filter matches."""
    return filter_.replace("+", "a1").replace("#", "a1/b2")


@families
def test_a_family_is_registered_under_its_own_name(family: Family) -> None:
    assert FAMILIES[family.name] is family


@families
def test_a_family_addresses_every_topic_it_subscribes_to(family: Family) -> None:
    assert all(family.address(topic_of(one)) for one in family.filters)


@families
def test_a_device_nobody_claims_is_recorded_without_a_site(family: Family) -> None:
    for one in family.filters:
        found = family.parse(Message(topic_of(one), b"{}", retain=False, received=NOW), None, NOBODY)

        assert [(item.kind, item.reason, item.site) for item in found if isinstance(item, Draft)] == [
            (Kind.FEED_UNMAPPED, "unclaimed", None)
        ]


@families
@given(payload=st.binary(max_size=64), retain=st.booleans())
def test_a_family_never_raises(family: Family, payload: bytes, retain: bool) -> None:
    for one in family.filters:
        device = Device(id="a1", site="a1", family=family.name)
        family.parse(Message(topic_of(one), payload, retain, NOW), device, NOBODY)


@families
def test_no_subscription_can_hear_an_unlock(family: Family) -> None:
    assert not any("cmd" in one or "#" in one for one in family.filters)


def test_every_filter_is_subscribed_once() -> None:
    assert len(set(filters())) == len(filters()) > 0


def test_a_topic_of_no_family_is_recorded() -> None:
    (found,) = read(Message("kitchen/toaster", b"done", retain=False, received=NOW), NOBODY)

    assert isinstance(found, Draft)
    assert (found.kind, found.reason) == (Kind.FEED_UNMAPPED, "unknown_topic")


def test_a_device_of_no_family_cant_be_asked() -> None:
    assert backfill_request(Device(id="d", site="s", family="toaster"), "b", 1, 2) is None
