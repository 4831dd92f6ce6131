"""The projection of doors."""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select, text

from core.doors import DoorFacets, DoorState, apply_event, apply_report, differences, kind_of, rank_of
from core.leaf import Draft, Scalar
from core.records import Kind
from core.reports import DoorReport
from store.emission import Emission
from store.schema import door_state

_decode: Final = msgspec.json.Decoder(DoorState).decode
_encode: Final = msgspec.json.Encoder().encode
_READ: Final = select(door_state).where(door_state.c.door.in_(bindparam("names", expanding=True)))
_SAVE: Final = text(
    "INSERT INTO door_state (door, changed_id, state) VALUES (:door, :changed_id, :state) "
    "ON CONFLICT (door) DO UPDATE SET changed_id = excluded.changed_id, state = excluded.state"
)


def facets_at(connection: Connection, door: str) -> DoorFacets:
    """Read how a door was seen last, in the caller's transaction."""
    state = connection.execute(
        select(door_state.c.state).where(door_state.c.door == door)
    ).scalar_one_or_none()
    return DoorFacets() if state is None else _decode(state).facets


class Doors:
    """The doors that a batch touches, read once and written once."""

    def __init__(self, connection: Connection, doors: set[str]) -> None:
        """Read the doors' states in the caller's transaction."""
        self._states: dict[str, DoorState] = {}
        self._records: dict[str, int] = {}
        self._touched: set[str] = set()
        if doors:
            rows = connection.execute(_READ, {"names": list(doors)}).all()
            self._states = {row.door: _decode(row.state) for row in rows}
            self._records = {row.door: row.changed_id for row in rows}

    def event(self, draft: Draft, record: int, at: int) -> None:
        """Fold an event that has become this record; `at` is when it happened, by all that is known."""
        if draft.door is None:
            return
        number = 0 if draft.event_key is None else draft.event_key.number
        rank = rank_of(str(draft.refs.get("boot", "")), int(draft.refs.get("seq", 0)), at, number=number)
        before = self._states.get(draft.door, DoorState())
        self._keep(draft.door, before, apply_event(before, draft.kind, draft.outcome, rank), record)

    def report(self, report: DoorReport, site: str, at: int, emission: Emission) -> None:
        """Fold a full snapshot made at `at`; what it changes is recorded, once, since it then agrees."""
        before = self._states.get(report.door, DoorState())
        rank = rank_of(report.boot, report.seq, at, report=True)
        after = apply_report(before, report.facets, rank, unknown=report.unknown)
        changed = differences(before.facets, after.facets)
        if not changed:
            # No record, but what it says is newer than what comes late.
            self._keep(report.door, before, after, self._records.get(report.door, emission.head))
            return
        record = 0
        for draft in _drafts(report, site, before.facets, changed):
            record = emission.emit(draft)
        self._keep(report.door, before, after, record)

    def _keep(self, door: str, before: DoorState, after: DoorState, record: int) -> None:
        if after != before:
            self._states[door] = after
            self._records[door] = record
            self._touched.add(door)

    def facets(self, door: str) -> DoorFacets:
        """Give a door as it is known by now."""
        return self._states.get(door, DoorState()).facets

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        rows = [
            {"door": door, "changed_id": self._records[door], "state": _encode(self._states[door])}
            for door in self._touched
        ]
        if rows:
            connection.execute(_SAVE, rows)


def _drafts(report: DoorReport, site: str, before: DoorFacets, changed: dict[str, str]) -> Iterator[Draft]:
    """Make the records of what a snapshot changed.

    A device that numbers nothing tells its events by its states; of others a state that no event explains
    is a report of what was not known, or a correction of what was.
    """
    draft = Draft(
        kind=Kind.DOOR_REPORTED,
        received=report.received,
        at=report.at,
        site=site,
        door=report.door,
        device=report.device,
        told=report.told,
    )
    if all(getattr(before, name) == "unknown" for name in changed):
        yield replace(draft, refs={**changed, **_place(report)})
    elif report.boot or not report.live:
        yield replace(draft, kind=Kind.DOOR_CORRECTED, refs={**changed, **_place(report)})
    else:
        # That a closed door is no longer held goes without saying.
        quiet = {("alarm", "none")} if changed.get("position") == "closed" else set()
        for name, value in sorted(changed.items() - quiet):
            kind = kind_of(name, value) or Kind.DOOR_CORRECTED
            yield replace(draft, kind=kind, outcome=value if name == "mode" else None, refs={name: value})


def _place(report: DoorReport) -> dict[str, Scalar]:
    return {"boot": report.boot, "seq": report.seq} if report.boot else {}
