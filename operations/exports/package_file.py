"""Builds an export in the format `package`, and says in it who asked for it, and why."""

from functools import partial
from pathlib import Path
from typing import Final

from auth.evidence_keys import EvidenceKey
from auth.ledger_keys import LedgerKeys
from core.permissions import Permission, Scope
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

_ROLES: Final = "roles"


def write_package(db: Database, one: Export, extract: Extract, target: Path) -> int:
    """Write the package of an extract to a file that is not there yet; gives how many records it has."""
    data = db.file.parent
    target.unlink(missing_ok=True)
    ledger = open_ledger(data)
    sources = Sources(
        db=db,
        ledger=ledger,
        log_key=LedgerKeys(data, "").public,
        key=EvidenceKey.of(data),
        tell=partial(_tell, db, one.id),
    )
    try:
        return build_package(sources, _request(db, one, extract), rows_for(db, extract), target).records
    finally:
        ledger.close()


def _tell(db: Database, name: str, done: int) -> None:
    """Note how far it is, while the disk has more room than records need."""
    need_room(db)
    exports.note_progress(db, name, done)


def _request(db: Database, one: Export, extract: Extract) -> PackageRequest:
    requested = custody_rows(db, one.id)[0]
    private, roles = private_of(requested), refs_of(requested).get(_ROLES)
    by: dict[str, str] = {name: private[name] for name in ("subject", "name") if name in private}
    return PackageRequest(
        export=one.id,
        filter=one.filter,
        by={**by, **({_ROLES: roles} if isinstance(roles, str) else {})},
        why=private.get("why", ""),
        requested=one.created,
        upto=one.upto,
        scope=extract.scope,
        policies=_reads_policies(extract.scope),
    )


def _reads_policies(scope: Scope) -> bool:
    """Whether who asked may read the policy: no role reads everywhere what operators did, and not that."""
    return scope.permission is Permission.AUDIT_READ and scope.organisation
