"""The Merkle tree over the log (RFC 6962, section 2.1): roots, inclusion and consistency. Pure.

A tree's nodes are asked for by level and number: level 0 are the hashes of leaves, a node of level n stands
for 2**n of them. Only whole subtrees have such a node; what lies at the right edge is computed from those.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

import msgspec

from core.errors import ProofWrong

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_sha256 = hashlib.sha256
Node: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash the bytes of a leaf (32 bytes)."""
    return _sha256(_LEAF + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> bytes:
    """Hash many leaves: their hashes, one after the other."""
    return b"".join([_sha256(_LEAF + leaf).digest() for leaf in leaves])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above them (32 bytes)."""
    return _sha256(_NODE + left + right).digest()


def root_of_hashes(hashes: bytes) -> bytes:
    """Give the root over hashes that stand one after the other; their number must be a power of two."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        hashes = b"".join([_sha256(_NODE + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
    return hashes


class Frontier(msgspec.Struct, frozen=True):
    """What of a tree is needed to let it grow: the roots of its whole subtrees, the largest first.

    Whoever keeps it can't be brought to sign anything but an extension of the tree it is of.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is the edge of no tree; raises ProofWrong."""
        whole = len(self.hashes) == self.size.bit_count() if self.size >= 0 else False
        if not whole or any(len(one) != HASH_BYTES for one in self.hashes):
            raise ProofWrong(f"this is not the edge of a tree of {self.size} leaves")

    @property
    def root(self) -> bytes:
        """The root of the tree (32 bytes)."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found

    def extended(self, leaves: Iterable[bytes]) -> "Frontier":
        """Give the edge of the tree that has these hashes of leaves as well."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            found, whole = leaf, size
            while whole & 1:
                found, whole = node_hash(hashes.pop(), found), whole >> 1
            hashes.append(found)
            size += 1
        return Frontier(size, tuple(hashes))


def subtree(start: int, count: int, node: Node) -> bytes:
    """Give the root over `count` leaves from `start` on, as RFC 6962 splits them; one at least."""
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return node(level, start >> level)
    left = _split(count)
    return node_hash(subtree(start, left, node), subtree(start + left, count - left, node))


def root_of(size: int, node: Node) -> bytes:
    """Give the root over the first `size` leaves."""
    return subtree(0, size, node) if size else EMPTY_ROOT


def frontier_of(size: int, node: Node) -> Frontier:
    """Read the edge of a tree from its nodes."""
    hashes: list[bytes] = []
    start = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            hashes.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))


def _split(count: int) -> int:
    """Give the largest power of two below a number above one."""
    return 1 << (count - 1).bit_length() - 1


# --- inclusion (RFC 6962, section 2.1.1) --------------------------------------------------------------


def inclusion_path(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Give what shows that a leaf is in the tree of this size, from the leaf upwards; raises ProofWrong."""
    if not 0 <= index < size:
        raise ProofWrong(f"a tree of {size} leaves has none at {index}")
    return tuple(_path(index, (0, size), node))


def _path(index: int, part: tuple[int, int], node: Node) -> list[bytes]:
    start, count = part
    if count == 1:
        return []
    left = _split(count)
    if index < left:
        other = subtree(start + left, count - left, node)
        return [*_path(index, (start, left), node), other]
    other = subtree(start, left, node)
    return [*_path(index - left, (start + left, count - left), node), other]


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Compute the root that a path leads to (RFC 9162, section 2.1.3.2); `leaf` is its hash.

    Raises ProofWrong for a path that none of this tree's leaves can have.
    """
    if not 0 <= index < size:
        raise ProofWrong(f"a tree of {size} leaves has none at {index}")
    number, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            raise ProofWrong("the path is longer than the tree is high")
        if number & 1 or number == last:
            found = node_hash(one, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, one)
        number, last = number >> 1, last >> 1
    if last:
        raise ProofWrong("the path ends below the root")
    return found


# --- consistency (RFC 6962, section 2.1.2) ------------------------------------------------------------


def consistency_path(before: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Give what shows that the tree of `size` begins with that of `before` leaves; raises ProofWrong."""
    if not 0 < before <= size:
        raise ProofWrong(f"a tree of {size} leaves does not begin with one of {before}")
    return tuple(_growth(before, (0, size), node, whole=True))


def _growth(before: int, part: tuple[int, int], node: Node, *, whole: bool) -> list[bytes]:
    start, count = part
    if before == count:
        return [] if whole else [subtree(start, count, node)]
    left = _split(count)
    if before <= left:
        other = subtree(start + left, count - left, node)
        return [*_growth(before, (start, left), node, whole=whole), other]
    other = subtree(start, left, node)
    return [*_growth(before - left, (start + left, count - left), node, whole=False), other]


def check_consistency(before: tuple[int, bytes], after: tuple[int, bytes], path: Sequence[bytes]) -> None:
    """Check by a path that one tree begins with another (RFC 9162, section 2.1.4.2); raises ProofWrong.

    Both are given by size and root; every tree begins with the empty one.
    """
    (first, old), (second, new) = before, after
    if first > second or (first == second and (old != new or path)) or (first == 0 and path):
        raise ProofWrong(f"the tree of {second} leaves does not begin with that of {first}")
    if first in {0, second}:
        return
    known = [old, *path] if first & (first - 1) == 0 else list(path)
    if not known or _grown(first, second, known) != (old, new):
        raise ProofWrong(f"the tree of {second} leaves does not begin with that of {first}")


def _grown(first: int, second: int, known: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Compute both roots that a path leads to, None where it has not the length that it must have."""
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = known[0]
    for one in known[1:]:
        if last == 0:
            return None
        if number & 1 or number == last:
            old, new = node_hash(one, old), node_hash(one, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, one)
        number, last = number >> 1, last >> 1
    return (old, new) if last == 0 else None
