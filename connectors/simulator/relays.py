"""The relays and bolts of one device: what has released them, and how they rest again by themselves. Pure.

Times are µs UTC.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from connectors.simulator.agenda import Agenda
from core.doors import Lock, Mode
from core.records import Kind
from core.times import SECOND_US

_MOVED: Final = {Lock.LOCKED: Kind.DOOR_LOCKED, Lock.UNLOCKED: Kind.DOOR_UNLOCKED}
# Tells the device that something has happened at a door: kind, time, number, words.
Happen: TypeAlias = Callable[..., object]


@dataclass(frozen=True, slots=True)
class Pulse:
    """One release of a door: for which act ("" where none is named), at which door, and when (µs UTC)."""

    act: str
    door: str
    at: int


class Relays:
    """What a device moves at its doors; its loop's own, but for the growing list `released`."""

    def __init__(self, words: Callable[[str], Mapping[str, str]], happen: Happen) -> None:
        """Take how to read and how to change the doors."""
        self.released: list[Pulse] = []
        self._words = words
        self._happen = happen
        self._agenda = Agenda()
        self._turns: dict[tuple[str, str], int] = {}
        self._looked = 0

    @property
    def pulses(self) -> dict[str, int]:
        """Count releases by door."""
        return dict(Counter(one.door for one in self.released))

    @property
    def next_at(self) -> int | None:
        """When something ends by itself."""
        return self._agenda.next_at

    def fresh(self) -> Sequence[Pulse]:
        """Give the releases since this was last asked."""
        before, self._looked = self._looked, len(self.released)
        return self.released[before:]

    def pass_time(self, now: int) -> None:
        """Let end what is over by `now`."""
        self._agenda.run(now)

    def release(self, door: str, act: str, seconds: float | None, now: int) -> None:
        """Let a door go for so long, or until it is told otherwise."""
        self.released.append(Pulse(act, door, now))
        self.move(door, Lock.UNLOCKED, now)
        ends = 0 if seconds is None else now + int(seconds * SECOND_US)
        self.later(door, "pulse", ends, lambda at: self._secure(door, at))

    def rest(self, door: str, now: int) -> None:
        """Lock a door, whatever it was to do later."""
        self.later(door, "pulse", 0, lambda _: None)
        self.move(door, Lock.LOCKED, now)

    def move(self, door: str, lock: Lock, at: int) -> None:
        """Move the bolt, if it does not stand so already."""
        if self._words(door)["lock"] != lock:
            self._happen(_MOVED[lock], at, door)

    def later(self, door: str, what: str, at: int, act: Callable[[int], None]) -> None:
        """Plan an end in place of the one planned before; `at` 0 plans none."""
        turn = self._turns[door, what] = self._turns.get((door, what), 0) + 1

        def end(now: int) -> None:
            if self._turns[door, what] == turn:
                act(now)

        if at:
            self._agenda.at(at, end)

    def _secure(self, door: str, at: int) -> None:
        if self._words(door)["mode"] != Mode.HELD:
            self.move(door, Lock.LOCKED, at)
