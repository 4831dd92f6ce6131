"""What is in service: imported as one document, never deleted, every change a record."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Table, select, text, update

from core.leaf import Draft, Scalar
from core.model import Device, Door, Estate, Site
from core.records import KINDS, Kind
from store import schema
from store.database import Database
from store.estate_document import EstateDocument, parse_estate, write_estate
from store.folding.strangers import forget_claimed
from store.log import append_within

__all__ = ("EstateChange", "EstateDocument", "export_estate", "import_estate", "load_estate", "parse_estate")
# In the order in which they refer to each other.
_TABLES: Final = (schema.site, schema.device, schema.door)
# Each change is a record in its own transaction.
_CHANGE: Final = text("SELECT max(id) FROM leaf WHERE kind = :kind")
_kept: Final[WeakKeyDictionary[Database, tuple[int, Estate]]] = WeakKeyDictionary()
_UNTOLD: Final = frozenset({"duress_reason"})


@dataclass(frozen=True, slots=True)
class EstateChange:
    """What an import does: lines such as "door lobby", with the fields that differ after a colon."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.changed or self.retired)

    def lines(self) -> tuple[str, ...]:
        """Write the difference, one line a thing."""
        signs = (("+", self.added), ("~", self.changed), ("-", self.retired))
        return tuple(f"{sign} {line}" for sign, lines in signs for line in lines)


def load_estate(db: Database) -> Estate:
    """Give what is in service, on one snapshot; read anew when the log tells of a change."""
    with db.read() as connection:
        change = connection.execute(_CHANGE, {"kind": KINDS[Kind.ESTATE_CHANGED].code}).scalar_one()
        before = _kept.get(db)
        if before is not None and before[0] == change:
            return before[1]
        document = _in_service_within(connection)
    estate = Estate.of(document.sites, document.devices, document.doors)
    if change is not None:
        _kept[db] = change, estate
    return estate


def export_estate(db: Database) -> str:
    """Write what is in service as a document that can be imported."""
    return write_estate(_in_service(db))


def import_estate(
    db: Database, document: EstateDocument, now: int, by: str, *, dry_run: bool = False
) -> EstateChange:
    """Bring the document into service and retire the rest, with its record in the same transaction.

    `dry_run` tells the difference only. `by` is who does it, as a subject.
    """
    if dry_run:
        with db.read() as connection:
            return _difference(connection, document)
    with db.write() as connection:
        change = _difference(connection, document)
        if change:
            _write(connection, document, now)
            forget_claimed(connection, document.devices, document.doors)
            append_within(connection, [_record(document, change, now, by)])
    return change


def note_key(db: Database, device: Device, action: str, *, now: int, by: str) -> None:
    """Record what was done with a device's key; `by` is who did it, as a subject."""
    refs: dict[str, Scalar] = {"device": device.id, "action": action}
    draft = Draft(
        kind=Kind.ESTATE_CHANGED,
        received=now,
        site=device.site,
        device=device.id,
        refs=refs,
        private={"subject": by},
    )
    with db.write() as connection:
        append_within(connection, [draft])


def _record(document: EstateDocument, change: EstateChange, now: int, by: str) -> Draft:
    refs: dict[str, Scalar] = {
        "added": len(change.added),
        "changed": len(change.changed),
        "retired": len(change.retired),
        "sha256": hashlib.sha256(write_estate(document).encode()).hexdigest(),
    }
    private = {"subject": by, "text": "\n".join(change.lines())}
    return Draft(kind=Kind.ESTATE_CHANGED, received=now, refs=refs, private=private)


def _in_service(db: Database) -> EstateDocument:
    with db.read() as connection:
        return _in_service_within(connection)


def _in_service_within(connection: Connection) -> EstateDocument:
    sites, devices, doors = (_rows(connection, table, retired=False) for table in _TABLES)
    return EstateDocument(
        sites=tuple(Site(**row) for row in sites.values()),
        devices=tuple(Device(**row) for row in devices.values()),
        doors=tuple(Door(**row) for row in doors.values()),
    )


def _rows(connection: Connection, table: Table, *, retired: bool) -> dict[str, dict[str, Any]]:
    columns = [column for column in table.c if column.name != "retired"]
    wanted = table.c.retired.is_not(None) if retired else table.c.retired.is_(None)
    rows = connection.execute(select(*columns).where(wanted).order_by(table.c.id)).mappings()
    return {row["id"]: dict(row) for row in rows}


def _values(things: Iterable[Site | Device | Door]) -> dict[str, dict[str, Any]]:
    return {thing.id: {f.name: getattr(thing, f.name) for f in fields(thing)} for thing in things}


def _wanted(document: EstateDocument) -> tuple[dict[str, dict[str, Any]], ...]:
    return _values(document.sites), _values(document.devices), _values(document.doors)


def _difference(connection: Connection, document: EstateDocument) -> EstateChange:
    added: list[str] = []
    changed: list[str] = []
    retired: list[str] = []
    for table, wanted in zip(_TABLES, _wanted(document), strict=True):
        held = _rows(connection, table, retired=False)
        added += [f"{table.name} {name}" for name in wanted.keys() - held.keys()]
        retired += [f"{table.name} {name}" for name in held.keys() - wanted.keys()]
        both = held.keys() & wanted.keys()
        changed += [f"{table.name} {n}: {_told(held[n], wanted[n])}" for n in both if held[n] != wanted[n]]
    return EstateChange(tuple(sorted(added)), tuple(sorted(changed)), tuple(sorted(retired)))


def _told(held: Mapping[str, object], wanted: Mapping[str, object]) -> str:
    differs = (key for key in wanted if held[key] != wanted[key])
    return ", ".join(
        # Whoever reads of the change is not to learn the words.
        f"{key} becomes another" if key in _UNTOLD else f"{key} {held[key]!r} becomes {wanted[key]!r}"
        for key in differs
    )


def _write(connection: Connection, document: EstateDocument, now: int) -> None:
    for table, wanted in zip(_TABLES, _wanted(document), strict=True):
        held = _rows(connection, table, retired=False)
        once = _rows(connection, table, retired=True)
        for name, values in wanted.items():
            if name in once or name in held:
                back = values | {"retired": None}
                connection.execute(update(table).where(table.c.id == name).values(back))
            else:
                connection.execute(table.insert(), values)
        gone = sorted(held.keys() - wanted.keys())
        connection.execute(update(table).where(table.c.id.in_(gone)).values(retired=now))
