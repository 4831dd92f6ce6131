"""What operators did, one line an act: all records of an act folded into who began it and how it ended. Pure.

A line stands where its oldest record does that fits what is asked for, so that no page has it twice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from core.acts import Action
from core.leaf import Scalar
from core.log_filter import LogFilter
from core.records import Class, Kind, classes

# Duress is read by those auditors only who can't be made to open a door.
AUDITED: Final = frozenset({Class.OPERATOR, Class.ORGANISATION, Class.LEDGER, Class.DURESS})
# An act's part at one of many doors is named after it: `<act>-<n>`.
PART: Final = "-"


class Ending(StrEnum):
    """How an act stands: well done, not done, or not over."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


_ENDINGS: Final[Mapping[Kind, Ending]] = {
    **dict.fromkeys(
        (
            Kind.UNLOCK_ACCEPTED,
            Kind.UNLOCK_CONFIRMED,
            Kind.HOLD_ACCEPTED,
            Kind.HOLD_CONFIRMED,
            Kind.HOLD_ENDED,
            Kind.LOCKDOWN_ACCEPTED,
            Kind.LOCKDOWN_CONFIRMED,
            Kind.LOCKDOWN_RELEASED,
            Kind.EXPORT_BUILT,
            Kind.EXPORT_DOWNLOADED,
        ),
        Ending.GOOD,
    ),
    **dict.fromkeys(
        (
            Kind.UNLOCK_REQUESTED,
            Kind.UNLOCK_SENT,
            Kind.HOLD_REQUESTED,
            Kind.HOLD_END_REQUESTED,
            Kind.HOLD_SENT,
            Kind.LOCKDOWN_REQUESTED,
            Kind.LOCKDOWN_RELEASE_REQUESTED,
            Kind.LOCKDOWN_SENT,
            Kind.EXPORT_REQUESTED,
            Kind.OPERATOR_SECOND_AWAITED,
        ),
        Ending.OPEN,
    ),
    **dict.fromkeys(
        (
            Kind.UNLOCK_REFUSED,
            Kind.UNLOCK_EXPIRED,
            Kind.UNLOCK_UNCONFIRMED,
            Kind.HOLD_REFUSED,
            Kind.HOLD_UNCONFIRMED,
            Kind.LOCKDOWN_REFUSED,
            Kind.LOCKDOWN_UNCONFIRMED,
            Kind.EXPORT_FAILED,
            Kind.OPERATOR_ACT_NOT_DONE,
            Kind.OPERATOR_PROOF_REFUSED,
        ),
        Ending.BAD,
    ),
}
_NOT_SECURE: Final = frozenset({Kind.UNLOCK_NOT_SECURED, Kind.HOLD_NOT_SECURED})
_SECURE: Final = frozenset({Kind.UNLOCK_SECURED, Kind.HOLD_SECURED})
# They only follow: no act begins with one of them.
_FOLLOW: Final = frozenset(
    {
        Kind.COMMAND_TAKEN,
        Kind.UNLOCK_SENT,
        Kind.UNLOCK_ACCEPTED,
        Kind.UNLOCK_CONFIRMED,
        Kind.UNLOCK_EXPIRED,
        Kind.UNLOCK_UNCONFIRMED,
        Kind.UNLOCK_ANSWERED_LATE,
        Kind.UNLOCK_NOT_OPENED,
        Kind.HOLD_SENT,
        Kind.HOLD_ACCEPTED,
        Kind.HOLD_CONFIRMED,
        Kind.LOCKDOWN_SENT,
        Kind.LOCKDOWN_ACCEPTED,
        *_NOT_SECURE,
        *_SECURE,
    }
)
# The usual page: everything but what only follows, and the seals of idle minutes.
USUAL: Final = classes(*AUDITED) - _FOLLOW - {Kind.LEDGER_HEARTBEAT}
_BEGINS: Final[Mapping[Kind, Action]] = {
    Kind.UNLOCK_REQUESTED: Action.UNLOCK,
    Kind.HOLD_REQUESTED: Action.HOLD,
    Kind.HOLD_END_REQUESTED: Action.END_HOLD,
    Kind.LOCKDOWN_REQUESTED: Action.LOCKDOWN,
    Kind.LOCKDOWN_RELEASE_REQUESTED: Action.RELEASE,
    Kind.EXPORT_REQUESTED: Action.EXPORT,
}
_OF_NOUN: Final[Mapping[str, Action]] = {
    "unlock": Action.UNLOCK,
    "hold": Action.HOLD,
    "lockdown": Action.LOCKDOWN,
    "export": Action.EXPORT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """As much of a record as a line is folded from."""

    id: int
    kind: Kind
    refs: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def act(self) -> str:
        """The act as this record calls it, of many doors the part at its own; empty for none."""
        return str(self.refs.get("act", ""))

    @property
    def whole(self) -> str:
        """The act as who asked for it knows it."""
        return self.act.partition(PART)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An act, or a record that is none's (`action` None and no `ending`).

    `told_by` is the record that tells who did it; `end` the one that tells how it ended. Of an act at several
    doors `doors` is how many, and `done` at how many it came to a good end.
    """

    act: str
    action: Action | None
    told_by: int
    end: int
    ending: Ending | None
    records: tuple[int, ...]
    doors: int = 0
    done: int = 0


def usual(wanted: LogFilter) -> LogFilter:
    """Give what is looked through for a filter: what only follows, and idle seals, only if asked for."""
    if wanted.kinds or wanted.outcomes:
        return wanted
    # A reason may be that of a step.
    kinds = classes(*AUDITED) - {Kind.LEDGER_HEARTBEAT} if wanted.reasons else USUAL
    return replace(wanted, kinds=kinds)


def stands_at(fact: Fact, others: Iterable[Fact], fits: Callable[[Fact], bool]) -> bool:
    """Whether the line of this record, which fits, stands here: none of its act's that fits is older."""
    return not fact.act or not any(one.id < fact.id and fits(one) for one in others)


def line_of(facts: Sequence[Fact]) -> Line:
    """Fold all records of one act, or one that is of none, into its line."""
    ordered = sorted(facts, key=lambda one: one.id)
    first = ordered[0]
    action = _action_of(ordered) if first.act else None
    parts = _parts(ordered)
    ends = [(one, ending) for part in parts if (one := _end_of(part)) and (ending := _ending_of(one))]
    worst = max(ends, key=lambda pair: _WORSE[pair[1]], default=None)
    several = len(parts) if any(PART in part[0].act for part in parts) else 0
    return Line(
        act=first.whole,
        action=action,
        told_by=_teller(ordered).id,
        end=first.id if worst is None else worst[0].id,
        ending=None if worst is None or not first.act else worst[1],
        records=tuple(one.id for one in ordered),
        doors=several,
        done=sum(ending is Ending.GOOD for _, ending in ends) if several else 0,
    )


_WORSE: Final = {Ending.GOOD: 0, Ending.OPEN: 1, Ending.BAD: 2}


def _parts(ordered: Sequence[Fact]) -> list[list[Fact]]:
    """Give the records of each door of an act; of the whole, only where none tells of a single door."""
    by_name: dict[str, list[Fact]] = {}
    for one in ordered:
        by_name.setdefault(one.act, []).append(one)
    doors = [part for name, part in by_name.items() if PART in name]
    return doors or list(by_name.values())


def _teller(ordered: Sequence[Fact]) -> Fact:
    """Choose the record that tells most of who did it: one with a proof, else one with a session."""
    for name in ("proof", "session"):
        found = next((one for one in ordered if name in one.refs), None)
        if found is not None:
            return found
    return ordered[0]


def _action_of(ordered: Sequence[Fact]) -> Action | None:
    begun = next((_BEGINS[one.kind] for one in ordered if one.kind in _BEGINS), None)
    if begun is not None:
        return begun
    said = [str(one.refs[name]) for one in ordered for name in ("wants", "action") if name in one.refs]
    nouns = [_OF_NOUN[noun] for one in ordered if (noun := one.kind.partition(".")[0]) in _OF_NOUN]
    named = [Action(word) for word in said if word in _ACTIONS]
    return next(iter(named + nouns), None)


_ACTIONS: Final = frozenset(one.value for one in Action)


def _ending_of(one: Fact) -> Ending | None:
    return Ending.BAD if one.kind in _NOT_SECURE else _ENDINGS.get(one.kind)


def _end_of(part: Sequence[Fact]) -> Fact | None:
    """Find what tells how it ended at one door: the last step, unless the door is not secure after it."""
    begun = any(one.kind in _BEGINS for one in part)
    end: Fact | None = None
    unsecured: Fact | None = None
    for one in part:
        if one.kind in _NOT_SECURE:
            unsecured = one
        elif one.kind in _SECURE:
            unsecured = None
        elif one.kind in _ENDINGS and not (begun and one.kind is Kind.OPERATOR_PROOF_REFUSED):
            end = one
    return unsecured or end
