"""A moment between two commits in which others find the store free. Pure: the caller reads the clock, in s.

A store has one writer at a time and keeps no line: who commits again at once, as the messages come, leaves a
person's act to find a gap by chance.
"""

from typing import Final

MOST_S: Final = 0.005


class Pause:
    """As long as the commit before it took, within a limit; what comes meanwhile goes into the next one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._until = 0.0

    def after(self, began: float, ended: float) -> None:
        """Begin one after a commit."""
        self._until = ended + min(MOST_S, max(0.0, ended - began))

    def left(self, now: float) -> float:
        """Say how much of it is left."""
        return min(MOST_S, max(0.0, self._until - now))
