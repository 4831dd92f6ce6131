"""What needs a person now: open calls, doors in alarm and devices that are not there.

Read anew at each question, which takes a millisecond for three hundred doors: what is kept nowhere is never
somebody else's.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping, Text, and_, bindparam, false, or_, select, true

from core.calls import CallState
from core.doors import Alarm, DoorState
from core.liveness import Liveness, vouched_until
from core.model import STALE_AFTER_HEARTBEATS
from core.permissions import Scope
from core.records import Class, Kind
from core.times import SECOND_US
from store.act_views import acts_of
from store.database import Database
from store.device_views import seen_sites
from store.duress import DuressView, Minder, duress_of
from store.modes import standing_at, unsecured_at
from store.projections import DEVICES, WORD, calls_of, sites_of
from store.schema import device, device_state, door, door_state, heard
from store.views import CallView

MOST_ITEMS: Final = 50
# For each second of a device's heartbeat.
_SILENT_AFTER_US: Final = STALE_AFTER_HEARTBEATS * SECOND_US
_decode: Final = msgspec.json.Decoder(DoorState).decode
# Worst first, with the word for it and how bad it is.
_WHAT: Final = {
    "duress": ("Under duress", "alarm"),
    "forced": ("Forced open", "alarm"),
    "ringing": ("Ringing", "alarm"),
    "held": ("Held open", "warning"),
    "not_secured": ("Not secure again", "warning"),
    "unconfirmed": ("Lockdown not confirmed", "warning"),
    "mode_lost": ("Lockdown not shown", "warning"),
    "lease_over": ("Lockdown not kept", "warning"),
    "answered_late": ("Answered late", "warning"),
    "acts_locked": ("Acts locked", "warning"),
    "talking": ("In call", "calm"),
    "offline": ("Offline", "warning"),
    "faulty": ("Faulty", "warning"),
    "silent": ("Silent", "warning"),
}
_DOUBTS: Final = ("not_secured", "unconfirmed", "mode_lost", "lease_over", "answered_late", "acts_locked")
_RANK: Final = {what: rank for rank, what in enumerate(_WHAT)}
_AT: Final = bindparam("sites", expanding=True, type_=Text)
_DOORS: Final = (
    select(door.c.id, door.c.site, door.c.name, door_state.c.state)
    .outerjoin(door_state, door_state.c.door == door.c.id)
    .where(door.c.retired.is_(None), door.c.site.in_(_AT))
)
_DEVICES: Final = (
    select(device.c.id, device.c.site, device.c.name, *WORD)
    .select_from(DEVICES)
    .where(device.c.retired.is_(None), device.c.site.in_(_AT))
    .where(
        or_(
            device_state.c.online == false(),
            device_state.c.silent == true(),
            device_state.c.fault.is_not(None),
            and_(
                device.c.heartbeat_s > 0,
                heard.c.at + device.c.heartbeat_s * _SILENT_AFTER_US <= bindparam("now"),
            ),
        )
    )
)


class Item(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One thing that needs a person, since when (µs UTC), and how bad it is: alarm, warning or calm.

    `what` is a word of ours; `door` or `device` says where; a call stands at a door, and so does an operator
    under duress, whose name is in the label.
    """

    what: str
    label: str
    severity: str
    site: str
    site_name: str
    name: str
    since: int
    door: str | None = None
    device: str | None = None


class Attention(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it at `now` (µs UTC): how many, and the worst first; `more` were left off the items."""

    now: int
    calls: int
    alarms: int
    devices: int
    items: tuple[Item, ...]
    more: int


def attention(db: Database, scope: Scope, now: int, *, minder: Minder | None = None) -> Attention:
    """Give what needs a person at the sites of a scope that watches doors; silent alarms only to a minder."""
    sites = seen_sites(scope) if Class.DOOR in scope.classes else frozenset()
    if not sites:
        return Attention(now=now, calls=0, alarms=0, devices=0, items=(), more=0)
    with db.read() as connection:
        silent = () if minder is None else duress_of(connection, minder, now)
        found = [
            *_under_duress(connection, [one for one in silent if one.site in sites]),
            *_at_doors(connection, sites, now),
            *_of_devices(connection, sites, now),
        ]
        names = {one.id: one.name for one in sites_of(connection, {item.site for item in found})}
    found.sort(key=lambda one: (_RANK[one.what], one.since, one.name, one.door or one.device or ""))
    return Attention(
        now=now,
        calls=_count(found, "ringing", "talking"),
        alarms=_count(found, "duress", "forced", "held", *_DOUBTS),
        devices=_count(found, "offline", "faulty", "silent"),
        items=tuple(_placed(item, names) for item in found[:MOST_ITEMS]),
        more=max(0, len(found) - MOST_ITEMS),
    )


def _placed(item: Item, names: dict[str, str]) -> Item:
    return msgspec.structs.replace(item, site_name=names.get(item.site, item.site))


def _count(found: Iterable[Item], *whats: str) -> int:
    return sum(one.what in whats for one in found)


def _item(what: str, row: RowMapping, since: int, *, of_device: bool = False) -> Item:
    label, severity = _WHAT[what]
    where = {"device": row["id"]} if of_device else {"door": row["id"]}
    return Item(
        what=what,
        label=label,
        severity=severity,
        site=row["site"],
        site_name="",
        name=row["name"] or row["id"],
        since=since,
        **where,
    )


def _under_duress(connection: Connection, silent: Collection[DuressView]) -> Iterator[Item]:
    names = select(door.c.id, door.c.name).where(door.c.id.in_([one.door for one in silent if one.door]))
    known = {row.id: row.name for row in connection.execute(names)} if silent else {}
    for one in silent:
        what = "acts_locked" if one.kind == Kind.OPERATOR_ACTS_LOCKED else "duress"
        label, severity = _WHAT[what]
        yield Item(
            what=what,
            label=f"{label}: {one.name}" if one.name else label,
            severity=severity,
            site=one.site,
            site_name="",
            name=known.get(one.door or "", one.door or one.site),
            since=one.since,
            door=one.door,
        )


def _at_doors(connection: Connection, sites: Collection[str], now: int) -> Iterator[Item]:
    calls = _by_door(calls_of(connection, sites, now))
    for row in connection.execute(_DOORS, {"sites": list(sites)}).mappings():
        if (call := calls.get(row["id"])) is not None:
            yield _item("ringing" if call.state == CallState.RINGING else "talking", row, call.heard)
        # Few doors are in alarm: to look for the word costs less than to read the whole state.
        if row["state"] is not None and (b'"forced"' in row["state"] or b'"held"' in row["state"]):
            alarm = _decode(row["state"]).alarm
            if alarm.value in {Alarm.FORCED, Alarm.HELD}:
                yield _item(alarm.value, row, alarm.since)
    yield from _in_doubt(connection, sites, now)


def _in_doubt(connection: Connection, sites: Collection[str], now: int) -> Iterator[Item]:
    """Give the doors that may not be as somebody ordered."""
    doubted = {name: [("not_secured", at)] for name, at in unsecured_at(connection).items()}
    for name, order in standing_at(connection, None).items():
        if order.doubt and order.doubt not in {what for what, _ in doubted.get(name, ())}:
            since = order.lease.overdue or order.lease.began
            doubted.setdefault(name, []).append((order.doubt, since))
    for one in acts_of(connection, sites, now):
        if one.late:
            doubted.setdefault(one.door, []).append(("answered_late", one.late))
    rows = connection.execute(_DOORS, {"sites": list(sites)}).mappings() if doubted else ()
    for row in rows:
        for what, since in doubted.get(row["id"], ()):
            yield _item(what, row, since)


def _by_door(calls: Iterable[CallView]) -> dict[str, CallView]:
    """Keep one call a door, one that rings before one that was answered."""
    found: dict[str, CallView] = {}
    for one in calls:
        if one.door not in found or one.state == CallState.RINGING:
            found[one.door] = one
    return found


def _of_devices(connection: Connection, sites: Collection[str], now: int) -> Iterator[Item]:
    for row in connection.execute(_DEVICES, {"sites": list(sites), "now": now}).mappings():
        liveness = Liveness(online=row["online"], silent=bool(row["silent"]), fault=row["fault"])
        changed = row["changed"] or 0
        if liveness.online is False:
            yield _item("offline", row, changed, of_device=True)
        elif liveness.fault is not None:
            yield _item("faulty", row, changed, of_device=True)
        else:
            due = vouched_until(liveness, row["heard"] or 0, row["heartbeat_s"], changed)
            yield _item("silent", row, due, of_device=True)
