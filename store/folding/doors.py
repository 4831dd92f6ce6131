"""The projection of doors."""

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select, text

from core.doors import DoorState, Rank, apply_event, apply_report, differences
from core.leaf import Draft
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

    def event(self, draft: Draft, record: int) -> None:
        """Fold an event that has become this record."""
        if draft.door is None:
            return
        at = draft.received if draft.at is None else draft.at
        rank = Rank(str(draft.refs.get("boot", "")), int(draft.refs.get("seq", 0)), 0, at)
        before = self._states.get(draft.door, DoorState())
        self._keep(draft.door, before, apply_event(before, draft.kind, draft.outcome, rank), record)

    def report(self, report: DoorReport, site: str, emission: Emission) -> None:
        """Fold a full snapshot; what it changes is recorded, once, since it then agrees."""
        before = self._states.get(report.door, DoorState())
        after = apply_report(before, report.facets, Rank(report.boot, report.seq, 1, report.at))
        changed = differences(before.facets, after.facets)
        if not changed:
            # No record, but what it says is newer than what comes late.
            self._keep(report.door, before, after, self._records.get(report.door, emission.head))
            return
        known = any(getattr(before.facets, name) != "unknown" for name in changed)
        draft = Draft(
            kind=Kind.DOOR_CORRECTED if known else Kind.DOOR_REPORTED,
            received=report.received,
            at=report.at,
            site=site,
            door=report.door,
            device=report.device,
            refs={**changed, "boot": report.boot, "seq": report.seq},
        )
        self._keep(report.door, before, after, emission.emit(draft))

    def _keep(self, door: str, before: DoorState, after: DoorState, record: int) -> None:
        if after != before:
            self._states[door] = after
            self._records[door] = record
            self._touched.add(door)

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        rows = [
            {"door": door, "changed_id": self._records[door], "state": _encode(self._states[door])}
            for door in self._touched
        ]
        if rows:
            connection.execute(_SAVE, rows)
