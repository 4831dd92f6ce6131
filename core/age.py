"""The header of an age file (https://age-encryption.org/v1), for X25519 keys and for passphrases.

Randomness is handed in: the file key, and for each header a fresh secret or salt.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import takewhile
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from core import bech32
from core.errors import Invalid

FILE_KEY_BYTES: Final = 16
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 16
_KEY_BYTES: Final = 32
INTRO: Final = b"age-encryption.org/v1\n"
_X25519: Final = "X25519"
_SCRYPT: Final = "scrypt"
_LABEL: Final = b"age-encryption.org/v1/"
_RECIPIENT: Final = "age"
_IDENTITY: Final = "age-secret-key-"
_COLUMNS: Final = 64
_ZERO_NONCE: Final = bytes(12)
# The tool's own default: about a second and 256 MiB for each guess. More is not tried on a file's word.
WORK: Final = 18
_MOST_WORK: Final = 20


class WrongKey(Invalid):
    """The key or passphrase does not open this file."""


@dataclass(frozen=True, slots=True)
class Stanza:
    """The file key, wrapped for one who may open the file."""

    kind: str
    arguments: tuple[str, ...]
    body: bytes

    def text(self) -> bytes:
        """Write it as lines; a last line that is full is followed by an empty one."""
        body = _encoded(self.body)
        lines = [body[at : at + _COLUMNS] for at in range(0, len(body) + 1, _COLUMNS)]
        return "\n".join((" ".join(("->", self.kind, *self.arguments)), *lines, "")).encode()


Opener: TypeAlias = Callable[[Sequence[Stanza]], bytes]


def recipient_of(text: str) -> X25519PublicKey:
    """Read `age1…`; raises Invalid."""
    try:
        return X25519PublicKey.from_public_bytes(bech32.decode(text.strip(), _RECIPIENT))
    except ValueError as error:
        # Nothing of the text is repeated here either: it may be the secret by mistake.
        raise Invalid(f"this is no recipient of the age format such as age1… ({error})") from error


def identity_of(text: str) -> X25519PrivateKey:
    """Read the one AGE-SECRET-KEY-1… of an identity file, as `age-keygen` writes it; raises Invalid."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1:
        raise Invalid(f"an identity file has one line AGE-SECRET-KEY-1…, and this one has {len(lines)}")
    try:
        return X25519PrivateKey.from_private_bytes(bech32.decode(lines[0], _IDENTITY))
    except ValueError as error:
        # Nothing of the line is repeated: it may be a secret with a letter missing.
        raise Invalid(f"its line is no AGE-SECRET-KEY-1… ({error})") from error


def written_recipient(key: X25519PublicKey) -> str:
    """Write `age1…`."""
    return bech32.encode(_RECIPIENT, key.public_bytes_raw())


def written_identity(key: X25519PrivateKey) -> str:
    """Write `AGE-SECRET-KEY-1…`."""
    return bech32.encode(_IDENTITY, key.private_bytes_raw()).upper()


def for_recipient(recipient: X25519PublicKey, file_key: bytes, fresh: bytes) -> Stanza:
    """Wrap the file key for the holder of an identity; `fresh` is a secret of 32 random bytes."""
    ephemeral = X25519PrivateKey.from_private_bytes(fresh)
    share = ephemeral.public_key().public_bytes_raw()
    key = _x25519_key(ephemeral.exchange(recipient), share, recipient)
    return Stanza(_X25519, (_encoded(share),), ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None))


def for_passphrase(passphrase: str, file_key: bytes, fresh: bytes) -> Stanza:
    """Wrap the file key under a passphrase; `fresh` is a salt of 16 random bytes."""
    key = _scrypt_key(passphrase, fresh, WORK)
    body = ChaCha20Poly1305(key).encrypt(_ZERO_NONCE, file_key, None)
    return Stanza(_SCRYPT, (_encoded(fresh), str(WORK)), body)


def by_identity(identity: X25519PrivateKey) -> Opener:
    """Open by a key."""

    def opened(stanzas: Sequence[Stanza]) -> bytes:
        for stanza in stanzas:
            if stanza.kind == _X25519 and (file_key := _unwrapped(identity, stanza)):
                return file_key
        if any(stanza.kind == _SCRYPT for stanza in stanzas):
            raise WrongKey("it was encrypted by a passphrase, not for a key")
        raise WrongKey("this key does not open it")

    return opened


def by_passphrase(passphrase: str) -> Opener:
    """Open by a passphrase."""

    def opened(stanzas: Sequence[Stanza]) -> bytes:
        if [stanza.kind for stanza in stanzas] != [_SCRYPT]:
            raise WrongKey("it was encrypted for a key, not by a passphrase")
        file_key = _unscrypted(passphrase, stanzas[0])
        if file_key is None:
            raise WrongKey("this passphrase does not open it")
        return file_key

    return opened


def header(stanza: Stanza, file_key: bytes) -> bytes:
    """Write the header for one who may open the file."""
    text = INTRO + stanza.text() + b"---"
    return text + b" " + _encoded(_mac(file_key, text)).encode() + b"\n"


def opened_header(lines: Sequence[bytes], opener: Opener) -> bytes:
    """Give the file key, from the lines up to the one that begins with `---`.

    Raises WrongKey, and ValueError for a header that is none or was changed.
    """
    *before, last = lines
    if before[:1] != [INTRO]:
        raise ValueError("it is no age file")
    file_key = opener(_stanzas([line.decode("ascii").removesuffix("\n") for line in before[1:]]))
    found = _decoded(last.decode("ascii").removeprefix("--- ").removesuffix("\n"))
    if not hmac.compare_digest(found, _mac(file_key, b"".join(before) + b"---")):
        raise ValueError("its header was changed")
    return file_key


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """Derive what the content is encrypted by."""
    return _hkdf(file_key, nonce, b"payload")


def _stanzas(lines: Sequence[str]) -> list[Stanza]:
    rest, found = list(lines), []
    while rest:
        mark, kind, *arguments = rest.pop(0).split(" ")
        full = list(takewhile(lambda line: len(line) == _COLUMNS, rest))
        body, rest = rest[: len(full) + 1], rest[len(full) + 1 :]
        if mark != "->" or len(body) != len(full) + 1:
            raise ValueError("its header is broken")
        found.append(Stanza(kind, tuple(arguments), _decoded("".join(body))))
    return found


def _unwrapped(identity: X25519PrivateKey, stanza: Stanza) -> bytes | None:
    try:
        (text,) = stanza.arguments
        share = _decoded(text)
        shared = identity.exchange(X25519PublicKey.from_public_bytes(share))
        key = _x25519_key(shared, share, identity.public_key())
        return _file_key(ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, stanza.body, None))
    except InvalidTag:
        return None


def _unscrypted(passphrase: str, stanza: Stanza) -> bytes | None:
    salt, work = stanza.arguments
    if not (work.isascii() and work.isdigit()) or int(work) > _MOST_WORK:
        raise ValueError("its header asks for more work than is reasonable")
    try:
        key = _scrypt_key(passphrase, _decoded(salt), int(work))
        return _file_key(ChaCha20Poly1305(key).decrypt(_ZERO_NONCE, stanza.body, None))
    except InvalidTag:
        return None


def _file_key(found: bytes) -> bytes:
    if len(found) != FILE_KEY_BYTES:
        raise ValueError("its header is broken")
    return found


def _x25519_key(shared: bytes, share: bytes, recipient: X25519PublicKey) -> bytes:
    return _hkdf(shared, share + recipient.public_bytes_raw(), _LABEL + b"X25519")


def _scrypt_key(passphrase: str, salt: bytes, work: int) -> bytes:
    kdf = Scrypt(salt=_LABEL + b"scrypt" + salt, length=_KEY_BYTES, n=1 << work, r=8, p=1)
    return kdf.derive(passphrase.encode())


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(secret)


def _mac(file_key: bytes, text: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), text, sha256)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("its header is broken") from error
    if _encoded(data) != text:
        raise ValueError("its header is broken")
    return data
