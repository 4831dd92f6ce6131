"""Signed checkpoints of the log: C2SP tlog-checkpoint as a C2SP signed-note, by Ed25519 (RFC 8032). Pure.

A note is its text, an empty line, and a line for each signature. Text and lines are UTF-8 and end in LF.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from core.errors import ProofWrong
from core.leaf import MAX_SAFE_INTEGER
from core.ledger import HASH_BYTES

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_DASH: Final = "\u2014"
_SSH: Final = b"ssh-ed25519"
_LARGEST: Final = 64 * 1024
_BODY_LINES: Final = 3
_MOST_DIGITS: Final = len(str(MAX_SAFE_INTEGER))


class Checkpoint(msgspec.Struct, frozen=True):
    """How the log was at some time: which log, how many leaves, and their root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"

    @staticmethod
    def read(body: str) -> "Checkpoint":
        """Read what was signed; lines after the third are left alone; raises ProofWrong."""
        lines = body.split("\n")
        size = lines[1] if len(lines) > _BODY_LINES else ""
        whole = size.isdecimal() and size.isascii() and len(size) <= _MOST_DIGITS
        if not lines[0] or not whole or size != str(int(size)):
            raise ProofWrong("this is no checkpoint of a log")
        root = _bytes(lines[2])
        if len(root) != HASH_BYTES or int(size) > MAX_SAFE_INTEGER:
            raise ProofWrong("this is no checkpoint of a log")
        return Checkpoint(lines[0], int(size), root)


class VerifierKey(msgspec.Struct, frozen=True):
    """Whose signature is looked for: a name, and a public key (32 bytes)."""

    name: str
    public: bytes

    @property
    def hint(self) -> bytes:
        """The 4 bytes by which a signature names its key."""
        told = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(told).digest()[:_ID_BYTES]

    @property
    def kid(self) -> str:
        """The same in hex, as records name the key."""
        return self.hint.hex()

    @property
    def text(self) -> str:
        """The key as one word, as Go's `note` package reads it."""
        return f"{self.name}+{self.kid}+{_b64(_ED25519 + self.public)}"

    @property
    def ssh(self) -> str:
        """The key as OpenSSH writes it (RFC 8709), without a comment."""
        return f"{_SSH.decode()} {_b64(_ssh_wire(self.public))}"

    @property
    def pem(self) -> str:
        """The key as OpenSSL reads it (SubjectPublicKeyInfo, RFC 8410)."""
        key = Ed25519PublicKey.from_public_bytes(self.public)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def fingerprint(self) -> str:
        """What is compared by eye: as `ssh-keygen -lf` prints it."""
        found = base64.b64encode(hashlib.sha256(_ssh_wire(self.public)).digest()).decode()
        return f"SHA256:{found.rstrip('=')}"

    @staticmethod
    def read(text: str) -> "VerifierKey":
        """Read a key's one word; raises ProofWrong."""
        name, _, rest = text.strip().partition("+")
        hint, _, told = rest.partition("+")
        raw = _bytes(told)
        if raw[:1] != _ED25519 or len(raw) != 1 + _KEY_BYTES or not _is_name(name):
            raise ProofWrong("this is no key of a log: it looks like name+0123abcd+AS…")
        found = VerifierKey(name, raw[1:])
        if found.kid != hint:
            raise ProofWrong("this key of a log was changed: its parts do not belong together")
        return found

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """A private key with the name that it signs by; safe to share between threads."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        """Take a key; raises ProofWrong for a name that no note can hold."""
        if not _is_name(name):
            raise ProofWrong(f"'{name}' can't be the name of a key")
        self._private = private
        self.key = VerifierKey(name, private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Sign (64 bytes)."""
        return self._private.sign(message)

    def private_pem(self) -> bytes:
        """Write the private key (PKCS#8, RFC 5958, as PEM), for a file that nobody else can read."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def line(self, body: str) -> str:
        """Write the line that a note of this text ends in."""
        return f"{_DASH} {self.key.name} {_b64(self.key.hint + self.sign(body.encode()))}\n"


def write_note(body: str, signers: Iterable[Signer]) -> bytes:
    """Sign a text by each of these."""
    return f"{body}\n{''.join(one.line(body) for one in signers)}".encode()


def read_note(note: bytes, keys: Iterable[VerifierKey]) -> tuple[str, tuple[VerifierKey, ...]]:
    """Give the text of a note, and which of these keys signed it; raises ProofWrong where none did.

    A signature by one of them that is wrong refuses the whole; one by somebody else is passed over.
    """
    body, told = _parts(note)
    known = {(one.name, one.hint): one for one in keys}
    found: list[VerifierKey] = []
    for name, raw in told:
        key = known.get((name, raw[:_ID_BYTES]))
        if key is None:
            continue
        if not key.verifies(raw[_ID_BYTES:], body.encode()):
            raise ProofWrong(f"the signature of {name} is not of this text")
        found.append(key)
    if not found:
        raise ProofWrong("none of the known keys has signed this")
    return body, tuple(found)


def note_body(note: bytes) -> str:
    """Give the text of a note without looking at its signatures; raises ProofWrong for what is none."""
    return _parts(note)[0]


def note_signature(note: bytes, key: VerifierKey) -> bytes:
    """Give the bytes by which a key signed a note (64), unlooked at; raises ProofWrong where it did not."""
    for name, raw in _parts(note)[1]:
        if name == key.name and raw[:_ID_BYTES] == key.hint:
            return raw[_ID_BYTES:]
    raise ProofWrong(f"{key.name} has not signed this")


def _parts(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    try:
        text = note.decode() if len(note) <= _LARGEST else ""
    except UnicodeDecodeError:
        text = ""
    body, gap, lines = text.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise ProofWrong("this is no signed note")
    return f"{body}\n", [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, told = rest.partition(" ")
    raw = _bytes(told)
    if dash != _DASH or not _is_name(name) or len(raw) < _ID_BYTES + 1:
        raise ProofWrong("this is no signed note")
    return name, raw


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(one.isspace() for one in name)


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    """Read base64 as it is written in one way only; raises ProofWrong."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofWrong("this holds something that is no base64") from error
    if _b64(raw) != text:
        raise ProofWrong("this holds something that is no base64")
    return raw


def _ssh_wire(public: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in (_SSH, public))
