"""Large messages that can't be read: from one who is over the limit of such they are counted unread."""

import pytest

from connectors.devices import Message, read
from connectors.mqtt.heavy import LARGE_BYTES, MOST_TOPICS, Heavy
from connectors.mqtt.limits import Limits
from core.leaf import Draft
from core.model import Device, Estate, Site
from core.records import REASONS, Kind
from core.reports import Bucket

NOW = 1_790_000_000_000_000
MINUTE = 60_000_000
ESTATE = Estate.of(
    [Site(id="berlin", name="Berlin", time_zone="Europe/Berlin")],
    [Device(id="gate", site="berlin", family="gatehouse")],
    [],
)
LARGE = b"[" * (LARGE_BYTES + 1)


def said(payload: bytes, word: str = "event") -> Message:
    return Message(f"gatehouse/v1/berlin/gate/{word}", payload, False, NOW)


def flooded() -> tuple[Heavy, Limits]:
    limits = Limits()
    while limits.take("gate", Bucket.UNREAD, NOW):
        pass
    heavy = Heavy(limits)
    heavy.note(said(LARGE), read(said(LARGE), ESTATE))
    return heavy, limits


def test_it_is_counted_as_its_devices_without_being_read() -> None:
    heavy, _ = flooded()
    found = heavy.unread(said(LARGE))

    assert found is not None
    (item,) = found
    assert isinstance(item, Draft)
    assert (item.kind, item.device, item.site) == (Kind.FEED_UNMAPPED, "gate", "berlin")
    assert item.reason in REASONS


@pytest.mark.parametrize(
    "message", [said(LARGE[:LARGE_BYTES]), said(LARGE, "status")], ids=["a small one", "another topic"]
)
def test_all_else_is_read(message: Message) -> None:
    assert flooded()[0].unread(message) is None


def test_what_could_be_read_stands_for_no_other() -> None:
    _, limits = flooded()
    heavy = Heavy(limits)
    heavy.note(said(LARGE), read(said(b'{"online":true}', "status"), ESTATE))

    assert heavy.unread(said(LARGE)) is None


def test_all_is_read_again_once_the_device_is_calm() -> None:
    heavy, limits = flooded()
    limits.calmed(NOW + MINUTE)

    assert heavy.unread(said(LARGE)) is None


def test_only_so_many_topics_are_remembered() -> None:
    heavy, _ = flooded()
    for number in range(MOST_TOPICS):
        message = said(LARGE, f"door/{number}/state")
        heavy.note(message, read(message, ESTATE))

    assert heavy.unread(said(LARGE, f"door/{MOST_TOPICS - 2}/state"))
    assert heavy.unread(said(LARGE, f"door/{MOST_TOPICS - 1}/state")) is None
