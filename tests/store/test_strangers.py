"""Devices that the estate does not name: listed with what they said last, recorded once, bounded."""

from dataclasses import replace

import pytest

from core.model import Device, Door, Site
from core.records import Kind
from core.reports import Unclaimed
from store.database import Database
from store.estate import EstateDocument, import_estate
from store.folding.strangers import MAX_UNCLAIMED
from store.log import append
from tests.store.words import NOW, records, table

PANEL = Unclaimed(
    family="axis", name="ACCC8E012345", topic="axis/ACCC8E012345/connection", received=NOW, text="hello"
)
RETAINED = replace(PANEL, retained=True)


def listed(db: Database) -> list[str]:
    return sorted(row["name"] for row in table(db, "unclaimed"))


def counted(db: Database) -> dict[str, int]:
    return {row["reason"]: row["n"] for row in table(db, "feed_count") if row["device"] == ""}


def test_a_stranger_is_listed_with_what_it_said_last(db: Database) -> None:
    append(db, [replace(PANEL, title="A8207")])
    append(db, [replace(PANEL, received=NOW + 5, topic="axis/ACCC8E012345/event/connection", text="again")])

    (row,) = table(db, "unclaimed")

    assert row == {
        "family": "axis",
        "name": "ACCC8E012345",
        "topic": "axis/ACCC8E012345/event/connection",
        "title": "A8207",
        "text": "again",
        "n": 2,
        "first": NOW,
        "last": NOW + 5,
    }


def test_only_the_first_meeting_is_a_record_and_each_message_is_counted(db: Database) -> None:
    append(db, [PANEL, PANEL])
    append(db, [PANEL, replace(PANEL, family="", name="kitchen/toaster")])

    assert [one.kind for one in records(db)] == [Kind.DEVICE_DISCOVERED, Kind.DEVICE_DISCOVERED]
    assert counted(db) == {"unclaimed": 3, "unknown_topic": 1}


def test_what_the_broker_delivers_at_each_connect_is_no_new_word(db: Database) -> None:
    append(db, [RETAINED])
    append(db, [replace(RETAINED, received=NOW + 9)])

    (row,) = table(db, "unclaimed")
    assert (row["n"], row["last"], len(records(db))) == (1, NOW, 1)
    assert counted(db) == {"unclaimed": 1}


def test_what_was_retained_meanwhile_is_shown(db: Database) -> None:
    append(db, [RETAINED])
    append(db, [replace(RETAINED, text="changed", title="A8207", received=NOW + 9)])

    (row,) = table(db, "unclaimed")
    assert (row["text"], row["title"], row["n"], row["last"]) == ("changed", "A8207", 1, NOW)


def test_a_retained_word_takes_the_place_of_no_later_one_on_another_topic(db: Database) -> None:
    append(db, [replace(PANEL, topic="axis/ACCC8E012345/event/connection", text="newest")])
    append(db, [replace(RETAINED, text="old")])

    assert table(db, "unclaimed")[0]["text"] == "newest"


def test_invented_names_fill_neither_the_list_nor_the_log(db: Database) -> None:
    crowd = [replace(PANEL, name=f"n{one:05}", received=NOW + one) for one in range(MAX_UNCLAIMED + 50)]

    append(db, crowd)

    assert listed(db) == [one.name for one in crowd[50:]]
    assert len(records(db, Kind.DEVICE_DISCOVERED)) == MAX_UNCLAIMED


@pytest.mark.parametrize(
    ("stranger", "device"),
    [
        (PANEL, Device(id="d", site="s", family="axis", topic="axis/lobby", serial="accc8e-012345")),
        (PANEL, Device(id="d", site="s", family="axis", topic="axis/ACCC8E012345")),
        (
            replace(PANEL, family="gatehouse", name="s/d", topic="gatehouse/v1/s/d/status"),
            Device(id="d", site="s", family="gatehouse"),
        ),
        (
            replace(PANEL, family="", name="home/lock", topic="home/lock/state"),
            Device(id="d", site="s", family="nuki", topic="home/lock"),
        ),
        (
            replace(PANEL, family="homeassistant", name="0x1", topic="zigbee2mqtt/lock"),
            Device(id="d", site="s", family="zigbee2mqtt", topic="zigbee2mqtt/lock"),
        ),
        (
            replace(PANEL, family="zigbee2mqtt", name="0x1", topic="zigbee2mqtt/hall/lock"),
            Device(id="d", site="s", family="zigbee2mqtt", topic="zigbee2mqtt/hall/lock"),
        ),
        (
            replace(PANEL, family="zigbee2mqtt", name="0x1", topic="zigbee2mqtt/hall_lock"),
            Device(id="d", site="s", family="zigbee2mqtt", topic="zigbee2mqtt"),
        ),
        (
            replace(PANEL, family="zigbee2mqtt", name="0x2", topic="zigbee2mqtt/other"),
            Device(id="d", site="s", family="zigbee2mqtt", topic="zigbee2mqtt"),
        ),
        (
            replace(PANEL, family="tasmota", name="A4CF12345678", topic="cellar"),
            Device(id="d", site="s", family="tasmota", topic="cellar", serial="DVES_345678"),
        ),
        (
            replace(PANEL, family="uhppoted", name="405419896", topic="uhppoted/gateway/events"),
            Device(id="d", site="s", family="uhppoted", topic="uhppoted/gateway", serial="405419896"),
        ),
    ],
)
def test_who_comes_into_the_estate_leaves_the_list(db: Database, stranger: Unclaimed, device: Device) -> None:
    append(db, [stranger, replace(PANEL, name="ACCC8E999999", topic="axis/ACCC8E999999/connection")])

    site = Site(id="s", name="S", time_zone="UTC")
    door = Door(id="d", site="s", device="d", number="hall_lock.0x2-open", name="D")
    import_estate(db, EstateDocument(sites=(site,), devices=(device,), doors=(door,)), NOW, "admin")

    assert listed(db) == ["ACCC8E999999"]


@pytest.mark.parametrize(
    ("stranger", "device"),
    [
        (
            replace(PANEL, family="uhppoted", name="405419896", topic="uhppoted/gateway/events"),
            Device(id="d", site="s", family="uhppoted", topic="uhppoted/gateway", serial="303986753"),
        ),
        (
            replace(PANEL, family="zigbee2mqtt", name="0x1", topic="zigbee2mqtt/lock"),
            Device(id="d", site="s", family="zigbee2mqtt", topic="zigbee2mqtt"),
        ),
        (
            replace(PANEL, family="gatehouse", name="t/d", topic="gatehouse/v1/t/d/status"),
            Device(id="d", site="s", family="gatehouse"),
        ),
    ],
)
def test_who_shares_a_gateway_or_a_name_claims_nobody_else(
    db: Database, stranger: Unclaimed, device: Device
) -> None:
    append(db, [stranger])

    site = Site(id="s", name="S", time_zone="UTC")
    import_estate(db, EstateDocument(sites=(site,), devices=(device,), doors=()), NOW, "admin")

    assert listed(db) == [stranger.name]


@pytest.mark.parametrize(
    "device",
    [
        Device(id="d", site="s", family="nuki", topic="axis/ACCC8E012345"),
        Device(id="d", site="s", family="axis", topic="axis/ACCC8E01234"),
        Device(id="d", site="s", family="axis"),
    ],
)
def test_another_device_claims_nobody(db: Database, device: Device) -> None:
    append(db, [PANEL])

    site = Site(id="s", name="S", time_zone="UTC")
    import_estate(db, EstateDocument(sites=(site,), devices=(device,), doors=()), NOW, "admin")

    assert listed(db) == ["ACCC8E012345"]
