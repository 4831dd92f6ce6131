"""Pages of what operators did: one line an act, whatever lies between, and only what may be read."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from core.acts import Action
from core.audit import AUDITED, Ending, Fact, stands_at, usual
from core.errors import NotPermitted
from core.leaf import Draft
from core.log_filter import AsOf, LogFilter, Preset, Span
from core.permissions import Permission, Scope
from core.records import KINDS, Class, Kind
from core.times import DAY_US, SECOND_US
from store.acts_told import rows_of_acts
from store.audit_pages import AuditPage, audit_page, count_newer_acts, fact_of
from store.database import Database
from store.rows import rows_of
from tests.store.building import NOW, build_estate, draft, scope, swipe, write
from tests.stores import new_store

AUDIT = Permission.AUDIT_READ
ANYBODY = {"subject": "local:ann", "name": "Ann"}
SITES = ("berlin", "paris", "rome")


def act(number: int, part: int = 0) -> str:
    name = f"01j{number:023d}"
    return f"{name}-{part}" if part else name


def step(kind: Kind, name: str, site: str | None = "berlin", at: int = NOW, **more: Any) -> Draft:
    return draft(kind, site, at, refs={"act": name}, **more)


def asked(kind: Kind, name: str, site: str | None = "berlin", at: int = NOW, **more: Any) -> Draft:
    refs = {"act": name, "session": "s-1", "proof": "passkey"}
    return draft(kind, site, at, refs=refs, private=ANYBODY, **more)


def unlocked(number: int, site: str = "berlin", at: int = NOW) -> list[Draft]:
    name = act(number)
    kinds = (Kind.UNLOCK_SENT, Kind.UNLOCK_ACCEPTED, Kind.UNLOCK_CONFIRMED, Kind.UNLOCK_SECURED)
    return [asked(Kind.UNLOCK_REQUESTED, name, site, at), *(step(kind, name, site, at) for kind in kinds)]


def page(db: Database, mine: Scope, wanted: LogFilter = LogFilter(), **more: Any) -> AuditPage:  # noqa: B008
    return audit_page(db, mine, wanted, as_of=AsOf(NOW + DAY_US), **more)


def ids(found: AuditPage) -> list[int]:
    return [line.record.id for line in found.lines]


def wide(*sites: str) -> Scope:
    return scope(*(sites or SITES), permission=AUDIT, organisation=True)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened)
    yield opened
    opened.close()


def test_an_act_is_one_line_that_tells_who_where_and_how_it_ended(db: Database) -> None:
    write(db, swipe(), *unlocked(1))
    (line,) = page(db, wide()).lines

    assert (line.record.id, line.record.door, line.line.action) == (2, "berlin-door-1", Action.UNLOCK)
    assert (line.end.kind, line.line.ending) == ("unlock.confirmed", Ending.GOOD)
    assert (line.private["name"], line.refs["proof"]) == ("Ann", "passkey")
    assert line.line.records == (2, 3, 4, 5, 6)


def test_the_parts_of_an_act_at_many_doors_are_in_its_line(db: Database) -> None:
    write(
        db,
        asked(Kind.LOCKDOWN_REQUESTED, act(1)),
        *(asked(Kind.LOCKDOWN_REQUESTED, act(1, part)) for part in (1, 2, 11)),
        *(step(Kind.LOCKDOWN_CONFIRMED, act(1, part)) for part in (1, 2, 11)),
        asked(Kind.UNLOCK_REQUESTED, act(2)),
    )
    unlock, lockdown = page(db, wide()).lines

    assert (unlock.line.act, lockdown.line.act) == (act(2), act(1))
    assert (lockdown.line.doors, lockdown.line.done, lockdown.line.ending) == (3, 3, Ending.GOOD)


def test_what_belongs_to_no_act_stands_by_itself_and_idle_seals_only_if_asked_for(db: Database) -> None:
    write(
        db,
        draft(Kind.OPERATOR_SIGNED_IN, None, private=ANYBODY),
        draft(Kind.POLICY_CHANGED, None),
        draft(Kind.LEDGER_HEARTBEAT, None),
    )

    assert ids(page(db, wide())) == [2, 1]
    assert ids(page(db, wide(), LogFilter(kinds=frozenset({Kind.LEDGER_HEARTBEAT})))) == [3]


def test_a_filter_finds_the_act_by_any_step_of_it_and_shows_all_of_the_act(db: Database) -> None:
    name = act(2)
    refused = step(Kind.UNLOCK_REFUSED, name, reason="refused_by_device")
    write(db, *unlocked(1), asked(Kind.UNLOCK_REQUESTED, name), step(Kind.UNLOCK_SENT, name), refused)
    by_kind = page(db, wide(), LogFilter(kinds=frozenset({Kind.UNLOCK_REFUSED}))).lines
    by_reason = page(db, wide(), LogFilter(reasons=frozenset({"refused_by_device"}))).lines

    assert by_kind == by_reason
    (line,) = by_kind
    assert (line.record.id, line.private["name"], line.end.reason) == (8, "Ann", "refused_by_device")


def test_an_act_that_was_refused_at_once_is_a_line_and_one_refused_by_its_device_no_second(
    db: Database,
) -> None:
    write(
        db,
        asked(Kind.UNLOCK_REFUSED, act(1), reason="in_progress"),
        asked(Kind.UNLOCK_REQUESTED, act(2)),
        step(Kind.UNLOCK_REFUSED, act(2), reason="refused_by_device"),
    )

    assert ids(page(db, wide())) == [2, 1]


def test_only_acts_of_ones_own_sites_are_read_and_the_organisations_by_a_role_everywhere(
    db: Database,
) -> None:
    write(
        db,
        *unlocked(1, "rome"),
        draft(Kind.OPERATOR_SIGNED_IN, None, private=ANYBODY),
        *unlocked(2),
        draft(Kind.OPERATOR_DURESS),
    )

    assert ids(page(db, scope("berlin", permission=AUDIT))) == [7]
    assert ids(page(db, wide())) == [7, 6, 1]
    assert ids(page(db, scope(permission=AUDIT))) == []


def test_of_an_act_at_doors_of_two_sites_one_reads_ones_own_part(db: Database) -> None:
    write(
        db,
        asked(Kind.LOCKDOWN_REQUESTED, act(1), None),
        asked(Kind.LOCKDOWN_REQUESTED, act(1, 1), "rome"),
        asked(Kind.LOCKDOWN_REQUESTED, act(1, 2), "berlin"),
        step(Kind.LOCKDOWN_CONFIRMED, act(1, 2), "berlin"),
    )
    (mine,) = page(db, scope("berlin", permission=AUDIT)).lines

    assert (mine.record.id, mine.line.records, mine.line.doors) == (3, (3, 4), 1)


def test_other_permissions_read_no_acts(db: Database) -> None:
    for permission in (Permission.LOG_READ, Permission.LIVE_VIEW):
        with pytest.raises(NotPermitted):
            page(db, scope(*SITES, permission=permission))


def test_newer_ones_are_counted_by_acts_and_not_by_steps(db: Database) -> None:
    write(db, *unlocked(1))
    top = page(db, wide()).lines[0].record.id
    write(db, step(Kind.UNLOCK_NOT_OPENED, act(1)), *unlocked(2), *unlocked(3))

    count = count_newer_acts(db, wide(), LogFilter(), top, as_of=AsOf(NOW))
    assert count == 2
    assert count_newer_acts(db, wide(), LogFilter(), top, as_of=AsOf(NOW), most=1) == 1


def crowd(chance: random.Random) -> list[Draft]:
    """Mix the steps of many acts, at several sites, with what is of no act and with people at doors."""
    waiting = [unlocked(number, chance.choice(SITES)) for number in range(60)]
    for number in range(60, 75):
        name, site = act(number), chance.choice(SITES)
        steps = [Kind.UNLOCK_SENT, Kind.UNLOCK_REFUSED]
        waiting.append(
            [
                asked(Kind.UNLOCK_REQUESTED, name, site),
                *(step(kind, name, site, reason="not_answered") for kind in steps),
            ]
        )
    others = [draft(Kind.OPERATOR_SIGNED_IN, None, private=ANYBODY), draft(Kind.POLICY_CHANGED, None)]
    mixed = []
    while waiting:
        one = chance.choice(waiting[:10])
        mixed.append(one.pop(0))
        waiting = [some for some in waiting if some]
        mixed += chance.choices([[], [], [chance.choice(others)], [swipe(chance.choice(SITES))]])[0]
    return [replace(one, received=NOW + at * SECOND_US) for at, one in enumerate(mixed)]


FILTERS = (
    LogFilter(),
    LogFilter(sites=frozenset({"paris"})),
    LogFilter(doors=frozenset({"rome-door-1"})),
    LogFilter(device="berlin-dev"),
    LogFilter(kinds=frozenset({Kind.UNLOCK_ACCEPTED, Kind.UNLOCK_REFUSED, Kind.POLICY_CHANGED})),
    LogFilter(reasons=frozenset({"not_answered"})),
    LogFilter(reasons=frozenset({"none"})),
    LogFilter(span=Span(since=NOW + 60 * SECOND_US, until=NOW + 200 * SECOND_US)),
    LogFilter(span=Span(preset=Preset.WEEK), sites=frozenset({"rome", "berlin"})),
)


@pytest.mark.parametrize("wanted", FILTERS)
@pytest.mark.parametrize("mine", [wide(), scope("berlin", "rome", permission=AUDIT)])
def test_pages_in_both_directions_hold_each_line_once(db: Database, wanted: LogFilter, mine: Scope) -> None:
    write(db, *crowd(random.Random(7)))
    expected = by_hand(db, mine, wanted)
    down: list[int] = []
    key: int | None = None
    for _ in range(len(expected) + 2):
        found = page(db, mine, wanted, limit=7, **({} if key is None else {"before": key}))
        assert (found.newer is None) == (not down)
        down += ids(found)
        key = found.older
        if key is None:
            break
    up: list[int] = []
    key = 0
    for _ in range(len(expected) + 2):
        found = page(db, mine, wanted, limit=7, after=key)
        up = ids(found) + up
        key = found.newer
        if key is None:
            break

    assert down == up == expected


def by_hand(db: Database, mine: Scope, wanted: LogFilter) -> list[int]:
    """Find the lines by reading everything."""
    looked = usual(wanted)
    span = looked.span
    since, until = span.bounds(AsOf(NOW + DAY_US)) if span else (0, None)
    with db.read() as connection:
        everything = rows_of(connection, list(range(1, 2_000)))
    rows = {
        row.id: row
        for row in everything
        if KINDS[row.kind].klass in mine.classes
        and (row.site in mine.sites or (row.site is None and mine.organisation))
    }

    def fits(one: Fact) -> bool:
        row = rows[one.id]
        reason = b'"reason":"not_answered"' in row.leaf
        return (
            (not looked.kinds or row.kind in looked.kinds)
            and (not looked.sites or row.site in looked.sites)
            and (not looked.doors or row.door in looked.doors)
            and (looked.device is None or row.device == looked.device)
            and (not looked.reasons or reason == ("not_answered" in looked.reasons))
            and (since <= row.at and (until is None or row.at < until))
        )

    facts = [fact_of(row) for row in rows.values()]
    return sorted(
        (
            one.id
            for one in facts
            if fits(one)
            and stands_at(one, [two for two in facts if two.act and two.whole == one.whole], fits)
        ),
        reverse=True,
    )


def test_the_records_of_an_act_are_found_by_its_name_and_not_by_a_walk(db: Database) -> None:
    write(db, *unlocked(1))
    asked_for: list[str] = []
    with db.read() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.set_trace_callback(asked_for.append)
        rows_of_acts(connection, wide(), [act(1)])
        raw.set_trace_callback(None)
        query = next(one for one in asked_for if "json_each" in one and "wanted" in one)
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))

    assert "leaf_act" in plan
    assert "SCAN leaf" not in plan


def test_a_page_takes_no_longer_where_more_people_came_through_doors(db: Database) -> None:
    write(db, *(one for number in range(30) for one in unlocked(number)))
    write(db, *(swipe("berlin") for _ in range(4_000)), *unlocked(98))
    few = steps_of(db)
    write(db, *(swipe("berlin") for _ in range(20_000)), *unlocked(99))

    assert steps_of(db) < few * 1.5


def steps_of(db: Database) -> int:
    """Count what SQLite does for a page, in hundreds of its steps."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def watch(connection: Any, *_rest: object) -> None:
        connection.set_progress_handler(tick, 100)

    event.listen(db.engine, "checkout", watch)
    try:
        assert len(page(db, wide(), limit=10).lines) == 10
    finally:
        event.remove(db.engine, "checkout", watch)
        with db.read() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.set_progress_handler(None, 0)
    return count


def test_every_class_that_an_auditor_reads_is_audited() -> None:
    assert scope(permission=AUDIT).classes == AUDITED - {Class.DURESS}
