"""Scoped reads: what a scope gives, in which order, and nothing from outside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.log_filter import ANYTHING, AsOf
from core.permissions import Permission
from core.records import KINDS, Class, Kind, classes
from core.reports import SessionLost, StatusReport
from core.times import DAY_US, SECOND_US
from store import queries
from store.database import Database
from store.log import append
from store.log_pages import log_page
from store.queries import wall_snapshot
from store.touch import hear
from tests.store.building import HEARTBEAT_S, NOW, build_estate, draft, scope, swipe, write
from tests.stores import new_store

_OURS = {Class.OPERATOR, Class.ORGANISATION, Class.LEDGER}

LOG = Permission.LOG_READ
SITES = ("berlin", "paris", "rome")
pytestmark = pytest.mark.usefixtures("each_way")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def test_an_empty_scope_reads_nothing(db: Database) -> None:
    write(db, swipe(), draft(Kind.POLICY_CHANGED, None))

    assert wall_snapshot(db, scope(), NOW).records == ()


def test_the_live_screen_ends_a_day_ago(db: Database) -> None:
    hours = (30, 25, 23, 1)
    write(db, *(swipe(at=NOW - n * 3_600 * SECOND_US) for n in hours))

    wall = wall_snapshot(db, scope("berlin"), NOW)

    assert [rec.id for rec in wall.records] == [3, 4]
    assert all(rec.received >= NOW - DAY_US for rec in wall.records)


def test_a_screen_that_comes_back_gets_what_it_missed(db: Database) -> None:
    write(db, *(swipe(SITES[n % 2]) for n in range(10)))

    wall = wall_snapshot(db, scope("berlin"), NOW, after=3)

    assert (wall.reset, wall.head, [rec.id for rec in wall.records]) == (False, 10, [5, 7, 9])


def test_a_screen_that_was_away_too_long_starts_afresh(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "REPLAY_LIMIT", 5)
    write(db, *(swipe() for _ in range(10)))

    missed_five = wall_snapshot(db, scope("berlin"), NOW, after=5)
    missed_six = wall_snapshot(db, scope("berlin"), NOW, after=4, recent=2)

    assert (missed_five.reset, len(missed_five.records)) == (False, 5)
    assert (missed_six.reset, [rec.id for rec in missed_six.records]) == (True, [9, 10])


def test_a_screen_that_knows_more_than_the_log_starts_afresh(db: Database) -> None:
    write(db, swipe())

    assert wall_snapshot(db, scope("berlin"), NOW, after=99).reset


def test_a_door_nothing_was_heard_of_is_unknown(db: Database) -> None:
    tile = wall_snapshot(db, scope("berlin"), NOW).doors[0]

    assert (tile.door, tile.position, tile.lock, tile.online, tile.stale_at) == (
        "berlin-door-1",
        "unknown",
        "unknown",
        None,
        0,
    )


def test_a_tile_is_good_for_three_heartbeats(db: Database) -> None:
    hear(db, {"berlin-dev": NOW})

    tiles = wall_snapshot(db, scope("berlin"), NOW).doors

    assert {tile.stale_at for tile in tiles} == {NOW + 3 * HEARTBEAT_S * SECOND_US}


def test_a_device_that_said_good_bye_makes_its_doors_stale_at_once(db: Database) -> None:
    append(db, [StatusReport(device="berlin-dev", received=NOW - 9, online=True, live=True, boot="b", seq=0)])
    append(db, [StatusReport(device="berlin-dev", received=NOW - 5, online=False, live=True)])
    hear(db, {"berlin-dev": NOW})

    tiles = wall_snapshot(db, scope("berlin"), NOW).doors

    assert {(tile.online, tile.stale_at) for tile in tiles} == {(False, NOW - 5)}


def test_only_calls_that_still_wait_are_shown(db: Database) -> None:
    ring = Kind.CALL_RINGING
    write(
        db,
        draft(ring, at=NOW - 300 * SECOND_US, refs={"call": "old"}),
        draft(ring, at=NOW - 9 * SECOND_US, refs={"call": "answered"}),
        draft(ring, at=NOW - 8 * SECOND_US, refs={"call": "ended"}),
        draft(Kind.CALL_ANSWERED, at=NOW - 7 * SECOND_US, refs={"call": "answered"}),
        draft(Kind.CALL_ENDED, at=NOW - 6 * SECOND_US, refs={"call": "ended"}),
        draft(ring, "rome", at=NOW, refs={"call": "elsewhere"}),
    )

    calls = wall_snapshot(db, scope("berlin"), NOW).calls

    assert [(one.call, one.state) for one in calls] == [("answered", "answered")]


def test_open_gaps_are_shown_with_how_much_is_missing(db: Database) -> None:
    append(db, [StatusReport(device="berlin-dev", received=NOW, online=True, live=True, boot="b", seq=0)])
    append(db, [StatusReport(device="berlin-dev", received=NOW, online=True, live=True, boot="b", seq=4)])
    append(db, [StatusReport(device="rome-dev", received=NOW, online=True, live=True, boot="b", seq=0)])
    append(db, [SessionLost(received=NOW)])

    gaps = wall_snapshot(db, scope("berlin"), NOW).gaps

    assert [(gap.device, gap.missing, gap.closed) for gap in gaps] == [
        ("berlin-dev", 4, None),
        ("berlin-dev", None, None),
    ]


def test_retired_doors_are_not_shown(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE door SET retired = 1 WHERE id = 'berlin-door-1'")

    assert [tile.door for tile in wall_snapshot(db, scope("berlin"), NOW).doors] == ["berlin-door-2"]


def test_who_may_only_audit_sees_no_doors(db: Database) -> None:
    wall = wall_snapshot(db, scope("berlin", permission=Permission.AUDIT_READ), NOW)

    assert (wall.doors, wall.calls, wall.gaps) == ((), (), ())


RECORDS = st.lists(st.tuples(st.sampled_from([*SITES, None]), st.sampled_from(sorted(Kind))), max_size=25)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records=RECORDS,
    sites=st.sets(st.sampled_from(SITES)),
    names=st.sets(st.sampled_from(SITES)),
    permission=st.sampled_from([LOG, Permission.AUDIT_READ, Permission.LIVE_VIEW]),
    organisation=st.booleans(),
    after=st.none() | st.integers(0, 30),
)
def test_no_read_gives_anything_from_outside_its_scope(
    db: Database,
    records: list[tuple[str | None, Kind]],
    sites: set[str],
    names: set[str],
    permission: Permission,
    organisation: bool,
    after: int | None,
) -> None:
    private = {"person": "u-1", "name": "Ada", "credential": "****1"}
    head = write(db, *(draft(kind, site, door=None, private=private) for site, kind in records))
    reader = scope(*sites, permission=permission, names=names, organisation=organisation)

    wall = wall_snapshot(db, reader, NOW, recent=1_000, after=after)
    reads_log = permission is not Permission.LIVE_VIEW
    log = log_page(db, reader, ANYTHING, as_of=AsOf(NOW), limit=1_000).records if reads_log else ()

    allowed = classes(*reader.classes)
    # What belongs to no site is on no wall, whoever watches.
    assert {rec.site for rec in wall.records} <= sites
    for rec in (*wall.records, *log):
        assert rec.site in sites or (rec.site is None and organisation)
        assert Kind(rec.kind) in allowed
        if (
            KINDS[Kind(rec.kind)].klass not in {Class.OPERATOR, Class.ORGANISATION, Class.LEDGER}
            and rec.site not in names
        ):
            assert (rec.person, rec.name, rec.credential) == (None, None, None)
    assert {site.id for site in wall.sites} == sites
    assert {tile.site for tile in wall.doors} <= sites
    theirs = [
        (number, site)
        for number, (site, kind) in zip(head, records, strict=True)
        if kind in allowed and (site in sites or (site is None and organisation))
    ]
    assert {number for number, site in theirs if site} <= {rec.id for rec in wall.records} or not wall.reset
    assert {number for number, _ in theirs} <= {rec.id for rec in log} or not reads_log
