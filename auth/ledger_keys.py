"""The sealer's key in a data folder: made once, read only while nobody else can, changed by rotation."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from auth.private_files import read_private
from core.errors import AlreadyRunning, StartRefused
from core.notes import Signer, VerifierKey

FOLDER: Final = "keys"
_KEY: Final = "ledger.key"
_NEXT: Final = "ledger.next.key"
_PUBLIC: Final = "ledger.vkey"
_MAKING: Final = ".ledger"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_NAME_BYTES: Final = 4


class LedgerKeys:
    """The keys of one data folder; the sealer's own."""

    def __init__(self, data: Path, public_url: str) -> None:
        """Look into this folder; a new log is named after the console's address."""
        self.folder = data / FOLDER
        self._public_url = public_url

    def ensure(self) -> bool:
        """Make the key if there is none; answers whether it was made now; raises StartRefused."""
        if (self.folder / _KEY).exists():
            return False
        with self._writing():
            self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            with self._alone():
                return not (self.folder / _KEY).exists() and self._make_first()

    def _make_first(self) -> bool:
        host = urlsplit(self._public_url).netloc or "gatehouse"
        name = f"{host}/gatehouse-{secrets.token_hex(_NAME_BYTES)}"
        signer = Signer(name, Ed25519PrivateKey.generate())
        # The name is there before the key: a key without one could sign nothing.
        self.publish(signer.key)
        return _make(self.folder / _KEY, signer)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StartRefused(f"{self.folder} can't be written: {error.strerror}") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process make a key meanwhile: all start at once."""
        with (self.folder / _MAKING).open("w") as lock:
            os.fchmod(lock.fileno(), _FILE_MODE)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def public(self) -> VerifierKey:
        """Give the public key; raises StartRefused where there is none, ProofWrong for a changed one."""
        try:
            return VerifierKey.read((self.folder / _PUBLIC).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise StartRefused(f"{self.folder / _PUBLIC} can't be read: the log has no name") from error

    def signer(self, name: str = "") -> Signer:
        """Give the key that signs, under a name or its own; raises StartRefused if others can read it."""
        return Signer(name or self.public().name, _private(self.folder / _KEY))

    def next(self, name: str) -> Signer | None:
        """Give the key that is to sign from now on, where one was laid ready."""
        file = self.folder / _NEXT
        return Signer(name, _private(file)) if file.exists() else None

    def lay_ready(self) -> VerifierKey:
        """Draw the key that is to sign next; raises AlreadyRunning where one waits already."""
        signer = Signer(self.public().name, Ed25519PrivateKey.generate())
        if not _make(self.folder / _NEXT, signer):
            raise AlreadyRunning("a new key waits already: the running sealer takes it within a second", 0)
        return signer.key

    def adopt(self, key: VerifierKey) -> None:
        """Let the next key sign from now on; the old one is gone."""
        with self._writing(), suppress(FileNotFoundError):
            (self.folder / _NEXT).replace(self.folder / _KEY)
        self.publish(key)

    def publish(self, key: VerifierKey) -> None:
        """Write the public key that is in use; raises StartRefused."""
        beside = self.folder / f".{_PUBLIC}"
        with self._writing():
            beside.unlink(missing_ok=True)
            _put(beside, f"{key.text}\n".encode())
            beside.replace(self.folder / _PUBLIC)


def _private(file: Path) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(read_private(file).encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise StartRefused(f"{file} holds no key of the log") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise StartRefused(f"{file} holds no key of the log: it must be one of Ed25519")
    return found


def _make(file: Path, signer: Signer) -> bool:
    """Write a private key where there is none; several processes start at once, and the first one's stays."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    _put(beside, signer.private_pem())
    try:
        os.link(beside, file)
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    return True


def _put(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(descriptor)
