"""What is read of devices: all of it for their own sites, and nothing for any other."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, update

from core.feeds import OPEN_END
from core.log_filter import ANYTHING, AsOf
from core.permissions import READS, Permission, Scope
from core.records import Kind
from core.reports import Bucket, Limited, StatusReport, Unclaimed
from core.times import DAY_US, SECOND_US
from store import schema
from store.database import Database
from store.device_details import GAPS_SHOWN, device_gaps, device_words, nobodys, unclaimed_devices
from store.device_views import DeviceView, devices
from store.log import append
from store.log_pages import log_page
from store.queries import wall_snapshot
from store.touch import hear
from tests.store.building import HEARTBEAT_S, NOW, build_estate, draft, scope, swipe, write
from tests.stores import new_store

SITES = ("berlin", "paris", "rome")
MANAGE = Permission.ESTATE_MANAGE


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = new_store(tmp_path / "data")
    build_estate(opened, SITES)
    yield opened
    opened.close()


def put(db: Database, table: str, **row: object) -> None:
    with db.write() as connection:
        connection.execute(insert(schema.metadata.tables[table]), row)


def put_gap(db: Database, number: int, last: int = 19, lost: int = 0, closed: int | None = None) -> None:
    row = {"id": number, "boot": "01A", "first": 10, "last": last, "lost": lost, "opened": NOW}
    put(db, "gap", device="berlin-dev", closed_id=closed, **row)


def put_words(db: Database, device: str, *texts: str) -> None:
    words = [{"at": NOW, "topic": "t", "text": text, "verdict": "understood"} for text in texts]
    put(db, "device_words", device=device, at=NOW, words=json.dumps(words).encode())


def fill(db: Database) -> None:
    """Let every site's device have said something of each kind."""
    for number, site in enumerate(SITES, start=1):
        name = f"{site}-dev"
        put(db, "feed_count", device=name, reason="not_json", n=3, last=NOW)
        put(db, "flood", device=name, bucket="rate", since=NOW, n=9, numbered=0, opened_id=1)
        put(db, "device_clock", device=name, offset_us=5 * SECOND_US, at=NOW, wrong=True, streak=3)
        row = {"boot": "01A", "first": 1, "last": 2, "lost": 0, "opened": NOW}
        put(db, "gap", id=number, device=name, closed_id=None, **row)
        put_words(db, name, f"word of {site}")
        write(db, swipe(site))


def seen(db: Database, held: Scope) -> dict[str, DeviceView]:
    return {one.id: one for one in devices(db, held, NOW)}


def test_a_device_comes_with_all_that_is_known_of_it(db: Database) -> None:
    status = StatusReport(device="berlin-dev", received=NOW, online=True, live=True, boot="01A", seq=0)
    append(db, [status])
    hear(db, {"berlin-dev": NOW})
    fill(db)
    one = seen(db, scope("berlin"))["berlin-dev"]

    assert (one.name, one.site, one.family, one.online) == ("berlin-dev", "berlin", "gatehouse", True)
    assert (one.heard, one.stale_at) == (NOW, NOW + 3 * HEARTBEAT_S * SECOND_US)
    assert [door.name for door in one.doors] == ["Door 1", "Door 2"]
    assert (one.open_gaps.gaps, one.open_gaps.missing, one.open_gaps.endless) == (1, 2, False)
    assert [(count.reason, count.n) for count in one.counts] == [("not_json", 3)]
    assert [(flood.bucket, flood.n) for flood in one.floods] == [("rate", 9)]
    assert one.clock is not None
    assert (one.clock.offset_us, one.clock.wrong) == (5 * SECOND_US, True)
    assert one.last is not None
    assert one.last.label == "Access granted"


def test_a_device_that_never_spoke_is_there_all_the_same(db: Database) -> None:
    one = seen(db, scope("rome"))["rome-dev"]

    assert (one.online, one.heard, one.stale_at, one.since, one.last) == (None, 0, 0, 0, None)


def test_a_device_or_a_door_out_of_service_is_not_shown(db: Database) -> None:
    fill(db)
    with db.write() as connection:
        connection.execute(update(schema.device).where(schema.device.c.id == "rome-dev").values(retired=NOW))
        connection.execute(update(schema.door).where(schema.door.c.id == "paris-door-1").values(retired=NOW))
    found = seen(db, scope(*SITES))

    assert set(found) == {"berlin-dev", "paris-dev"}
    assert [door.id for door in found["paris-dev"].doors] == ["paris-door-2"]
    assert device_words(db, scope_to_manage(SITES), "rome-dev") == ()


def test_the_last_record_is_the_newest_of_the_device_itself(db: Database) -> None:
    write(
        db, swipe("berlin"), draft(Kind.DOOR_OPENED, "paris"), draft(Kind.FEED_UNMAPPED, "berlin", door=None)
    )
    found = seen(db, scope(*SITES))

    assert {name: one.last.label for name, one in found.items() if one.last} == {
        "berlin-dev": "Message not understood",
        "paris-dev": "Door opened",
    }


def test_who_watches_live_sees_no_last_record_older_than_a_day_and_a_reader_of_the_log_does(
    db: Database,
) -> None:
    write(db, draft(Kind.DOOR_OPENED, "berlin", at=NOW - DAY_US - SECOND_US))
    live, log = (scope("berlin", permission=one) for one in (Permission.LIVE_VIEW, Permission.LOG_READ))

    assert seen(db, live)["berlin-dev"].last is None
    assert seen(db, log)["berlin-dev"].last is not None


def test_what_operators_did_is_not_a_last_record(db: Database) -> None:
    write(db, swipe("berlin"), draft(Kind.UNLOCK_REQUESTED, "berlin"))
    last = seen(db, scope("berlin"))["berlin-dev"].last

    assert last is not None
    assert last.label == "Access granted"


# --- who may see what ---------------------------------------------------------------------------------


def holding(permission: Permission, sites: Iterable[str], *, organisation: bool) -> Scope:
    return Scope(
        permission=permission,
        sites=frozenset(sites),
        organisation=organisation,
        classes=READS.get(permission, frozenset()),
        names=frozenset(),
        policy_version=1,
    )


def scope_to_manage(sites: Iterable[str], *, organisation: bool = False) -> Scope:
    return holding(MANAGE, sites, organisation=organisation)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_store(tmp_path_factory.mktemp("full") / "data")
    build_estate(opened, SITES)
    fill(opened)
    append(opened, [stranger("fresh"), Limited(device="", bucket=Bucket.UNREAD, received=NOW, count=2)])
    yield opened
    opened.close()


def stranger(name: str, at: int = NOW) -> Unclaimed:
    return Unclaimed(family="shelly", name=name, topic=f"{name}/status", received=at, text="hello")


SCOPES = st.builds(
    holding,
    st.sampled_from(Permission),
    st.frozensets(st.sampled_from([*SITES, "elsewhere"])),
    organisation=st.booleans(),
)


@given(held=SCOPES)
def test_no_scope_gives_anything_of_another_site_or_of_a_right_it_is_not(full: Database, held: Scope) -> None:
    reads = held.permission in {Permission.LIVE_VIEW, Permission.LOG_READ, Permission.ANALYTICS_VIEW}
    mine = held.sites & set(SITES)
    given = {one.site for one in devices(full, held, NOW)}
    told = {site for site in SITES if device_words(full, held, f"{site}-dev")}
    gapped = {site for site in SITES if device_gaps(full, held, f"{site}-dev").lines}
    above = held.permission is MANAGE and held.organisation

    assert given == gapped == (mine if reads else set())
    assert told == (mine if held.permission is MANAGE else set())
    assert bool(unclaimed_devices(full, held)) is bool(nobodys(full, held)) is above


# --- one device ---------------------------------------------------------------------------------------


def test_gaps_come_open_ones_first_with_how_the_others_ended(db: Database) -> None:
    put_gap(db, 1, closed=3)
    put_gap(db, 2, lost=4, closed=4)
    put_gap(db, 5, last=OPEN_END)
    history = device_gaps(db, scope("berlin"), "berlin-dev")

    assert [(one.id, one.missing, one.closed) for one in history.lines] == [
        (5, None, None),
        (2, 10, "lost"),
        (1, 10, "filled"),
    ]
    assert (history.filled, history.lost) == (1, 1)
    assert seen(db, scope("berlin"))["berlin-dev"].open_gaps.endless


def test_of_many_closed_gaps_the_newest_are_listed_and_all_are_counted(db: Database) -> None:
    for number in range(1, GAPS_SHOWN + 6):
        put_gap(db, number, closed=number + 1)
    history = device_gaps(db, scope("berlin"), "berlin-dev")

    assert (len(history.lines), history.filled) == (GAPS_SHOWN, GAPS_SHOWN + 5)
    assert history.lines[0].id == GAPS_SHOWN + 5


def test_raw_words_come_newest_first(db: Database) -> None:
    put_words(db, "berlin-dev", "old", "new")

    assert [word.text for word in device_words(db, scope_to_manage(["berlin"]), "berlin-dev")] == [
        "new",
        "old",
    ]


def test_strangers_come_in_the_order_in_which_they_were_heard_last(db: Database) -> None:
    append(db, [stranger("first"), stranger("second", NOW + 1), stranger("first", NOW + 2)])
    found = unclaimed_devices(db, scope_to_manage([], organisation=True))

    assert [(one.name, one.n, one.first, one.last) for one in found] == [
        ("first", 2, NOW, NOW + 2),
        ("second", 1, NOW + 1, NOW + 1),
    ]


def test_the_number_of_queries_does_not_grow_with_the_number_of_devices(db: Database) -> None:
    fill(db)
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    devices(db, scope("berlin"), NOW)
    few = len(asked)
    devices(db, scope(*SITES), NOW)

    assert len(asked) - few == few


@pytest.mark.parametrize("organisation", [False, True])
def test_what_strangers_say_is_on_no_wall_and_in_no_page_of_a_sites_log(
    db: Database, *, organisation: bool
) -> None:
    write(db, draft(Kind.FEED_UNMAPPED, None, reason="unknown_topic"), swipe("berlin"))
    append(db, [stranger("fresh"), Limited(device="", bucket=Bucket.UNREAD, received=NOW, count=2)])
    live = scope(*SITES, organisation=organisation)
    started = wall_snapshot(db, live, NOW)
    resumed = wall_snapshot(db, live, NOW, after=0)
    log = log_page(db, scope(*SITES, permission=Permission.LOG_READ), ANYTHING, as_of=AsOf(NOW))

    for records in (started.records, resumed.records, log.records):
        assert [one.kind for one in records] == ["access.granted"]
    assert {one.site for one in started.doors} == set(SITES)
