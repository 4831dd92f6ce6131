"""The projection of devices: there or not, since when, and what is wrong with them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from sqlalchemy import Connection, RowMapping, bindparam, select, text

from core.leaf import Draft
from core.liveness import Change, Liveness, came, fell_silent, left, named_boot, spoke
from core.records import Kind
from core.reports import StatusReport
from store.emission import Emission
from store.folding.downtime import Away, Downtime
from store.folding.feeds import Feeds, Origin
from store.schema import device, device_state, heard
from store.touch import write_heard

_SAVE: Final = text(
    "INSERT INTO device_state (device, online, silent, fault, boot, firmware, changed, changed_id) "
    "VALUES (:device, :online, :silent, :fault, :boot, :firmware, :changed, :changed_id) "
    "ON CONFLICT (device) DO UPDATE SET online = excluded.online, silent = excluded.silent, "
    "fault = excluded.fault, boot = excluded.boot, firmware = excluded.firmware, "
    "changed = excluded.changed, changed_id = excluded.changed_id"
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
    """A device as the log knows it; `heard` and `changed` are µs UTC."""

    device: str
    site: str
    heartbeat_s: int
    heard: int
    liveness: Liveness = field(default_factory=Liveness)
    firmware: str | None = None
    changed: int = 0
    changed_id: int = 0

    @property
    def boot(self) -> str:
        """The highest boot it has named, empty before any."""
        return self.liveness.boot


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
        self._downtime = Downtime()

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
        self._take(state, spoke(state.liveness), received, emission)

    def status(self, report: StatusReport, feeds: Feeds, emission: Emission) -> None:
        """Fold a status: presence, boot, and what it shows to be missing."""
        state = self._states.get(report.device)
        if state is None:
            return
        if not report.online:
            self._take(state, left(state.liveness), report.received, emission)
            return
        if report.boot is not None:
            self._boot(state, report, feeds, emission)
        if report.live:
            self.hear(report.device, report.received, emission)
            self._came(state, report, emission)
        elif state.heartbeat_s == 0 and report.boot is None:
            self._kept(state, report, emission)

    def _kept(self, state: DeviceState, report: StatusReport, emission: Emission) -> None:
        """Believe the hello that the broker keeps for a device with a will alone.

        It says hello but once, and its will would have taken the hello's place. It was not heard by that.
        """
        self._take(state, came(state.liveness, rebooted=False), report.received, emission, kept=True)

    def silence(self, name: str, received: int, emission: Emission) -> None:
        """Record once that a device fell silent, if it still is."""
        state = self._states.get(name)
        if state is not None:
            change = fell_silent(state.liveness, state.heard, state.heartbeat_s, received)
            self._take(state, change, received, emission)

    def _came(self, before: DeviceState, report: StatusReport, emission: Emission) -> None:
        state = self._states[report.device]
        if report.firmware not in {None, state.firmware}:
            state = replace(state, firmware=report.firmware)
            self._keep(state)
        rebooted = bool(before.boot) and report.boot is not None and report.boot > before.boot
        self._take(state, came(state.liveness, rebooted=rebooted), report.received, emission)

    def _boot(self, state: DeviceState, report: StatusReport, feeds: Feeds, emission: Emission) -> None:
        boot = report.boot or ""
        self._take(state, named_boot(state.liveness, boot, live=report.live), report.received, emission)
        if boot < state.boot:
            return
        origin = Origin(state.device, state.site, report.received)
        if report.oldest is not None and report.oldest[0] <= boot:
            first = report.oldest[1]
            feeds.meet(origin, report.oldest[0], emission, before_first=0 if state.boot else first - 1)
        feeds.quoted(origin, boot, report.seq or 0, emission)

    def _take(
        self, state: DeviceState, change: Change, received: int, emission: Emission, *, kept: bool = False
    ) -> None:
        """Keep what a word changed, with its record if it makes one."""
        if change.kind is None:
            if change.state != state.liveness:
                self._keep(replace(state, liveness=change.state))
            return
        boot = change.state.boot if change.kind is Kind.DEVICE_ONLINE else ""
        draft = Draft(
            kind=change.kind,
            received=received,
            site=state.site,
            device=state.device,
            refs={"boot": boot} if boot else {},
            reason=change.reason,
            backfilled=kept,
        )
        record = emission.emit(draft)
        if state.liveness.away:
            self._downtime.over(Away(state.site, state.device, state.changed, received))
        self._keep(replace(state, liveness=change.state, changed=received, changed_id=record))

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
            write_heard(connection, self._heard)
        self._downtime.save(connection)


def _state(row: RowMapping) -> DeviceState:
    liveness = Liveness(
        online=row["online"], silent=bool(row["silent"]), fault=row["fault"], boot=row["boot"] or ""
    )
    return DeviceState(
        device=row["id"],
        site=row["site"],
        heartbeat_s=row["heartbeat_s"],
        heard=row["at"] or 0,
        liveness=liveness,
        firmware=row["firmware"],
        changed=row["changed"] or 0,
        changed_id=row["changed_id"] or 0,
    )


def _row(state: DeviceState) -> dict[str, object]:
    names = ("device", "firmware", "changed", "changed_id")
    return {name: getattr(state, name) for name in names} | asdict(state.liveness)
