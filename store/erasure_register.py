"""Who was erased, told to nobody: a file by which a restored backup can be rid of the same people again.

Each line is HMAC-SHA-256(key of this installation, what ‖ 0x00 ‖ number) in hex, and when (µs UTC). Without
the key, which lies beside it, a line can't even be tried on a name. Lines are only ever added.
"""

import hmac
import os
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from core.errors import StoreUnavailable

FILE_NAME: Final = "erasures"
KEY_NAME: Final = "erasure.key"
_KEYS: Final = "keys"
_KEY_BYTES: Final = 32
_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


class What(StrEnum):
    """What somebody is to Gatehouse."""

    CARDHOLDER = "cardholder"
    OPERATOR = "operator"


class Register:
    """The register of a data folder; safe in any number of processes, since a line is one write."""

    def __init__(self, folder: Path) -> None:
        """Make the key of this installation if there is none; raises StoreUnavailable."""
        self._file = folder / FILE_NAME
        try:
            self._key = _key(folder / _KEYS)
        except OSError as error:
            raise StoreUnavailable(f"{folder / _KEYS} can't be used: {error.strerror}") from error

    def add(self, what: What, number: str, now: int) -> None:
        """Note somebody, on disk on return; raises StoreUnavailable."""
        line = f"{self.name(what, number)} {now}\n".encode()
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, _FILE_MODE)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise StoreUnavailable(f"{self._file} can't be written: {error.strerror}") from error

    def name(self, what: What, number: str) -> str:
        """Name somebody as the register does."""
        return hmac.digest(self._key, f"{what}\0{number}".encode(), "sha256").hex()


def read_register(file: Path) -> Mapping[str, int]:
    """Give when each was erased last (µs UTC), by their name in a register, which may be a copy of it."""
    found: dict[str, int] = {}
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    for line in lines:
        name, _, at = line.partition(" ")
        # What a full disk cut short names nobody.
        if at.isdigit():
            found[name] = max(int(at), found.get(name, 0))
    return found


def _key(folder: Path) -> bytes:
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    file = folder / KEY_NAME
    beside = folder / f".{KEY_NAME}.{secrets.token_hex(4)}"
    if not file.exists():
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
        try:
            os.write(descriptor, secrets.token_bytes(_KEY_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        try:
            # Unlike a rename, it leaves alone what another process has put there meanwhile.
            os.link(beside, file)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return file.read_bytes()
