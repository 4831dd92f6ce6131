"""Seals what is kept for a while and must not be read from the store: flows and tokens."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from auth.private_files import read_private
from core.errors import StartRefused

_FOLDER: Final = "keys"
_FILE: Final = "sealing.key"
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600


class Seal:
    """Seals bytes by the key of a data folder; safe to share between threads."""

    def __init__(self, key: bytes) -> None:
        """Take a key of Fernet's form; raises StartRefused for another."""
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise StartRefused(
                f"{_FOLDER}/{_FILE} holds no key: take it away, and a new one is made"
            ) from error

    @staticmethod
    def of(data: Path) -> "Seal":
        """Read the key of a data folder, made at the first use; raises StartRefused if others can read it."""
        folder = data / _FOLDER
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        _make_key(folder / _FILE)
        return Seal(read_private(folder / _FILE).encode())

    def close(self, text: bytes) -> bytes:
        """Seal."""
        return self._fernet.encrypt(text)

    def open(self, sealed: bytes) -> bytes | None:
        """Give what was sealed; None where the key is another one by now, or somebody changed it."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            return None


def _make_key(file: Path) -> None:
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    if file.exists():
        return
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as written:
        written.write(Fernet.generate_key())
        written.flush()
        os.fsync(descriptor)
    # Several processes start at once: the first one's key stays.
    with suppress(FileExistsError):
        os.link(beside, file)
    beside.unlink()
