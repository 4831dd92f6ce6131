"""Which records tell of one thing: a ring, its answer, the unlock, the door that opened and closed again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from core.leaf import Scalar
from core.records import Class, Kind, classes
from core.times import HOUR_US, MINUTE_US, SECOND_US

# How long after somebody was let in the door still opens for them.
OPENS_WITHIN_US: Final = MINUTE_US
# How long a door may stand open and still close for the same coming.
CLOSES_WITHIN_US: Final = HOUR_US
# How long a call may last in which a door is opened.
CALL_LASTS_US: Final = 10 * MINUTE_US
# A device may tell that a door opened before or after it tells that it was forced.
_SAME_OPENING_US: Final = 5 * SECOND_US

SESSIONS: Final = frozenset(
    {
        Kind.OPERATOR_SIGNED_IN,
        Kind.OPERATOR_SIGNED_OUT,
        Kind.OPERATOR_SESSION_ENDED,
        Kind.OPERATOR_PAGE_REFUSED,
    }
)
_LETS_IN: Final = frozenset({Kind.ACCESS_GRANTED, Kind.ACCESS_DURESS, Kind.EXIT_REQUESTED})
_ANSWERS: Final = frozenset(
    {Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.ACCESS_DURESS, Kind.ACCESS_TAKEN, Kind.ACCESS_NOT_TAKEN}
)
_COMMANDS: Final = ("unlock.", "hold.", "lockdown.", "command.")
_UNLOCKS: Final = frozenset(kind for kind in Kind if kind.value.startswith(_COMMANDS))
AT_DOORS: Final = classes(Class.MOVEMENT, Class.DOOR, Class.CALL) | _UNLOCKS
_DOWN: Final = frozenset({Kind.DEVICE_OFFLINE, Kind.DEVICE_SILENT})
_GAPS: Final = frozenset({Kind.FEED_GAP, Kind.FEED_GAP_FILLED, Kind.FEED_GAP_LOST})
OF_DEVICES: Final = (
    _DOWN | _GAPS | {Kind.DEVICE_ONLINE, Kind.DEVICE_CLOCK_WRONG, Kind.DEVICE_CLOCK_RIGHT, Kind.FEED_LIMITED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """As much of a record as tells what it belongs to; `at` is µs UTC."""

    id: int
    kind: Kind
    at: int
    refs: Mapping[str, Scalar] = field(default_factory=dict)


def chain_at_door(links: Iterable[Link], record: int) -> frozenset[int]:
    """Give the ids of what belongs to a record, of all that happened at one door around it."""
    return _group(_Door().take, links, record)


def chain_of_device(links: Iterable[Link], record: int) -> frozenset[int]:
    """Give the ids of what belongs to a record, of what was found of one device around it."""
    return _group(_Device().take, links, record)


def _group(take: Callable[[Link], int], links: Iterable[Link], record: int) -> frozenset[int]:
    roots = {link.id: take(link) for link in sorted(links, key=lambda one: (one.at, one.id))}
    root = roots.get(record)
    return frozenset(number for number, its in roots.items() if its == root)


@dataclass(slots=True)
class _Cause:
    """What something began with, and when that was last spoken of."""

    root: int
    at: int

    def reaches(self, at: int, within: int) -> bool:
        return at - self.at <= within


class _Door:
    """Walks what happened at a door in its order; each step answers with which record it began."""

    def __init__(self) -> None:
        self._calls: dict[Scalar, _Cause] = {}
        self._talking: _Cause | None = None
        self._acts: dict[Scalar, int] = {}
        self._asked: _Cause | None = None
        self._let_in: _Cause | None = None
        self._opened: _Cause | None = None
        self._closed: _Cause | None = None

    def take(self, link: Link) -> int:
        if link.kind in _UNLOCKS:
            return self._unlock(link)
        if "call" in link.refs:
            return self._call(link, link.refs["call"])
        if link.kind in classes(Class.MOVEMENT):
            return self._movement(link)
        return self._of_door(link)

    def _call(self, link: Link, name: Scalar) -> int:
        cause = self._calls.setdefault(name, _Cause(link.id, link.at))
        cause.at = link.at
        self._talking = cause
        if link.kind is Kind.CALL_ANSWERED:
            self._let_in = _Cause(cause.root, link.at)
        return cause.root

    def _unlock(self, link: Link) -> int:
        talking = self._talking
        during = talking is not None and talking.reaches(link.at, CALL_LASTS_US)
        # What names its call belongs to no other, whichever was spoken of last at this door.
        cause = self._calls.get(link.refs["call"]) if "call" in link.refs else talking if during else None
        begun = cause.root if cause is not None else link.id
        root = self._acts.setdefault(link.refs.get("act", link.id), begun)
        if link.kind in {Kind.UNLOCK_ACCEPTED, Kind.UNLOCK_CONFIRMED, Kind.HOLD_ACCEPTED}:
            self._let_in = _Cause(root, link.at)
        return root

    def _movement(self, link: Link) -> int:
        if link.kind is Kind.ACCESS_REQUESTED:
            self._asked = _Cause(link.id, link.at)
            return link.id
        taken = link.kind in {Kind.ACCESS_TAKEN, Kind.ACCESS_NOT_TAKEN}
        asked = self._let_in if taken else self._asked if link.kind in _ANSWERS else None
        root = asked.root if asked is not None and asked.reaches(link.at, OPENS_WITHIN_US) else link.id
        if link.kind in _LETS_IN:
            self._asked, self._let_in = None, _Cause(root, link.at)
        return root

    def _of_door(self, link: Link) -> int:
        match link.kind:
            case Kind.DOOR_OPENED | Kind.DOOR_FORCED_OPEN:
                return self._open(link)
            case Kind.DOOR_CLOSED:
                root = self._joined(self._opened, link, CLOSES_WITHIN_US)
                self._opened, self._closed = None, _Cause(root, link.at)
            case Kind.DOOR_HELD_OPEN:
                root = self._joined(self._opened, link, CLOSES_WITHIN_US)
            case Kind.DOOR_LOCKED:
                root = self._joined(self._closed or self._let_in, link, OPENS_WITHIN_US)
            case Kind.DOOR_UNLOCKED:
                root = self._joined(self._let_in, link, OPENS_WITHIN_US)
                self._let_in = _Cause(root, link.at)
            case _:
                root = link.id
        return root

    def _open(self, link: Link) -> int:
        if self._opened is not None and self._opened.reaches(link.at, _SAME_OPENING_US):
            return self._opened.root
        forced = link.kind is Kind.DOOR_FORCED_OPEN
        root = link.id if forced else self._joined(self._let_in, link, OPENS_WITHIN_US)
        # Who is let in comes in once: the next opening has a cause of its own, or none.
        self._let_in, self._closed, self._opened = None, None, _Cause(root, link.at)
        return root

    @staticmethod
    def _joined(cause: _Cause | None, link: Link, within: int) -> int:
        return cause.root if cause is not None and cause.reaches(link.at, within) else link.id


class _Device:
    """Walks what was found of a device: each trouble with its end."""

    def __init__(self) -> None:
        self._down: int | None = None
        self._clock: int | None = None
        self._gaps: dict[tuple[Scalar | None, Scalar | None], int] = {}

    def take(self, link: Link) -> int:
        if link.kind in _GAPS:
            # Who names no number can only mean itself.
            return self._gaps.setdefault((link.refs.get("boot"), link.refs.get("first", -link.id)), link.id)
        if link.kind in _DOWN:
            self._down = link.id if self._down is None else self._down
            return self._down
        if link.kind is Kind.DEVICE_ONLINE:
            root, self._down = link.id if self._down is None else self._down, None
            return root
        return self._other(link)

    def _other(self, link: Link) -> int:
        if link.kind is Kind.DEVICE_CLOCK_WRONG:
            self._clock = link.id
        elif link.kind is Kind.DEVICE_CLOCK_RIGHT:
            root, self._clock = link.id if self._clock is None else self._clock, None
            return root
        begun = link.refs.get("begun")
        return begun if isinstance(begun, int) else link.id
