"""A Shelly of the second generation or later: a relay for the strike, inputs for the contact and the bell.

RPC notifications (`rpc_ntf`) and status updates (`status_ntf`) are both switched on; it supports QoS 1.
It does what it is told over RPC, by whomever the broker lets write there, and times a pulse itself.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final, TypeAlias

from connectors.devices.wiring import BELL, EXIT, HOLDS, OPEN, PRESSED, Wire, wires
from connectors.simulator.speaking import Ear, Publication, compact
from connectors.simulator.vendor import Act, VendorDevice, answerable, asked
from core.model import Device, Door, Estate
from core.records import Kind
from core.times import SECOND_US

_Words: TypeAlias = Mapping[str, object]
_NO_HANDLER, _INVALID, _NOT_FOUND = 404, -103, -105
# The controller behind it switches it on; what switches it off is its own timer (auto off).
_BY_ITSELF: Final[Mapping[bool, _Words]] = {True: {"source": "HTTP_in"}, False: {"source": "timer"}}

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

    def __init__(self, device: Device, estate: Estate, random: Random) -> None:
        super().__init__(device, estate, random)
        self._why: _Words | None = None

    @property
    def ears(self) -> tuple[Ear, ...]:
        """Its own RPC channel."""
        return (Ear(f"{self.device.topic}/rpc"),)

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

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Answer a request below the topic that it names; one without an id is done and not answered."""
        del topic
        request = asked(payload)
        src = request.get("src")
        result = self._called(request, at)
        if "id" in request and answerable(src):
            frame = {"id": request["id"], "src": self.device.serial, "dst": src, **result}
            yield Publication(topic=f"{src}/rpc", payload=compact(frame))

    def _called(self, request: _Words, at: int) -> dict[str, object]:
        method, params = request.get("method"), request.get("params")
        if method != "Switch.Set":
            return _error(_NO_HANDLER, f"No handler for {method}")
        if not isinstance(params, dict) or not isinstance(params.get("on"), bool):
            return _error(_INVALID, "Missing or bad argument 'on'!")
        after = params.get("toggle_after")
        if after is not None and (isinstance(after, bool) or not isinstance(after, int | float) or after < 0):
            return _error(_INVALID, "Missing or bad argument 'toggle_after'!")
        number = params.get("id")
        found = self._served(f"switch:{number}")
        if not found:
            return _error(_NOT_FOUND, f"Argument 'id', value {number} not found!")
        was = [self.is_unlocked(door.number) != (wire.role == HOLDS) for wire, door in found]
        for wire, door in found:
            self._switch(wire, door, (str(request.get("id", "")), params["on"], after), at)
        return {"result": {"was_on": was[0]}}

    def _served(self, name: str) -> list[tuple[Wire, Door]]:
        every = ((wire, door) for door in self.doors.values() for wire in wires(door.number))
        return [(wire, door) for wire, door in every if wire.name == name]

    def _switch(self, wire: Wire, door: Door, wanted: tuple[str, bool, float | None], at: int) -> None:
        act, on, after = wanted
        timer = {"timer_started_at": at / SECOND_US, "timer_duration": after} if after else {}
        self._why = {"source": "MQTT", **timer}
        if on != (wire.role == HOLDS):
            self.relays.release(door.number, act, after or None, at)
        else:
            self.relays.rest(door.number, at)
        self._why = None

    def _changed(self, wire: Wire, door: Door, at: int) -> Publication:
        status = self._part(wire, door)
        if wire.name.startswith("switch:"):
            status |= self._why or _BY_ITSELF[bool(status["output"])]
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


def _error(code: int, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def _changes(wire: Wire, kind: Kind) -> bool:
    if wire.name.startswith("switch:"):
        return kind in _RELAY
    return wire.role not in PRESSED and kind in _CONTACT


def _number(wire: Wire) -> int:
    return int(wire.name.partition(":")[2])


def _seconds(at: int) -> float:
    """Write a time as Shelly does: seconds with two decimals, never ahead of the clock."""
    return at // 10_000 / 100
