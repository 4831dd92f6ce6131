"""The state of a call, folded from events and reports in any order."""

from enum import StrEnum
from typing import Final

import msgspec

from core.records import Kind

CALL_LIVES_US: Final = 120_000_000


class CallState(StrEnum):
    """How far a call has come."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


_PROGRESS: Final = {CallState.RINGING: 0, CallState.ANSWERED: 1, CallState.MISSED: 2, CallState.ENDED: 3}
STATES: Final[dict[Kind, CallState]] = {
    Kind.CALL_RINGING: CallState.RINGING,
    Kind.CALL_ANSWERED: CallState.ANSWERED,
    Kind.CALL_ENDED: CallState.ENDED,
    Kind.CALL_MISSED: CallState.MISSED,
}


class Call(msgspec.Struct, frozen=True):
    """A call as the log knows it (µs UTC): `started` by the device's clock, `changed` by ours while live."""

    call: str
    device: str
    door: str
    site: str
    state: CallState
    started: int
    changed: int

    @property
    def open(self) -> bool:
        """Whether somebody may still be waiting."""
        return self.state in {CallState.RINGING, CallState.ANSWERED}

    def lives(self, now: int) -> bool:
        """Whether this call may still be shown as open: a device that falls silent ends it for us."""
        return self.open and now - self.changed <= CALL_LIVES_US


def advance(old: Call | None, new: Call) -> Call:
    """Fold a word about a call: it only goes forward, and keeps its earliest and latest times."""
    if old is None:
        return new
    ahead = _PROGRESS[new.state] > _PROGRESS[old.state]
    return msgspec.structs.replace(
        old,
        state=new.state if ahead else old.state,
        started=min(old.started, new.started),
        changed=max(old.changed, new.changed),
    )
