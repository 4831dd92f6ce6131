"""The one door into the log.

In one transaction and under one lock: drop what came before, fold the current state as read in
that transaction, write projections, leaves, details and roll-ups. Nothing else writes a record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from core.calls import STATES, said_by_us
from core.leaf import Draft, Scalar
from core.records import Class, Kind, classes
from core.reports import (
    BackfillReport,
    CallReport,
    Calm,
    CommandReply,
    DoorReport,
    Item,
    Limited,
    SessionLost,
    Silence,
    StatusReport,
    Unclaimed,
)
from store.database import Database
from store.emission import Emission
from store.folding.calls import Calls
from store.folding.clocks import Clocks
from store.folding.counts import DUPLICATE, UNASKED, WENT_BACK, Counts
from store.folding.devices import Devices
from store.folding.doors import Doors
from store.folding.duress import warn_of_duress
from store.folding.feeds import Feeds, Origin
from store.folding.flights import Flights
from store.folding.floods import Floods
from store.folding.strangers import Strangers
from store.schema import event_key
from store.writing import key_bytes, write_records

_KEYS_A_QUERY: Final = 500
_SEEN: Final = select(event_key.c.key).where(event_key.c.key.in_(bindparam("names", expanding=True)))
# What only the device itself can have said: a proof that it lives.
_WORDS: Final = classes(Class.MOVEMENT, Class.DOOR, Class.CALL, Class.DEVICE, Class.CAMERA) | {
    Kind.FEED_UNMAPPED
}


_Word = TypeVar("_Word", StatusReport, CallReport)
_Report = TypeVar("_Report", bound=StatusReport | DoorReport | CallReport)


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: the id of each draft (None: it was there already), the new head, the kinds."""

    ids: tuple[int | None, ...]
    head: int
    kinds: frozenset[Kind]


def append(db: Database, items: Sequence[Item], *, queued: bool = False) -> Appended:
    """Append in a transaction of its own, on disk on return; raises StoreError, then nothing was kept."""
    with db.write() as connection:
        return append_within(connection, items, queued=queued)


def append_within(connection: Connection, items: Sequence[Item], *, queued: bool = False) -> Appended:
    """Append in the caller's write transaction, so that a row and its record are one.

    What waited for us (`queued`) says nothing of how a device is now.
    """
    flat = tuple(_flatten(items))
    batch = _Batch(connection, flat, queued=queued)
    ids = [batch.take(item) for item in flat]
    batch.save()
    drafts = tuple(number for item, number in zip(flat, ids, strict=True) if isinstance(item, Draft))
    return Appended(drafts, batch.emission.head, frozenset(draft.kind for draft in batch.emission.drafts))


def _flatten(items: Iterable[Item]) -> Iterable[Item]:
    for item in items:
        if isinstance(item, BackfillReport):
            yield from item.events
        yield item


def _devices(items: Iterable[Item]) -> set[str]:
    named = (item for item in items if not isinstance(item, SessionLost | Unclaimed))
    return {item.device for item in named if item.device}


def _boots(item: Item) -> tuple[str, ...]:
    """Name every boot that an item speaks of."""
    match item:
        case Draft():
            return (str(item.refs["boot"]),) if "boot" in item.refs else ()
        case StatusReport():
            return (item.boot or "", item.oldest[0] if item.oldest else "")
        case DoorReport() | CallReport():
            return (item.boot,)
        case BackfillReport():
            return (item.boot, item.next_boot or "")
        case Limited():
            return tuple(boot for boot, _, _ in item.ranges)
        case CommandReply() | Silence() | SessionLost() | Calm() | Unclaimed():
            return ()


def _calls(items: Iterable[Item]) -> set[tuple[str, str]]:
    told = {(item.device, item.call) for item in items if isinstance(item, CallReport)}
    drafts = (item for item in items if isinstance(item, Draft) and "call" in item.refs)
    # A ring of the past that proves to be one of now is about whichever call is open.
    perhaps = {(i.device or "", "") for i in items if isinstance(i, Draft) and i.by_age and i.kind in STATES}
    return told | perhaps | {(draft.device or "", str(draft.refs["call"])) for draft in drafts}


class _Batch:
    """One append: the state it reads, and each item taken in turn."""

    def __init__(self, connection: Connection, items: Sequence[Item], *, queued: bool) -> None:
        self._connection = connection
        self._queued = queued
        self.emission = Emission(connection)
        devices = _devices(items)
        lost = any(isinstance(item, SessionLost) for item in items)
        self._devices = Devices(connection, None if lost else devices)
        states = self._devices.all()
        boots = {boot for item in items for boot in _boots(item)} | {state.boot for state in states}
        self._feeds = Feeds(connection, devices | {state.device for state in states}, boots)
        self._flights = Flights(connection, devices)
        named = {i.door for i in items if isinstance(i, Draft | DoorReport) and i.door}
        self._doors = Doors(connection, named | self._flights.doors)
        self._calls = Calls(connection, _calls(items))
        spoken = {i.device for i in items if isinstance(i, Limited | Calm)}
        self._floods = Floods(connection, spoken)
        self._clocks = Clocks(connection, devices)
        self._strangers = Strangers(connection)
        self._counts = Counts()
        self._seen = _seen(connection, items)

    def take(self, item: Item) -> int | None:
        match item:
            case Draft():
                return self._draft(item)
            case StatusReport() | DoorReport() | CallReport() | BackfillReport():
                self._told(item)
            case CommandReply():
                self._replied(item)
            case _:
                self._found(item)
        return None

    def _told(self, item: StatusReport | DoorReport | CallReport | BackfillReport) -> None:
        match item:
            case StatusReport():
                report = self._as_of_now(self._by_clock(item))
                self._devices.status(report, self._feeds, self.emission)
            case BackfillReport():
                self._feeds.answered(item, self._origin(item.device, item.received), self.emission)
            case _:
                self._report(self._by_clock(item))

    def _replied(self, item: CommandReply) -> None:
        """Take an answer for a sign of life, unless it waited for us, and for what it was asked for."""
        if not self._queued:
            self._devices.hear(item.device, item.received, self.emission)
        if not self._flights.reply(item, self._doors.facets, self.emission):
            self._counts.count(item.device, UNASKED, item.received)

    def _draft(self, draft: Draft) -> int | None:
        if self._came_before(draft):
            if draft.device is not None and not draft.backfilled and not self._queued:
                self._counts.count(draft.device, DUPLICATE, draft.received)
            return None
        if draft.told is not None and self._is_past(draft, past=draft.backfilled) != draft.backfilled:
            draft = replace(draft, backfilled=not draft.backfilled)
        if draft.by_age and draft.kind in STATES and not draft.backfilled:
            self._report(_call_now(draft))
            return None
        return self._record(draft)

    def _came_before(self, draft: Draft) -> bool:
        if draft.event_key is None:
            return False
        key = key_bytes(draft.device or "", draft.event_key)
        if key in self._seen:
            return True
        self._seen.add(key)
        return False

    def _record(self, draft: Draft) -> int | None:
        live = not draft.backfilled and not self._queued
        told = draft.kind in _WORDS and not said_by_us(draft.kind, draft.reason)
        if draft.device is not None and live and told:
            self._devices.hear(draft.device, draft.received, self.emission)
        place = _place(draft)
        if place:
            self._feeds.before(*place, self.emission)
        again = self._calls.given_up(draft)
        number = self.emission.head if again else self.emission.emit(draft)
        warn_of_duress(self._connection, draft, self.emission)
        if draft.door is not None:
            self._doors.event(draft, number, self._happened(draft, numbered="boot" in draft.refs))
            # What we write of a door ourselves shows nothing of it.
            anew = draft.kind is Kind.DOOR_UNLOCKED
            self._show(draft.door, draft.received, live=live and draft.kind in _WORDS, anew=anew)
        self._calls.event(draft, number, live=live)
        if place and not self._feeds.arrived(*place, self.emission):
            self._counts.count(draft.device or "", WENT_BACK, draft.received)
        return None if again else number

    def _report(self, report: DoorReport | CallReport) -> None:
        origin = self._origin(report.device, report.received)
        if report.live and not self._queued:
            self._devices.hear(report.device, report.received, self.emission)
        # A device never met tells by its status where its events begin, before any of them can be missed.
        # Families that number nothing give no boot, and can show no hole.
        if report.boot and self._devices.met(report.device):
            self._feeds.quoted(origin, report.boot, report.seq, self.emission)
        if isinstance(report, DoorReport):
            at = self._happened(report, numbered=bool(report.boot))
            self._doors.report(report, origin.site or "", at, self.emission)
            self._show(report.door, report.received, live=report.live and not self._queued)
        else:
            self._calls.report(self._as_of_now(report), origin.site or "", self.emission)

    def _show(self, door: str, received: int, *, live: bool, anew: bool = False) -> None:
        """Let acts under way, holds and lockdowns see how their door is now."""
        if live:
            self._flights.seen(door, self._doors.facets(door), received, self.emission, anew=anew)

    def _by_clock(self, report: _Report) -> _Report:
        """Judge a report by what the device's clock is known to be off, where it was judged by that clock."""
        if report.told is None or self._is_past(report, past=not report.live) != report.live:
            return report
        return replace(report, live=not report.live)

    def _is_past(self, item: Draft | StatusReport | DoorReport | CallReport, *, past: bool) -> bool:
        """Take what an item says of its device's clock; answer whether it is history by all that is known."""
        if item.told is None or item.device is None or self._queued or (past and not item.by_age):
            return past
        kind = self._clocks.hear(item.device, item.told, item.received)
        if kind is not None:
            self._clock_changed(kind, self._origin(item.device, item.received))
        clock = self._clocks.get(item.device) if item.by_age else None
        known = None if clock is None else clock.is_history(item.told, item.received)
        return past if known is None else known

    def _happened(self, item: Draft | DoorReport, *, numbered: bool) -> int:
        """Say when something happened: of a device that numbers nothing, this alone orders its words.

        A clock that is set back must not make them older than those before: what can be known of it is
        taken into account, and nothing has happened after it came.
        """
        at = item.received if item.at is None else item.at
        if numbered:
            return at
        clock = self._clocks.get(item.device) if item.told is not None and item.device else None
        known = None if clock is None or item.told is None else clock.happened(item.told, item.received)
        return min(at if known is None else known, item.received)

    def _clock_changed(self, kind: Kind, origin: Origin) -> None:
        clock = self._clocks.get(origin.device)
        refs: dict[str, Scalar] = {} if clock is None else {"offset_ms": clock.offset // 1000}
        self.emission.emit(
            Draft(kind=kind, received=origin.received, site=origin.site, device=origin.device, refs=refs)
        )

    def _found(self, item: Silence | SessionLost | Limited | Calm | Unclaimed) -> None:
        match item:
            case Silence():
                self._devices.silence(item.device, item.received, self.emission)
            case SessionLost():
                self._session_lost(item)
            case Unclaimed():
                self._stranger(item)
            case _:
                self._flood(item)

    def _stranger(self, item: Unclaimed) -> None:
        if self._strangers.met(item, self.emission):
            self._counts.count("", "unclaimed" if item.family else "unknown_topic", item.received)

    def _flood(self, item: Limited | Calm) -> None:
        origin = self._origin(item.device, item.received)
        if isinstance(item, Limited):
            self._counts.add(item)
            self._floods.limited(item, origin, self._feeds, self.emission)
        else:
            self._floods.calm(item, origin, self.emission)

    def _as_of_now(self, report: _Word) -> _Word:
        return replace(report, live=False) if self._queued and report.live else report

    def _session_lost(self, item: SessionLost) -> None:
        self.emission.emit(Draft(kind=Kind.INGEST_SESSION_LOST, received=item.received))
        for state in self._devices.all():
            boot = self._feeds.newest(state.device)
            if boot is not None:
                origin = Origin(state.device, state.site, item.received)
                self._feeds.doubt(origin, boot, "session_lost", self.emission)

    def _origin(self, device: str, received: int) -> Origin:
        state = self._devices.get(device)
        return Origin(device, state.site if state else None, received)

    def save(self) -> None:
        write_records(self._connection, self.emission)
        self._counts.save(self._connection, self.emission)
        self._floods.save(self._connection)
        self._doors.save(self._connection)
        self._calls.save(self._connection)
        self._feeds.save(self._connection)
        self._devices.save(self._connection)
        self._clocks.save(self._connection)
        self._flights.save(self._connection)


def _call_now(draft: Draft) -> CallReport:
    """Make of a call's record, which its time had made history, the word about the call that it is."""
    return CallReport(
        device=draft.device or "",
        door=draft.door or "",
        call="",
        received=draft.received,
        live=True,
        boot="",
        seq=0,
        at=draft.received if draft.at is None else draft.at,
        state=STATES[draft.kind],
        told=draft.told,
    )


def _place(draft: Draft) -> tuple[Origin, str, int] | None:
    """Say where in which sequence an event stands, if it stands in one."""
    place = draft.place
    if draft.device is None or place is None:
        return None
    return Origin(draft.device, draft.site, draft.received), *place


def _seen(connection: Connection, items: Iterable[Item]) -> set[bytes]:
    drafts = (item for item in items if isinstance(item, Draft) and item.event_key is not None)
    keys = [key_bytes(draft.device or "", draft.event_key) for draft in drafts if draft.event_key is not None]
    found: set[bytes] = set()
    for start in range(0, len(keys), _KEYS_A_QUERY):
        chunk = keys[start : start + _KEYS_A_QUERY]
        found.update(connection.execute(_SEEN, {"names": chunk}).scalars())
    return found
