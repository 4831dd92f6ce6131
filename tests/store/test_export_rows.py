"""Reading a part of the log to its end gives each record that a page of the log would, once and in order."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from core.errors import NotPermitted
from core.log_filter import ANYTHING, AsOf, LogFilter, Span
from core.permissions import Permission, Scope
from core.records import Kind
from core.times import HOUR_US, SECOND_US
from store import export_rows
from store.database import Database
from store.export_rows import Extract, chunks_of, rows_for
from store.extract_size import size_of
from store.log_pages import log_page
from store.rows import next_rows
from tests.store.building import NOW, build_estate, draft, scope, swipe, write
from tests.stores import new_store

ALL = scope("berlin", "paris", permission=Permission.LOG_READ, organisation=True, names=("berlin", "paris"))
COUNT = 120
FILTERS = {
    "anything": ANYTHING,
    "a site": LogFilter(sites=frozenset({"paris"})),
    "a rare kind": LogFilter(kinds=frozenset({Kind.DOOR_FORCED_OPEN})),
    "a door": LogFilter(doors=frozenset({"berlin-door-2"})),
    "a person": LogFilter(person="u-3"),
    "a time": LogFilter(span=Span(since=NOW + 20 * SECOND_US, until=NOW + 60 * SECOND_US)),
    "a time past": LogFilter(span=Span(since=NOW - 9 * HOUR_US, until=NOW - 7 * HOUR_US)),
    "a time and a person": LogFilter(person="u-3", span=Span(since=NOW, until=None)),
    "nothing": LogFilter(sites=frozenset({"rome"})),
}


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Fill a log, some of it late, that takes many chunks."""
    monkeypatch.setattr(export_rows, "CHUNK", 7)
    one = new_store(tmp_path)
    build_estate(one)
    for number in range(COUNT):
        at = NOW + number * SECOND_US
        site = ("berlin", "paris", "rome")[number % 3]
        record = swipe(site, f"u-{number % 5}", at, 1 + number % 2)
        if number % 30 == 0:
            record = draft(Kind.DOOR_FORCED_OPEN, site, at)
        if number % 11 == 0:
            record = structs.replace(draft(Kind.DOOR_OPENED, site, at), at=at - 8 * HOUR_US)
        write(one, record)
    yield one
    one.close()


def pages(db: Database, within: Scope, wanted: LogFilter) -> list[int]:
    found: list[int] = []
    before: int | None = None
    while True:
        page = log_page(db, within, wanted, as_of=AsOf(NOW), before=before, limit=50)
        found += [one.id for one in page.records]
        if page.older is None:
            return sorted(found)
        before = page.older


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=list(FILTERS))
def test_an_extract_holds_what_the_pages_of_the_log_hold(db: Database, wanted: LogFilter) -> None:
    extract = Extract(scope=ALL, wanted=wanted, upto=10**9)

    chunks = list(chunks_of(db, extract))

    found = [row[0] for chunk in chunks for row in chunk]
    assert found == pages(db, ALL, wanted)
    assert all(chunks)
    assert [row.id for row in rows_for(db, extract)] == found
    assert size_of(db, extract, 1_000).rows == len(found)


@pytest.mark.parametrize("upto", [0, 1, 8, 50, COUNT + 1])
def test_an_extract_ends_with_its_last_record(db: Database, upto: int) -> None:
    found = [
        row[0] for chunk in chunks_of(db, Extract(scope=ALL, wanted=ANYTHING, upto=upto)) for row in chunk
    ]

    assert found == [one for one in pages(db, ALL, ANYTHING) if one <= upto]


def test_watching_live_is_not_reading_the_log(db: Database) -> None:
    with pytest.raises(NotPermitted):
        next(
            chunks_of(
                db, Extract(scope=replace(ALL, permission=Permission.LIVE_VIEW), wanted=ANYTHING, upto=9)
            )
        )


def test_from_a_number_on_the_size_is_estimated_and_never_less_than_counted(db: Database) -> None:
    exact = len(pages(db, ALL, ANYTHING))

    size = size_of(db, Extract(scope=ALL, wanted=ANYTHING, upto=10**9), 40)

    assert not size.exact
    assert exact * 0.8 <= size.rows <= exact * 1.2


def test_a_chunk_holds_each_record_as_it_lies_and_no_detail_of_another(db: Database) -> None:
    chunks = list(chunks_of(db, Extract(scope=ALL, wanted=ANYTHING, upto=COUNT)))

    with db.read() as connection:
        stored = {row.id: (row.id, row.leaf, row.detail) for row in next_rows(connection, 0, COUNT).rows}
    for chunk in chunks:
        assert set(chunk.detailed) <= set(chunk.ids)
        assert list(chunk) == [stored[number] for number in chunk.ids]
