"""What only the sealer writes: hashes, which records they are of, checkpoints, public keys."""

from collections.abc import Sequence

from sqlalchemy import Connection

from core.ledger import HASH_BYTES, root_of_hashes
from core.notes import VerifierKey
from core.times import HOUR_US
from store.ledger import RUN_AT, TILE, Seal, Tree


def write_hashes(connection: Connection, size: int, hashes: Sequence[bytes]) -> None:
    """Add hashes of leaves to a tree of `size`, and the roots of the tiles that this fills."""
    level, first, rest = 0, size, list(hashes)
    tree = Tree(connection)
    while rest:
        full: list[bytes] = []
        number = first // TILE
        held = tree.tile(level, number)[: first % TILE * HASH_BYTES]
        while rest:
            room = TILE - len(held) // HASH_BYTES
            held, rest = held + b"".join(rest[:room]), rest[room:]
            _put(connection, level, number, held)
            if len(held) == TILE * HASH_BYTES:
                full.append(root_of_hashes(held))
                held, number = b"", number + 1
        level, first, rest = level + 1, first // TILE, full


def _put(connection: Connection, level: int, number: int, hashes: bytes) -> None:
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO tile (level, number, hashes) VALUES (?, ?, ?)", (level, number, hashes)
    )


def write_run(connection: Connection, index: int, first_id: int, count: int) -> None:
    """Note that so many consecutive records, from this id on, are at the indexes from `index` on."""
    row = connection.exec_driver_sql(RUN_AT, (index,)).one_or_none()
    if row is not None and row.first_id + row.length == first_id and row.first_index + row.length == index:
        connection.exec_driver_sql(
            "UPDATE run SET length = length + ? WHERE first_index = ?", (count, row.first_index)
        )
        return
    connection.exec_driver_sql(
        "INSERT INTO run (first_index, first_id, length) VALUES (?, ?, ?)", (index, first_id, count)
    )


def write_seal(connection: Connection, seal: Seal) -> None:
    """Keep a checkpoint."""
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO checkpoint (size, at, root, note) VALUES (?, ?, ?, ?)",
        (seal.size, seal.at, seal.root, seal.note),
    )


def write_key(connection: Connection, key: VerifierKey, since: int, at: int) -> None:
    """Keep a public key, from which size of the tree on it signs, and since when (µs UTC)."""
    connection.exec_driver_sql(
        "INSERT INTO key (kid, vkey, since, at) VALUES (?, ?, ?, ?) ON CONFLICT (kid) DO NOTHING",
        (key.kid, key.text, since, at),
    )


def thin_out(connection: Connection, before: int) -> None:
    """Of the checkpoints from before a time (µs UTC) keep the last of each hour."""
    connection.exec_driver_sql(
        "DELETE FROM checkpoint WHERE at < ? AND size NOT IN "
        "(SELECT max(size) FROM checkpoint WHERE at < ? GROUP BY at / ?)",
        (before, before, HOUR_US),
    )
