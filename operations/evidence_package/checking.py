"""Checks an evidence package by itself: every hash, path, commitment and signature in it.

`assets/check.js` does the same in a browser, in the same order and with the same words.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec

from core import evidence as parts
from core.errors import ProofWrong
from core.evidence import Custody, KeyStatement, Manifest, PolicyVersion, allowed_signers
from core.notes import Checkpoint, VerifierKey, note_signature, read_note
from core.sshsig import check_sshsig
from operations.evidence_package.opening import Files
from operations.evidence_package.records import RecordsCheck

_CHUNK: Final = 1 << 20
_SMALL: Final = 16 << 20
_HEX: Final = 64
_T = TypeVar("_T")
_manifest: Final = msgspec.json.Decoder(Manifest).decode
_policies: Final = msgspec.json.Decoder(list[PolicyVersion]).decode


@dataclass(slots=True)
class Verdict:
    """What a check found: what is wrong with records first, then with files; nothing where all holds."""

    records: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    key: VerifierKey | None = None
    manifest: Manifest | None = None

    @property
    def wrong(self) -> list[str]:
        """All that is wrong, the first bad record before all."""
        return [*self.records, *self.files]


def check_package(files: Files) -> Verdict:
    """Check a package; raises ProofWrong for a ZIP that can't be read."""
    return _Check(files).run()


class _Check:
    """One check of one package."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._there = files.names()
        self._said = Verdict()
        self._sums: dict[str, str] = {}
        self._evidence: VerifierKey | None = None
        self._checkpoint: Checkpoint | None = None

    def run(self) -> Verdict:
        for name in sorted(set(parts.ALL) - self._there):
            self._bad(f"{name}: is missing")
        for name in sorted(self._there - set(parts.ALL)):
            self._bad(f"{name}: does not belong to an evidence package")
        self._hash_all()
        self._key()
        self._notes()
        self._signatures()
        self._read_manifest()
        if self._checkpoint is not None and self._said.manifest is not None:
            self._records(self._checkpoint, self._said.manifest)
        return self._said

    def _bad(self, text: str) -> None:
        self._said.files.append(text)

    def _small(self, name: str) -> bytes:
        """Read a small file whole, nothing where it is missing; raises ProofWrong for a large one."""
        if name not in self._there:
            return b""
        with self._files.open(name) as opened:
            found = opened.read(_SMALL + 1)
        if len(found) > _SMALL:
            raise ProofWrong(f"{name}: is larger than in any evidence package")
        return found

    def _same(self, name: str, wanted: bytes, source: str) -> None:
        if name in self._there and self._small(name) != wanted:
            self._bad(f"{name}: does not say the same as {source}")

    # --- files ----------------------------------------------------------------------------------------

    def _hash_all(self) -> None:
        lines = self._small(parts.SUMS).decode("utf-8", "replace").split("\n")
        told = {line[_HEX + 2 :]: line[:_HEX] for line in lines[:-1] if line[_HEX : _HEX + 2] == "  "}
        if sorted(told) != sorted(parts.SUMMED) or len(lines) != len(told) + 1:
            self._bad(f"{parts.SUMS}: is not the list of a package's files")
        for name in sorted(set(parts.SUMMED) & self._there):
            self._sums[name] = self._hash(name)
            if told.get(name) != self._sums[name]:
                self._bad(f"{name}: is not the file that {parts.SUMS} lists")

    def _hash(self, name: str) -> str:
        found = hashlib.sha256()
        with self._files.open(name) as opened:
            while some := opened.read(_CHUNK):
                found.update(some)
        return found.hexdigest()

    # --- keys and signatures --------------------------------------------------------------------------

    def _key(self) -> None:
        try:
            key = VerifierKey.read(self._text(parts.KEY).removesuffix("\n"))
        except ProofWrong:
            self._bad(f"{parts.KEY}: is no key of a log")
            return
        self._said.key = key
        self._same(parts.KEY, f"{key.text}\n".encode(), "itself")
        self._same("pub.pem", key.pem.encode(), parts.KEY)
        self._same("key.ssh.pub", f"{key.ssh}\n".encode(), parts.KEY)
        self._same("allowed_signers", allowed_signers(key).encode(), parts.KEY)

    def _text(self, name: str) -> str:
        return self._small(name).decode("utf-8", "replace")

    def _notes(self) -> None:
        key = self._said.key
        if key is None:
            return
        self._checkpoint = self._note(key, parts.CHECKPOINT, "checkpoint", Checkpoint.read)
        statement = self._note(key, parts.STATEMENT, "evidence", KeyStatement.read)
        if statement is None:
            return
        if statement.log != key.name:
            self._bad(f"{parts.STATEMENT}: is about another log")
            return
        self._evidence = statement.key
        self._same("evidence.pem", statement.key.pem.encode(), parts.STATEMENT)

    def _note(self, key: VerifierKey, name: str, stem: str, read: Callable[[str], _T]) -> _T | None:
        note = self._small(name)
        try:
            body, _ = read_note(note, [key])
            found, signature = read(body), note_signature(note, key)
        except ProofWrong:
            self._bad(f"{name}: is not signed by the key of the log")
            return None
        self._same(f"{stem}.body", body.encode(), name)
        self._same(f"{stem}.sig", signature, name)
        return found

    def _signatures(self) -> None:
        key, evidence = self._said.key, self._evidence
        if key is None or evidence is None:
            return
        sums = self._small(parts.SUMS)
        for name, signed in ((parts.SUMS_RAW, parts.SUMS), (parts.MANIFEST_SIGNATURE, parts.MANIFEST)):
            if not evidence.verifies(self._small(name), self._small(signed)):
                self._bad(f"{name}: is no signature of {signed} by the key of evidence")
        try:
            check_sshsig(self._text(parts.SUMS_SSH), sums, parts.NAMESPACE, log=key, key=evidence)
        except ProofWrong:
            self._bad(f"{parts.SUMS_SSH}: is no signature of {parts.SUMS} by the key of evidence")

    # --- what it says ---------------------------------------------------------------------------------

    def _read_manifest(self) -> None:
        try:
            found = _manifest(self._small(parts.MANIFEST))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._bad(f"{parts.MANIFEST}: can't be read")
            return
        if found.format != parts.FORMAT or found.v != parts.VERSION or set(found.files) != set(parts.SHOWN):
            self._bad(f"{parts.MANIFEST}: is not of a kind that is known here")
            return
        self._said.manifest = found
        for name in sorted(set(parts.SHOWN) & self._there):
            if found.files[name].sha256 != self._sums.get(name):
                self._bad(f"{name}: is not the file that {parts.MANIFEST} lists")

    def _records(self, checkpoint: Checkpoint, manifest: Manifest) -> None:
        check = RecordsCheck(checkpoint, self._said.records.append)
        if {parts.EVENTS, parts.PROOFS, parts.DISCLOSED} <= self._there:
            with (
                self._files.open(parts.EVENTS) as events,
                self._files.open(parts.PROOFS) as proofs,
                self._files.open(parts.DISCLOSED) as disclosed,
            ):
                check.records(events, proofs, disclosed)
        if parts.CUSTODY in self._there:
            with self._files.open(parts.CUSTODY) as custody:
                check.custody(custody)
        check.count(manifest.counts)
        self._key_record(check.kept)
        self._policy(check.kept)

    def _key_record(self, custody: list[Custody]) -> None:
        told = [_refs(one).get("key") for one in custody if one.what == "key"]
        if self._evidence is not None and told != [self._evidence.text]:
            self._bad(f"{parts.CUSTODY}: does not hold the record of the key of evidence")

    def _policy(self, custody: list[Custody]) -> None:
        try:
            found = _policies(self._small(parts.POLICY))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._bad(f"{parts.POLICY}: can't be read")
            return
        refs = [_refs(one) for one in custody if one.what == "policy"]
        sealed = {(one.get("version"), one.get("sha256")) for one in refs}
        for one in found:
            document = one.document
            same = document is None or hashlib.sha256(document.encode()).hexdigest() == one.sha256
            if not same or (one.version, one.sha256) not in sealed:
                self._bad(f"{parts.POLICY}: version {one.version} is not what was sealed")


class _Refs(msgspec.Struct):
    refs: dict[str, str | int | bool] = {}


_leaf: Final = msgspec.json.Decoder(_Refs).decode


def _refs(one: Custody) -> dict[str, str | int | bool]:
    try:
        return _leaf(one.leaf.encode()).refs
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return {}


def first(wrong: list[str], most: int) -> Iterator[str]:
    """Give the first of what is wrong, and say how much more there is."""
    yield from wrong[:most]
    if len(wrong) > most:
        yield f"... and {len(wrong) - most:,} more"
