"""The frames of the live stream as JSON text. Pure; a record is encoded once for all who see it alike."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

import msgspec

from core.permissions import READS, Permission, Scope
from core.records import Kind, classes
from store.duress import DuressView, Minder, duress_in
from store.queries import Wall
from store.rows import Row
from store.tail import Batch
from store.views import ActView, CallView, GapView, Rec, SiteView, Tile, rec_of

RECORDS_A_FRAME: Final = 500
# After these, who may see what has to be asked again.
CHANGES_RIGHTS: Final = frozenset({Kind.POLICY_CHANGED, Kind.ESTATE_CHANGED, Kind.ACCOUNT_CHANGED})
_LIVE: Final = classes(*READS[Permission.LIVE_VIEW])
_JOINED_KEPT: Final = 64
_State: TypeAlias = Tile | CallView | GapView | ActView
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Reading:
    """What makes two viewers see the same: sites they watch, that name people, whose alarms they mind."""

    sites: frozenset[str]
    names: frozenset[str]
    minds: frozenset[str] = frozenset()

    @staticmethod
    def of(scope: Scope, minder: Minder) -> "Reading":
        """Take what matters of a person's scopes."""
        return Reading(scope.sites, scope.names, minder.sites & scope.sites)


class _Records(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="records"):
    id: int
    records: Sequence[msgspec.Raw | Rec]
    doors: Sequence[msgspec.Raw] = ()
    calls: Sequence[msgspec.Raw] = ()
    gaps: Sequence[msgspec.Raw] = ()
    acts: Sequence[msgspec.Raw] = ()
    alarms: Sequence[msgspec.Raw] = ()


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    id: int
    now: int
    reset: bool
    sites: Sequence[SiteView]
    doors: Sequence[Tile]
    calls: Sequence[CallView]
    gaps: Sequence[GapView]
    acts: Sequence[ActView]
    alarms: Sequence[DuressView]
    records: Sequence[Rec]


class _Beat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="beat"):
    id: int
    now: int
    heard: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Line:
    id: int
    site: str
    plain: msgspec.Raw
    named: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Change:
    site: str
    what: tuple[str, ...]
    shown: msgspec.Raw


@dataclass(frozen=True, slots=True)
class _Silent:
    site: str
    subject: str
    shown: msgspec.Raw


# Compared by identity: each batch is prepared once.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A batch of the log, encoded for those sites that are watched; frames are made when asked for.

    Every viewer gets at most one frame of it. Its id is the newest record that is theirs, in it or before:
    the log's own end would tell how much happens where they may not look.
    """

    after: int
    head: int
    sites: frozenset[str]
    changes_rights: bool
    lines: tuple[_Line, ...]
    doors: tuple[_Change, ...]
    calls: tuple[_Change, ...]
    gaps: tuple[_Change, ...]
    acts: tuple[_Change, ...]
    silent: tuple[_Silent, ...] = ()
    _made: dict[tuple[Reading, int, int, str], str | None] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records it holds for all viewers together."""
        return len(self.lines)

    def frame(self, reading: Reading, sent: int, shown: int = 0, subject: str = "") -> str | None:
        """Write the frame for a viewer who has all up to `sent`; None where there is nothing to show.

        `shown` is their newest record, by which a frame without records ends. What is silent is in no frame
        of the person, by their `subject`, whom it is about.
        """
        alarms = [one.shown for one in self.silent if one.site in reading.minds and one.subject != subject]
        key = (reading, max(sent, self.after), shown, subject if self.silent else "")
        if key not in self._made:
            self._made[key] = self._frame(reading, sent, shown, alarms)
        return self._made[key]

    def _frame(self, reading: Reading, sent: int, shown: int, alarms: Sequence[msgspec.Raw]) -> str | None:
        lines = (line for line in self.lines if line.id > sent and line.site in reading.sites)
        records = [line.named if line.site in reading.names else line.plain for line in lines]
        doors, calls, gaps, acts = (
            [one.shown for one in some if one.site in reading.sites]
            for some in (self.doors, self.calls, self.gaps, self.acts)
        )
        if not any((records, doors, calls, gaps, acts, alarms)):
            return None
        end = self.end(reading, shown)
        frame = _Records(
            id=end, records=records, doors=doors, calls=calls, gaps=gaps, acts=acts, alarms=alarms
        )
        return _text(frame)

    def end(self, reading: Reading, shown: int) -> int:
        """Give a viewer's newest record after it: one in it, or what was `shown` before."""
        return next((line.id for line in reversed(self.lines) if line.site in reading.sites), shown)


def prepare(batch: Batch, watched: frozenset[str]) -> Prepared:
    """Encode what a batch holds of the watched sites."""
    lines = tuple(_line(row, row.site) for row in batch.rows if row.site in watched and row.kind in _LIVE)
    doors, calls, gaps, acts = (
        tuple(_Change(one.site, _what(one), _raw(one)) for one in some if one.site in watched)
        for some in (batch.doors, batch.calls, batch.gaps, batch.acts)
    )
    changes = (*doors, *calls, *gaps, *acts)
    silent = tuple(
        _Silent(view.site, subject, _raw(view))
        for subject, view in duress_in(batch.rows)
        if view.site in watched
    )
    return Prepared(
        after=batch.after,
        head=batch.head,
        sites=frozenset(line.site for line in lines)
        | {one.site for one in changes}
        | {one.site for one in silent},
        changes_rights=any(row.kind in CHANGES_RIGHTS for row in batch.rows),
        lines=lines,
        doors=doors,
        calls=calls,
        gaps=gaps,
        acts=acts,
        silent=silent,
    )


# Screens that are as far behind as each other ask for the same.
@lru_cache(maxsize=_JOINED_KEPT)
def joined(batches: tuple[Prepared, ...]) -> Prepared:
    """Make one of consecutive batches, with only the last state of whatever changed in several.

    It costs a viewer who is behind one frame, where the frames of each would keep them behind.
    """
    return Prepared(
        after=batches[0].after,
        head=batches[-1].head,
        sites=frozenset().union(*(one.sites for one in batches)),
        changes_rights=any(one.changes_rights for one in batches),
        lines=tuple(line for one in batches for line in one.lines),
        doors=_last(one.doors for one in batches),
        calls=_last(one.calls for one in batches),
        gaps=_last(one.gaps for one in batches),
        acts=_last(one.acts for one in batches),
        silent=tuple(some for one in batches for some in one.silent),
    )


def _last(changes: Iterable[tuple[_Change, ...]]) -> tuple[_Change, ...]:
    return tuple({change.what: change for some in changes for change in some}.values())


def _what(shown: _State) -> tuple[str, ...]:
    match shown:
        case Tile():
            return (shown.door,)
        case CallView():
            return shown.device, shown.call
        case GapView():
            return (str(shown.id),)
        case ActView():
            return shown.act, shown.door


def _line(row: Row, site: str) -> _Line:
    plain = _raw(rec_of(row, named=False))
    return _Line(row.id, site, plain, plain if row.detail is None else _raw(rec_of(row, named=True)))


def wall_frames(wall: Wall) -> Iterator[tuple[int, str]]:
    """Write a snapshot, then what did not fit into it; each with the newest record that one has with it."""
    first, *rest = _chunks(wall.records)
    ends = [*(chunk[-1].id for chunk in (first, *rest)[:-1]), wall.end]
    snapshot = _Snapshot(
        id=ends[0],
        now=wall.now,
        reset=wall.reset,
        sites=wall.sites,
        doors=wall.doors,
        calls=wall.calls,
        gaps=wall.gaps,
        acts=wall.acts,
        alarms=wall.alarms,
        records=first,
    )
    yield ends[0], _text(snapshot)
    for end, chunk in zip(ends[1:], rest, strict=True):
        yield end, _text(_Records(id=end, records=chunk))


def _chunks(records: Sequence[Rec]) -> list[Sequence[Rec]]:
    starts = range(0, max(len(records), 1), RECORDS_A_FRAME)
    return [records[start : start + RECORDS_A_FRAME] for start in starts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A sign of life: the time, and until when each door's state is known; `head` is where the log ends."""

    head: int
    now: int
    stale: Mapping[str, Mapping[str, int]]
    _made: dict[tuple[Reading, int], str] = field(default_factory=dict)

    def frame(self, reading: Reading, end: int) -> str:
        """Write it for a viewer whose newest record is `end`."""
        key = (reading, end)
        if key not in self._made:
            heard = {
                door: at for site in sorted(reading.sites) for door, at in self.stale.get(site, {}).items()
            }
            self._made[key] = _text(_Beat(id=key[1], now=self.now, heard=heard))
        return self._made[key]


def _raw(shown: Rec | DuressView | _State) -> msgspec.Raw:
    return msgspec.Raw(_encode(shown))


def _text(frame: _Records | _Snapshot | _Beat) -> str:
    return _encode(frame).decode()
