"""Signatures that `ssh-keygen -Y verify` checks (OpenSSH, PROTOCOL.sshsig), by a certified key. Pure.

The key stands in the signature as a certificate, so that who knows the certifying key needs no other.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from core.errors import ProofWrong
from core.notes import VerifierKey

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = (1).to_bytes(4, "big")
_HASH: Final = b"sha512"
_TYPE: Final = b"ssh-ed25519"
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----\n"
_END: Final = "-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70
_SIGNATURE_BYTES: Final = 64
_ODD: Final = "this is no signature by a certified key"


def write_sshsig(message: bytes, namespace: str, certificate: str, sign: Callable[[bytes], bytes]) -> str:
    """Sign a message for one purpose; `certificate` is that of the key that `sign` signs by (64 bytes)."""
    raw = _head(certificate, namespace) + _string(_string(_TYPE) + _string(sign(_signed(message, namespace))))
    return _armoured(raw)


def check_sshsig(text: str, message: bytes, namespace: str, *, log: VerifierKey, key: VerifierKey) -> None:
    """Check that `key` signed a message for a purpose, and that `log` certified it; raises ProofWrong."""
    raw = _raw(text)
    certificate, rest = _certificate(raw)
    tail = _string(_TYPE)
    signature = rest[-_SIGNATURE_BYTES:]
    whole = _head(certificate, namespace) + _string(tail + _string(signature))
    if raw != whole or not key.verifies(signature, _signed(message, namespace)):
        raise ProofWrong(_ODD)
    check_certificate(certificate, namespace, log, key)


def check_certificate(certificate: str, principal: str, log: VerifierKey, key: VerifierKey) -> None:
    """Check that `log` has certified `key` to sign as this principal; raises ProofWrong."""
    try:
        found = load_ssh_public_identity(certificate.encode())
        if not isinstance(found, SSHCertificate) or found.type is not SSHCertificateType.USER:
            raise ProofWrong(_ODD)
        found.verify_cert_signature()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise ProofWrong(_ODD) from error
    told = (_public(found.signature_key()), _public(found.public_key()), found.valid_principals)
    if told != (log.public, key.public, [principal.encode()]):
        raise ProofWrong(_ODD)


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw) if isinstance(key, Ed25519PublicKey) else b""


def _head(certificate: str, namespace: str) -> bytes:
    blob = base64.b64decode(certificate.split(" ")[1])
    return b"".join(
        (_MAGIC, _VERSION, _string(blob), _string(namespace.encode()), _string(b""), _string(_HASH))
    )


def _signed(message: bytes, namespace: str) -> bytes:
    digest = hashlib.sha512(message).digest()
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", _HASH, digest)))


def _certificate(raw: bytes) -> tuple[str, bytes]:
    """Split what stands for the key from what follows it."""
    start = len(_MAGIC) + len(_VERSION)
    blob, rest = _take(raw[start:])
    name, _ = _take(blob)
    return f"{name.decode('ascii', 'replace')} {base64.b64encode(blob).decode()}", rest


def _take(raw: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(raw[:4], "big")
    if len(raw) < end:
        raise ProofWrong(_ODD)
    return raw[4:end], raw[end:]


def _string(raw: bytes) -> bytes:
    return len(raw).to_bytes(4, "big") + raw


def _armoured(raw: bytes) -> str:
    text = base64.b64encode(raw).decode()
    lines = [f"{text[at : at + _WIDTH]}\n" for at in range(0, len(text), _WIDTH)]
    return "".join((_BEGIN, *lines, _END))


def _raw(text: str) -> bytes:
    """Read the armour as it is written in one way only; raises ProofWrong."""
    inner = text.removeprefix(_BEGIN).removesuffix(_END).replace("\n", "")
    try:
        raw = base64.b64decode(inner, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofWrong(_ODD) from error
    if _armoured(raw) != text:
        raise ProofWrong(_ODD)
    return raw
