"""A sealed log to tamper with, and how it is verified."""

from pathlib import Path
from typing import Final

from core.verifying import Finding
from store.verifying import Asked, Verdict, verify
from store.verifying_keys import Outside
from tests.store.sealing import Sealed, sealed

# Sealed at 1, 101, 201, … 701 records; ids are indexes and one. Every third names somebody.
SIZES: Final = range(1, 702, 100)
LAST: Final = 701
BAD: Final = 300


def sealed_log(folder: Path) -> Sealed:
    """Make one."""
    one = sealed(folder)
    with one.sealing() as sealer:
        sealer.turn(one.tick())
        for _ in range(7):
            one.write(100)
            sealer.turn(one.tick())
    return one


def check(log: Sealed, *outside: bytes, key: str = "") -> Verdict:
    notes = [Outside(f"note {number}", note) for number, note in enumerate(outside)]
    return verify(log.db, log.ledger, log.keys.folder, Asked(outside=notes, key=key))


def first(log: Sealed, *outside: bytes, key: str = "") -> Finding:
    found = check(log, *outside, key=key).first
    assert found is not None
    return found


def note_of(log: Sealed, size: int) -> bytes:
    return next(one.note for one in log.told if one.size == size)
