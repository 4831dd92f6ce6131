"""ULIDs: 48 bits of milliseconds, 80 of chance, in Crockford's base 32, so that they grow with time."""

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 26
CHANCE_BITS: Final = 80


def ulid(at: int, chance: int) -> str:
    """Make the ULID of a moment (µs UTC) from `CHANCE_BITS` drawn by the caller."""
    number = (at // 1000) << CHANCE_BITS | chance
    return "".join(_DIGITS[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
