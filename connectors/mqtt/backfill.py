"""Decides what to ask of devices whose events are missing. Pure: the caller passes the time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from core.feeds import Missing
from core.reports import BackfillReport

FIRST_WAIT_US: Final = 5_000_000
LONGEST_WAIT_US: Final = 300_000_000
ANSWERED_WITHIN_US: Final = 60_000_000


@dataclass(slots=True)
class _Asked:
    at: int
    wait: int
    first: int


@dataclass(slots=True)
class Replays:
    """Remembers what was asked and when; an answer that moves a gap on is followed up at once."""

    _asked: dict[int, _Asked] = field(default_factory=dict)
    _owed: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def due(self, missing: Iterable[Missing], now: int) -> list[Missing]:
        """Give what to ask now: new gaps, gaps that have shrunk, and those unanswered for long enough."""
        open_gaps = {one.gap: one for one in missing}
        self._asked = {gap: asked for gap, asked in self._asked.items() if gap in open_gaps}
        # A device may name a new boot with each word: what nobody will answer any more is let go.
        self._owed = {feed: owed for feed, owed in self._owed.items() if owed and _awaited(owed[-1], now)}
        return [one for one in open_gaps.values() if self._ask(one, now)]

    def _ask(self, one: Missing, now: int) -> bool:
        before = self._asked.get(one.gap)
        if before is None or before.first != one.first:
            self._asked[one.gap] = _Asked(now, FIRST_WAIT_US, one.first)
            return True
        if 0 <= now - before.at < before.wait:
            return False
        before.at, before.wait = now, min(2 * before.wait, LONGEST_WAIT_US)
        return True

    def asked(self, one: Missing, now: int) -> None:
        """Note that a request went out: one page may come for it."""
        owed = self._owed.setdefault((one.device, one.boot), [])
        owed[:] = [at for at in owed if _awaited(at, now)]
        owed.append(now)

    def answers(self, report: BackfillReport) -> bool:
        """Whether a page is one that we have asked for, which is so once a request."""
        owed = self._owed.get((report.device, report.boot), [])
        while owed:
            if _awaited(owed.pop(0), report.received):
                return True
        return False

    def forget(self) -> None:
        """Ask everything again, after a reconnect."""
        self._asked.clear()
        self._owed.clear()


def _awaited(asked_at: int, now: int) -> bool:
    return 0 <= now - asked_at < ANSWERED_WITHIN_US
