"""Axis' own events: ports and relays, the casing, intercom and calls, faults of the hardware."""

from collections.abc import Callable, Iterator
from typing import Final

from connectors.devices.axis.notification import Notification, parts
from connectors.devices.bells import bell_door, call
from connectors.devices.common import Facts
from core.calls import CallState
from core.doors import DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Door
from core.records import Kind
from core.reports import Item

_CLOSED: Final = "closed"
_HOLDS: Final = "holds"
_BELL: Final = "bell"
_EXIT: Final = "exit"
_POSITIONS: Final = {"open": Position.OPEN, "opened": Position.OPEN, "closed": Position.CLOSED}
# Idle is "missed" for a call that nobody took; the log takes it for the end of one that somebody did.
_CALL_STATES: Final = {
    "Calling": CallState.RINGING,
    "Active": CallState.ANSWERED,
    "Idle": CallState.MISSED,
}
_CALL_REASONS: Final = {
    "Initiated": CallState.RINGING,
    "AcceptedByRemote": CallState.ANSWERED,
    "AcceptedByDevice": CallState.ANSWERED,
    **dict.fromkeys(("NoAnswer", "Busy", "Denied", "Failed", "Terminated"), CallState.MISSED),
}


def port(told: Notification) -> tuple[Item, ...]:
    """Read an input by what the estate says hangs on it; one with nothing on it says nothing."""
    return _input(told, f"port:{told.source.get('port')}", active=told.yes("state"))


def virtual_input(told: Notification) -> tuple[Item, ...]:
    """Read an input that a rule or a program drives."""
    return _input(told, f"virtual:{told.source.get('port')}", active=told.yes("active"))


def digital_input(told: Notification) -> tuple[Item, ...]:
    """Read an input by ONVIF's own topic."""
    return _input(told, f"input:{told.source.get('InputToken')}", active=told.yes("LogicalState"))


def supervised_port(told: Notification) -> tuple[Item, ...]:
    """Read a supervised input, which also tells that its line was cut or shorted."""
    cut = "tampered" in told.data and told.yes("tampered")
    read = port(told) if "state" in told.data else ()
    return (*_now(told, Kind.DEVICE_TAMPERED), *read) if cut else read


def relay(told: Notification) -> tuple[Item, ...]:
    """Read a relay that moves a bolt: active releases it, unless it holds the lock."""
    token, active = told.source.get("RelayToken"), told.yes("LogicalState")
    return tuple(
        told.heard.report(
            door,
            DoorFacets(lock=Lock.LOCKED if active == (role == _HOLDS) else Lock.UNLOCKED),
            told.when.told,
        )
        for door, role in _wired(told, f"relay:{token}")
    )


def casing(told: Notification) -> tuple[Item, ...]:
    """Record that the casing was opened."""
    return _now(told, Kind.DEVICE_TAMPERED) if told.yes("Open") else ()


def failure(name: str, reason: str) -> Callable[[Notification], tuple[Item, ...]]:
    """Make the reader of a hardware failure."""

    def read(told: Notification) -> tuple[Item, ...]:
        return _now(told, Kind.DEVICE_FAULT, reason) if told.yes(name) else ()

    return read


def door_state(told: Notification) -> tuple[Item, ...]:
    """Report the door that an intercom watches; its words are not documented, so either name will do."""
    word = told.data.get("DoorState", told.data.get("State", ""))
    position = _POSITIONS.get(word.lower())
    if position is None:
        raise BadMessage("wrong_shape", "no state of a door")
    return (told.heard.report(bell_door(told.heard), DoorFacets(position=position), told.when.told),)


def call_state(told: Notification) -> tuple[Item, ...]:
    """Report how far a call is; a retained state is a picture of the past."""
    return _call(told, _CALL_STATES, "CallState")


def call_change(told: Notification) -> tuple[Item, ...]:
    """Report why a call has changed."""
    return _call(told, _CALL_REASONS, "Reason")


def nothing(_told: Notification) -> tuple[Item, ...]:
    """Keep nothing: not of a door, no decision yet, or a secret."""
    return ()


def _call(told: Notification, states: dict[str, CallState], name: str) -> tuple[Item, ...]:
    state = states.get(told.said(name))
    if state is None:
        raise BadMessage("wrong_shape", f"a {name} that is not known")
    if told.heard.message.retain:
        return ()
    return (call(told.heard, bell_door(told.heard), state, told.when),)


def _wired(told: Notification, name: str) -> Iterator[tuple[Door, str]]:
    for door in told.heard.estate.doors_of(told.heard.device.id):
        for part in parts(door):
            if part == name:
                yield door, ""
            elif part.startswith(f"{name}-"):
                yield door, part.removeprefix(f"{name}-")


def _input(told: Notification, name: str, *, active: bool) -> tuple[Item, ...]:
    return tuple(
        item for door, role in _wired(told, name) for item in _contact(told, door, role, active=active)
    )


def _contact(told: Notification, door: Door, role: str, *, active: bool) -> tuple[Item, ...]:
    if role in {_BELL, _EXIT}:
        return _pressed(told, door, role) if active and not told.heard.message.retain else ()
    opened = active != (role == _CLOSED)
    facets = DoorFacets(Position.OPEN if opened else Position.CLOSED)
    return (told.heard.report(door, facets, told.when.told),)


def _pressed(told: Notification, door: Door, role: str) -> tuple[Item, ...]:
    if role == _BELL:
        return (call(told.heard, door, CallState.RINGING, told.when),)
    facts = Facts(door=door, private={"credential": "rex"}, key=told.key)
    return (told.heard.event(Kind.EXIT_REQUESTED, facts, told.when),)


def _now(told: Notification, kind: Kind, reason: str | None = None) -> tuple[Item, ...]:
    """Record something about the device as it happens; retained, it is how it was once."""
    if told.heard.message.retain:
        return ()
    return (told.heard.event(kind, Facts(reason=reason, key=told.key), told.when),)
