"""What an evidence package is made of, and what each of its parts proves. Pure.

A package shows records of the log to somebody who has nothing else of it: the exact bytes that were sealed,
the paths to a signed root, the values that may be known with the salts that open their commitments, and a
statement by which the key of the log names the key that signed the package.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from core.errors import Invalid, ProofWrong
from core.leaf import commitment
from core.ledger import HASH_BYTES, leaf_hash, root_by_inclusion
from core.notes import Checkpoint, VerifierKey

FORMAT: Final = "gatehouse-evidence"
VERSION: Final = 1
# More would open in no browser in reasonable time (docs/decisions/0046).
MOST_RECORDS: Final = 100_000
# What a signature by OpenSSH is for, and as whom it is made.
NAMESPACE: Final = "gatehouse-evidence"
_STATEMENT: Final = "gatehouse evidence key"
_STATEMENT_LINES: Final = 4
_HEX_HASH: Final = 2 * HASH_BYTES

EVENTS: Final = "events.jsonl"
PROOFS: Final = "proofs.jsonl"
DISCLOSED: Final = "disclosed.jsonl"
CUSTODY: Final = "custody.jsonl"
POLICY: Final = "policy.json"
MANIFEST: Final = "manifest.json"
MANIFEST_SIGNATURE: Final = "manifest.ed25519"
CHECKPOINT: Final = "checkpoint"
STATEMENT: Final = "evidence.note"
KEY: Final = "vkey"
SUMS: Final = "SHA256SUMS"
SUMS_SSH: Final = "SHA256SUMS.sig"
SUMS_RAW: Final = "SHA256SUMS.ed25519"
EXPLANATION: Final = "VERIFY.txt"
VIEW: Final = "view.html"
# What the manifest vouches for, and the page shows and checks by itself.
SHOWN: Final = (
    EVENTS,
    PROOFS,
    DISCLOSED,
    CUSTODY,
    POLICY,
    CHECKPOINT,
    "checkpoint.body",
    "checkpoint.sig",
    KEY,
    "pub.pem",
    "key.ssh.pub",
    "allowed_signers",
    STATEMENT,
    "evidence.body",
    "evidence.sig",
    "evidence.pem",
)
SUMMED: Final = (*SHOWN, MANIFEST, MANIFEST_SIGNATURE, EXPLANATION, VIEW)
ALL: Final = (*SUMMED, SUMS, SUMS_SSH, SUMS_RAW)


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A disclosed value, and the salt (hex) that opens the commitment to it."""

    value: str
    salt: str


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a record is sealed, and what leads from its hash to the root (hex, from the leaf upwards)."""

    index: int
    path: tuple[str, ...]


class Disclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is disclosed of a record, by the names of its fields."""

    index: int
    fields: dict[str, Opened]


class Custody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record about the package itself: its signer's key, the export, or a policy that records name."""

    what: str
    index: int
    leaf: str
    path: tuple[str, ...]
    fields: dict[str, Opened]


class PolicyVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the policy by its hash; the document itself only for those who may read it."""

    version: int
    sha256: str
    document: str | None = None


class FileSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of the package is."""

    sha256: str
    size: int


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many records there are, of how many something is disclosed, and how many values that is."""

    records: int
    disclosed: int
    fields: int
    custody: int


class Manifest(msgspec.Struct, frozen=True):
    """What a package is: of which log, asked for by whom, why and how, and what each of its files is."""

    format: str
    v: int
    log: str
    export: dict[str, Any]
    scope: dict[str, Any]
    checkpoint: dict[str, Any]
    counts: Counts
    files: dict[str, FileSum]


class KeyStatement(msgspec.Struct, frozen=True):
    """The statement that a key signs the packages of a log; the log's key signs it as a note."""

    log: str
    key: VerifierKey

    @property
    def body(self) -> str:
        """The text that is signed; as no line of a checkpoint reads so, it can't be taken for one."""
        return f"{_STATEMENT}\n{self.log}\n{self.key.text}\n{self.key.ssh}\n"

    @staticmethod
    def of(log: VerifierKey, public: bytes) -> "KeyStatement":
        """Name the key of packages after that of the log."""
        return KeyStatement(log.name, VerifierKey(f"{log.name}/evidence", public))

    @staticmethod
    def read(body: str) -> "KeyStatement":
        """Read what was signed; raises ProofWrong."""
        lines = body.split("\n")
        if len(lines) != _STATEMENT_LINES + 1:
            raise ProofWrong("this is no statement about a key of evidence")
        found = KeyStatement(lines[1], VerifierKey.read(lines[2]))
        if found.body != body:
            raise ProofWrong("this is no statement about a key of evidence")
        return found


def allowed_signers(log: VerifierKey) -> str:
    """Write whom OpenSSH is to believe: whose key the key of this log has certified for packages."""
    return f'{NAMESPACE} cert-authority,namespaces="{NAMESPACE}" {log.ssh}\n'


def hashes_of(path: Sequence[str]) -> tuple[bytes, ...]:
    """Read a path as it is written in packages; raises ProofWrong."""
    try:
        found = tuple(binascii.unhexlify(one) for one in path)
    except (binascii.Error, ValueError) as error:
        raise ProofWrong("a path holds something that is no hash") from error
    if any(len(one) != _HEX_HASH or one != one.lower() for one in path):
        raise ProofWrong("a path holds something that is no hash")
    return found


def is_sealed(leaf: bytes, place: Place | Custody, checkpoint: Checkpoint) -> bool:
    """Whether a record's bytes lead to the root of a checkpoint from where they are said to be."""
    try:
        found = root_by_inclusion(leaf_hash(leaf), place.index, checkpoint.size, hashes_of(place.path))
    except ProofWrong:
        return False
    return found == checkpoint.root


def unproven(leaf: bytes, fields: Mapping[str, Opened]) -> str | None:
    """Name the first disclosed field that is not what the leaf commits to; None where all are."""
    commits = commitments_of(leaf)
    for name in sorted(fields):
        told = commits.get(name)
        if not isinstance(told, str) or not _opens(fields[name], told):
            return name
    return None


def _opens(one: Opened, told: str) -> bool:
    try:
        return hmac.compare_digest(commitment(bytes.fromhex(one.salt), one.value), told)
    except (Invalid, ValueError, TypeError):
        return False


class _Committed(msgspec.Struct):
    commit: dict[str, Any] = {}


_committed: Final = msgspec.json.Decoder(_Committed).decode


def commitments_of(leaf: bytes) -> Mapping[str, Any]:
    """Give what a leaf commits to, by the names of its fields; nothing for what is no leaf."""
    try:
        return _committed(leaf).commit
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}
