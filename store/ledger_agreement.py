"""Whether a log is what was sealed: leaves against the tree's hashes, and those against the signed root."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from core.errors import LogAltered, ProofWrong
from core.ledger import HASH_BYTES, leaf_hash
from core.notes import Checkpoint, VerifierKey, read_note
from store.database import Database
from store.ledger import TILE, Run, Seal, Tree

_LEAVES: Final = "SELECT id, leaf FROM leaf WHERE id >= ? AND id < ? ORDER BY id"


def check_agreement(db: Database, ledger: Database) -> Seal | None:
    """Give the newest checkpoint, None where nothing was sealed yet; memory stays flat.

    Raises LogAltered naming the first record that is wrong, ProofWrong, StoreError.
    """
    with ledger.read() as connection, db.read() as log:
        tree = Tree(connection)
        seal = tree.latest()
        for run in tree.runs():
            _check_run(run, Tree(connection), log)
        if seal is not None:
            _check_seal(seal, tree)
    return seal


def _check_run(run: Run, tree: Tree, log: Connection) -> None:
    last = run.first_id + run.length
    leaves = iter(log.exec_driver_sql(_LEAVES, (run.first_id, last)))
    for number, wanted in enumerate(_hashes(run, tree), run.first_id):
        row = next(leaves, None)
        if row is None or row.id != number:
            raise LogAltered(f"record {number} was sealed, and is missing")
        if leaf_hash(row.leaf) != wanted:
            raise LogAltered(f"record {number} is not what was sealed")


def _hashes(run: Run, tree: Tree) -> Iterator[bytes]:
    for index in range(run.first_index, run.first_index + run.length):
        start = index % TILE * HASH_BYTES
        yield tree.tile(0, index // TILE)[start : start + HASH_BYTES]


def _check_seal(seal: Seal, tree: Tree) -> None:
    keys = tree.keys()
    body, _ = read_note(seal.note, [VerifierKey.read(key) for key in keys])
    signed = Checkpoint.read(body)
    if (signed.size, signed.root) != (seal.size, tree.root(seal.size)):
        raise ProofWrong("the newest checkpoint is of another tree than the one that is kept")
