"""One record with what proves that it is sealed: its exact bytes, the path to a signed root, its salts."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from core.errors import ProofWrong
from core.feeds import OPEN_END
from core.leaf import Detail
from core.notes import VerifierKey, read_note
from core.permissions import Scope
from store.database import Database
from store.ledger import Inclusion, Tree, reading
from store.queries import may_name
from store.ranges import Part, read_rows
from store.rows import Row

_detail: Final = msgspec.json.Decoder(Detail).decode


class Disclosed(msgspec.Struct, frozen=True):
    """A personal value with the salt (hex) that opens its commitment."""

    value: str
    salt: str


class Sealing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record is in the tree, and who signed for it: hashes in hex, the note as it was signed.

    `at` is when that was (µs UTC), `vkey` the key's one word, `fingerprint` what people compare.
    """

    index: int
    size: int
    path: tuple[str, ...]
    note: str
    vkey: str
    fingerprint: str
    at: int


class RecordProof(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is proved: `leaf` are the exact bytes, `seal` is None while it is not sealed yet.

    `scope` is the one that gave it. `disclosed` holds only what this reader may know; what was deleted can't
    be disclosed to anybody.
    """

    record: int
    site: str | None
    scope: Scope
    leaf: bytes
    disclosed: Mapping[str, Disclosed]
    seal: Sealing | None


def record_proof(db: Database, ledger: Database, scopes: Iterable[Scope], record: int) -> RecordProof | None:
    """Read the proof of a record; None for one that is absent and for one of others alike.

    Raises StoreError, and ProofWrong where the tree on disk is not what was signed.
    """
    found = _row(db, scopes, record)
    if found is None:
        return None
    row, scope = found
    with reading(ledger) as tree:
        inclusion = tree.inclusion(record)
        seal = None if inclusion is None else _sealing(inclusion, tree)
    return RecordProof(
        record=record,
        site=row.site,
        scope=scope,
        leaf=row.leaf,
        disclosed=_disclosed(row) if may_name(scope, row) else {},
        seal=seal,
    )


def _row(db: Database, scopes: Iterable[Scope], record: int) -> tuple[Row, Scope] | None:
    """Find a record in the first of these scopes that gives it."""
    if not 0 < record < OPEN_END:
        return None
    with db.read() as connection:
        for scope in scopes:
            rows = read_rows(connection, scope, Part(above=record - 1, below=record + 1), 1)
            if rows:
                return rows[0], scope
    return None


def _disclosed(row: Row) -> Mapping[str, Disclosed]:
    if row.detail is None:
        return {}
    detail = _detail(row.detail)
    named = ((name, value, detail.salts.get(name)) for name, value in detail.private.items())
    return {name: Disclosed(value, salt) for name, value, salt in named if salt is not None}


def _sealing(inclusion: Inclusion, tree: Tree) -> Sealing:
    note = inclusion.seal.note
    _, signers = read_note(note, [VerifierKey.read(one) for one in tree.keys()])  # noqa: SIM118 - it is no dict
    if not signers:
        raise ProofWrong("no key of this log has signed its newest checkpoint")
    key = signers[-1]
    return Sealing(
        index=inclusion.index,
        size=inclusion.seal.size,
        path=tuple(one.hex() for one in inclusion.path),
        note=note.decode(),
        vkey=key.text,
        fingerprint=key.fingerprint,
        at=inclusion.seal.at,
    )
