"""Builds an evidence package: a ZIP of one folder that needs nothing else of Gatehouse to be checked.

The one who builds holds neither the log's key nor more than a few records at a time.
"""

import base64
import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from auth.evidence_keys import EvidenceSigner
from core import evidence as parts
from core.errors import NotSealed
from core.evidence import Counts, Custody, FileSum, Manifest, PolicyVersion
from core.notes import VerifierKey, note_body, note_signature
from core.sshsig import write_sshsig
from core.times import SECOND_US, iso_us
from operations.evidence_package.asking import Built, PackageRequest, Sources
from operations.evidence_package.explaining import Explained, explain
from operations.evidence_package.gathering import Gathered, Into, gather, opened, place_of
from operations.evidence_package.packing import pack
from operations.evidence_package.viewing import write_view
from store.clock import now_us
from store.evidence_records import custody_rows, key_rows, policies_kept, policy_rows
from store.ledger import Seal, reading
from store.ledger_paths import Paths, reading_paths
from store.rows import Row
from store.views import refs_of

_WAIT_US: Final = 30 * SECOND_US
_PAUSE_S: Final = 0.2
_UNDER_WAY: Final = ".package-"
_FILE_MODE: Final = 0o600
# What the person who exports may show of themselves: not from where they came, and no secret of the act.
_OF_EXPORTS: Final = frozenset({"subject", "name", "why", "filter"})
_DASH: Final = "\u2014"
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """All that a package stands on: a checkpoint, the log's key, and what it said of the key of evidence."""

    seal: Seal
    key: VerifierKey
    signer: EvidenceSigner
    vouched: Row


def build_package(sources: Sources, request: PackageRequest, rows: Iterable[Row], target: Path) -> Built:
    """Write the package of these records, in the order of their ids, to a file that is not there yet.

    It waits up to 30 s for the sealer. Raises Invalid for more records than a package can hold or what is
    not sealed, LogAltered for a record that is not what was sealed, StoreError; then there is no file.
    """
    sealed = _when_sealed(sources, request)
    with TemporaryDirectory(dir=target.parent, prefix=_UNDER_WAY) as name:
        folder = Path(name)
        with reading_paths(sources.ledger, sealed.seal) as paths:
            found = gather(rows, request.scope, paths, Into(folder, sources.tell))
            custody = _custody(sources, request, paths, _Wanted(sealed.vouched, found.policies))
        _write_lines(folder / parts.CUSTODY, custody)
        _write_policies(sources, request, found, folder)
        _write_seals(sealed, folder)
        manifest = _manifest(
            request, sealed, Counts(found.records, found.disclosed, found.fields, len(custody)), folder
        )
        _write_signed(folder, manifest, sealed)
        beside = folder / "package.zip"
        pack(folder, beside, f"gatehouse-evidence-{request.export}", request.password)
        beside.chmod(_FILE_MODE)
        _sync(beside)
        os.link(beside, target)
    return Built(found.records, target.stat().st_size)


def sweep(folder: Path) -> None:
    """Take away what builders that were ended have left in a folder, while none is at work there."""
    for left in folder.glob(f"{_UNDER_WAY}*"):
        shutil.rmtree(left)


def _sync(file: Path) -> None:
    with file.open("rb") as written:
        os.fsync(written.fileno())


# --- what it stands on --------------------------------------------------------------------------------


def _when_sealed(sources: Sources, request: PackageRequest) -> _Sealed:
    """Wait for a checkpoint over all that the package is to hold; raises NotSealed."""
    end = now_us() + _WAIT_US
    while True:
        found = _sealed(sources, request)
        if found is not None:
            return found
        if now_us() > end:
            raise NotSealed("the log is not being sealed: an evidence package can't be made now")
        sources.pause(_PAUSE_S)


def _sealed(sources: Sources, request: PackageRequest) -> _Sealed | None:
    log = sources.log_key()
    said = sources.key.statement(log)
    vouched = [row for row in key_rows(sources.db, said.key.text) if refs_of(row).get("by") == log.kid]
    if not vouched:
        return None
    needed = max(request.upto, vouched[0].id, *(row.id for row in custody_rows(sources.db, request.export)))
    with reading(sources.ledger) as tree:
        seal, newest = tree.latest(), tree.index_of(needed)
    if seal is None or newest is None or newest >= seal.size:
        return None
    refs = refs_of(vouched[0])
    signature = base64.b64encode(log.hint + bytes.fromhex(str(refs["signature"]))).decode()
    note = f"{said.body}\n{_DASH} {log.name} {signature}\n".encode()
    signer = EvidenceSigner(sources.key.signer(log), note, str(refs["certificate"]))
    return _Sealed(seal=seal, key=log, signer=signer, vouched=vouched[0])


@dataclass(frozen=True, slots=True)
class _Wanted:
    vouched: Row
    policies: set[int]


def _custody(sources: Sources, request: PackageRequest, paths: Paths, wanted: _Wanted) -> list[Custody]:
    """Prove the records about the package itself, as far as they are sealed."""
    rows: list[tuple[str, Row]] = [("key", wanted.vouched)]
    rows += (("export", row) for row in custody_rows(sources.db, request.export))
    rows += (("policy", row) for row in policy_rows(sources.db, wanted.policies))
    found: list[Custody] = []
    for what, row in rows:
        if paths.inclusion(row.id) is None:
            continue
        place = place_of(row, paths)
        fields = opened(row, _OF_EXPORTS) if what == "export" else {}
        found.append(Custody(what, place.index, row.leaf.decode(), place.path, fields))
    return found


# --- files --------------------------------------------------------------------------------------------


def _write_lines(file: Path, lines: Sequence[Custody]) -> None:
    file.write_bytes(b"".join(_encode(one) + b"\n" for one in lines))


def _write_policies(sources: Sources, request: PackageRequest, found: Gathered, folder: Path) -> None:
    kept = [
        PolicyVersion(
            one.version,
            hashlib.sha256(one.document).hexdigest(),
            one.document.decode() if request.policies else None,
        )
        for one in policies_kept(sources.db, found.policies)
    ]
    (folder / parts.POLICY).write_bytes(_encode(kept) + b"\n")


def _write_seals(sealed: _Sealed, folder: Path) -> None:
    """Write the two notes, and the same once more as other tools read it."""
    key, evidence = sealed.key, sealed.signer.signer.key
    for name, stem, note in (
        (parts.CHECKPOINT, "checkpoint", sealed.seal.note),
        (parts.STATEMENT, "evidence", sealed.signer.statement),
    ):
        (folder / name).write_bytes(note)
        (folder / f"{stem}.body").write_bytes(note_body(note).encode())
        (folder / f"{stem}.sig").write_bytes(note_signature(note, key))
    for name, text in (
        (parts.KEY, f"{key.text}\n"),
        ("pub.pem", key.pem),
        ("key.ssh.pub", f"{key.ssh}\n"),
        ("evidence.pem", evidence.pem),
        ("allowed_signers", parts.allowed_signers(key)),
    ):
        (folder / name).write_bytes(text.encode())


def _manifest(request: PackageRequest, sealed: _Sealed, counts: Counts, folder: Path) -> Manifest:
    scope = request.scope
    return Manifest(
        format=parts.FORMAT,
        v=parts.VERSION,
        log=sealed.key.name,
        export={
            "id": request.export,
            "filter": request.filter,
            "upto": request.upto,
            "by": dict(request.by),
            "why": request.why,
            "requested": iso_us(request.requested),
            "built": iso_us(now_us()),
        },
        scope={
            "permission": scope.permission.value,
            "sites": sorted(scope.sites),
            "organisation": scope.organisation,
            "named": sorted(scope.names),
            "policy": scope.policy_version,
        },
        checkpoint={
            "size": sealed.seal.size,
            "root": sealed.seal.root.hex(),
            "sealed": iso_us(sealed.seal.at),
            "fingerprint": sealed.key.fingerprint,
            "evidence_fingerprint": sealed.signer.signer.key.fingerprint,
        },
        counts=counts,
        files={name: _sum(folder / name) for name in parts.SHOWN},
    )


def _sum(file: Path) -> FileSum:
    with file.open("rb") as opened_file:
        return FileSum(hashlib.file_digest(opened_file, "sha256").hexdigest(), file.stat().st_size)


def _write_signed(folder: Path, manifest: Manifest, sealed: _Sealed) -> None:
    """Write what is signed last: the manifest, the page that shows it all, and the list of files."""
    sign = sealed.signer.signer.sign
    told = msgspec.json.format(_encode(manifest), indent=2) + b"\n"
    (folder / parts.MANIFEST).write_bytes(told)
    (folder / parts.MANIFEST_SIGNATURE).write_bytes(sign(told))
    write_view(folder)
    (folder / parts.EXPLANATION).write_text(explain(Explained(manifest, sealed.key)), encoding="utf-8")
    sums = "".join(f"{_sum(folder / name).sha256}  {name}\n" for name in sorted(parts.SUMMED)).encode()
    (folder / parts.SUMS).write_bytes(sums)
    (folder / parts.SUMS_RAW).write_bytes(sign(sums))
    armoured = write_sshsig(sums, parts.NAMESPACE, sealed.signer.certificate, sign)
    (folder / parts.SUMS_SSH).write_bytes(armoured.encode())
