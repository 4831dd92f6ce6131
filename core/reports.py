"""What a device says of its state, beside events: status, doors, calls and back-fill.

A report is no record. The log compares it with what it holds and records what differs. `told` is what the
device's clock said (µs UTC), however wrong; `by_age` says that `live` was judged by `told` alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from core.calls import CallState
from core.commands import Result
from core.doors import DoorFacets
from core.leaf import Draft, Told


class StatusReport(Told, frozen=True, kw_only=True):
    """A device's own word on whether it is there; `oldest` is the first event it can still replay."""

    device: str
    received: int
    online: bool
    live: bool
    boot: str | None = None
    seq: int | None = None
    oldest: tuple[str, int] | None = None
    firmware: str | None = None


class DoorReport(Told, frozen=True, kw_only=True):
    """A full snapshot of a door after event (boot, seq); `at` is the device's clock, µs UTC.

    A facet that is unknown is not told of, unless it is one of `unknown`: the device says that nobody knows.
    """

    device: str
    door: str
    received: int
    live: bool
    boot: str
    seq: int
    at: int
    facets: DoorFacets
    unknown: tuple[str, ...] = ()


class CallReport(Told, frozen=True, kw_only=True):
    """A full snapshot of a call after event (boot, seq); call "" is whichever is open at this door.

    A device that names no calls rings with "": the log names the call, unless one is open already.
    """

    device: str
    door: str
    call: str
    received: int
    live: bool
    boot: str
    seq: int
    at: int
    state: CallState


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillReport:
    """A device's answer to a replay request: the events it still has of [first, last], and what it lost.

    `last` is the last event of that boot the device knows of, when `more` is False; `next_boot` is the
    boot that followed it, if the device remembers one.
    """

    device: str
    received: int
    boot: str
    first: int
    last: int
    events: tuple[Draft, ...]
    lost: tuple[tuple[int, int], ...]
    more: bool
    next_boot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandReply:
    """A device's answer to a command; act "" is whichever is in flight there, door "" at any door of it.

    `reason` is the device's own word for why, masked; `told` is what its clock said, µs UTC.
    """

    device: str
    received: int
    result: Result
    act: str = ""
    door: str = ""
    reason: str = ""
    told: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The leader's finding that a device was not heard in time."""

    device: str
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLost:
    """The broker forgot our session: what devices sent meanwhile may be missing."""

    received: int


class Bucket(StrEnum):
    """What a device may send only so much of: each has a limit of its own."""

    ORDINARY = "rate"
    ALARMS = "alarms"
    RINGS = "rings"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """What a device sent over its limit and is not recorded one by one; device "" is nobody's.

    `reasons` counts the messages among them that were not understood; `ranges` are (boot, first, last) of
    the numbered events, which are missing from now on.
    """

    device: str
    bucket: Bucket
    received: int
    count: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    ranges: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calm:
    """A device is within its limit again."""

    device: str
    bucket: Bucket
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclaimed:
    """A device that the estate does not name has spoken; `text` is what it said, masked.

    Family "" is nobody's: the name is the beginning of the topic. What is `retained` was said once, however
    often it is delivered.
    """

    family: str
    name: str
    topic: str
    received: int
    title: str = ""
    text: str = ""
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One message as it came, masked, and what became of it; `at` is when it was received, µs UTC."""

    at: int
    topic: str
    text: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """What a device said last, the newest at the end; `at` is when that came, µs UTC."""

    device: str
    at: int
    words: tuple[Word, ...]


Item: TypeAlias = (
    Draft
    | StatusReport
    | DoorReport
    | CallReport
    | BackfillReport
    | CommandReply
    | Silence
    | SessionLost
    | Limited
    | Calm
    | Unclaimed
)
