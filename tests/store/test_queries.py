"""Scoped reads: what a scope gives, in which order, and nothing from outside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.permissions import Permission, Scope
from core.records import KINDS, Class, Kind, classes
from core.reports import SessionLost, StatusReport
from core.times import DAY_US, SECOND_US
from store import queries, ranges
from store.database import Database
from store.log import append
from store.queries import log_page, wall_snapshot
from store.touch import hear
from tests.store.building import HEARTBEAT_S, NOW, build_estate, draft, name_person, scope, swipe, write
from tests.stores import new_store

LOG = Permission.LOG_READ
SITES = ("berlin", "paris", "rome")


@pytest.fixture(params=[0, 1_000], ids=["by-place", "by-the-end"], autouse=True)
def near(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by each of the two ways, which must not differ."""
    monkeypatch.setattr(ranges, "_NEAR", request.param)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def ids(page: queries.Page) -> list[int]:
    return [rec.id for rec in page.records]


def test_a_page_holds_the_newest_first_and_leads_to_older_and_back(db: Database) -> None:
    write(db, *(swipe() for _ in range(7)))
    reader = scope("berlin", permission=LOG)

    first = log_page(db, reader, limit=3)
    second = log_page(db, reader, before=first.older, limit=3)
    third = log_page(db, reader, before=second.older, limit=3)
    back = log_page(db, reader, after=second.newer, limit=3)

    assert (ids(first), first.newer) == ([7, 6, 5], None)
    assert ids(second) == [4, 3, 2]
    assert (ids(third), third.older) == ([1], None)
    assert (ids(back), back.newer, back.older) == ([7, 6, 5], None, 5)


def test_a_page_newer_than_a_key_is_the_one_next_to_it(db: Database) -> None:
    write(db, *(swipe() for _ in range(9)))

    page = log_page(db, scope("berlin", permission=LOG), after=2, limit=3)

    assert (ids(page), page.newer, page.older) == ([5, 4, 3], 5, 3)


def test_several_sites_come_in_one_order(db: Database) -> None:
    write(db, *(swipe(SITES[n % 3]) for n in range(9)))

    page = log_page(db, scope("berlin", "rome", permission=LOG), limit=4)

    assert [(rec.id, rec.site) for rec in page.records] == [
        (9, "rome"),
        (7, "berlin"),
        (6, "rome"),
        (4, "berlin"),
    ]


def test_a_page_of_one_site_or_one_door_holds_only_that(db: Database) -> None:
    write(
        db, swipe("berlin", door=1), swipe("berlin", door=2), draft(Kind.DOOR_OPENED, door=1), swipe("rome")
    )
    reader = scope(*SITES, permission=LOG)

    assert ids(log_page(db, reader, site="berlin")) == [3, 2, 1]
    assert ids(log_page(db, reader, door="berlin-door-1")) == [3, 1]


@pytest.mark.parametrize(
    "place", [{"site": "rome"}, {"door": "rome-door-1"}, {"door": "nowhere"}, {"site": "x"}]
)
def test_a_place_outside_the_scope_looks_like_one_that_is_not_there(
    db: Database, place: dict[str, str]
) -> None:
    write(db, swipe("rome"), swipe("berlin"))

    page = log_page(db, scope("berlin", permission=LOG), **place)  # type: ignore[arg-type]

    assert page == queries.Page(records=(), older=None, newer=None)


def test_an_empty_scope_reads_nothing(db: Database) -> None:
    write(db, swipe(), draft(Kind.POLICY_CHANGED, None))

    assert log_page(db, scope(permission=LOG)).records == ()
    assert wall_snapshot(db, scope(), NOW).records == ()


def test_the_organisations_own_records_need_a_role_everywhere(db: Database) -> None:
    write(db, draft(Kind.OPERATOR_SIGNED_IN, None, private={"name": "Ann", "subject": "ann"}), swipe())
    audit = Permission.AUDIT_READ

    everywhere = log_page(db, scope("berlin", permission=audit, organisation=True))
    here = log_page(db, scope("berlin", permission=audit))

    assert [(rec.kind, rec.name, rec.person) for rec in everywhere.records] == [
        ("operator.signed_in", "Ann", "ann")
    ]
    assert here.records == ()


def test_a_reader_of_the_log_does_not_read_what_operators_did(db: Database) -> None:
    write(db, draft(Kind.UNLOCK_REQUESTED), swipe(), draft(Kind.POLICY_CHANGED, None))

    assert ids(log_page(db, scope("berlin", permission=LOG, organisation=True))) == [2]
    assert ids(log_page(db, scope("berlin", permission=Permission.AUDIT_READ, organisation=True))) == [3, 1]


def test_people_are_named_only_where_the_scope_says_so(db: Database) -> None:
    name_person(db, "u-1", "Ada Lovelace")
    write(db, swipe("berlin"), swipe("rome"))

    rome, berlin = log_page(db, scope("berlin", "rome", permission=LOG, names=["berlin"])).records

    assert (berlin.person, berlin.name, berlin.credential) == ("u-1", "Ada Lovelace", "****1234")
    assert (rome.person, rome.name, rome.credential) == (None, None, None)


def test_watching_live_is_not_reading_the_log(db: Database) -> None:
    with pytest.raises(NotPermitted):
        log_page(db, scope("berlin"))


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


def plans_of(db: Database, reader: Scope, **place: str) -> str:
    """Ask SQLite how it would read such a page."""
    asked: list[tuple[str, object]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        if "FROM leaf" in statement:
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    log_page(db, reader, before=OPEN_END, **place)  # type: ignore[arg-type]
    event.remove(db.engine, "before_cursor_execute", note)
    with db.read() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            for statement, parameters in asked
        ]
        return "\n".join(str(row[3]) for plan in plans for row in plan)


@pytest.mark.parametrize("place", [{}, {"site": "berlin"}, {"door": "berlin-door-1"}])
@pytest.mark.parametrize("permission", [LOG, Permission.AUDIT_READ])
def test_no_page_walks_the_log(db: Database, permission: Permission, place: dict[str, str]) -> None:
    plan = plans_of(db, scope(*SITES, permission=permission, organisation=True), **place)

    # Of each place as much as a page: found by an index that ends in the id, or by the id itself.
    assert "SCAN leaf" not in plan.replace("SCAN leaf USING COVERING INDEX leaf_late", "")
    assert (
        "leaf_site (site=? AND id" in plan or "leaf_door_kind (door=? AND kind=?" in plan or "rowid>?" in plan
    )


def test_pages_of_sites_and_doors_are_found_by_their_own_index(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = len(classes(*scope(permission=LOG).classes))
    monkeypatch.setattr(ranges, "_NEAR", 0)
    write(db, swipe())

    of_sites = plans_of(db, scope(*SITES, permission=LOG, organisation=True))
    of_door = plans_of(db, scope(*SITES, permission=LOG), door="berlin-door-1")
    audit = plans_of(db, scope(*SITES, permission=Permission.AUDIT_READ, organisation=True))

    assert of_sites.count("INDEX leaf_site (site=? AND id") >= 4
    assert of_door.count("INDEX leaf_door_kind (door=? AND kind=? AND id") >= kinds
    assert "leaf_site" not in audit


def test_what_operators_did_at_a_door_is_found_behind_a_thousand_swipes(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "_NEAR", 10)
    write(db, draft(Kind.UNLOCK_REQUESTED), draft(Kind.UNLOCK_SENT), draft(Kind.OPERATOR_SIGNED_IN, None))
    write(db, *(swipe() for _ in range(50)), draft(Kind.UNLOCK_REQUESTED, "rome"))

    here = log_page(db, scope("berlin", permission=Permission.AUDIT_READ))
    everywhere = log_page(db, scope(*SITES, permission=Permission.AUDIT_READ, organisation=True))

    assert (ids(here), ids(everywhere)) == ([2, 1], [54, 3, 2, 1])


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
    log = log_page(db, reader, limit=1_000).records if reads_log else ()

    allowed = classes(*reader.classes)
    # What belongs to no site is on no wall, whoever watches.
    assert {rec.site for rec in wall.records} <= sites
    for rec in (*wall.records, *log):
        assert rec.site in sites or (rec.site is None and organisation)
        assert Kind(rec.kind) in allowed
        if KINDS[Kind(rec.kind)].klass not in {Class.OPERATOR, Class.ORGANISATION} and rec.site not in names:
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
