"""What of a record goes into a file with columns, taken from the leaf as it was sealed and from its detail.

Records repeat each other: places and kinds are numbered once, and a file writes each of them out once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

import msgspec

from core.leaf import Scalar
from core.permissions import Scope
from core.records import KINDS, Kind
from store.export_rows import Raw
from store.log_names import LogNames
from store.views import about_operators

PLACE: Final = ("site", "site_name", "door", "door_name", "device", "device_name")
WHAT: Final = ("kind", "event", "severity", "reason", "backfilled")
WHO: Final = ("outcome", "person", "name", "credential", "call", "act", "session", "why")
COLUMNS: Final = ("record", "at", "received", *PLACE, *WHAT, *WHO)

PlaceKey: TypeAlias = tuple[str | None, str | None, str | None]
WhatKey: TypeAlias = tuple[str, str | None, bool]
Who: TypeAlias = tuple[str | None, ...]
K = TypeVar("K")


class _Refs(msgspec.Struct, gc=False):
    call: Scalar | None = None
    act: Scalar | None = None
    session: Scalar | None = None


class _Leaf(msgspec.Struct, gc=False):
    kind: str
    received: int
    at: int
    site: str | None = None
    door: str | None = None
    device: str | None = None
    reason: str | None = None
    outcome: str | None = None
    backfilled: bool = False
    refs: _Refs | None = None


class _Private(msgspec.Struct, gc=False):
    person: str | None = None
    subject: str | None = None
    name: str | None = None
    credential: str | None = None
    why: str | None = None


class _Detail(msgspec.Struct, gc=False):
    private: _Private


_leaves: Final = msgspec.json.Decoder(list[_Leaf]).decode
_details: Final = msgspec.json.Decoder(list[_Detail]).decode
_MOST_PEOPLE: Final = 40_000
_NO_REFS: Final = _Refs()
_OPERATORS: Final = frozenset(kind.value for kind in Kind if about_operators(kind))


class Numbered(dict[K, int], Generic[K]):
    """Numbers what it is asked for, from 0, in the order in which it comes."""

    def __init__(self) -> None:
        """Know nothing yet."""
        super().__init__()
        self.all: list[K] = []

    def __missing__(self, key: K) -> int:
        """Give the next number."""
        number = self[key] = len(self.all)
        self.all.append(key)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some records, by column; `places` and `whats` are the reader's numbers, `who` None for nobody."""

    ids: Sequence[int]
    at: Sequence[int]
    received: Sequence[int]
    places: Sequence[int]
    whats: Sequence[int]
    who: Sequence[Who | None]


@dataclass(slots=True, kw_only=True)
class Reader:
    """Takes records apart; names people only where the scope does."""

    scope: Scope
    names: LogNames
    people: Callable[[Collection[str]], Mapping[str, str]]
    places: Numbered[PlaceKey] = field(default_factory=Numbered)
    whats: Numbered[WhatKey] = field(default_factory=Numbered)
    _known: dict[str, str] = field(default_factory=dict)

    def batch(self, rows: Sequence[Raw]) -> Batch:
        """Take some records apart."""
        leaves = _leaves(b"[" + b",".join([row[1] for row in rows]) + b"]")
        places, whats = self.places, self.whats
        return Batch(
            ids=[row[0] for row in rows],
            at=[one.at for one in leaves],
            received=[one.received for one in leaves],
            places=[places[one.site, one.door, one.device] for one in leaves],
            whats=[whats[one.kind, one.reason, one.backfilled] for one in leaves],
            who=self._who(rows, leaves),
        )

    def shown(self, rows: Sequence[Raw]) -> Iterator[tuple[Raw, bool]]:
        """Give records with whether the person in each may be named."""
        leaves = _leaves(b"[" + b",".join([row[1] for row in rows]) + b"]")
        names = self.scope.names
        return (
            (row, one.site in names or one.kind in _OPERATORS) for row, one in zip(rows, leaves, strict=True)
        )

    def place(self, key: PlaceKey) -> tuple[str | None, ...]:
        """Write out a place, as PLACE."""
        site, door, device = key
        at = self.names.sites.get(site or "")
        door_at, told_by = self.names.doors.get(door or ""), self.names.devices.get(device or "")
        return (
            site,
            at.name if at else None,
            door,
            door_at.name if door_at else None,
            device,
            told_by.name if told_by else None,
        )

    def zone(self, key: PlaceKey) -> str:
        """Name the time zone of a place."""
        site = self.names.sites.get(key[0] or "")
        return site.time_zone if site else "UTC"

    @staticmethod
    def what(key: WhatKey) -> tuple[str | None, ...]:
        """Write out what happened, as WHAT."""
        kind, reason, backfilled = key
        info = KINDS[Kind(kind)]
        return (kind, info.label, info.severity.value, reason, "yes" if backfilled else None)

    def _who(self, rows: Sequence[Raw], leaves: Sequence[_Leaf]) -> list[Who | None]:
        names = self.scope.names
        held = [
            number
            for number, (row, one) in enumerate(zip(rows, leaves, strict=True))
            if row[2] is not None and (one.site in names or one.kind in _OPERATORS)
        ]
        bodies = [body for number in held if (body := rows[number][2]) is not None]
        details = _details(b"[" + b",".join(bodies) + b"]")
        people = self._named({one.private.person for one in details if one.private.person})
        known = dict(zip(held, details, strict=True))
        return [
            _who(one, known.get(number), people)
            if number in known or one.refs is not None or one.outcome is not None
            else None
            for number, one in enumerate(leaves)
        ]

    def _named(self, people: set[str]) -> Mapping[str, str]:
        """Give names of at least these people."""
        if len(self._known) + len(people) > _MOST_PEOPLE:
            self._known.clear()
        if fresh := people - self._known.keys():
            self._known |= dict.fromkeys(fresh, "") | dict(self.people(fresh))
        return self._known


def _who(leaf: _Leaf, detail: _Detail | None, people: Mapping[str, str]) -> Who | None:
    refs = leaf.refs or _NO_REFS
    if detail is None:
        if leaf.outcome is None and refs.call is None and refs.act is None and refs.session is None:
            return None
        return (leaf.outcome, None, None, None, _text(refs.call), _text(refs.act), _text(refs.session), None)
    private = detail.private
    return (
        leaf.outcome,
        private.person or private.subject,
        people.get(private.person or "") or private.name,
        private.credential,
        _text(refs.call),
        _text(refs.act),
        _text(refs.session),
        private.why,
    )


def _text(value: Scalar | None) -> str | None:
    return None if value is None else str(value)
