"""By which keys a log may have been sealed, as its own records tell it. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.errors import ProofWrong
from core.leaf import Scalar, canonical
from core.notes import VerifierKey
from core.records import Kind

KINDS: Final = (Kind.LEDGER_KEY_CREATED, Kind.LEDGER_KEY_ROTATED, Kind.LEDGER_RESTORED)


def rotation_statement(old: VerifierKey, new: VerifierKey) -> bytes:
    """Write what both keys sign when one follows the other (RFC 8785)."""
    return canonical({"ledger": "key_rotated", "old_key": old.text, "new_key": new.text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record that says by which key the log is sealed from then on, and where it stands."""

    record: int
    index: int
    kind: Kind
    refs: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """A key, and from which index on a root must be signed by it."""

    key: VerifierKey
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A name the log had before a restore: how many of its leaves were kept, and how many were signed."""

    origin: str
    kept: int
    known: int
    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A record by which no key could have followed, and why not."""

    record: int
    index: int
    why: str


@dataclass(slots=True)
class Chain:
    """The keys of a log in their order, the names it had before restores, and where the chain breaks."""

    reigns: list[Reign] = field(default_factory=list)
    pasts: list[Past] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    @staticmethod
    def of(links: Iterable[Link]) -> "Chain":
        """Follow the records in their order."""
        chain = Chain()
        for link in links:
            why = _FOLLOW[link.kind](chain, link)
            if why:
                chain.broken.append(Broken(record=link.record, index=link.index, why=why))
        return chain

    @property
    def keys(self) -> Sequence[VerifierKey]:
        """Every key that the log has had."""
        return [one.key for one in self.reigns]

    @property
    def current(self) -> VerifierKey | None:
        """The key that signs now."""
        return self.reigns[-1].key if self.reigns else None

    def at(self, size: int) -> VerifierKey | None:
        """Say which key must have signed a root over so many leaves."""
        # The first key has signed what was there before its record as well.
        found = [one.key for one in self.reigns[1:] if one.since < size]
        return found[-1] if found else next(iter(self.keys), None)

    def knows(self, public: bytes) -> bool:
        """Whether the log was ever sealed by this key, under whatever name."""
        return any(one.public == public for one in self.keys)

    def past(self, origin: str) -> Past | None:
        """Say how a log of this name was continued under another, None where this is its name now."""
        if self.current is None or self.current.name == origin:
            return None
        return next((one for one in reversed(self.pasts) if one.origin == origin), None)


def _created(chain: Chain, link: Link) -> str:
    if chain.reigns:
        return "it begins another key, and the one before has not signed that"
    return _reign(chain, link, "key")


def _rotated(chain: Chain, link: Link) -> str:
    try:
        old, new = _key(link, "old_key"), _key(link, "new_key")
    except ProofWrong as error:
        return str(error)
    if chain.current is None or old != chain.current:
        return "it ends a key by which the log was not sealed"
    statement = rotation_statement(old, new)
    signed = ((old, "old_signature"), (new, "new_signature"))
    if not all(key.verifies(_hex(link, name), statement) for key, name in signed):
        return "its two keys have not both signed that one follows the other"
    chain.reigns.append(Reign(key=new, since=link.index))
    return ""


def _restored(chain: Chain, link: Link) -> str:
    try:
        key = _key(link, "key")
    except ProofWrong as error:
        return str(error)
    if not chain.knows(key.public):
        return "it goes on by a key by which the log was not sealed"
    before = str(link.refs.get("before", ""))
    if before != key.name:
        kept, known = link.refs.get("backup_size"), link.refs.get("known_size")
        if not isinstance(kept, int) or not isinstance(known, int):
            return "it does not say what was kept"
        chain.pasts.append(Past(origin=before, kept=kept, known=known, record=link.record))
    chain.reigns.append(Reign(key=key, since=link.index))
    return ""


_FOLLOW: Final = {
    Kind.LEDGER_KEY_CREATED: _created,
    Kind.LEDGER_KEY_ROTATED: _rotated,
    Kind.LEDGER_RESTORED: _restored,
}


def _reign(chain: Chain, link: Link, name: str) -> str:
    try:
        chain.reigns.append(Reign(key=_key(link, name), since=link.index))
    except ProofWrong as error:
        return str(error)
    return ""


def _key(link: Link, name: str) -> VerifierKey:
    return VerifierKey.read(str(link.refs.get(name, "")))


def _hex(link: Link, name: str) -> bytes:
    try:
        return bytes.fromhex(str(link.refs.get(name, "")))
    except ValueError:
        return b""
