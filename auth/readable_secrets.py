"""Secrets that people copy by hand: drawn at random, in signs of which none passes for another."""

import secrets
from typing import Final

# Crockford's: 32 signs, 5 bits each.
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
GROUPS: Final = 6
SIGNS_A_GROUP: Final = 4
BITS: Final = GROUPS * SIGNS_A_GROUP * 5
_MISREAD: Final = str.maketrans({"i": "1", "l": "1", "o": "0"})


def readable_secret() -> str:
    """Draw 120 bits in six groups, 29 characters."""
    return "-".join(_group() for _ in range(GROUPS))


def as_drawn(typed: str) -> str:
    """Give what was typed as it would have been drawn, however it was read, grouped and written."""
    signs = "".join(one for one in typed.lower().translate(_MISREAD) if one in ALPHABET)
    groups = (signs[start : start + SIGNS_A_GROUP] for start in range(0, len(signs), SIGNS_A_GROUP))
    return "-".join(groups)


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(SIGNS_A_GROUP))
