"""Who looked for what: written beside the page, once a search, and never left unwritten for long."""

from collections.abc import Callable, Iterator
from threading import Event

import pytest

from core.errors import StoreDamaged, StoreRefused, StoreUnavailable, Unrecorded
from core.leaf import Draft
from core.log_filter import LogFilter, Preset, Span
from core.permissions import READS, Permission, Scope
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from operations.searched import GRACE_US, MOST_WAITING, ONCE_IN_US, Notes, Search
from store.database import Database
from tests.auth.people import NOW
from tests.waiting import until

DB: Database = None  # type: ignore[assignment]
Make = Callable[..., Notes]


class Store:
    """Takes records while it is `there`, and else says what it can't."""

    def __init__(self) -> None:
        self.found: list[Draft] = []
        self.trouble: Exception | None = None
        self.held = Event()
        self.held.set()

    def write(self, _: Database, record: Draft) -> None:
        self.held.wait(10)
        if self.trouble is not None:
            raise self.trouble
        self.found.append(record)

    @property
    def pages(self) -> list[object]:
        return [one.refs["page"] for one in self.found]


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.held.set()


@pytest.fixture
def notes(store: Store) -> Iterator[Notes]:
    made = Notes(store.write, again_s=0.01)
    yield made
    store.held.set()
    made.forget()


def look(notes: Notes, page: str = "log", now: int = NOW) -> None:
    notes.take(DB, ("s-1", page), Draft(kind=Kind.LOG_SEARCHED, received=now, refs={"page": page}))


def test_the_same_search_is_written_once_in_half_an_hour(notes: Notes, store: Store) -> None:
    look(notes)
    look(notes, "audit", now=NOW + 1)
    assert notes.settle(5)
    look(notes, now=NOW + ONCE_IN_US - 1)
    assert notes.settle(5)
    assert store.pages == ["log", "audit"]

    look(notes, now=NOW + ONCE_IN_US)
    assert notes.settle(5)
    assert store.pages == ["log", "audit", "log"]


def test_who_reads_does_not_wait_for_a_store_that_is_busy(notes: Notes, store: Store) -> None:
    store.held.clear()
    look(notes)
    look(notes, "audit", now=NOW + GRACE_US)

    assert store.found == []
    assert not notes.settle(0)
    store.held.set()
    assert notes.settle(5)
    assert store.pages == ["log", "audit"]


def test_what_the_store_does_not_take_is_tried_again(notes: Notes, store: Store) -> None:
    store.trouble = StoreUnavailable("busy")
    look(notes)
    store.trouble = None

    assert notes.settle(5)
    assert store.pages == ["log"]


def test_nobody_reads_unrecorded_for_longer_than_a_minute(notes: Notes, store: Store) -> None:
    look(notes, "health")
    assert notes.settle(5)
    store.held.clear()
    look(notes)
    late = NOW + GRACE_US + SECOND_US
    for page in ("log", "audit"):
        with pytest.raises(Unrecorded):
            look(notes, page, now=late)

    # Who has been written down reads on.
    look(notes, "health", now=late)
    store.held.set()
    assert notes.settle(5)
    look(notes, "audit", now=late)
    look(notes, now=late)
    assert notes.settle(5)
    assert store.pages == ["health", "log", "audit"]


def test_no_more_searches_wait_than_a_process_can_hold(notes: Notes, store: Store) -> None:
    store.held.clear()
    for number in range(MOST_WAITING):
        look(notes, f"page-{number}")

    with pytest.raises(Unrecorded):
        look(notes, "one-more")


@pytest.mark.parametrize("trouble", [StoreRefused("no"), ValueError("odd")])
def test_what_no_try_can_write_ends_that_reading_and_no_other(
    notes: Notes, store: Store, trouble: Exception
) -> None:
    store.trouble = trouble
    look(notes)
    assert notes.settle(5)
    store.trouble = None

    with pytest.raises(Unrecorded):
        look(notes, now=NOW + 1)
    look(notes, "audit", now=NOW + 1)
    assert notes.settle(5)
    assert store.pages == ["audit"]


def test_a_damaged_store_is_waited_for_and_reading_ends_after_a_minute(notes: Notes, store: Store) -> None:
    store.trouble = StoreDamaged("EIO")
    look(notes)

    with pytest.raises(Unrecorded):
        look(notes, now=NOW + 2 * MINUTE_US)


def test_a_thread_of_its_own_writes_only_while_there_is_something_to_write(
    notes: Notes, store: Store
) -> None:
    look(notes)
    assert notes.settle(5)
    until(lambda: not notes._writing)
    look(notes, "audit")
    assert notes.settle(5)

    assert store.pages == ["log", "audit"]


# --- what is a search -----------------------------------------------------------------------------------


def search(*sites: str, organisation: bool = False, **wanted: object) -> Search:
    scope = Scope(
        permission=Permission.LOG_READ,
        sites=frozenset(sites),
        organisation=organisation,
        classes=READS[Permission.LOG_READ],
        names=frozenset(),
        policy_version=1,
    )
    return Search(page="log", scope=scope, wanted=LogFilter(**wanted))  # type: ignore[arg-type]


def test_a_filter_is_written_in_one_order_and_without_the_person() -> None:
    one = search(
        "berlin",
        sites=frozenset({"rome", "berlin"}),
        kinds=frozenset({Kind.DOOR_OPENED, Kind.ACCESS_DENIED}),
        person="u-17",
        span=Span(preset=Preset.DAY),
    )

    assert one.text == "kind=access.denied%2Cdoor.opened&site=berlin%2Crome&when=24h"


def test_a_search_is_of_a_site_where_only_that_one_is_read() -> None:
    assert search("berlin").site == "berlin"
    assert search("berlin", "rome").site is None
    assert search("berlin", "rome", sites=frozenset({"rome"})).site == "rome"
    assert search("berlin", organisation=True).site is None
