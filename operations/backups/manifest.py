"""What a backup says of itself, last of all: each file in it with its size and hash."""

import hashlib
from typing import BinaryIO, Final

import msgspec

VERSION: Final = 1


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a backup was begun (µs UTC), and what is in it in the order in which it was copied.

    `record` is the newest record's id, `sealed` the size of the ledger's newest checkpoint.
    """

    v: int
    made: int
    record: int
    sealed: int
    members: tuple[Member, ...]


class Hashing:
    """A file in one direction that knows what has gone through: its bytes and their SHA-256."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int) -> bytes:
        """Give what comes next."""
        data = self._file.read(size)
        self._count(data)
        return data

    def write(self, data: bytes) -> int:
        """Pass it on."""
        self._count(data)
        return self._file.write(data)

    def hexdigest(self) -> str:
        """Give the hash of all so far."""
        return self._digest.hexdigest()

    def _count(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
