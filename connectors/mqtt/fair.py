"""Turn about by device: who speaks much waits behind himself, never before others.

Pure. A device's own words keep their order. What is over a limit is tallied in its place in the line, so
that a line is never longer than what its device may send. Few things go before all others, in no line.
"""

from collections import deque
from typing import Final, TypeAlias

from connectors.mqtt.arrivals import Arrival, Bundle
from connectors.mqtt.tallies import Over

# What a device may put into one transaction, and all of them: together they are how long others wait.
SHARE: Final = 64
BATCH: Final = 1_000
# Only what needs no acknowledgement can make lines as long: the broker holds the rest back.
LONGEST_LINE: Final = 4_000
Entry: TypeAlias = Arrival | Bundle | Over


class FairQueue:
    """Lines of entries by device."""

    def __init__(self) -> None:
        """Start empty."""
        self._lines: dict[str, deque[Entry]] = {}
        self._first: deque[Entry] = deque()
        self.weight = 0

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._lines or self._first)

    def put(self, device: str, entry: Arrival | Bundle) -> None:
        """Put an entry at the end of a device's line."""
        self._line(device).append(entry)
        self.weight += entry.weight

    def put_first(self, entry: Arrival) -> None:
        """Let an entry go before everything that stands in line."""
        self._first.append(entry)
        self.weight += entry.weight

    def full(self, device: str) -> bool:
        """Whether a line is as long as it may be."""
        line = self._lines.get(device)
        return line is not None and len(line) >= LONGEST_LINE

    def over(self, device: str, *, queued: bool) -> Over:
        """Give the end of a device's line, where what is over a limit is tallied."""
        line = self._line(device)
        last = line[-1] if line else None
        if not isinstance(last, Over) or last.queued != queued:
            last = Over(queued)
            line.append(last)
        return last

    @property
    def has_first(self) -> bool:
        """Whether something goes before all lines."""
        return bool(self._first)

    def take_first(self) -> list[Entry]:
        """Take what goes before all lines, without any of them."""
        taken: list[Entry] = []
        self._move(self._first, taken, BATCH)
        return taken

    def take(self) -> list[Entry]:
        """Take what one transaction is to hold: a share of each line, beginning where the last one ended."""
        taken, room = list[Entry](), BATCH
        for device in list(self._lines):
            if room <= 0:
                break
            line = self._lines.pop(device)
            share = min(SHARE, room)
            room -= self._move(line, taken, share)
            if line:
                self._lines[device] = line
        return taken

    def _move(self, line: deque[Entry], taken: list[Entry], share: int) -> int:
        moved = 0
        while line and moved < share:
            entry = line.popleft()
            moved += entry.weight
            if not isinstance(entry, Over):
                self.weight -= entry.weight
            taken.append(entry)
        return moved

    def _line(self, device: str) -> deque[Entry]:
        line = self._lines.get(device)
        if line is None:
            line = self._lines[device] = deque()
        return line

    def clear(self) -> None:
        """Forget all: the broker sends it again."""
        self._lines.clear()
        self._first.clear()
        self.weight = 0
