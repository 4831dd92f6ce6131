"""What will happen when: acts in order of their time, so that a seed and the clock's steps tell all. Pure."""

import heapq
from collections.abc import Callable
from typing import TypeAlias

from core.times import SECOND_US

Act: TypeAlias = Callable[[int], object]


class Agenda:
    """Acts by their time (µs UTC); each gets the time it was meant for, not the time of the step."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._heap: list[tuple[int, int, Act]] = []
        self._number = 0

    @property
    def next_at(self) -> int | None:
        """When the next act is due."""
        return self._heap[0][0] if self._heap else None

    def after(self, now: int, seconds: float, act: Act) -> None:
        """Plan an act `seconds` of the demo's time from `now`."""
        self.at(now + int(seconds * SECOND_US / self._speed), act)

    def at(self, at: int, act: Act) -> None:
        """Plan an act for a moment (µs UTC)."""
        self._number += 1
        heapq.heappush(self._heap, (at, self._number, act))

    def run(self, now: int) -> None:
        """Do everything due until `now`, also what these acts plan within it."""
        while self._heap and self._heap[0][0] <= now:
            at, _, act = heapq.heappop(self._heap)
            act(at)
