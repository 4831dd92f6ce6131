"""Compares the tiles above the hashes of leaves with what they must be."""

from collections.abc import Sequence

from core.ledger import HASH_BYTES, root_of_hashes
from store.ledger import TILE, Tree


def wrong_tile(tree: Tree, roots: Sequence[bytes]) -> int | None:
    """Give the index of the first leaf under a kept root that is not right; `roots` are those of whole tiles.

    More may be kept by now than was given.
    """
    level, under = 1, TILE
    while roots:
        full = []
        for number in range(0, len(roots), TILE):
            part = b"".join(roots[number : number + TILE])
            kept = tree.tile(level, number // TILE)[: len(part)]
            if kept != part:
                at = next(
                    i
                    for i in range(0, len(part), HASH_BYTES)
                    if kept[i : i + HASH_BYTES] != part[i : i + HASH_BYTES]
                )
                return (number + at // HASH_BYTES) * under
            if len(part) == TILE * HASH_BYTES:
                full.append(root_of_hashes(part))
        roots, level, under = full, level + 1, under * TILE
    return None
