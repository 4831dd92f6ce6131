"""Which roots of a log are known to have been signed: kept here, remembered by the sealer, held outside."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from core.errors import LogAltered, ProofWrong
from core.key_chain import KINDS as OF_KEYS
from core.key_chain import Chain, Link
from core.leaf import Scalar
from core.notes import Checkpoint, VerifierKey, note_body, read_note
from core.records import KINDS
from core.verifying import Finding, Known, What
from store.database import Database
from store.ledger import Seal
from store.sealer_memory import Memory, recall

PUBLIC: Final = "ledger.vkey"
_CODES: Final = {KINDS[kind].code: kind for kind in OF_KEYS}


class _Leaf(msgspec.Struct, frozen=True):
    refs: dict[str, Scalar] = {}


_read = msgspec.json.Decoder(_Leaf).decode


@dataclass(frozen=True, slots=True)
class Outside:
    """A signed note that was kept elsewhere, and where."""

    source: str
    note: bytes


@dataclass(slots=True)
class Signed:
    """What is known to have been signed, what is not as it should be with it, and what is worth a word."""

    chain: Chain
    known: list[Known] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    seals: int = 0

    def keep(self, seals: Iterable[Seal]) -> None:
        """Take the checkpoints of ledger.db."""
        for seal in seals:
            self.seals += 1
            source = f"the checkpoint of {seal.size:,} records in ledger.db"
            key = self.chain.at(seal.size)
            try:
                found = _checkpoint(seal.note, [key] if key else [])
                right = (found.size, found.root) == (seal.size, seal.root)
            except ProofWrong as error:
                self._wrong(f"{source}: {error}")
                continue
            if right and self._named(found.origin):
                self.known.append(Known(size=found.size, root=found.root, source=source))
            else:
                self._wrong(f"{source} says something else than its note")

    def remember(self, folder: Path, size: int) -> None:
        """Take what the sealer remembers; `size` is how many leaves the tree has."""
        try:
            memory = recall(folder)
        except LogAltered as error:
            self.findings.append(Finding(what=What.MEMORY, words=str(error)))
            return
        if memory is None or not memory.edge.size:
            if size:
                words = "the sealer's memory is gone (keys/ledger.state)"
                self.findings.append(Finding(what=What.MEMORY, words=words))
            return
        self._remembered(memory, size)

    def _remembered(self, memory: Memory, size: int) -> None:
        key, edge, why = self.chain.at(memory.edge.size), memory.edge, ""
        try:
            found = _checkpoint(memory.note.encode(), [key] if key else [])
            if (found.size, found.root) != (edge.size, edge.root) or not self._named(found.origin):
                why = "what it says it signed is not what it has"
        except ProofWrong as error:
            why = str(error)
        if not why and edge.size < size:
            why = f"it is of {edge.size:,} records, and {size:,} were sealed"
        if why:
            self.findings.append(Finding(what=What.MEMORY, words=f"the sealer's memory was changed: {why}"))
        else:
            self.known.append(Known(size=edge.size, root=edge.root, source="the sealer's memory"))

    def compare(self, outside: Outside, given: VerifierKey | None) -> None:
        """Take a checkpoint that was kept elsewhere; its root counts whoever signed it."""
        try:
            found = Checkpoint.read(note_body(outside.note))
        except ProofWrong as error:
            self._wrong(f"{outside.source}: {error}")
            return
        try:
            read_note(outside.note, [*self.chain.keys, *([given] if given else [])])
        except ProofWrong as error:
            self._wrong(f"{outside.source} is not signed by this log: {error}")
        if not self._named(found.origin):
            self._wrong(f"{outside.source} is of the log {found.origin}, and this is another one")
        past = self.chain.past(found.origin)
        if past is None or found.size <= past.kept:
            self.known.append(Known(size=found.size, root=found.root, source=outside.source, outside=True))
        elif found.size <= past.known:
            lost = f"{found.size - past.kept:,} records of before a restore are missing"
            self.remarks.append(f"{outside.source}: {lost}, as record {past.record} tells")
        else:
            words = (
                f"{outside.source} is of {found.size:,} records; record {past.record} tells of {past.known:,}"
            )
            self._wrong(f"{words} that there were before a restore")

    def look_at_keys(self, kept: Iterable[str], folder: Path) -> None:
        """Hold the public keys that are kept against the chain."""
        for broken in self.chain.broken:
            words = f"by this record no key can follow: {broken.why}"
            self.findings.append(
                Finding(what=What.KEY, words=words, record=broken.record, index=broken.index)
            )
        texts = {one.text for one in self.chain.keys}
        strange = [one for one in kept if one not in texts]
        if strange:
            words = f"ledger.db names a key that the log does not know: {strange[0]}"
            self.findings.append(Finding(what=What.KEY, words=words))
        current = self.chain.current
        try:
            public = (folder / PUBLIC).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            public = ""
        if current is not None and public != current.text:
            words = f"keys/{PUBLIC} is not the key by which the log says that it is sealed"
            self.findings.append(Finding(what=What.KEY, words=words))

    def _named(self, origin: str) -> bool:
        return any(one.name == origin for one in self.chain.keys)

    def _wrong(self, words: str) -> None:
        self.findings.append(Finding(what=What.CHECKPOINT, words=words))


def _checkpoint(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    return Checkpoint.read(read_note(note, keys)[0])


def chain_of(db: Database, index_of: Callable[[int], int | None]) -> Chain:
    """Read the chain of keys out of the log; raises StoreError."""
    codes = ", ".join(map(str, _CODES))
    query = f"SELECT id, kind, CAST(leaf AS BLOB) FROM leaf WHERE kind IN ({codes}) ORDER BY id"  # noqa: S608 - our numbers
    with db.read() as connection:
        rows = connection.exec_driver_sql(query).all()
    return Chain.of(_links([tuple(row) for row in rows], index_of))


def _links(rows: Iterable[tuple[int, int, bytes]], index_of: Callable[[int], int | None]) -> Iterator[Link]:
    for record, code, leaf in rows:
        index = index_of(record)
        try:
            refs = _read(leaf).refs
        except msgspec.MsgspecError:
            refs = {}
        if index is not None:
            yield Link(record=record, index=index, kind=_CODES[code], refs=refs)


def key_given(text: str) -> VerifierKey | str:
    """Read a key as somebody gives it: its one word, or its fingerprint; raises ProofWrong for neither."""
    if text.startswith("SHA256:"):
        return text
    return VerifierKey.read(text)
