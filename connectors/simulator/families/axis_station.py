"""An Axis door station: it calls, releases by a relay and senses by its ports, and does not ask who comes."""

from collections.abc import Iterator
from typing import Final

from connectors.simulator.families.axis import AxisDevice
from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import Act
from core.model import Door
from core.records import Kind

_CALLS: Final = {
    Kind.CALL_RINGING: "Calling",
    Kind.CALL_ANSWERED: "Active",
    Kind.CALL_ENDED: "Idle",
    Kind.CALL_MISSED: "Idle",
}
_SHOWN: Final = frozenset({Kind.DOOR_OPENED, Kind.DOOR_CLOSED})
_LEAF: Final = _SHOWN | {Kind.DOOR_FORCED_OPEN}
_BOLT: Final = frozenset({Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED})


class AxisStation(AxisDevice):
    """Its one door: relay 1 releases, port 1 senses, port 2 is the exit button."""

    says = frozenset({*_CALLS, *_BOLT, *_SHOWN, Kind.EXIT_REQUESTED, Kind.DEVICE_TAMPERED})

    @property
    def bells(self) -> frozenset[str]:
        """Its one call button."""
        return frozenset(list(self.doors)[:1])

    def told(self, act: Act) -> Iterator[Publication]:
        """Publish the event that an act raises."""
        if act.door is None:
            yield from self._casing(act)
        elif act.kind in _CALLS:
            yield self.publish("axis:Call/State", act.at, None, {"CallState": _CALLS[act.kind]})
        elif act.kind is Kind.EXIT_REQUESTED:
            yield from (self._port("2", act.at, state) for state in ("1", "0"))
        elif act.kind in _LEAF:
            yield self._contact(act.door, act.at)
        elif act.kind in _BOLT:
            yield self._relay(act.door, act.at)

    def _casing(self, act: Act) -> Iterator[Publication]:
        if act.kind is Kind.DEVICE_TAMPERED:
            for is_open in ("1", "0"):
                name = ("Name", "Casing")
                yield self.publish("onvif:Device/axis:Casing/Open", act.at, name, {"Open": is_open})

    def states_of(self, door: Door, at: int) -> Iterator[Publication]:
        """Publish everything that lasts of a door."""
        yield self._relay(door, at)
        yield self._contact(door, at)

    def _relay(self, door: Door, at: int) -> Publication:
        state = "active" if self.is_unlocked(door.number) else "inactive"
        return self.publish("onvif:Device/Trigger/Relay", at, ("RelayToken", "1"), {"LogicalState": state})

    def _contact(self, door: Door, at: int) -> Publication:
        return self._port("1", at, "1" if self.is_open(door.number) else "0")

    def _port(self, port: str, at: int, state: str) -> Publication:
        return self.publish("onvif:Device/axis:IO/Port", at, ("port", port), {"state": state})
