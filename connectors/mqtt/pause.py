"""A moment between two commits in which others find the store free. Pure: the caller reads the clock, in s.

A store has one writer at a time and keeps no line: who commits again at once, as the messages come, leaves a
person's act to find a gap by chance. So a commit is put off while somebody waits for an act. What somebody
waits for itself, an answer or a ring, waits for none of it.
"""

from typing import Final

MOST_S: Final = 0.005
# For how long a commit is put off for acts, and in which steps: whoever acts without end holds up nothing.
GIVES_WAY_S: Final = 0.05
STEP_S: Final = 0.002


class Pause:
    """As long as the commit before it took, for each record in it, within a limit.

    What comes meanwhile goes into the next commit: single words have short pauses, and the more of them come
    the fewer commits there are.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._until = 0.0
        self._gives_way_until: float | None = None

    def after(self, began: float, ended: float, records: int = 1) -> None:
        """Begin one after a commit of so many records."""
        self._until = ended + min(MOST_S, max(0.0, ended - began) * records)
        self._gives_way_until = None

    def left(self, now: float) -> float:
        """Say how much of it is left."""
        return min(MOST_S, max(0.0, self._until - now))

    def give_way(self, now: float) -> bool:
        """Begin a step more for others; False where this commit has given way for long enough."""
        if self._gives_way_until is None or self._gives_way_until > now + GIVES_WAY_S:
            self._gives_way_until = now + GIVES_WAY_S
        if now >= self._gives_way_until:
            return False
        self._until = now + STEP_S
        return True
