"""A moment between two commits in which others find the store free. Pure: the caller reads the clock, in s.

A store has one writer at a time and keeps no line: who commits again at once, as the messages come, leaves a
person's act to find a gap by chance. What somebody waits for waits for no pause.
"""

from typing import Final

MOST_S: Final = 0.005


class Pause:
    """As long as the commit before it took, for each record in it, within a limit.

    What comes meanwhile goes into the next commit: single words have short pauses, and the more of them come
    the fewer commits there are.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._until = 0.0

    def after(self, began: float, ended: float, records: int = 1) -> None:
        """Begin one after a commit of so many records."""
        self._until = ended + min(MOST_S, max(0.0, ended - began) * records)

    def left(self, now: float) -> float:
        """Say how much of it is left."""
        return min(MOST_S, max(0.0, self._until - now))
