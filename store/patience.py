"""How long the writes of one task wait for the store, all together; outside of one, each waits by itself.

Somebody stands at a door: that the store can't write is told within two seconds, however many writes it takes
to find that out, and to say so.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

ACT_S: Final = 1.5
# What is left for a write when the time is over: for the commit of somebody else, and to clean up.
LEAST_S: Final = 0.15


class Patience:
    """The time of one task; its own thread's."""

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self._until = time.monotonic() + seconds
        self._kept: float | None = None

    def left(self) -> float:
        """Give for how many seconds a write may wait now."""
        return max(LEAST_S, self._until - time.monotonic() if self._kept is None else self._kept)

    def note_wait(self, seconds: float) -> None:
        """Take that a write has waited, which is all that counts while the time stands still."""
        if self._kept is not None:
            self._kept -= seconds

    def pause(self) -> None:
        """Let time stand still."""
        self._kept = self._until - time.monotonic()

    def go_on(self) -> None:
        """Let time go on from where it was, less what writes have waited meanwhile."""
        if self._kept is not None:
            self._until, self._kept = time.monotonic() + self._kept, None


_mine: Final[ContextVar[Patience | None]] = ContextVar("patience", default=None)


def patience() -> Patience | None:
    """Give the patience of the task that this thread is at, None where it is at none that hurries."""
    return _mine.get()


@contextmanager
def hurried() -> Iterator[None]:
    """Let all writes of this thread wait for `ACT_S` in all, from the outermost call on."""
    if _mine.get() is not None:
        yield
        return
    token = _mine.set(Patience(ACT_S))
    try:
        yield
    finally:
        _mine.reset(token)


@contextmanager
def elsewhere() -> Iterator[None]:
    """Count here only what writes wait: to look at a proof may take a provider some seconds."""
    mine = _mine.get()
    if mine is None:
        yield
        return
    mine.pause()
    try:
        yield
    finally:
        mine.go_on()
