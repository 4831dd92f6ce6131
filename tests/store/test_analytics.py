"""The figures: what a recount of the log gives for some sites and days, with nothing foreign in it."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.days import Days
from core.errors import NotPermitted
from core.leaf import Draft
from core.permissions import Permission
from core.records import KINDS, Class, Kind
from core.reports import Silence, StatusReport
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from store.analytics import Figures, figures
from store.analytics_devices import DeviceTime
from store.database import Database
from store.log import append
from store.touch import hear
from tests.store.building import build_estate, scope
from tests.store.words import records
from tests.stores import new_store

BERLIN = ZoneInfo("Europe/Berlin")
SITES = ("berlin", "paris", "rome")
KINDS_USED = (
    Kind.ACCESS_GRANTED,
    Kind.ACCESS_DENIED,
    Kind.EXIT_REQUESTED,
    Kind.DOOR_OPENED,
    Kind.DOOR_HELD_OPEN,
    Kind.DOOR_FORCED_OPEN,
    Kind.CALL_MISSED,
    Kind.OPERATOR_SIGNED_IN,
)
NOON = int(datetime(2026, 10, 25, 12, tzinfo=BERLIN).timestamp()) * SECOND_US
ALL_DAYS = Days(first=20261001, last=20261130)
READER = Permission.ANALYTICS_VIEW


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened, SITES)
    yield opened
    opened.close()


def happen(db: Database, seed: int, count: int = 300) -> None:
    """Record anything at any site or none, over ten days with a night when clocks go back among them."""
    draw = random.Random(seed)
    drafts = []
    for _ in range(count):
        site = draw.choice([*SITES, None])
        kind = draw.choice(KINDS_USED)
        at = NOON + draw.randrange(-5 * DAY_US, 5 * DAY_US)
        drafts.append(
            Draft(
                kind=kind,
                received=at,
                site=site,
                door=draw.choice([f"{site}-door-1", f"{site}-door-2", None]) if site else None,
                reason=draw.choice(["invalid_pin", "antipassback", None])
                if kind is Kind.ACCESS_DENIED
                else None,
            )
        )
    append(db, sorted(drafts, key=lambda one: one.received))


def read(
    db: Database, *sites: str, days: Days = ALL_DAYS, of: tuple[str, ...] = (), now: int = 2 * NOON
) -> Figures:
    return figures(db, scope(*sites, permission=READER), days, now, sites=of)


def recounted(db: Database, sites: tuple[str, ...], days: Days) -> Counter[tuple[int, Kind]]:
    """Count records of the classes that figures are of from the leaves alone, by hour."""
    found: Counter[tuple[int, Kind]] = Counter()
    for one in records(db):
        hour = int(datetime.fromtimestamp(one.leaf["at"] // SECOND_US, BERLIN).strftime("%Y%m%d%H"))
        about_operators = KINDS[one.kind].klass is Class.OPERATOR
        if one.leaf.get("site") in sites and days.first <= hour // 100 <= days.last and not about_operators:
            found[hour, one.kind] += 1
    return found


# --- counts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sites", [("berlin",), ("berlin", "rome"), SITES])
def test_counts_are_what_a_recount_of_the_log_gives(db: Database, seed: int, sites: tuple[str, ...]) -> None:
    happen(db, seed)
    days = Days(first=20261022, last=20261028)
    hours = recounted(db, sites, days)
    by_day: Counter[tuple[int, Kind]] = Counter()
    moving: Counter[int] = Counter()
    for (hour, kind), n in hours.items():
        by_day[hour // 100, kind] += n
        moving[hour] += n if KINDS[kind].klass is Class.MOVEMENT else 0

    found = read(db, *sites, days=days)

    assert not found.by_the_hour
    assert found.times == by_day
    assert found.movements == +moving
    assert found.total == sum(hours.values())
    denied = Counter(
        one.leaf.get("reason", "")
        for one in records(db, Kind.ACCESS_DENIED)
        if one.leaf.get("site") in sites
        and (int(datetime.fromtimestamp(one.leaf["at"] // SECOND_US, BERLIN).strftime("%Y%m%d")))
        in range(days.first, days.last + 1)
    )
    assert found.reasons == denied
    assert sum(denied.values()) == found.of(Kind.ACCESS_DENIED)


def test_few_days_are_counted_by_the_hour(db: Database) -> None:
    happen(db, 7)
    append(
        db,
        [
            Draft(kind=kind, received=2 * NOON, at=NOON + 6 * DAY_US + n * HOUR_US, site="rome")
            for n, kind in enumerate(KINDS_USED * 3)
        ],
    )
    days = Days(first=20261031, last=20261101)

    found = read(db, *SITES, days=days)

    assert found.by_the_hour
    assert found.times == recounted(db, SITES, days)


def test_doors_are_counted_by_what_happens_at_them(db: Database) -> None:
    append(
        db,
        [
            Draft(kind=kind, received=NOON, site="berlin", door=door, device="berlin-dev")
            for door, kind in (
                ("berlin-door-1", Kind.ACCESS_GRANTED),
                ("berlin-door-1", Kind.ACCESS_GRANTED),
                ("berlin-door-1", Kind.DOOR_HELD_OPEN),
                ("berlin-door-1", Kind.DOOR_OPENED),
                ("berlin-door-2", Kind.DOOR_FORCED_OPEN),
            )
        ],
    )

    assert read(db, "berlin").doors == {
        ("berlin", "berlin-door-1"): {Kind.ACCESS_GRANTED: 2, Kind.DOOR_HELD_OPEN: 1},
        ("berlin", "berlin-door-2"): {Kind.DOOR_FORCED_OPEN: 1},
    }


# --- whose --------------------------------------------------------------------------------------------


def test_a_site_that_is_not_mine_changes_no_figure(db: Database) -> None:
    happen(db, 1)
    before = read(db, "berlin")
    for kind in KINDS_USED:
        append(db, [Draft(kind=kind, received=3 * NOON, at=NOON, site="paris", door="paris-door-1")])
    append(db, [StatusReport(device="paris-dev", received=3 * NOON, online=False, live=True)])

    assert read(db, "berlin") == before


def test_asking_for_a_foreign_site_gives_nothing_of_it(db: Database) -> None:
    happen(db, 1)
    found = read(db, "berlin", of=("paris",))

    assert found.sites == ()
    assert found.total == 0
    assert (found.movements, found.doors, found.reasons, found.devices) == ({}, {}, {}, ())


def test_some_of_my_sites_are_a_part_of_all_of_them(db: Database) -> None:
    happen(db, 2)
    every = read(db, *SITES)
    each = [read(db, *SITES, of=(site,)) for site in SITES]

    assert sum(one.total for one in each) == every.total
    assert [site.id for one in each for site in one.sites] == list(SITES)
    assert each[0] == read(db, "berlin")


def test_a_scope_without_sites_reads_nothing_though_it_is_of_the_organisation(db: Database) -> None:
    happen(db, 3)
    nobody = scope(permission=READER, organisation=True)

    assert figures(db, nobody, ALL_DAYS, 2 * NOON).total == 0


@pytest.mark.parametrize("permission", [Permission.LIVE_VIEW, Permission.LOG_READ, Permission.AUDIT_READ])
def test_no_other_permission_reads_figures(db: Database, permission: Permission) -> None:
    with pytest.raises(NotPermitted):
        figures(db, scope(*SITES, permission=permission), ALL_DAYS, 2 * NOON)


# --- devices ------------------------------------------------------------------------------------------


def present(db: Database, at: int, *, online: bool) -> None:
    append(db, [StatusReport(device="berlin-dev", received=at, online=online, live=True)])


def device(db: Database, days: Days, now: int) -> DeviceTime:
    (only,) = read(db, "berlin", days=days, now=now).devices
    return only


def test_a_device_was_away_for_what_ended_and_for_what_lasts(db: Database) -> None:
    first = NOON - 2 * DAY_US
    present(db, first, online=True)
    present(db, first + HOUR_US, online=False)
    present(db, first + 2 * HOUR_US, online=True)
    append(db, [Silence(device="berlin-dev", received=NOON)])
    found = device(db, ALL_DAYS, NOON + 30 * MINUTE_US)

    assert found.away_now
    assert found.away_us == 90 * MINUTE_US
    assert found.known_us == 2 * DAY_US + 30 * MINUTE_US
    assert found.share == pytest.approx(1 - 1.5 / 48.5)


def test_only_what_lies_within_the_days_counts(db: Database) -> None:
    present(db, NOON - 3 * DAY_US, online=True)
    present(db, NOON - 2 * DAY_US, online=False)
    sunday = Days(first=20261025, last=20261025)
    found = device(db, sunday, NOON)

    # The night before had an hour more.
    assert found.away_us == found.known_us == 13 * HOUR_US
    assert device(db, Days(first=20261020, last=20261021), NOON).known_us == 0


def test_a_device_that_never_spoke_has_no_time_to_be_measured(db: Database) -> None:
    append(db, [Draft(kind=Kind.DOOR_OPENED, received=NOON, site="berlin", door="berlin-door-1")])
    never = device(db, ALL_DAYS, NOON + DAY_US)
    hear(db, {"berlin-dev": NOON})
    heard = device(db, ALL_DAYS, NOON + DAY_US)

    assert (never.known_us, never.share, never.away_now) == (0, 1, False)
    assert (heard.known_us, heard.away_us) == (DAY_US, 0)


def test_figures_of_the_future_are_empty(db: Database) -> None:
    happen(db, 4)
    found = read(db, *SITES, days=Days(first=20300101, last=20300131), now=NOON)

    assert found.total == 0
    assert all(one.known_us == 0 for one in found.devices)


def test_hours_are_the_sites_own_and_not_the_servers(db: Database) -> None:
    late_evening = int(datetime(2026, 10, 31, 23, 30, tzinfo=UTC).timestamp()) * SECOND_US
    append(db, [Draft(kind=Kind.ACCESS_GRANTED, received=late_evening, site="berlin")])

    assert read(db, "berlin", days=Days(first=20261101, last=20261101)).movements == {2026110100: 1}
