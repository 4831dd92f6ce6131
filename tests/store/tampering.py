"""Ways to tamper with a sealed log, by somebody who may write every file of the data folder."""

# ruff: noqa: S608 - who tampers writes what SQL they like

import json
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace as with_fields

from core.leaf import canonical
from core.ledger import Frontier, leaf_hash
from core.notes import Checkpoint, Signer, write_note
from store.database import Database
from store.ledger import reading
from store.ledger_writing import write_hashes
from store.sealer_memory import recall, remember
from tests.store.sealing import Sealed

_TABLES: Final = ("person_record", "detail", "leaf")


def force(db: Database, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Change the log as nothing of ours can: without the triggers that keep it."""
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        kept = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in kept:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for one in statements:
            text, values = (one, ()) if isinstance(one, str) else one
            connection.exec_driver_sql(text, values)
        for _, statement in kept:
            connection.exec_driver_sql(statement)


def edit(log: Sealed, record: int, column: str, value: object) -> None:
    """Write something else into a column of a leaf."""
    force(log.db, (f"UPDATE leaf SET {column} = ? WHERE id = ?", (value, record)))


def edit_leaf(log: Sealed, record: int) -> None:
    """Let a leaf say something else, in good form, and no column of it."""
    edit(log, record, "leaf", forged(log, record))


def forged(log: Sealed, record: int, **refs: str) -> bytes:
    """Write what a leaf would be with other references."""
    leaf = json.loads(dict(log.leaves())[record])
    return canonical(leaf | {"refs": leaf.get("refs", {}) | ({"forged": "yes"} | refs)})


def remove(log: Sealed, record: int, *, shifted: bool = False, count: int = 1) -> None:
    """Delete records and all that belongs to them; let those after them close the gap or not."""
    last = record + count - 1
    gone = [f"DELETE FROM {table} WHERE id BETWEEN {record} AND {last}" for table in _TABLES]
    force(log.db, *gone, *(_shifted(record, -count) if shifted else ()))


def insert(log: Sealed, record: int) -> None:
    """Put a forged record in, and let the others make room."""
    columns = "received, at, kind, site, door, device, reason"
    force(
        log.db,
        *_shifted(record, 1),
        (
            f"INSERT INTO leaf (id, leaf, {columns}) SELECT ?, ?, {columns} FROM leaf WHERE id = ?",
            (record, forged(log, record - 1), record - 1),
        ),
    )


def swap(log: Sealed, one: int, other: int) -> None:
    """Let two records and all that belongs to them change places."""
    moves = ((one, -1), (other, one), (-1, other))
    force(log.db, *(f"UPDATE {table} SET id = {b} WHERE id = {a}" for table in _TABLES for a, b in moves))


def cut(log: Sealed, last: int) -> None:
    """Take away what comes after a record."""
    force(log.db, *(f"DELETE FROM {table} WHERE id > {last}" for table in _TABLES))


def _shifted(first: int, by: int) -> list[str]:
    """Move records from an id on, by way of negative ids: each is one record's at every step."""
    steps = (f"SET id = -(id + {by}) WHERE id >= {first}", "SET id = -id WHERE id < 0")
    return [f"UPDATE {table} {step}" for table in _TABLES for step in steps]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """How far a rewrite goes beyond the records and the tree over them.

    `notes`: the checkpoints of it are kept, dropped or forged; `memory`: the sealer's memory is made again;
    `own_key`: the log says that it was sealed by the attacker's key from the beginning, and is signed by it.
    """

    notes: str = "kept"
    memory: bool = False
    own_key: bool = False


def rewrite(log: Sealed, record: int, how: Rewriting) -> None:
    """Change a record, and make everything again that follows from it."""
    memory = recall(log.keys.folder)
    assert memory is not None
    signer = Signer(memory.origin, Ed25519PrivateKey.generate())
    edit_leaf(log, record)
    if how.own_key:
        _take_over(log, signer)
    hashes = [leaf_hash(leaf) for _, leaf in log.leaves()][: memory.edge.size]
    sizes = _remake(log, hashes, how)
    notes = {}
    for size in sizes:
        edge = Frontier().extended(hashes[:size])
        notes[size] = edge, write_note(Checkpoint(memory.origin, size, edge.root).body, [signer])
    with log.ledger.write() as connection:
        for size, (edge, note) in notes.items():
            connection.exec_driver_sql(
                "INSERT INTO checkpoint (size, at, root, note) VALUES (?, ?, ?, ?)",
                (size, memory.at, edge.root, note),
            )
    if how.memory:
        edge = Frontier().extended(hashes)
        note = write_note(Checkpoint(memory.origin, edge.size, edge.root).body, [signer])
        remember(log.keys.folder, with_fields(memory, edge=edge, note=note.decode()))


def _remake(log: Sealed, hashes: list[bytes], how: Rewriting) -> list[int]:
    """Write the tree again; gives the sizes of checkpoints that are to be forged."""
    with reading(log.ledger) as tree:
        sizes = [one.size for one in tree.seals()]
    with log.ledger.write() as connection:
        connection.exec_driver_sql("DELETE FROM tile")
        write_hashes(connection, 0, hashes)
        if how.notes != "kept":
            connection.exec_driver_sql("DELETE FROM checkpoint")
    return sizes if how.notes == "forged" else []


def _take_over(log: Sealed, signer: Signer) -> None:
    """Let the attacker's key be the log's, wherever that is written."""
    key = signer.key
    first = next(number for number, leaf in log.leaves() if b"ledger.key_created" in leaf)
    refs = {"key": key.text, "kid": key.kid, "fingerprint": key.fingerprint}
    edit(log, first, "leaf", forged(log, first, **refs))
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE key SET kid = ?, vkey = ?", (key.kid, key.text))
    log.keys.publish(key)
    (log.keys.folder / "ledger.key").write_bytes(signer.private_pem())
