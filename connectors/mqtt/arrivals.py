"""Deliveries in our hands, and when each may be acknowledged: once on disk, in the order of arrival."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from core.reports import Item


@dataclass(slots=True)
class Arrival:
    """A delivery that was read: what of it is to be stored as it is, and how many parts are not on disk.

    `queued` says that it had waited for us at the broker; `weight` is what storing it costs, in records.
    """

    mid: int
    qos: int
    generation: int
    items: Sequence[Item]
    queued: bool = False
    weight: int = 1
    pending: int = 0

    def settle(self) -> None:
        """Note that a part is on disk, and let go of what it said."""
        self.pending -= 1
        self.items = ()


@dataclass(slots=True)
class Bundle:
    """Items that stand in a queue apart from the deliveries they came by."""

    items: Sequence[Item]
    arrivals: list[Arrival]
    queued: bool = False
    weight: int = 1

    def settle(self) -> None:
        """Note that they are on disk."""
        for one in self.arrivals:
            one.pending -= 1


class Arrivals:
    """What is not acknowledged yet, in the order in which it came, as MQTT-4.6.0-2 asks of us."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._open: deque[Arrival] = deque()

    def __len__(self) -> int:
        """Count what is not acknowledged."""
        return len(self._open)

    def add(self, one: Arrival) -> None:
        """Take a delivery in; what needs no acknowledgement is not kept."""
        if one.qos:
            self._open.append(one)

    def ready(self) -> list[Arrival]:
        """Give, once, what is on disk together with all that came before it."""
        found: list[Arrival] = []
        while self._open and self._open[0].pending <= 0:
            found.append(self._open.popleft())
        return found

    def clear(self) -> None:
        """Forget all: the broker sends it again."""
        self._open.clear()
