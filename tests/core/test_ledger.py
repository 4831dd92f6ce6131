"""The tree of RFC 6962, against the vectors of its authors and against a tree of somebody else."""

from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from core.errors import ProofWrong
from core.ledger import (
    EMPTY_ROOT,
    Frontier,
    Node,
    check_consistency,
    consistency_path,
    frontier_of,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_by_inclusion,
    root_of,
)

# As the reference implementation of Certificate Transparency tests its own tree.
LEAVES: Final = tuple(
    map(
        bytes.fromhex,
        ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
)
ROOTS: Final = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# Index, size, and the path from the leaf upwards.
INCLUSIONS: Final = (
    (0, 1, ()),
    (
        0,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        5,
        8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (2, 3, ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",)),
    (
        1,
        5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)
# Two sizes, and the path between them.
CONSISTENCIES: Final = (
    (1, 1, ()),
    (
        1,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ),
    ),
    (
        6,
        8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ),
    ),
    (
        2,
        5,
        (
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ),
    ),
)
MOST: Final = 70
SIZES: Final = st.integers(1, 300)


def hexed(path: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(one.hex() for one in path)


def node_over(leaves: tuple[bytes, ...]) -> Node:
    """Give the nodes of whole subtrees over these leaves."""
    known: dict[tuple[int, int], bytes] = {}

    def node(level: int, number: int) -> bytes:
        if (level, number) not in known:
            if level == 0:
                known[level, number] = leaf_hash(leaves[number])
            else:
                known[level, number] = node_hash(node(level - 1, 2 * number), node(level - 1, 2 * number + 1))
        return known[level, number]

    return node


def some(size: int) -> tuple[bytes, ...]:
    return tuple(b"leaf %d" % number for number in range(size))


MANY: Final = some(300)
NODE: Final = node_over(MANY)


# --- against others ------------------------------------------------------------------------------------


def test_the_empty_tree_has_the_root_of_the_rfc() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of(0, NODE) == Frontier().root == EMPTY_ROOT


def test_roots_are_those_of_the_reference() -> None:
    node = node_over(LEAVES)
    assert [root_of(size, node).hex() for size in range(1, 9)] == list(ROOTS)


@pytest.mark.parametrize(("index", "size", "path"), INCLUSIONS)
def test_inclusion_is_shown_as_the_reference_shows_it(index: int, size: int, path: tuple[str, ...]) -> None:
    found = inclusion_path(index, size, node_over(LEAVES))

    assert hexed(found) == path
    assert root_by_inclusion(leaf_hash(LEAVES[index]), index, size, found).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("before", "size", "path"), CONSISTENCIES)
def test_consistency_is_shown_as_the_reference_shows_it(
    before: int, size: int, path: tuple[str, ...]
) -> None:
    found = consistency_path(before, size, node_over(LEAVES))

    assert hexed(found) == path
    roots = [bytes.fromhex(one) for one in ROOTS]
    check_consistency((before, roots[before - 1]), (size, roots[size - 1]), found)


def test_another_implementation_has_the_same_roots_and_paths() -> None:
    other = InmemoryTree(algorithm="sha256")
    for leaf in MANY[:MOST]:
        other.append_entry(leaf)

    for size in range(1, MOST + 1):
        assert root_of(size, NODE) == other.get_root(size)
        for index in range(size):
            # Its paths begin with the leaf itself, and it counts from one.
            theirs = other.prove_inclusion(index + 1, size).path
            assert list(inclusion_path(index, size, NODE)) == theirs[1:]


def test_a_tree_of_somebody_else_shows_that_it_grows_from_ours() -> None:
    other = InmemoryTree(algorithm="sha256")
    for leaf in MANY[:MOST]:
        other.append_entry(leaf)

    for size in range(2, MOST + 1):
        for before in range(1, size):
            theirs = other.prove_consistency(before, size)
            theirs.verify(root_of(before, NODE), root_of(size, NODE))
            ours = consistency_path(before, size, NODE)
            check_consistency((before, other.get_root(before)), (size, other.get_root(size)), ours)


# --- whatever the size ---------------------------------------------------------------------------------


@given(SIZES, st.data())
def test_every_leaf_is_shown_to_be_in_every_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))

    path = inclusion_path(index, size, NODE)

    assert root_by_inclusion(leaf_hash(MANY[index]), index, size, path) == root_of(size, NODE)


@given(SIZES, st.data())
def test_a_path_is_of_one_leaf_at_one_place_in_one_tree(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(index, size, NODE), root_of(size, NODE)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index) if size > 1 else st.none())

    assert not shown(leaf_hash(b"another"), index, size, path, root=root)
    if other is not None:
        assert not shown(leaf_hash(MANY[index]), other, size, path, root=root)
        at = data.draw(st.integers(0, len(path) - 1))
        wrong = (*path[:at], bytes(32), *path[at + 1 :])
        assert not shown(leaf_hash(MANY[index]), index, size, wrong, root=root)
    assert not shown(leaf_hash(MANY[index]), index, size, (*path, root), root=root)
    assert not shown(leaf_hash(MANY[index]), index, size, path[:-1], root=root) or size == 1


def shown(leaf: bytes, index: int, size: int, path: tuple[bytes, ...], *, root: bytes) -> bool:
    try:
        return root_by_inclusion(leaf, index, size, path) == root
    except ProofWrong:
        return False


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_there_is_no_path_for_what_is_not_in_a_tree(index: int, size: int) -> None:
    with pytest.raises(ProofWrong):
        inclusion_path(index, size, NODE)
    with pytest.raises(ProofWrong):
        root_by_inclusion(leaf_hash(b""), index, size, ())


@given(st.integers(0, 300), st.lists(st.integers(0, 60), max_size=8))
def test_a_tree_that_grows_by_any_steps_has_the_root_of_all_its_leaves(begin: int, steps: list[int]) -> None:
    edge = Frontier().extended(map(leaf_hash, MANY[:begin]))
    for step in steps:
        edge = edge.extended(map(leaf_hash, MANY[edge.size : edge.size + step]))

    assert edge.root == root_of(edge.size, NODE)
    assert edge == frontier_of(edge.size, NODE)


@given(SIZES, st.data())
def test_every_tree_is_shown_to_grow_from_every_smaller_one(size: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(1, size))

    path = consistency_path(before, size, NODE)

    check_consistency((before, root_of(before, NODE)), (size, root_of(size, NODE)), path)


@given(SIZES, st.data())
def test_a_tree_with_another_past_is_not_shown_to_grow_from_it(size: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, before - 1))
    other = node_over((*MANY[:changed], b"changed", *MANY[changed + 1 :]))
    old, new = (before, root_of(before, NODE)), (size, root_of(size, other))

    for path in (consistency_path(before, size, NODE), consistency_path(before, size, other), ()):
        with pytest.raises(ProofWrong):
            check_consistency(old, new, path)


@given(SIZES, st.data())
def test_a_path_between_trees_is_refused_when_anything_of_it_is_wrong(size: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(1, size))
    old, new = (before, root_of(before, NODE)), (size, root_of(size, NODE))
    path = consistency_path(before, size, NODE)
    wrong = [(*path, bytes(32))]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        wrong += [path[:-1], path[1:], (*path[:at], bytes(32), *path[at + 1 :])]

    for one in wrong:
        with pytest.raises(ProofWrong):
            check_consistency(old, new, one)


def test_every_tree_grows_from_the_empty_one_and_none_from_a_larger() -> None:
    check_consistency((0, EMPTY_ROOT), (7, root_of(7, NODE)), ())
    for before, size, path in ((7, 3, ()), (0, 3, (bytes(32),)), (3, 3, (bytes(32),))):
        with pytest.raises(ProofWrong):
            check_consistency((before, root_of(before, NODE)), (size, root_of(size, NODE)), path)
    for before, size in ((0, 3), (4, 3)):
        with pytest.raises(ProofWrong):
            consistency_path(before, size, NODE)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Frontier(1, ()),
        lambda: Frontier(0, (bytes(32),)),
        lambda: Frontier(3, (bytes(32),)),
        lambda: Frontier(1, (bytes(31),)),
        lambda: Frontier(-1, (bytes(32),)),
    ],
)
def test_what_is_the_edge_of_no_tree_is_refused(make: Callable[[], Frontier]) -> None:
    with pytest.raises(ProofWrong):
        make()
