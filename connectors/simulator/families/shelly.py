"""A Shelly of the second generation or later: a relay for the strike, inputs for the contact and the bell.

RPC notifications (`rpc_ntf`) and status updates (`status_ntf`) are both switched on; it supports QoS 1.
"""

from collections.abc import Iterator

from connectors.devices.wiring import BELL, EXIT, HOLDS, OPEN, PRESSED, Wire, wires
from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import Act, VendorDevice
from core.model import Door
from core.records import Kind

_RELAY = frozenset({Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED})
_CONTACT = frozenset({Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.DOOR_FORCED_OPEN})
_PRESSES = {Kind.CALL_RINGING: BELL, Kind.EXIT_REQUESTED: EXIT}


class Shelly(VendorDevice):
    """It switches and senses; it knows neither people nor cards."""

    says = frozenset({Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED, Kind.DOOR_OPENED, Kind.DOOR_CLOSED})

    @property
    def bells(self) -> frozenset[str]:
        """The doors with a button at an input."""
        return frozenset(number for number in self.doors if any(one.role == BELL for one in wires(number)))

    def will(self) -> Publication:
        """Let the broker say that it is gone."""
        return self._online("false")

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say that it is there, and how every part is."""
        del at
        yield self._online("true")
        for door in self.doors.values():
            for wire in wires(door.number):
                yield self._status(wire, door)

    def told(self, act: Act) -> Iterator[Publication]:
        """Notify what an act changes: the relay, the contact or a button."""
        if act.door is None:
            return
        for wire in wires(act.door.number):
            if _changes(wire, act.kind):
                yield self._changed(wire, act.door, act.at)
                yield self._status(wire, act.door)
            elif wire.role in PRESSED and wire.role == _PRESSES.get(act.kind):
                yield from self._pressed(wire, act.at)

    def _changed(self, wire: Wire, door: Door, at: int) -> Publication:
        status = self._part(wire, door)
        if wire.name.startswith("switch:"):
            # The controller behind it switches on; what switches off is its own timer (auto off).
            status["source"] = "HTTP_in" if status["output"] else "timer"
        return self._notify("NotifyStatus", {"ts": _seconds(at), wire.name: status})

    def _pressed(self, wire: Wire, at: int) -> Iterator[Publication]:
        for event in ("btn_down", "btn_up", "single_push"):
            ts = _seconds(at)
            happened = {"component": wire.name, "id": _number(wire), "event": event, "ts": ts}
            yield self._notify("NotifyEvent", {"ts": ts, "events": [happened]})

    def _notify(self, method: str, params: dict[str, object]) -> Publication:
        name = self.device.serial
        frame = {"src": name, "dst": f"{self.device.topic}/events", "method": method, "params": params}
        return Publication(topic=f"{self.device.topic}/events/rpc", payload=compact(frame))

    def _status(self, wire: Wire, door: Door) -> Publication:
        return Publication(
            topic=f"{self.device.topic}/status/{wire.name}", payload=compact(self._part(wire, door))
        )

    def _part(self, wire: Wire, door: Door) -> dict[str, object]:
        status: dict[str, object] = {"id": _number(wire)}
        if wire.name.startswith("switch:"):
            return status | {"output": self.is_unlocked(door.number) != (wire.role == HOLDS)}
        if wire.role in PRESSED:
            return status | {"state": None}
        return status | {"state": self.is_open(door.number) == (wire.role == OPEN)}

    def _online(self, word: str) -> Publication:
        return Publication(topic=f"{self.device.topic}/online", payload=word.encode(), retain=True)


def _changes(wire: Wire, kind: Kind) -> bool:
    if wire.name.startswith("switch:"):
        return kind in _RELAY
    return wire.role not in PRESSED and kind in _CONTACT


def _number(wire: Wire) -> int:
    return int(wire.name.partition(":")[2])


def _seconds(at: int) -> float:
    """Write a time as Shelly does: seconds with two decimals, never ahead of the clock."""
    return at // 10_000 / 100
