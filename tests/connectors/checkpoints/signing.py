"""Signed checkpoints of a log that there never was."""

import hashlib
from collections.abc import Sequence
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.notes import Checkpoint, Signer, write_note
from core.times import SECOND_US
from store.ledger import Seal

ORIGIN = "doors.example/gatehouse-0badcafe"
# 30 November 2026, 23:59:50 UTC.
LATE = 1_796_083_190_000_000


@cache
def signer(name: str = ORIGIN) -> Signer:
    """Give the key of a log."""
    return Signer(name, Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()))


def seal(size: int, *, origin: str = ORIGIN) -> Seal:
    """Give the checkpoint of so many leaves; each is sealed a second after the one before."""
    root = hashlib.sha256(b"%d" % size).digest()
    note = write_note(Checkpoint(origin, size, root).body, [signer(origin)])
    return Seal(size, LATE + size * SECOND_US, root, note)


class Kept:
    """What a ledger has kept, as a backlog."""

    def __init__(self, *seals: Seal) -> None:
        self.seals = list(seals)

    def __call__(self, size: int, last: int, most: int) -> Sequence[Seal]:
        """Give what the folder asks for."""
        return [one for one in self.seals if size < one.size <= last][:most]
