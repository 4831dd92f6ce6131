"""One record with all that is known of it, and the records that tell of the same thing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from core.audit import PART
from core.chains import AT_DOORS, OF_DEVICES, SESSIONS, Link, chain_at_door, chain_of_device
from core.errors import NotPermitted
from core.feeds import OPEN_END
from core.leaf import Scalar
from core.log_filter import LogFilter
from core.permissions import Permission, Scope
from core.records import KINDS
from core.times import HOUR_US, parse_iso_us
from store.acts_told import rows_of_acts
from store.database import Database
from store.queries import may_name, recs_of
from store.ranges import Part, around, read_rows
from store.rows import Row
from store.views import Rec, private_of, refs_of

# How many records on either side are looked at for what belongs to one.
_AROUND: Final = 150
# What happened longer before or after has no part in what happens at a door.
_AT_DOOR_US: Final = HOUR_US


class RecordDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A record as a reader may know it; `leaf` is what is kept for ever, times are µs UTC.

    `private` is empty unless people may be named there (`named`); `erased` says that it has been deleted.
    `told` is what the device's clock said, None where no device told it. `policy` is the version of the
    policy it was decided by.
    """

    record: Rec
    leaf: dict[str, Any]
    private: dict[str, str]
    named: bool
    erased: bool
    told: int | None
    source: str
    policy: int | None


_whole: Final = msgspec.json.Decoder(dict[str, Any]).decode


def record_details(db: Database, scope: Scope, record: int) -> RecordDetails | None:
    """Read one record; None for one that is absent and for one of others alike.

    Raises NotPermitted for live.view, as every read of the log does.
    """
    with db.read() as connection:
        row = _row(connection, scope, record)
    if row is None:
        return None
    named = may_name(scope, row)
    leaf = _whole(row.leaf)
    refs = leaf.get("refs", {})
    policy = refs.get("policy")
    return RecordDetails(
        record=recs_of(scope, [row])[0],
        leaf=leaf,
        private=private_of(row) if named else {},
        named=named,
        erased="commit" in leaf and row.detail is None,
        told=_told(row, refs.get("told")),
        source=KINDS[row.kind].source,
        policy=policy if isinstance(policy, int) else None,
    )


def linked_records(db: Database, scope: Scope, record: int) -> tuple[Rec, ...]:
    """Read what belongs to a record, that one among it, in the order in which it happened.

    Raises NotPermitted for live.view.
    """
    with db.read() as connection:
        row = _row(connection, scope, record)
        rows = [] if row is None else list(_linked(connection, scope, row))
    return recs_of(scope, sorted(rows, key=lambda one: (one.at, one.id)))


def _row(connection: Connection, scope: Scope, record: int) -> Row | None:
    if scope.permission is Permission.LIVE_VIEW:
        raise NotPermitted("watching live is not reading the log")
    if not 0 < record < OPEN_END:
        return None
    rows = read_rows(connection, scope, Part(above=record - 1, below=record + 1), 1)
    return rows[0] if rows else None


def _told(row: Row, told: Scalar | None) -> int | None:
    """Give what the device's clock said: the record's own time, but for one that can't be right.

    What has happened just when it came to us was given that time by us.
    """
    if isinstance(told, str):
        return parse_iso_us(told)
    return None if row.device is None or row.at == row.received else row.at


def _linked(connection: Connection, scope: Scope, row: Row) -> Iterator[Row]:
    session, act = refs_of(row).get("session"), refs_of(row).get("act")
    its = rows_of_acts(connection, scope, [str(act).partition(PART)[0]]) if act else ()
    if its:
        # Whatever else happened at its door: an act's records name it.
        yield from its
    elif row.kind in SESSIONS and session is not None:
        beside = _beside(connection, scope, row, Part(wanted=LogFilter(kinds=SESSIONS)))
        yield from (one for one in beside if refs_of(one).get("session") == session)
    elif row.door is not None and row.kind in AT_DOORS:
        here = LogFilter(doors=frozenset({row.door}), kinds=AT_DOORS)
        # What happened late came late together.
        part = replace(around(connection, row.received, _AT_DOOR_US), wanted=here)
        beside = _beside(connection, scope, row, part)
        near = [one for one in beside if abs(one.at - row.at) <= _AT_DOOR_US]
        yield from _chained(chain_at_door, near, row)
    elif row.device is not None and row.kind in OF_DEVICES:
        part = Part(wanted=LogFilter(device=row.device, kinds=OF_DEVICES))
        yield from _chained(chain_of_device, _beside(connection, scope, row, part), row)
    else:
        yield row


def _beside(connection: Connection, scope: Scope, row: Row, part: Part) -> list[Row]:
    """Read the nearest records of a part before and after one, and that one."""
    parts = (part.before(row.id), replace(part.after(row.id), newest_first=False))
    return [row, *(one for some in parts for one in read_rows(connection, scope, some, _AROUND))]


def _chained(chain: Callable[[list[Link], int], frozenset[int]], rows: list[Row], row: Row) -> Iterator[Row]:
    links = [Link(id=one.id, kind=one.kind, at=one.at, refs=refs_of(one)) for one in rows]
    its = chain(links, row.id)
    return (one for one in rows if one.id in its)
