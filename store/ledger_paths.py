"""Paths of many records to one root, in the memory of a few: neighbours share nearly all of theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from core.ledger import inclusion_path
from store.database import Database
from store.ledger import Inclusion, Seal, Tree

_NODES: Final = 8_192
# Tiles are kept for so many records: those of a wide search would be the whole tree in the end.
_TILES_FOR: Final = 2_000


class Paths:
    """Paths to the root of one checkpoint, as of one moment; one thread's own."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        """Read in this transaction."""
        self._connection = connection
        self._tree = Tree(connection)
        self._count = 0
        self._seal = seal
        self._node = lru_cache(_NODES)(self._read)

    def inclusion(self, record: int) -> Inclusion | None:
        """Show that a record is sealed by then; None where it is not."""
        self._count += 1
        if self._count % _TILES_FOR == 0:
            self._tree = Tree(self._connection)
        index = self._tree.index_of(record)
        if index is None or index >= self._seal.size:
            return None
        path = inclusion_path(index, self._seal.size, self._node)
        return Inclusion(record, index, self._seal, path)

    def leaf_hash(self, index: int) -> bytes:
        """Give the hash of a leaf as it was sealed."""
        return self._node(0, index)

    def _read(self, level: int, number: int) -> bytes:
        return self._tree.node(level, number)


@contextmanager
def reading_paths(ledger: Database, seal: Seal) -> Iterator[Paths]:
    """Give the paths to a checkpoint's root; raises StoreError."""
    with ledger.read() as connection:
        yield Paths(connection, seal)
