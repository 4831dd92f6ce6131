"""The projection of devices: there or not, since when, and what is wrong with them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, select, text

from core.leaf import Draft, Scalar
from core.model import stale_at
from core.records import Kind
from core.reports import StatusReport
from store.emission import Emission
from store.folding.feeds import Feeds, Origin
from store.schema import device, device_state, heard

_SAVE: Final = text(
    "INSERT INTO device_state (device, online, silent, fault, boot, firmware, changed, changed_id) "
    "VALUES (:device, :online, :silent, :fault, :boot, :firmware, :changed, :changed_id) "
    "ON CONFLICT (device) DO UPDATE SET online = excluded.online, silent = excluded.silent, "
    "fault = excluded.fault, boot = excluded.boot, firmware = excluded.firmware, "
    "changed = excluded.changed, changed_id = excluded.changed_id"
)
_HEAR: Final = text(
    "INSERT INTO heard (device, at) VALUES (:device, :at) "
    "ON CONFLICT (device) DO UPDATE SET at = excluded.at WHERE excluded.at > heard.at"
)
# Built once: to build a statement costs more than to run it.
_READ: Final = (
    select(device.c.id, device.c.site, device.c.heartbeat_s, heard.c.at, device_state)
    .outerjoin(device_state, device_state.c.device == device.c.id)
    .outerjoin(heard, heard.c.device == device.c.id)
)
_NAMED: Final = _READ.where(device.c.id.in_(bindparam("names", expanding=True)))
_IN_SERVICE: Final = _READ.where(device.c.retired.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """What the log knows of a device; `boot` is the highest it has named, `changed` µs UTC."""

    device: str
    site: str
    heartbeat_s: int
    heard: int
    online: bool | None = None
    silent: bool = False
    fault: str | None = None
    boot: str = ""
    firmware: str | None = None
    changed: int = 0
    changed_id: int = 0

    def stale(self, now: int) -> bool:
        """Whether it was last heard longer ago than three heartbeats."""
        return stale_at(self.heard, self.heartbeat_s) <= now


class Devices:
    """The devices that a batch touches, read once and written once."""

    def __init__(self, connection: Connection, devices: set[str] | None) -> None:
        """Read these devices (None: all in service) in the caller's transaction."""
        rows: Iterable[RowMapping] = ()
        if devices is None:
            rows = connection.execute(_IN_SERVICE).mappings()
        elif devices:
            rows = connection.execute(_NAMED, {"names": list(devices)}).mappings()
        self._states = {row["id"]: _state(row) for row in rows}
        self._changed: set[str] = set()
        self._heard: dict[str, int] = {}

    def get(self, name: str) -> DeviceState | None:
        """Give a device of the estate as it is now."""
        return self._states.get(name)

    def met(self, name: str) -> bool:
        """Whether this device has ever named a boot in a status."""
        state = self._states.get(name)
        return state is not None and bool(state.boot)

    def all(self) -> tuple[DeviceState, ...]:
        """Give every device that was read."""
        return tuple(self._states.values())

    def hear(self, name: str, received: int, emission: Emission) -> None:
        """Take a live word: whatever was silent speaks again."""
        state = self._states.get(name)
        if state is None:
            return
        self._heard[name] = max(received, self._heard.get(name, 0))
        if state.silent:
            record = emission.emit(_draft(Kind.DEVICE_ONLINE, state, received, {}))
            self._keep(replace(state, silent=False, changed=received, changed_id=record))

    def status(self, report: StatusReport, feeds: Feeds, emission: Emission) -> None:
        """Fold a status: presence, boot, and what it shows to be missing."""
        state = self._states.get(report.device)
        if state is None:
            return
        if not report.online:
            self._went(state, report, emission)
            return
        if report.boot is not None:
            self._boot(state, report, feeds, emission)
        if report.live:
            self.hear(report.device, report.received, emission)
            self._came(
                self._states[report.device], report, rebooted=self._rebooted(state, report), emission=emission
            )

    def silence(self, name: str, received: int, emission: Emission) -> None:
        """Record once that a device fell silent, if it still is."""
        state = self._states.get(name)
        if state is None or state.silent or state.online is not True or not state.stale(received):
            return
        record = emission.emit(_draft(Kind.DEVICE_SILENT, state, received, {}))
        self._keep(replace(state, silent=True, changed=received, changed_id=record))

    @staticmethod
    def _rebooted(before: DeviceState, report: StatusReport) -> bool:
        return bool(before.boot) and report.boot is not None and report.boot > before.boot

    def _went(self, state: DeviceState, report: StatusReport, emission: Emission) -> None:
        if state.online is not False:
            record = emission.emit(_draft(Kind.DEVICE_OFFLINE, state, report.received, {}))
            self._keep(replace(state, online=False, silent=False, changed=report.received, changed_id=record))

    def _came(self, state: DeviceState, report: StatusReport, *, rebooted: bool, emission: Emission) -> None:
        if state.online is True and not rebooted:
            return
        refs: dict[str, Scalar] = {} if report.boot is None else {"boot": report.boot}
        reason = "rebooted" if rebooted else None
        record = emission.emit(_draft(Kind.DEVICE_ONLINE, state, report.received, refs, reason=reason))
        firmware = report.firmware or state.firmware
        self._keep(replace(state, online=True, firmware=firmware, changed=report.received, changed_id=record))

    def _boot(self, state: DeviceState, report: StatusReport, feeds: Feeds, emission: Emission) -> None:
        boot = report.boot or ""
        origin = Origin(state.device, state.site, report.received)
        if boot < state.boot:
            self._boot_went_back(state, report, emission)
            return
        if boot != state.boot or state.fault is not None:
            self._keep(replace(state, boot=boot, fault=None))
        if report.oldest is not None and report.oldest[0] <= boot:
            first = report.oldest[1]
            feeds.meet(origin, report.oldest[0], emission, before_first=0 if state.boot else first - 1)
        feeds.quoted(origin, boot, report.seq or 0, emission)

    def _boot_went_back(self, state: DeviceState, report: StatusReport, emission: Emission) -> None:
        # Its words would all count as old ones: the doors are shown as unknown until a later boot.
        if report.live and state.fault is None:
            draft = _draft(Kind.DEVICE_FAULT, state, report.received, {}, reason="boot_went_back")
            record = emission.emit(draft)
            self._keep(replace(state, fault="boot_went_back", changed=report.received, changed_id=record))

    def _keep(self, state: DeviceState) -> None:
        self._states[state.device] = state
        self._changed.add(state.device)

    @property
    def changed(self) -> bool:
        """Whether anything but the time of the last word has changed."""
        return bool(self._changed)

    def save(self, connection: Connection) -> None:
        """Write what has changed, and when devices were heard."""
        if self._changed:
            connection.execute(_SAVE, [_row(self._states[name]) for name in self._changed])
        if self._heard:
            connection.execute(_HEAR, [{"device": name, "at": at} for name, at in self._heard.items()])


def _state(row: RowMapping) -> DeviceState:
    return DeviceState(
        device=row["id"],
        site=row["site"],
        heartbeat_s=row["heartbeat_s"],
        heard=row["at"] or 0,
        online=row["online"],
        silent=bool(row["silent"]),
        fault=row["fault"],
        boot=row["boot"] or "",
        firmware=row["firmware"],
        changed=row["changed"] or 0,
        changed_id=row["changed_id"] or 0,
    )


def _row(state: DeviceState) -> dict[str, object]:
    names = ("device", "online", "silent", "fault", "boot", "firmware", "changed", "changed_id")
    return {name: getattr(state, name) for name in names}


def _draft(
    kind: Kind, state: DeviceState, received: int, refs: dict[str, Scalar], *, reason: str | None = None
) -> Draft:
    return Draft(kind=kind, received=received, site=state.site, device=state.device, refs=refs, reason=reason)
