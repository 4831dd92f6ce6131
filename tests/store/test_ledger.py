"""The tree on disk: tiles of 256, the ids they are of, and what can be shown from them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ProofWrong, StoreUnavailable
from core.ledger import HASH_BYTES, Frontier, check_consistency, frontier_of, leaf_hash, root_by_inclusion
from store.database import Database
from store.ledger import TILE, Run, Seal, Tree, open_ledger, reading
from store.ledger_writing import thin_out, write_hashes, write_run, write_seal

HASHES = [leaf_hash(b"%d" % number) for number in range(TILE * TILE + 3 * TILE + 7)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Database]:
    one = open_ledger(tmp_path)
    yield one
    one.close()


def grow(ledger: Database, size: int, by: int) -> None:
    with ledger.write() as connection:
        write_hashes(connection, size, HASHES[size : size + by])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.integers(1, 600), min_size=1, max_size=6))
def test_a_tree_has_the_roots_of_the_rfc_however_it_grew(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int]
) -> None:
    ledger = open_ledger(tmp_path_factory.mktemp("ledger"))
    size, sizes = 0, [0]
    for step in steps:
        grow(ledger, size, step)
        size += step
        sizes.append(size)
    with reading(ledger) as tree:
        for one in sizes:
            edge = Frontier().extended(HASHES[:one])
            assert tree.root(one) == edge.root
            assert frontier_of(one, tree.node) == edge
    ledger.close()


def test_tiles_are_those_of_c2sp(ledger: Database) -> None:
    size = len(HASHES)
    grow(ledger, 0, size)

    with reading(ledger) as tree:
        assert tree.tile(0, 3) == b"".join(HASHES[3 * TILE : 4 * TILE])
        assert len(tree.tile(0, size // TILE)) == 7 * HASH_BYTES
        assert len(tree.tile(1, 0)) == TILE * HASH_BYTES
        assert len(tree.tile(1, 1)) == 3 * HASH_BYTES
        assert tree.tile(1, 0)[:HASH_BYTES] == Frontier().extended(HASHES[:TILE]).root
        assert tree.tile(2, 0) == Frontier().extended(HASHES[: TILE * TILE]).root
        assert tree.tile(3, 0) == b""


def test_a_leaf_is_shown_in_a_large_tree_from_a_handful_of_tiles(ledger: Database) -> None:
    size = len(HASHES)
    grow(ledger, 0, size)

    for index in (0, 1, TILE - 1, TILE, TILE * TILE - 1, TILE * TILE, size - 1):
        with reading(ledger) as tree:
            path = tree.path(index, size)
            assert root_by_inclusion(HASHES[index], index, size, path) == Frontier().extended(HASHES).root
            assert len(tree._tiles) <= 6


def test_growth_is_shown_between_any_two_sizes(ledger: Database) -> None:
    size = len(HASHES)
    grow(ledger, 0, size)

    for before in (1, TILE, TILE + 1, TILE * TILE, size - 1, size):
        with reading(ledger) as tree:
            roots = (before, tree.root(before)), (size, tree.root(size))
            check_consistency(*roots, tree.growth(before, size))


def test_what_is_not_kept_is_not_made_up(ledger: Database) -> None:
    grow(ledger, 0, 300)

    with reading(ledger) as tree, pytest.raises(ProofWrong, match="lacks hashes of the log at 300"):
        tree.root(301)
    with ledger.write() as connection:
        connection.exec_driver_sql("DELETE FROM tile WHERE level = 0 AND number = 0")
    with reading(ledger) as tree, pytest.raises(ProofWrong):
        tree.path(3, 300)


def test_records_are_found_by_index_and_indexes_by_record(ledger: Database) -> None:
    with ledger.write() as connection:
        write_run(connection, 0, 5, 10)
        write_run(connection, 10, 15, 3)
        write_run(connection, 13, 40, 2)

    with reading(ledger) as tree:
        assert tree.runs() == [Run(0, 5, 13), Run(13, 40, 2)]
        assert tree.size == 15
        assert [tree.record_of(index) for index in (0, 12, 13, 14)] == [5, 17, 40, 41]
        assert [tree.index_of(record) for record in (5, 17, 40, 41)] == [0, 12, 13, 14]
        assert [tree.index_of(record) for record in (4, 18, 39, 42)] == [None] * 4
        assert tree.record_of(15) is None


def keep(ledger: Database, *seals: tuple[int, int]) -> None:
    with ledger.write() as connection:
        for size, at in seals:
            write_seal(connection, Seal(size, at, b"r" * 32, b"note %d" % size))


def test_a_record_is_shown_by_the_newest_checkpoint_or_a_given_one(ledger: Database) -> None:
    grow(ledger, 0, 20)
    with ledger.write() as connection:
        write_run(connection, 0, 1, 20)
    with reading(ledger) as tree:
        assert tree.inclusion(3) is None, "no checkpoint yet"
    keep(ledger, (10, 1), (20, 2))

    with reading(ledger) as tree:
        newest = tree.inclusion(3)
        older = tree.seal_over(7)
        assert older is not None
        given_one = tree.inclusion(3, older)
        assert tree.inclusion(15, older) is None
        assert tree.inclusion(21) is None
        assert newest is not None
        assert given_one is not None
        assert (newest.index, newest.seal.size, given_one.seal.size) == (2, 20, 10)
        for one in (newest, given_one):
            assert root_by_inclusion(HASHES[2], 2, one.seal.size, one.path) == tree.root(one.seal.size)
        assert tree.seal_over(21) is None


def test_checkpoints_are_given_in_order_and_thinned_by_the_hour(ledger: Database) -> None:
    hour = 3_600_000_000
    keep(ledger, (30, hour + 5), (10, 5), (20, hour - 1), (40, 2 * hour - 1), (50, 2 * hour))

    with ledger.write() as connection:
        thin_out(connection, 2 * hour)
    with reading(ledger) as tree:
        assert [seal.size for seal in tree.seals()] == [20, 40, 50]
        latest = tree.latest()
        assert latest is not None
        assert latest.size == 50


def test_a_ledger_of_a_newer_gatehouse_is_not_used(tmp_path: Path) -> None:
    one = open_ledger(tmp_path)
    with one.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA user_version=99")
    one.close()

    with pytest.raises(StoreUnavailable, match="newer"):
        open_ledger(tmp_path)


def test_a_ledger_is_its_owners_alone_and_stays_when_it_is_opened_again(tmp_path: Path) -> None:
    one = open_ledger(tmp_path)
    grow(one, 0, 10)
    one.close()
    again = open_ledger(tmp_path)

    assert again.file.stat().st_mode & 0o077 == 0
    with again.read() as connection:
        assert Tree(connection).root(10) == Frontier().extended(HASHES[:10]).root
    again.close()
