"""The projection of the devices' clocks: how far each is off, and whether that is known to be wrong."""

from typing import Final

from sqlalchemy import Connection, bindparam, select, text

from core.clocks import Clock, is_steady, sampled
from core.records import Kind
from store.schema import device_clock

_SAVE: Final = text(
    "INSERT INTO device_clock (device, offset_us, at, wrong, streak) "
    "VALUES (:device, :offset_us, :at, :wrong, :streak) "
    "ON CONFLICT (device) DO UPDATE SET offset_us = excluded.offset_us, at = excluded.at, "
    "wrong = excluded.wrong, streak = excluded.streak"
)
_READ: Final = select(device_clock).where(device_clock.c.device.in_(bindparam("names", expanding=True)))


class Clocks:
    """The clocks of the devices in a batch; read when the first of them tells a time."""

    def __init__(self, connection: Connection, devices: set[str]) -> None:
        """Read nothing yet; only these devices may be asked for."""
        self._connection = connection
        self._devices = devices
        self._clocks: dict[str, Clock] | None = None
        self._changed: set[str] = set()

    def hear(self, device: str, told: int, received: int) -> Kind | None:
        """Fold in what a device's clock said live; answers the record that this makes, if it makes one."""
        clocks = self._clocks if self._clocks is not None else self._read()
        old = clocks.get(device)
        offset = told - received
        if old is not None and is_steady(old, offset, received):
            return None
        new = sampled(old, offset, received)
        if new == old:
            return None
        clocks[device] = new
        self._changed.add(device)
        if new.wrong == (old is not None and old.wrong):
            return None
        return Kind.DEVICE_CLOCK_WRONG if new.wrong else Kind.DEVICE_CLOCK_RIGHT

    def get(self, device: str) -> Clock | None:
        """Give what is known of a device's clock."""
        return (self._clocks if self._clocks is not None else self._read()).get(device)

    def _read(self) -> dict[str, Clock]:
        rows = self._connection.execute(_READ, {"names": list(self._devices)}).all()
        self._clocks = {
            row.device: Clock(row.offset_us, row.at, wrong=bool(row.wrong), streak=row.streak) for row in rows
        }
        return self._clocks

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        if self._clocks is None or not self._changed:
            return
        rows = [_row(device, self._clocks[device]) for device in sorted(self._changed)]
        connection.execute(_SAVE, rows)


def _row(device: str, clock: Clock) -> dict[str, object]:
    return {
        "device": device,
        "offset_us": clock.offset,
        "at": clock.at,
        "wrong": clock.wrong,
        "streak": clock.streak,
    }
