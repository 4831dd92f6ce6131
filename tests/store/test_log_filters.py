"""Any filter gives what a walk of the whole log would give, and never walks it."""

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select

from core.feeds import OPEN_END
from core.leaf import Draft
from core.log_filter import NO_REASON, AsOf, LogFilter, Preset, Span, of_query
from core.outcomes import Outcome
from core.permissions import Permission, Scope
from core.records import BY_CODE, KINDS, Kind
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from store import ranges, schema
from store.database import Database
from store.log_pages import count_newer, log_page
from tests.core.test_outcomes import OUTCOME_OF
from tests.store.building import NOW, build_estate, scope, write
from tests.stores import new_store

SITES = ("berlin", "paris", "rome")
DOORS = tuple(f"{site}-door-{n}" for site in SITES for n in (1, 2))
DEVICES = tuple(f"{site}-dev" for site in SITES)
PEOPLE = ("u-1", "u-2", "u-3")
REASONS = ("invalid_pin", "other", "power")
KINDS_USED = (
    Kind.ACCESS_GRANTED,
    Kind.ACCESS_DENIED,
    Kind.DOOR_OPENED,
    Kind.DEVICE_FAULT,
    Kind.FEED_GAP,
    Kind.UNLOCK_REQUESTED,
    Kind.OPERATOR_SIGNED_IN,
    Kind.DEVICE_DISCOVERED,
)
LATE = (0, 0, 0, MINUTE_US, MINUTE_US + 1, 3 * HOUR_US, 2 * DAY_US, 40 * DAY_US)


@dataclass(frozen=True)
class Stored:
    """A record as it lies in the tables, with the person it names."""

    id: int
    kind: Kind
    at: int
    site: str | None
    door: str | None
    device: str | None
    reason: str | None
    person: str | None


def stored(db: Database) -> list[Stored]:
    """Walk the whole log."""
    query = select(schema.leaf, schema.detail.c.person).outerjoin(
        schema.detail, schema.detail.c.id == schema.leaf.c.id
    )
    with db.read() as connection:
        rows = connection.execute(query.order_by(schema.leaf.c.id)).all()
    return [
        Stored(
            id=row.id,
            kind=BY_CODE[row.kind].kind,
            at=row.at,
            site=row.site,
            door=row.door,
            device=row.device,
            reason=json.loads(row.leaf).get("reason"),
            person=row.person,
        )
        for row in rows
    ]


def fits(one: Stored, reader: Scope, wanted: LogFilter, bounds: tuple[int, int | None]) -> bool:
    """Say by the words of the filter alone whether a record is meant."""
    since, until = bounds
    ours = one.site in reader.sites or (one.site is None and reader.organisation)
    return (
        ours
        and KINDS[one.kind].klass in reader.classes
        and (not wanted.sites or one.site in wanted.sites)
        and (not wanted.doors or one.door in wanted.doors)
        and (not wanted.kinds or one.kind in wanted.kinds)
        and (not wanted.outcomes or OUTCOME_OF.get(one.kind) in wanted.outcomes)
        and (not wanted.reasons or (one.reason or NO_REASON) in wanted.reasons)
        and wanted.device in {None, one.device}
        and (wanted.person is None or (one.person == wanted.person and one.site in reader.names))
        and since <= one.at < (OPEN_END if until is None else until)
    )


def anything(draw: random.Random) -> Draft:
    site = draw.choice([*SITES, *SITES, None])
    number = draw.choice([None, 1, 1, 2])
    received = NOW + draw.randrange(60) * HOUR_US
    who = draw.choice([None, *PEOPLE])
    return Draft(
        kind=draw.choice(KINDS_USED),
        received=received,
        at=received - draw.choice(LATE),
        site=site,
        door=f"{site}-door-{number}" if site and number else None,
        device=draw.choice([f"{site}-dev", None]) if site else None,
        reason=draw.choice([None, None, *REASONS]),
        private={"person": who} if who else {},
    )


def some(draw: random.Random, one: Any, others: Sequence[Any], often: float = 0.25) -> frozenset[Any]:
    """Ask for a value now and then, mostly for one that is there, sometimes for several."""
    if draw.random() > often:
        return frozenset()
    first = one if one is not None and draw.random() < 0.9 else draw.choice(others)
    return frozenset({first, *draw.sample(others, draw.randrange(3))})


def a_filter(draw: random.Random, near: Stored) -> LogFilter:
    """Ask for what one record of the log is, more or less."""
    outcome = OUTCOME_OF.get(near.kind)
    return LogFilter(
        sites=some(draw, near.site, [*SITES, "nowhere"]),
        doors=some(draw, near.door, [*DOORS, "nowhere"]),
        kinds=some(draw, near.kind, KINDS_USED),
        outcomes=some(draw, outcome, tuple(Outcome), 0.2),
        reasons=some(draw, near.reason or NO_REASON, (*REASONS, NO_REASON)),
        device=next(iter(some(draw, near.device, [*DEVICES, "nowhere"], 0.2)), None),
        person=next(iter(some(draw, near.person, [*PEOPLE, "nobody"], 0.3)), None),
        span=a_span(draw, near.at),
    )


def a_span(draw: random.Random, at: int) -> Span | None:
    if draw.random() < 0.5:
        return None
    if draw.random() < 0.3:
        return Span(preset=draw.choice(tuple(Preset)))
    since = at - draw.choice([0, 1, HOUR_US, 3 * DAY_US])
    until = at + draw.choice([1, HOUR_US, DAY_US])
    ends = draw.choice(["both", "both", "since", "until"])
    return Span(since=None if ends == "until" else since, until=None if ends == "since" else until)


def a_reader(draw: random.Random) -> Scope:
    sites = frozenset(site for site in SITES if draw.random() < 0.7)
    return scope(
        *sites,
        permission=draw.choice([Permission.LOG_READ, Permission.LOG_READ, Permission.AUDIT_READ]),
        names=[site for site in sites if draw.random() < 0.7],
        organisation=draw.random() < 0.5,
    )


@pytest.fixture(scope="module")
def each(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Database]]:
    """Give a new store for each log, closed after it."""
    number = itertools.count()
    opened: list[Database] = []

    def new() -> Database:
        while opened:
            opened.pop().close()
        opened.append(new_store(tmp_path_factory.mktemp("log") / str(next(number))))
        build_estate(opened[0], SITES)
        return opened[0]

    yield new
    opened.pop().close()


@pytest.mark.parametrize(
    ("near", "stretch"),
    [((0, 200), 2), ((5, 0), 10), ((1_000, 0), 1_000)],
    ids=["in places", "near, then in places", "near"],
)
def test_every_page_of_any_filter_is_what_a_walk_of_the_log_gives(
    each: Callable[[], Database], near: tuple[int, int], stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"_NEAR": near[0], "_MANY_PLACES": near[1], "_STRETCH": stretch, "_FEW_ROWS": stretch}
    sizes |= {"_FEW_IDS": stretch}
    for name, value in sizes.items():
        monkeypatch.setattr(ranges, name, value)
    draw, db = random.Random(f"{near} {stretch}"), each()
    write(db, *sorted((anything(draw) for _ in range(80)), key=lambda one: one.received))
    log, now, zone = stored(db), NOW + 61 * HOUR_US, ZoneInfo("Asia/Singapore")
    found = 0
    for _ in range(40):
        reader, wanted, limit = a_reader(draw), a_filter(draw, draw.choice(log)), draw.choice([2, 4, 9])
        bounds = wanted.span.bounds(AsOf(now, zone)) if wanted.span else (0, None)
        expected = [one.id for one in reversed(log) if fits(one, reader, wanted, bounds)]
        down, up = pages(db, reader, wanted, limit, as_of=AsOf(now, zone))
        assert down == [expected[n : n + limit] for n in range(0, len(expected), limit)], wanted
        assert up == expected[::-1], wanted
        newer = [count_newer(db, reader, wanted, key, as_of=AsOf(now, zone), most=4) for key in (0, 40)]
        assert newer == [min(4, len(expected)), min(4, sum(one > 40 for one in expected))], wanted
        found += bool(expected)
    # Else this compares nothing with nothing.
    assert found > 12


def pages(
    db: Database, reader: Scope, wanted: LogFilter, limit: int, **when: Any
) -> tuple[list[list[int]], list[int]]:
    """Read a filter from its newest page to its oldest, and from its oldest record to its newest."""
    down: list[list[int]] = []
    key: int | None = None
    for _ in range(200):
        page = log_page(db, reader, wanted, before=key, limit=limit, **when)
        assert (page.newer is None) == (not down)
        down += [[record.id for record in page.records]] if page.records else []
        key = page.older
        if key is None:
            break
    up: list[int] = []
    for _ in range(200):
        page = log_page(db, reader, wanted, after=up[-1] if up else 0, limit=limit, **when)
        up += [record.id for record in reversed(page.records)]
        if page.newer is None:
            break
    return down, up


def test_what_a_clock_that_is_fast_tells_is_found_by_that_clock(each: Callable[[], Database]) -> None:
    db, received = each(), NOW - NOW % HOUR_US + HOUR_US - SECOND_US
    early = Draft(kind=Kind.DOOR_OPENED, received=received, site="berlin", at=received + MINUTE_US)
    write(db, early, Draft(kind=Kind.DOOR_OPENED, received=received + HOUR_US, site="berlin"))
    wanted = LogFilter(span=Span(since=received + MINUTE_US, until=received + 2 * MINUTE_US))

    reader = scope("berlin", permission=Permission.LOG_READ)
    assert pages(db, reader, wanted, 5, as_of=AsOf(0)) == ([[1]], [1])


LATENESS = (MINUTE_US, MINUTE_US + 1, DAY_US, DAY_US + 1, 30 * DAY_US, 30 * DAY_US + 1, 399 * DAY_US)


@pytest.mark.parametrize("late", LATENESS)
@pytest.mark.parametrize("hour", [0, 10 * SECOND_US], ids=["on the hour", "soon after"])
def test_what_came_late_is_found_by_when_it_happened(
    each: Callable[[], Database], late: int, hour: int
) -> None:
    """`hour` is where in an hour it was received: the map of hours must not cut it off."""
    db, received = each(), NOW - NOW % HOUR_US + hour
    filler = [Draft(kind=Kind.DOOR_OPENED, received=received + n * HOUR_US, site="berlin") for n in (-2, 2)]
    other = Draft(kind=Kind.DOOR_OPENED, received=received, site="rome")
    write(db, filler[0], Draft(kind=Kind.DOOR_OPENED, received=received, at=received - late, site="berlin"))
    write(db, other, filler[1])
    at = received - late

    def found(since: int, until: int) -> list[int]:
        wanted = LogFilter(span=Span(since=since, until=until))
        down, up = pages(db, scope("berlin", permission=Permission.LOG_READ), wanted, 5, as_of=AsOf(0))
        assert [number for page in down for number in page] == up[::-1]
        return up

    assert [found(at, at + 1), found(at - 1, at), found(at + 1, at + 2)] == [[2], [], []]
    assert 2 in found(at - 400 * DAY_US, at + 1)
    assert late <= 3 * HOUR_US or found(at - DAY_US, received - 3 * HOUR_US) == [2]
    assert found(received - 3 * HOUR_US, received - 1) == ([1, 2] if late <= 3 * HOUR_US else [1])


# --- what is looked at ----------------------------------------------------------------------------------

BUSY = 3_000


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Fill a log with one person's swipes at one door, and a few other records at its very beginning."""
    db = new_store(tmp_path_factory.mktemp("busy") / "data")
    build_estate(db, SITES)
    rare = [
        Draft(
            kind=kind,
            received=NOW,
            site=site,
            door=f"{site}-door-2",
            device=f"{site}-dev",
            reason=reason,
            private={"person": "u-2"},
        )
        for kind, reason in ((Kind.ACCESS_DENIED, "antipassback"), (Kind.ACCESS_DURESS, None))
        for site in ("berlin", "rome")
    ]
    plain: dict[str, Any] = {
        "site": "berlin",
        "door": "berlin-door-1",
        "device": "berlin-dev",
        "private": {"person": "u-1"},
    }
    common = [
        Draft(kind=kind, received=NOW + n * 10 * MINUTE_US, reason=reason, **plain)
        for n in range(BUSY // 2)
        for kind, reason in ((Kind.ACCESS_GRANTED, None), (Kind.ACCESS_DENIED, "other"))
    ]
    write(db, *rare, *common)
    yield db
    db.close()


STEPS = 20_000


def steps_of(db: Database, reader: Scope, query: dict[str, str], **more: Any) -> tuple[int, int]:
    """Count what SQLite does for a page, in hundreds of the steps of its machine, and the records found."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def watch(connection: Any, *_rest: object) -> None:
        connection.set_progress_handler(tick, 100)

    event.listen(db.engine, "checkout", watch)
    try:
        found = log_page(db, reader, of_query(query), as_of=AsOf(NOW + BUSY * 5 * MINUTE_US), **more).records
    finally:
        event.remove(db.engine, "checkout", watch)
        with db.read() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.set_progress_handler(None, 0)
    return count, len(found)


RARE = [
    ({"kind": "access.duress"}, 2),
    ({"reason": "antipassback"}, 2),
    ({"outcome": "denied", "reason": "antipassback", "site": "rome"}, 1),
    ({"kind": "access.granted", "reason": "other"}, 0),
    ({"site": "rome"}, 2),
    ({"site": "paris"}, 0),
    ({"door": "rome-door-2"}, 2),
    ({"door": "berlin-door-1", "kind": "access.duress"}, 0),
    ({"door": "berlin-door-1", "reason": "antipassback"}, 0),
    ({"device": "rome-dev"}, 2),
    ({"device": "berlin-dev", "kind": "access.duress"}, 1),
    ({"device": "berlin-dev", "reason": "antipassback"}, 1),
    ({"person": "u-2"}, 4),
    ({"person": "u-9"}, 0),
    ({"person": "u-1", "site": "rome"}, 0),
    ({"person": "u-1", "door": "berlin-door-2"}, 0),
    ({"person": "u-1", "device": "rome-dev"}, 0),
    ({"person": "u-1", "kind": "access.duress"}, 0),
    ({"person": "u-1", "reason": "antipassback"}, 0),
    ({"person": "u-2", "door": "berlin-door-2", "device": "berlin-dev", "reason": "antipassback"}, 1),
    ({"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}, 0),
    ({"from": "2020-01-01T00:00:00Z", "kind": "access.duress"}, 2),
    ({"kind": "access.duress,call.missed,door.held_open,door.forced_open,device.tampered"}, 2),
]


@pytest.mark.parametrize(("query", "expected"), RARE, ids=[" ".join(query.values()) for query, _ in RARE])
def test_what_is_rare_is_found_without_a_look_at_what_is_common(
    busy: Database, query: dict[str, str], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "_NEAR", 10)
    reader = scope(*SITES, permission=Permission.LOG_READ, names=SITES, organisation=True)

    steps, found = steps_of(busy, reader, query)

    assert found == expected
    # A walk of the log takes at least five steps a row.
    assert steps * 100 < BUSY


@pytest.mark.parametrize("query", [query for query, _ in RARE], ids=[" ".join(q.values()) for q, _ in RARE])
def test_who_may_see_nothing_there_waits_no_longer(
    busy: Database, query: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "_NEAR", 10)
    reader = scope("paris", permission=Permission.LOG_READ, names=["paris"])

    steps, found = steps_of(busy, reader, query)

    assert found == 0
    assert steps * 100 < BUSY


@pytest.mark.parametrize(
    "query", [{}, {"kind": "access.granted"}, {"door": "berlin-door-1"}, {"person": "u-1"}], ids=str
)
def test_a_deep_page_costs_what_the_first_does(busy: Database, query: dict[str, str]) -> None:
    reader = scope(*SITES, permission=Permission.LOG_READ, names=SITES)

    first, found = steps_of(busy, reader, query, limit=20)
    deep, as_many = steps_of(busy, reader, query, limit=20, before=BUSY // 3)

    assert (found, as_many) == (20, 20)
    # It asks beside for a newer one, and that is all.
    assert deep <= 2 * first + 5
