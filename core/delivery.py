"""How it goes with one destination of checkpoints: what waits, when it is tried, when silence is told. Pure.

Offers are numbered from 1; only the newest waits. Times are µs of any clock that never goes back.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from core.times import MINUTE_US, SECOND_US

LOST_US: Final = MINUTE_US
PACE_US: Final = SECOND_US
_LONGEST_US: Final = 30 * SECOND_US
_DOUBLINGS: Final = 5


class Turn(StrEnum):
    """What is to be recorded of a destination."""

    LOST = "lost"
    BACK = "back"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One state of it: `since` is when something began to wait or last arrived, `due` when to try next.

    `lost` says that its silence was told; `heard` that something has arrived after that.
    """

    offered: int = 0
    arrived: int = 0
    since: int = 0
    due: int = 0
    failures: int = 0
    lost: bool = False
    heard: bool = False
    trouble: str = ""

    @property
    def waits(self) -> bool:
        """Whether there is a newer one than the last that arrived."""
        return self.offered > self.arrived

    def ready(self, now: int) -> bool:
        """Whether to try now."""
        return self.waits and now >= self.due

    def offer(self, now: int) -> "Delivery":
        """Take the next one, in place of what waited before it."""
        return replace(self, offered=self.offered + 1, since=self.since if self.waits else now)

    def succeed(self, number: int, now: int) -> "Delivery":
        """Note that one has arrived, and all before it count as told."""
        return replace(
            self,
            arrived=max(number, self.arrived),
            since=now,
            due=now + PACE_US,
            failures=0,
            heard=True,
            trouble="",
        )

    def fail(self, trouble: str, now: int) -> "Delivery":
        """Note that a try was in vain; the next one comes later than after the last, up to half a minute."""
        wait = min(PACE_US << min(self.failures, _DOUBLINGS), _LONGEST_US)
        return replace(self, due=now + wait, failures=self.failures + 1, trouble=trouble)

    def judge(self, now: int) -> tuple["Delivery", Turn | None]:
        """Say what is to be recorded now, each silence once and each end of one once."""
        if self.lost and self.heard:
            return replace(self, lost=False), Turn.BACK
        if not self.lost and self.waits and now - self.since >= LOST_US:
            return replace(self, lost=True, heard=False), Turn.LOST
        return self, None
