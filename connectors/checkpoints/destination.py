"""What a destination of checkpoints is."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias


class Sealed(Protocol):
    """A signed checkpoint: of how many leaves, when (µs UTC), their root, and the note as it was signed."""

    @property
    def size(self) -> int:
        """Give the number of leaves."""

    @property
    def at(self) -> int:
        """Give when it was signed."""

    @property
    def root(self) -> bytes:
        """Give the root."""

    @property
    def note(self) -> bytes:
        """Give the note."""


class Destination(Protocol):
    """One destination; a thread of its own uses it, and may be held up by it for as long as it takes."""

    @property
    def name(self) -> str:
        """Give its name in records and on pages: which kind it is."""

    @property
    def where(self) -> str:
        """Say where it is, for those who look after the machine; holds no secret."""

    def leaves(self) -> bool:
        """Whether what is delivered is beyond the reach of who has this machine's disk."""

    def deliver(self, seal: Sealed) -> None:
        """Hand over the newest checkpoint, and wait until it is there; raises Undelivered."""

    def close(self) -> None:
        """Let go of what is open."""


# Gives the root that the log has at a number of leaves; None where it has not so many, or can't tell.
RootAt: TypeAlias = Callable[[int], bytes | None]
# Gives kept checkpoints: of more leaves than the first number, up to the second, at most the third of them.
Backlog: TypeAlias = Callable[[int, int, int], Sequence[Sealed]]
