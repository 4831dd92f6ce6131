"""How long to wait before a process that ended is started again. Pure."""

from typing import Final

FIRST_S: Final = 0.5
LONGEST_S: Final = 30.0
GOOD_LIFE_S: Final = 60.0


def next_delay(previous: float | None, lived: float) -> float:
    """Double the last delay up to the longest; a life of a minute makes a fresh start (all in seconds)."""
    if previous is None or lived >= GOOD_LIFE_S:
        return FIRST_S
    return min(previous * 2, LONGEST_S)
