"""The contract that every registered family keeps."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.devices import FAMILIES, Family, Message, backfill_request, filters, read
from connectors.devices.common import MAX_NAME
from core.leaf import Draft
from core.model import Device, Door, Estate, Site
from core.records import Kind
from core.reports import DoorReport, Item, Unclaimed
from tests.connectors.building import NOW

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
NOBODY = Estate()
# Where anything may speak, and a family takes only what is certainly its own.
_DEFAULTS = {"+/online": "shellyplus1-08b61fd90730/online"}


def estate_of(family: Family) -> Estate:
    """Give an estate with one device and door of this family."""
    device = Device(id="a1", site="a1", family=family.name, topic="a1/dev", serial="a1")
    door = Door(id="a1-door", site="a1", device="a1", number="1", name="Door")
    return Estate.of([Site(id="a1", name="A", time_zone="Europe/Berlin")], [device], [door])


def topic_of(filter_: str) -> str:
    """Make a topic that a filter matches."""
    return _DEFAULTS.get(filter_) or filter_.replace("+", "a1").replace("#", "a1/b2")


def read_by(family: Family, message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Let a family read a message as if there were no other."""
    items = family.parse(message, estate)
    return family.meet(message, estate) if items is None else items


@families
def test_a_family_is_registered_under_its_own_name(family: Family) -> None:
    assert FAMILIES[family.name] is family


@families
def test_a_family_reads_every_topic_it_subscribes_to(family: Family) -> None:
    estate = estate_of(family)

    assert family.filters(estate)
    for one in family.filters(estate):
        message = Message(topic_of(one), b"{}", retain=False, received=NOW)
        assert read_by(family, message, estate) is not None, one


@families
def test_a_family_leaves_other_topics_alone(family: Family) -> None:
    message = Message("kitchen/toaster", b"{}", retain=False, received=NOW)

    assert read_by(family, message, estate_of(family)) is None


@families
def test_what_nobody_claims_gets_no_site(family: Family) -> None:
    for one in family.filters(NOBODY):
        found = read_by(family, Message(topic_of(one), b"{}", retain=False, received=NOW), NOBODY)

        for item in found or ():
            if isinstance(item, Unclaimed):
                assert (item.family, bool(item.name)) == (family.name, True)
            else:
                assert isinstance(item, Draft)
                assert (item.kind, item.site) == (Kind.FEED_UNMAPPED, None)


@families
@given(payload=st.binary(max_size=64), retain=st.booleans())
def test_a_family_never_raises(family: Family, payload: bytes, retain: bool) -> None:
    for estate in (NOBODY, estate_of(family)):
        for one in family.filters(estate):
            read_by(family, Message(topic_of(one), payload, retain, NOW), estate)


@families
def test_no_subscription_can_hear_an_unlock(family: Family) -> None:
    assert not any("cmd" in one or "#" in one for one in family.filters(estate_of(family)))


def test_every_filter_is_subscribed_once() -> None:
    assert len(set(filters(NOBODY))) == len(filters(NOBODY)) > 0


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("toaster", "toaster"),
        ("kitchen/toaster", "kitchen/toaster"),
        ("kitchen/toaster/1/slot/2/state", "kitchen/toaster/1"),
        ("", ""),
        ("\u202egpj/" + "x" * 200, "\ufffdgpj/" + "x" * 123),
    ],
)
def test_a_topic_of_no_family_is_a_stranger_named_by_its_beginning(topic: str, name: str) -> None:
    (found,) = read(Message(topic, b"done at 1234", retain=False, received=NOW), NOBODY)

    assert isinstance(found, Unclaimed)
    assert (found.family, found.name, found.retained) == ("", name, False)
    assert found.text.endswith(": done at ****")


def test_a_device_of_no_family_cant_be_asked() -> None:
    assert backfill_request(Device(id="d", site="s", family="toaster"), "b", 1, 2) is None


@families
@given(topic=st.text(max_size=80), payload=st.binary(max_size=64), retain=st.booleans())
def test_a_family_meets_whoever_speaks_and_never_raises(
    family: Family, topic: str, payload: bytes, retain: bool
) -> None:
    for one in (topic, *(topic_of(filter_).replace("a1", topic) for filter_ in family.filters(NOBODY))):
        for item in family.meet(Message(one, payload, retain, NOW), NOBODY) or ():
            assert isinstance(item, Unclaimed | Draft)
            if isinstance(item, Unclaimed):
                assert item.name.isprintable()
                assert item.topic.isprintable()
                assert item.title.isprintable()
                assert len(item.name) <= MAX_NAME


@families
def test_a_device_of_the_estate_is_no_stranger_to_another_family(family: Family) -> None:
    for one in family.filters(NOBODY):
        topic = topic_of(one)
        if topic.startswith(("gatehouse/v1/", "homeassistant/")):
            continue
        lock = Device(id="a1", site="a1", family="homeassistant", topic=topic.rpartition("/")[0] or "a1")
        door = Door(id="d", site="a1", device="a1", number=f"{topic.rpartition('/')[2]}-lock", name="D")
        estate = Estate.of([Site(id="a1", name="A", time_zone="UTC")], [lock], [door])

        (found,) = read(Message(topic, b"LOCKED", retain=False, received=NOW), estate)

        assert isinstance(found, DoorReport), topic


@families
def test_what_a_family_conceals_is_in_nothing_that_is_kept_of_a_message(family: Family) -> None:
    if family.secret is None:
        return
    named = re.search(rb"\(\?:([A-Za-z_]+)", family.secret.pattern)
    assert named is not None
    payload = b'{"%s":"04A2B3","type":"no word of it"}' % named[1]
    for estate in (NOBODY, estate_of(family)):
        for one in family.filters(estate):
            for retain in (True, False):
                message = Message(topic_of(one), payload, retain, NOW)
                assert "04A2B3" not in "".join(map(_text, read_by(family, message, estate) or ()))


def _text(item: Item) -> str:
    if isinstance(item, Unclaimed):
        return item.text + item.title
    return item.private.get("text", "") if isinstance(item, Draft) else ""
