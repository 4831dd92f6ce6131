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
from store.export_rows import Chunk, Raw
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


# Fields in the order in which they stand in a leaf: the decoder looks for the next one first.
class _Refs(msgspec.Struct, gc=False):
    act: Scalar | None = None
    call: Scalar | None = None
    session: Scalar | None = None


class _Leaf(msgspec.Struct, gc=False, kw_only=True):
    at: int
    backfilled: bool = False
    device: str | None = None
    door: str | None = None
    kind: str
    outcome: str | None = None
    reason: str | None = None
    received: int
    refs: _Refs | None = None
    site: str | None = None


class _Private(msgspec.Struct, gc=False):
    credential: str | None = None
    name: str | None = None
    person: str | None = None
    subject: str | None = None
    why: str | None = None


class _Detail(msgspec.Struct, gc=False):
    private: _Private


_leaves: Final = msgspec.json.Decoder(list[_Leaf]).decode
_details: Final = msgspec.json.Decoder(list[_Detail]).decode
_MOST_PEOPLE: Final = 40_000
_NOTHING: Final = _Private()
_NOBODY: Final[Who] = (None,) * len(WHO)
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
    """Some records, by column.

    `places` and `whats` are the reader's numbers, `whose` says which of `who` each is; the last of those is
    nobody.
    """

    ids: Sequence[int]
    at: Sequence[int]
    received: Sequence[int]
    places: Sequence[int]
    whats: Sequence[int]
    whose: Sequence[int]
    who: Sequence[Who]


@dataclass(slots=True, kw_only=True)
class Reader:
    """Takes records apart; names people only where the scope does."""

    scope: Scope
    names: LogNames
    people: Callable[[Collection[str]], Mapping[str, str]]
    places: Numbered[PlaceKey] = field(default_factory=Numbered)
    whats: Numbered[WhatKey] = field(default_factory=Numbered)
    _known: dict[str, str] = field(default_factory=dict)

    def batch(self, rows: Chunk) -> Batch:
        """Take some records apart."""
        leaves = _leaves(rows.leaves)
        places, whats = self.places, self.whats
        whose, who = self._who(rows, leaves)
        return Batch(
            ids=rows.ids,
            at=[one.at for one in leaves],
            received=[one.received for one in leaves],
            places=[places[one.site, one.door, one.device] for one in leaves],
            whats=[whats[one.kind, one.reason, one.backfilled] for one in leaves],
            whose=whose,
            who=who,
        )

    def shown(self, rows: Chunk) -> Iterator[tuple[Raw, bool]]:
        """Give records with whether the person in each may be named."""
        pairs = zip(rows, _leaves(rows.leaves), strict=True)
        return ((row, self._names(one)) for row, one in pairs)

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

    def _names(self, leaf: _Leaf) -> bool:
        return leaf.site in self.scope.names or leaf.kind in _OPERATORS

    def _who(self, rows: Chunk, leaves: Sequence[_Leaf]) -> tuple[Sequence[int], Sequence[Who]]:
        places = dict(zip(rows.ids, range(len(leaves)), strict=True))
        details = zip(rows.detailed, _details(rows.details), strict=True)
        shown = {place: one.private for key, one in details if self._names(leaves[place := places[key]])}
        people = self._named({one.person for one in shown.values() if one.person})
        told = shown.keys() | _telling(leaves)
        whose = [len(told)] * len(leaves)
        for number, place in enumerate(told):
            whose[place] = number
        return whose, [*(_who(leaves[one], shown.get(one, _NOTHING), people) for one in told), _NOBODY]

    def _named(self, people: set[str]) -> Mapping[str, str]:
        """Give names of at least these people."""
        if len(self._known) + len(people) > _MOST_PEOPLE:
            self._known.clear()
        if fresh := people.difference(self._known):
            self._known |= dict.fromkeys(fresh, "") | dict(self.people(fresh))
        return self._known


def _telling(leaves: Sequence[_Leaf]) -> set[int]:
    """Give the places of leaves that tell what is not about a person."""
    return {
        place
        for place, one in enumerate(leaves)
        if one.outcome is not None
        or (
            (refs := one.refs) is not None
            and (refs.call is not None or refs.act is not None or refs.session is not None)
        )
    }


def _who(leaf: _Leaf, private: _Private, people: Mapping[str, str]) -> Who:
    refs, person = leaf.refs, private.person
    call, act, session = (None, None, None) if refs is None else (refs.call, refs.act, refs.session)
    return (
        leaf.outcome,
        person or private.subject,
        (people.get(person) if person else None) or private.name,
        private.credential,
        None if call is None else str(call),
        None if act is None else str(act),
        None if session is None else str(session),
        private.why,
    )
