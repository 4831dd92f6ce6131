"""The state of a call, folded from events, reports and claims in any order. Times are µs UTC."""

from enum import StrEnum
from typing import Final

import msgspec

from core.records import Kind
from core.times import SECOND_US

CALL_LIVES_US: Final = 120_000_000
# A ring that is older makes no sound any more, however it came to us.
RINGS_US: Final = 30 * SECOND_US
# Why a call was missed of which no device said so.
UNATTENDED: Final = "unattended"


class CallState(StrEnum):
    """How far a call has come."""

    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"


_PROGRESS: Final = {CallState.RINGING: 0, CallState.ANSWERED: 1, CallState.MISSED: 2, CallState.ENDED: 3}
_OVER: Final = frozenset({CallState.ENDED, CallState.MISSED})
STATES: Final[dict[Kind, CallState]] = {
    Kind.CALL_RINGING: CallState.RINGING,
    Kind.CALL_ANSWERED: CallState.ANSWERED,
    Kind.CALL_ENDED: CallState.ENDED,
    Kind.CALL_MISSED: CallState.MISSED,
}
# What operators do with calls: no device says it.
CLAIMS: Final = frozenset({Kind.CALL_CLAIMED, Kind.CALL_RELEASED, Kind.CALL_DECLINED})


def said_by_us(kind: Kind, reason: str | None) -> bool:
    """Whether a record of a call is our own word, which tells nothing of whether the device lives."""
    return kind in CLAIMS or reason == UNATTENDED


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who took a call last, in which session; nobody (an empty `subject`) has given it back.

    `turn` is the id of the record that tells it: the newest counts.
    """

    turn: int
    at: int
    subject: str = ""
    name: str = ""
    session: str = ""


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """A call as the log knows it: `started` by the device's clock, `changed` by ours while live.

    `state` is what the device says. `heard` is when we first heard of it, `answered` when somebody first took
    it there, `ended` when it was last told over, `unattended` when we gave up on it: 0 where that was never.
    """

    call: str
    device: str
    door: str
    site: str
    state: CallState
    started: int
    changed: int
    heard: int = 0
    answered: int = 0
    ended: int = 0
    unattended: int = 0
    claim: Claim | None = None
    declined: tuple[str, ...] = ()

    @property
    def shown(self) -> CallState:
        """How it stands: missed also where nobody came in time, until the device tells that somebody did."""
        given_up = self.unattended and self.state is CallState.RINGING
        return CallState.MISSED if given_up else self.state

    @property
    def open(self) -> bool:
        """Whether somebody may still be waiting."""
        return self.shown not in _OVER

    @property
    def undecided(self) -> bool:
        """Whether the device may still say more of it."""
        return self.state not in _OVER

    @property
    def since(self) -> int:
        """When it began, by our clock."""
        return self.heard or self.started

    @property
    def holder(self) -> Claim | None:
        """Whoever has it now: a claim ends with its call."""
        return self.claim if self.claim is not None and self.claim.subject and self.open else None

    def lives(self, now: int) -> bool:
        """Whether this call may still be shown as open: a device that falls silent ends it for us."""
        return self.open and now - self.changed <= CALL_LIVES_US

    def rings(self, now: int) -> bool:
        """Whether it may still sound."""
        return self.shown is CallState.RINGING and now - self.since < RINGS_US

    def missed_at(self, after_s: int) -> int | None:
        """Give when it is missed if nobody takes it; None for one that is taken, over, or never missed."""
        if not after_s or self.shown is not CallState.RINGING or self.holder is not None:
            return None
        given_back = self.claim.at if self.claim is not None else 0
        return max(self.since, given_back) + after_s * SECOND_US


def heard_as(call: Call, at: int) -> Call:
    """Complete a device's word about a call that was heard at `at` by our clock."""
    return msgspec.structs.replace(
        call,
        heard=at,
        answered=call.started if call.state is CallState.ANSWERED else 0,
        ended=call.started if call.state in _OVER else 0,
    )


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
        heard=_first(old.heard, new.heard),
        answered=_first(old.answered, new.answered),
        ended=max(old.ended, new.ended),
        unattended=_first(old.unattended, new.unattended),
        claim=_later(old.claim, new.claim),
        declined=tuple(sorted({*old.declined, *new.declined})),
    )


def _first(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


def _later(one: Claim | None, other: Claim | None) -> Claim | None:
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda claim: claim.turn)
