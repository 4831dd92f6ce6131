"""A message to ourselves that must come back: the only proof that we are listening. Pure."""

from dataclasses import dataclass
from typing import Final

EVERY_US: Final = 1_000_000
LOST_AFTER_US: Final = 5_000_000


@dataclass(slots=True)
class Canary:
    """Knows when to sing and when it last came back (µs UTC); `life` names this connection of ours."""

    topic: str
    life: str
    sung_at: int = 0
    back_at: int = 0
    number: int = 0

    def due(self, now: int) -> bytes | None:
        """Give the next song when it is time."""
        if 0 <= now - self.sung_at < EVERY_US:
            return None
        self.sung_at, self.number = now, self.number + 1
        return f"{self.life} {self.number}".encode()

    def is_back(self, payload: bytes, now: int) -> bool:
        """Take a song in; one of another life proves nothing."""
        if not payload.startswith(self.life.encode()):
            return False
        self.back_at = now
        return True

    def reset(self, now: int, life: str) -> None:
        """Give a new connection its time, and a name by which its songs are told from those before."""
        self.back_at, self.sung_at, self.life, self.number = now, 0, life, 0

    def lost(self, now: int) -> bool:
        """Whether it has been away for too long."""
        return now - self.back_at > LOST_AFTER_US
