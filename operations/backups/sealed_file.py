"""The content of an age file as a stream in chunks: memory stays flat, and no byte is given out unproven."""

import io
import secrets
from typing import BinaryIO, Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from core import age
from core.errors import Invalid

CHUNK: Final = 64 * 1024
_TAG: Final = 16
_SEALED: Final = CHUNK + _TAG
_MOST_LINE: Final = 1_024
_MOST_LINES: Final = 1_000


class BackupDamaged(Invalid):
    """A file that is cut off, changed, or never was a backup; says which, and where."""


class Sink(Protocol):
    """Where sealed bytes go."""

    def write(self, data: bytes) -> object:
        """Take all of it."""


class Lock(Protocol):
    """What a backup is encrypted with."""

    def stanza(self, file_key: bytes) -> age.Stanza:
        """Wrap a file's key."""


class RecipientLock:
    """For the holder of a key, who need not be this machine."""

    def __init__(self, recipient: X25519PublicKey) -> None:
        self._recipient = recipient

    def stanza(self, file_key: bytes) -> age.Stanza:
        """Wrap a file's key under a secret that is drawn for this file alone."""
        fresh = X25519PrivateKey.generate().private_bytes_raw()
        return age.for_recipient(self._recipient, file_key, fresh)


class PassphraseLock:
    """For whoever knows a passphrase."""

    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase

    def stanza(self, file_key: bytes) -> age.Stanza:
        """Wrap a file's key; takes about a second and 256 MiB."""
        return age.for_passphrase(self._passphrase, file_key, secrets.token_bytes(age.SALT_BYTES))


class SealedWriter(io.RawIOBase):
    """Encrypts what is written on into a file; only `finish` makes it a whole one. One thread's own."""

    def __init__(self, into: Sink, lock: Lock) -> None:
        super().__init__()
        file_key = secrets.token_bytes(age.FILE_KEY_BYTES)
        nonce = secrets.token_bytes(age.NONCE_BYTES)
        into.write(age.header(lock.stanza(file_key), file_key) + nonce)
        self._into = into
        self._chunks = _Chunks(age.payload_key(file_key, nonce))
        self._held = bytearray()

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]  # narrower: no arrays
        """Take all of it; the last chunk is held back, since only the last one is marked as such."""
        self._held += data
        while len(self._held) > CHUNK:
            with memoryview(self._held) as held:
                self._into.write(self._chunks.sealed(held[:CHUNK], last=False))
            del self._held[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """Write the last chunk."""
        self._into.write(self._chunks.sealed(memoryview(bytes(self._held)), last=True))
        self._held.clear()


class SealedReader(io.RawIOBase):
    """Decrypts a file from its beginning. One thread's own.

    Raises WrongKey and BackupDamaged when opened, and BackupDamaged from `read` at a changed chunk.
    """

    def __init__(self, source: BinaryIO, opener: age.Opener) -> None:
        super().__init__()
        self._source = source
        self._chunks = _Chunks(_payload_key(source, opener))
        self._ahead = source.read(_SEALED)
        self._held = memoryview(b"")
        self._over = False

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower: no arrays
        """Give what is there of the present chunk, 0 bytes only at the proven end."""
        while not self._held and not self._over:
            self._held = memoryview(self._next())
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def _next(self) -> bytes:
        sealed, self._ahead = self._ahead, self._source.read(_SEALED)
        self._over = not self._ahead
        try:
            return self._chunks.opened(sealed, last=self._over)
        except InvalidTag as error:
            raise BackupDamaged(self._chunks.trouble(sealed, last=self._over)) from error


class _Chunks:
    """Seals and opens chunks in order, by a counter that no two of them share."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._number = 0

    def sealed(self, plain: memoryview, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), plain, None)

    def opened(self, sealed: bytes, *, last: bool) -> bytes:
        plain = self._cipher.decrypt(self._nonce(last=last), sealed, None)
        if not plain and self._number > 1:
            raise InvalidTag
        return plain

    def trouble(self, sealed: bytes, *, last: bool) -> str:
        """Tell a file that ends too early, between two chunks, from one that was changed."""
        self._number -= 1
        at = self._number * CHUNK
        try:
            self.opened(sealed, last=not last)
        except InvalidTag:
            cut = last and len(sealed) < _SEALED
            what = "cut off or changed" if cut else "changed"
            return f"the backup was {what} after its first {at} bytes of content"
        if last:
            return f"the backup is cut off after {at + len(sealed) - _TAG} bytes of content"
        return f"the backup has something behind its end, at {at + len(sealed) - _TAG} bytes of content"

    def _nonce(self, *, last: bool) -> bytes:
        nonce = self._number.to_bytes(11, "big") + bytes([last])
        self._number += 1
        return nonce


def _payload_key(source: BinaryIO, opener: age.Opener) -> bytes:
    try:
        file_key = age.opened_header(_header_lines(source), opener)
    except ValueError as error:
        raise BackupDamaged(f"this is no backup, or its first bytes were changed: {error}") from error
    nonce = source.read(age.NONCE_BYTES)
    if len(nonce) != age.NONCE_BYTES:
        raise BackupDamaged("the backup is cut off within its header")
    return age.payload_key(file_key, nonce)


def _header_lines(source: BinaryIO) -> list[bytes]:
    lines: list[bytes] = []
    while len(lines) < _MOST_LINES:
        line = source.readline(_MOST_LINE)
        if not line.endswith(b"\n") or (not lines and line != age.INTRO):
            raise ValueError("it does not begin as an age file does")
        lines.append(line)
        if line.startswith(b"---"):
            return lines
    raise ValueError("its header has no end")
