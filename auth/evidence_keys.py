"""The key that signs evidence packages: beside the log's own, which no builder of packages may hold.

It counts by what the key of the log says of it: a statement, sealed as a record, and an OpenSSH certificate.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    SSHCertificateBuilder,
    SSHCertificateType,
    load_pem_private_key,
)

from auth.private_files import read_private
from core.errors import StartRefused
from core.evidence import NAMESPACE, KeyStatement
from core.leaf import Draft, EventKey
from core.notes import Signer, VerifierKey
from core.records import Kind

_FOLDER: Final = "keys"
_FILE: Final = "evidence.key"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_FOR_EVER: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class EvidenceSigner:
    """The key of evidence with what the log's key has said of it."""

    signer: Signer
    statement: bytes
    certificate: str


class EvidenceKey:
    """The key of one data folder; safe to share between threads."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        """Take a key."""
        self._private = private

    @staticmethod
    def of(data: Path) -> "EvidenceKey":
        """Read the key of a data folder, made at the first use; raises StartRefused if others can read it."""
        file = data / _FOLDER / _FILE
        file.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        _make(file)
        try:
            found = load_pem_private_key(read_private(file).encode(), password=None)
        except (ValueError, TypeError) as error:
            raise StartRefused(f"{file} holds no key: take it away, and a new one is made") from error
        if not isinstance(found, Ed25519PrivateKey):
            raise StartRefused(f"{file} holds no key: it must be one of Ed25519")
        return EvidenceKey(found)

    def statement(self, log: VerifierKey) -> KeyStatement:
        """Give what the key of a log is to say of this one."""
        return KeyStatement.of(log, self._private.public_key().public_bytes_raw())

    def signer(self, log: VerifierKey) -> Signer:
        """Give the key under the name that it has beside a log's."""
        return Signer(self.statement(log).key.name, self._private)


def certified(log: Signer, evidence: EvidenceKey, now: int) -> Draft:
    """Write the record by which the key of the log vouches for a key of evidence; once a pair of keys."""
    said = evidence.statement(log.key)
    refs = {
        "by": log.key.kid,
        "key": said.key.text,
        "fingerprint": said.key.fingerprint,
        "signature": log.sign(said.body.encode()).hex(),
        "certificate": _certificate(log, said.key),
    }
    once = EventKey(stream=f"evidence.key.{log.key.kid}.{said.key.kid}", number=0)
    return Draft(kind=Kind.EVIDENCE_KEY_CREATED, received=now, refs=refs, event_key=once)


def _certificate(log: Signer, key: VerifierKey) -> str:
    """Certify a key for packages, so that `ssh-keygen -Y verify` needs to know that of the log alone."""
    builder = (
        SSHCertificateBuilder()
        .public_key(Ed25519PublicKey.from_public_bytes(key.public))
        .type(SSHCertificateType.USER)
        .serial(1)
        .key_id(key.name.encode())
        .valid_principals([NAMESPACE.encode()])
        .valid_after(0)
        .valid_before(_FOR_EVER)
    )
    private = load_pem_private_key(log.private_pem(), password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise StartRefused("the log's key must be one of Ed25519")
    return builder.sign(private).public_bytes().decode()


def _make(file: Path) -> None:
    """Write a key where there is none; several processes start at once, and the first one's stays."""
    if file.exists():
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(Signer("evidence", Ed25519PrivateKey.generate()).private_pem())
        written.flush()
        os.fsync(descriptor)
    try:
        os.link(beside, file)
    except FileExistsError:
        return
    finally:
        beside.unlink()
