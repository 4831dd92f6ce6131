"""Devices that obey as strictly as any, and answer badly."""

from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any, Final

from connectors.simulator.device import NativeDevice
from connectors.simulator.speaking import Publication
from core.times import SECOND_US

LATE_US: Final = 12 * SECOND_US


class Manner(Enum):
    """How a device answers: as it should, not at all, late, twice, or by losing its power before."""

    WELL = auto()
    NEVER = auto()
    LATE = auto()
    TWICE = auto()
    REBOOTING = auto()


class Moody(NativeDevice):
    """A device whose manner can be chosen; `fall` takes its power away."""

    def __init__(self, *arguments: Any, **words: Any) -> None:
        super().__init__(*arguments, **words)
        self.manner = Manner.WELL
        self.fall: Callable[[], None] = _stay
        self._late: deque[tuple[int, Publication]] = deque()

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Obey at once, whatever becomes of the answer."""
        answers = list(super().command(topic, payload, at))
        match self.manner:
            case Manner.WELL:
                yield from answers
            case Manner.TWICE:
                yield from (*answers, *answers)
            case Manner.LATE:
                self._late.extend((at + LATE_US, one) for one in answers)
            case Manner.REBOOTING:
                self.fall()
            case Manner.NEVER:
                return

    def states(self, at: int) -> Iterator[Publication]:
        """Say what was put off, then what has changed."""
        while self._late and self._late[0][0] <= at:
            yield self._late.popleft()[1]
        yield from super().states(at)


def _stay() -> None:
    """Have power."""
