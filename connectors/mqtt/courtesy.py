"""A commit of records is put off while somebody waits for an act. Pure: the caller reads the clock, in s.

A store has one writer at a time and keeps no line: who commits again at once, as the messages come, leaves a
person's act to find a gap by chance. What somebody waits for itself, an answer or a ring, gives no way.
"""

from typing import Final

# For how long one commit is put off, and in which steps: whoever acts without end holds up nothing.
GIVES_WAY_S: Final = 0.05
STEP_S: Final = 0.002


class Courtesy:
    """Step by step while it is asked for, and no longer than its limit; then the commit goes."""

    def __init__(self) -> None:
        """Begin with no commit put off."""
        self._until = 0.0
        self._ends: float | None = None

    def left(self, now: float) -> float:
        """Say how much of the present step is left."""
        return min(STEP_S, max(0.0, self._until - now))

    def give_way(self, now: float) -> bool:
        """Begin a step more; False where this commit has given way for long enough."""
        if self._ends is None or self._ends > now + GIVES_WAY_S:
            self._ends = now + GIVES_WAY_S
        if now >= self._ends:
            return False
        self._until = now + STEP_S
        return True

    def committed(self) -> None:
        """Let the next commit give way anew."""
        self._until, self._ends = 0.0, None
