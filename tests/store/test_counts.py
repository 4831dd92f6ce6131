"""What is counted beside the log agrees with the log, counted again another way."""

import random
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from core.leaf import Draft
from core.records import KINDS, Kind
from core.times import DAY_US, HOUR_US, SECOND_US
from store import schema
from store.database import Database
from store.log import append
from store.schema_acts import flight
from tests.store.words import FIRST, NOW, ZONES, event, records, table

# 01:00 UTC: Berlin's clock goes back from 3 to 2.
AUTUMN_NIGHT = int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()) * SECOND_US
KINDS_USED = (Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.DOOR_OPENED, Kind.OPERATOR_SIGNED_IN)


def anything(draw: random.Random, received: int) -> Draft:
    """Make a record of any site or none, on time, late by minutes, or late by days."""
    site = draw.choice([*ZONES, None])
    kind = draw.choice(KINDS_USED)
    late = draw.choice([0, 0, draw.randrange(2 * HOUR_US), draw.randrange(3 * DAY_US)])
    return Draft(
        kind=kind,
        received=received,
        at=received - late,
        site=site,
        door=draw.choice(["lobby", "dock", None]) if site else None,
        reason=draw.choice(["invalid_pin", "antipassback"]) if kind is Kind.ACCESS_DENIED else None,
    )


def counted_again(db: Database) -> tuple[Counter[tuple[Any, ...]], Counter[tuple[Any, ...]]]:
    """Count days and hours from the leaves alone, by the time zone's own arithmetic."""
    days: Counter[tuple[Any, ...]] = Counter()
    hours: Counter[tuple[Any, ...]] = Counter()
    for one in records(db):
        site, door, reason = (one.leaf.get(name, "") for name in ("site", "door", "reason"))
        at = datetime.fromtimestamp(one.leaf["at"] // SECOND_US, ZoneInfo(ZONES.get(site, "UTC")))
        code = KINDS[one.kind].code
        days[site, int(at.strftime("%Y%m%d")), door, code, reason] += 1
        hours[site, int(at.strftime("%Y%m%d%H")), code] += 1
    return days, hours


def rolled_up(db: Database, name: str, *keys: str) -> dict[tuple[Any, ...], int]:
    """Give what a roll-up holds, by its keys."""
    return {tuple(row[key] for key in keys): row["n"] for row in table(db, name)}


@pytest.mark.parametrize("seed", range(3))
def test_the_roll_ups_are_what_a_recount_of_the_leaves_gives(db: Database, seed: int) -> None:
    draw = random.Random(seed)
    moment = AUTUMN_NIGHT - 3 * HOUR_US
    for _ in range(8):
        batch = []
        for _ in range(draw.randrange(1, 60)):
            moment += draw.randrange(4 * 60 * SECOND_US)
            batch.append(anything(draw, moment))
        append(db, batch)

    days, hours = counted_again(db)
    assert rolled_up(db, "rollup_day", "site", "day", "door", "kind", "reason") == days
    assert rolled_up(db, "rollup_hour", "site", "hour", "kind") == hours
    assert moment > AUTUMN_NIGHT + 3 * HOUR_US


def test_only_records_that_are_new_are_counted(db: Database) -> None:
    for _ in range(3):
        append(db, [event(FIRST, 1), event(FIRST, 1)])

    assert [row["n"] for row in table(db, "rollup_day")] == [1]
    assert [row["n"] for row in table(db, "rollup_hour")] == [1]


def test_what_the_log_itself_adds_is_counted_too(db: Database) -> None:
    append(db, [event(FIRST, 3)])

    kinds = {KINDS[Kind.FEED_GAP].code: 1, KINDS[Kind.DOOR_OPENED].code: 1}
    assert {row["kind"]: row["n"] for row in table(db, "rollup_day")} == kinds
    assert {row["kind"]: row["n"] for row in table(db, "rollup_hour")} == kinds


@pytest.mark.parametrize("seed", range(3))
def test_the_hour_map_gives_the_first_id_of_each_hour(db: Database, seed: int) -> None:
    draw = random.Random(seed)
    moment = NOW
    for _ in range(10):
        # Sometimes the clock goes back, sometimes it is quiet for hours.
        moment += draw.choice([-2 * HOUR_US, 0, draw.randrange(HOUR_US), draw.randrange(5 * HOUR_US)])
        append(db, [anything(draw, moment + n * 60 * SECOND_US) for n in range(draw.randrange(1, 30))])

    first: dict[int, int] = {}
    for one in records(db):
        first.setdefault(one.received // HOUR_US, one.id)
    assert {row["hour"]: row["first_id"] for row in table(db, "hour")} == first
    ids = [number for _, number in sorted(first.items())]
    assert all(before < after for before, after in pairwise(ids))


PLANS = [
    (select(schema.leaf.c.id).where(schema.leaf.c.site == "x", schema.leaf.c.id < 9), "leaf_site"),
    *(
        (select(schema.leaf.c.id).where(text(late), schema.leaf.c.at >= 5, schema.leaf.c.at < 9), name)
        for name, late in schema.LATE.items()
    ),
    (select(schema.person_site.c.site).where(schema.person_site.c.person == "x"), "person_site_person"),
    *(
        (
            select(schema.leaf.c.id).where(
                *(schema.leaf.c[name] == (101 if name == "kind" else "x") for name in names),
                schema.leaf.c.id < 9,
            ),
            index,
        )
        for index, names in (
            ("leaf_kind", ("kind", "reason", "site")),
            ("leaf_door", ("door", "kind", "reason")),
            ("leaf_device", ("device", "kind", "reason")),
        )
    ),
    (select(schema.detail.c.id).where(schema.detail.c.keep_until <= 5), "detail_keep_until"),
    (select(schema.gap.c.id).where(schema.gap.c.device == "x", schema.gap.c.closed_id.is_(None)), "gap_open"),
    (select(schema.call.c.call).where(schema.call.c.site == "x", schema.call.c.open), "call_open"),
    (select(schema.call.c.call).where(schema.call.c.site == "x", schema.call.c.heard >= 5), "call_heard"),
    (select(schema.call.c.call).where(schema.call.c.due <= 5), "call_due"),
    (select(schema.call.c.call).where(schema.call.c.holder == "x"), "call_holder"),
    (select(flight.c.act).where(flight.c.changed_id > 5, flight.c.changed_id <= 9), "flight_changed"),
    (select(flight.c.act).where(flight.c.requested >= 5), "flight_requested"),
]


@pytest.mark.parametrize(("query", "index"), PLANS, ids=[index for _, index in PLANS])
def test_a_question_that_is_asked_often_is_answered_by_its_index(
    db: Database, query: Any, index: str
) -> None:
    plain = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    with db.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plain}").all()

    assert any(f"INDEX {index} " in step[3] and step[3].startswith("SEARCH") for step in plan), plan


def test_pages_of_a_site_need_no_sorting(db: Database) -> None:
    query = "SELECT id FROM leaf WHERE site = 'x' AND id < 9 ORDER BY id DESC LIMIT 100"
    with db.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()

    assert [step[3] for step in plan] == ["SEARCH leaf USING COVERING INDEX leaf_site (site=? AND id<?)"]


def test_late_records_are_found_by_when_they_were(db: Database) -> None:
    late = [3 * 60 * SECOND_US, DAY_US, DAY_US + 1, 30 * DAY_US, 30 * DAY_US + 1, 300 * DAY_US]
    for number, one in enumerate([0, 60 * SECOND_US, *late], start=1):
        append(db, [event(FIRST, number, at=NOW - one)])

    with db.read() as connection:
        found = [
            connection.execute(select(schema.leaf.c.id).where(text(one)).order_by(schema.leaf.c.id)).all()
            for one in schema.LATE.values()
        ]
    assert [[row.id for row in rows] for rows in found] == [[3, 4], [5, 6], [7, 8]]
