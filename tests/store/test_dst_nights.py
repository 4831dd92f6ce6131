"""The two nights of the year on which clocks on the wall are set, from the device's words to the roll-up."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import select

from connectors.devices import Message, read
from core.leaf import Draft
from core.model import Device, Door, Estate, Site
from core.records import Kind
from core.times import MINUTE_US, SECOND_US, parse_iso_us
from store import schema
from store.database import Database
from store.log import append
from tests.store.words import DEVICE, DOOR, ZONES, kinds

# The moment of the change, and the hour on the wall that comes twice or not at all.
BERLIN_AUTUMN = ("berlin", "2026-10-25T01:00:00Z", 2026102502)
BERLIN_SPRING = ("berlin", "2027-03-28T01:00:00Z", 2027032802)
NEW_YORK_AUTUMN = ("newyork", "2026-11-01T06:00:00Z", 2026110101)
NEW_YORK_SPRING = ("newyork", "2027-03-14T07:00:00Z", 2027031402)
AUTUMN = (BERLIN_AUTUMN, NEW_YORK_AUTUMN)
SPRING = (BERLIN_SPRING, NEW_YORK_SPRING)
DEVICES = {"berlin": DEVICE, "newyork": "other"}
EVERY_US = 10 * MINUTE_US
ON_THE_WAY_US = SECOND_US // 3


def swipe(number: int, stamp: str) -> bytes:
    event = {
        "device-id": 405419896,
        "event-id": number,
        "event-type": 1,
        "access-granted": True,
        "door-id": 1,
        "direction": 1,
        "card-number": 8165537,
        "timestamp": stamp,
        "event-reason": 1,
    }
    return json.dumps({"message": {"event": {"event": event}}}).encode()


def uhppoted(number: int, wall: datetime) -> tuple[str, bytes]:
    """Write what a controller says whose zone has no name that tells summer from winter."""
    return "t/events/live", swipe(number, f"{wall:%Y-%m-%d %H:%M:%S}")


def uhppoted_with_zone(number: int, wall: datetime) -> tuple[str, bytes]:
    return "t/events/live", swipe(number, f"{wall:%Y-%m-%d %H:%M:%S %Z}")


def tasmota(number: int, wall: datetime) -> tuple[str, bytes]:
    state = "ON" if number % 2 else "OFF"
    return "tele/t/SENSOR", json.dumps({"Time": f"{wall:%Y-%m-%dT%H:%M:%S}", "Switch1": state}).encode()


def esprfid(number: int, wall: datetime) -> tuple[str, bytes]:
    """Write what a reader says that counts the seconds of its wall clock."""
    seconds = int(wall.replace(tzinfo=UTC).timestamp())
    words = {
        "type": "access",
        "time": seconds,
        "isKnown": "true",
        "access": "Always",
        "username": f"u{number}",
    }
    return "t/send", json.dumps({**words, "uid": "4a2b3c4d", "hostname": "h", "doorName": "1"}).encode()


Speaker = Callable[[int, datetime], tuple[str, bytes]]
speakers = pytest.mark.parametrize("say", [uhppoted, uhppoted_with_zone, tasmota, esprfid])


def estate(family: str, site: str) -> Estate:
    serial = {"uhppoted": "405419896", "esprfid": "h"}.get(family, "")
    zone = ZONES[site]
    name = DEVICES[site]
    device = Device(id=name, site=site, family=family, topic="t", serial=serial, time_zone=zone)
    number = "POWER.Switch1" if family == "tasmota" else "1"
    door = Door(id=DOOR, site=site, device=name, number=number, name="Lobby")
    return Estate.of([Site(id=site, name=site, time_zone=zone)], [device], [door])


def live_through(db: Database, say: Speaker, night: tuple[str, str, int]) -> list[int]:
    """Let a right clock speak every ten minutes from three hours before the change to three hours after."""
    site, change, _ = night
    known = estate(say.__name__.partition("_")[0], site)
    zone = ZoneInfo(ZONES[site])
    times = [parse_iso_us(change) + n * EVERY_US for n in range(-18, 18)]
    for number, at in enumerate(times, start=1):
        wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone)
        topic, payload = say(number, wall)
        append(db, read(Message(topic, payload, retain=False, received=at + ON_THE_WAY_US), known))
    return times


def said(db: Database) -> list[tuple[int, bool]]:
    """Give when each word of a device was said by its leaf, and whether it counts as history."""
    with db.read() as connection:
        query = select(schema.leaf.c.leaf).where(schema.leaf.c.door.is_not(None)).order_by(schema.leaf.c.id)
        found = [msgspec.json.decode(one) for one in connection.execute(query).scalars()]
    return [(one["at"], one.get("backfilled", False)) for one in found]


def hours(db: Database) -> Counter[int]:
    with db.read() as connection:
        rows = connection.execute(select(schema.rollup_hour.c.hour, schema.rollup_hour.c.n)).all()
    return Counter({hour: sum(row.n for row in rows if row.hour == hour) for hour in {r.hour for r in rows}})


@speakers
@pytest.mark.parametrize("night", [*AUTUMN, *SPRING], ids=lambda night: f"{night[0]} {night[1][:10]}")
def test_every_word_of_the_night_keeps_its_moment_and_its_order(
    db: Database, say: Speaker, night: tuple[str, str, int]
) -> None:
    times = live_through(db, say, night)

    assert said(db) == [(at, False) for at in times]
    assert not {Kind.DEVICE_CLOCK_WRONG, Kind.FEED_UNMAPPED} & set(kinds(db))


@speakers
@pytest.mark.parametrize("night", AUTUMN, ids=lambda night: night[0])
def test_the_hour_that_comes_twice_is_one_bucket_of_two_hours(
    db: Database, say: Speaker, night: tuple[str, str, int]
) -> None:
    live_through(db, say, night)

    found = hours(db)
    assert (found[night[2]], found[night[2] - 1], found[night[2] + 1]) == (12, 6, 6)


@speakers
@pytest.mark.parametrize("night", SPRING, ids=lambda night: night[0])
def test_the_hour_that_is_skipped_is_empty(db: Database, say: Speaker, night: tuple[str, str, int]) -> None:
    live_through(db, say, night)

    found = hours(db)
    assert (found[night[2]], found[night[2] - 1], found[night[2] + 1]) == (0, 6, 6)


@speakers
def test_a_clock_that_nobody_sets_in_autumn_is_told_of(db: Database, say: Speaker) -> None:
    site, change, _ = BERLIN_AUTUMN
    known = estate(say.__name__.partition("_")[0], site)
    summer = ZoneInfo("Etc/GMT-2")
    for number in range(12):
        at = parse_iso_us(change) + 3 * 60 * MINUTE_US + number * EVERY_US
        wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(summer)
        topic, payload = say(number + 1, wall.replace(tzinfo=None))
        append(db, read(Message(topic, payload, retain=False, received=at), known))

    assert kinds(db).count(Kind.DEVICE_CLOCK_WRONG) == 1
    assert not [item for item in kinds(db) if item is Kind.FEED_UNMAPPED]


def test_what_a_controller_kept_of_the_repeated_hour_is_read_in_its_order(db: Database) -> None:
    site, change, _ = BERLIN_AUTUMN
    zone = ZoneInfo(ZONES[site])
    times = [parse_iso_us(change) + n * EVERY_US for n in range(-6, 6)]
    events = []
    for number, at in enumerate(times, start=1):
        wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone)
        one = json.loads(swipe(number, f"{wall:%Y-%m-%d %H:%M:%S}"))
        events.append(one["message"]["event"]["event"])
    payload = json.dumps({"message": {"event": {"events": events}}}).encode()

    items = read(
        Message("t/events", payload, retain=False, received=times[-1] + 86_400 * SECOND_US),
        estate("uhppoted", site),
    )

    assert [(one.at, one.backfilled) for one in items if isinstance(one, Draft)] == [
        (at, True) for at in times
    ]
