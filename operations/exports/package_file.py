"""An evidence package as an export: who asked for it and why stand in the record of the request."""

from functools import partial
from pathlib import Path

from auth.evidence_keys import EvidenceKey
from auth.ledger_keys import LedgerKeys
from core.exports import Format
from core.records import Kind
from operations.evidence_package.asking import PackageRequest, Sources
from operations.evidence_package.building import build_package
from store import exports
from store.database import Database
from store.disk import need_room
from store.evidence_records import custody_rows
from store.export_rows import Extract, rows_for
from store.exports import Export
from store.ledger import open_ledger
from store.views import private_of, refs_of


def write_package(
    db: Database, one: Export, extract: Extract, part: Path, *, policies: bool, password: str
) -> int:
    """Write the package of an extract; gives how many records are in it.

    It waits until the request itself is sealed. Raises NotSealed, LogAltered, Invalid for too many records,
    StartRefused for keys that can't be used, and StoreError, of that DiskNearlyFull.
    """
    if (one.format is Format.CLOSED_PACKAGE) != bool(password):
        raise ValueError("a package has a password if and only if it is a closed one")
    data = db.file.parent
    ledger = open_ledger(data)
    try:
        sources = Sources(
            db=db,
            ledger=ledger,
            log_key=LedgerKeys(data, "").public,
            key=EvidenceKey.of(data),
            tell=partial(_tell, db, one.id),
        )
        request = _request(db, one, extract, policies=policies, password=password)
        return build_package(sources, request, rows_for(db, extract), part).records
    finally:
        ledger.close()


def _tell(db: Database, name: str, done: int) -> None:
    """Note how far it is, while the disk has more room than records need."""
    need_room(db)
    exports.note_progress(db, name, done)


def _request(db: Database, one: Export, extract: Extract, *, policies: bool, password: str) -> PackageRequest:
    asked = next(row for row in custody_rows(db, one.id) if row.kind is Kind.EXPORT_REQUESTED)
    known, refs = private_of(asked), refs_of(asked)
    by = {"subject": one.subject, "name": known.get("name", ""), "roles": str(refs.get("roles", ""))}
    return PackageRequest(
        export=one.id,
        filter=one.filter,
        by={name: text for name, text in by.items() if text},
        why=known.get("why", ""),
        requested=asked.received,
        upto=one.upto,
        scope=extract.scope,
        policies=policies,
        password=password,
    )
