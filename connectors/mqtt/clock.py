"""Notices that the wall clock was set: it then runs away from the monotonic one. Pure."""

from dataclasses import dataclass
from typing import Final

JUMP_US: Final = 2_000_000


@dataclass(slots=True)
class ClockWatch:
    """Remembers how far the two clocks lie apart, µs."""

    apart: int | None = None

    def jumped(self, wall: int, monotonic: int) -> int:
        """Give by how much the wall clock was set since the last call, 0 for what is only drift (µs)."""
        before, self.apart = self.apart, wall - monotonic
        by = 0 if before is None else self.apart - before
        return by if abs(by) >= JUMP_US else 0
