"""An Axis network door controller: it decides on cards and watches its doors, in ONVIF's own topics."""

from collections.abc import Iterator
from typing import Final

from connectors.simulator.estate import PEOPLE
from connectors.simulator.families.axis import AxisDevice
from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import Act
from core.model import Door
from core.records import Kind

_LEAF: Final = frozenset({Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.DOOR_FORCED_OPEN})
_BOLT: Final = frozenset({Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED})
_ALARMS: Final = {Kind.DOOR_FORCED_OPEN: "DoorForcedOpen", Kind.DOOR_HELD_OPEN: "DoorOpenTooLong"}
_REASONS: Final = {
    "credential_expired": "CredentialExpired",
    "not_permitted_at_this_time": "NotPermittedAtThisTime",
    "unauthorized": "Unauthorized",
    "invalid_pin": "InvalidPIN",
}
_FACTORY: Final = "1396251690"


class AxisController(AxisDevice):
    """Its doors' numbers are the ends of two tokens, the door's and its access point's, parted by a dot."""

    says = frozenset(
        {
            *(*_LEAF, *_BOLT, *_ALARMS, Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED),
            Kind.DOOR_MODE_CHANGED,
        }
    )

    def told(self, act: Act) -> Iterator[Publication]:
        """Publish the events that an act raises."""
        door = act.door
        if door is None:
            return
        if act.kind in _LEAF:
            yield self._position(door, act.at)
        if act.kind in _ALARMS or act.kind is Kind.DOOR_CLOSED:
            yield self._of_door("DoorAlarm", door, act.at, _ALARMS.get(act.kind, "Normal"))
        if act.kind in _BOLT:
            yield self._bolt(door, act.at)
        if act.kind is Kind.DOOR_MODE_CHANGED:
            yield self._mode(door, act.at)
        if act.kind in {Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED}:
            yield self._decision(door, act)

    def states_of(self, door: Door, at: int) -> Iterator[Publication]:
        """Publish everything that lasts of a door."""
        yield self._position(door, at)
        yield self._bolt(door, at)
        yield self._mode(door, at)

    def _position(self, door: Door, at: int) -> Publication:
        state = "Open" if self.is_open(door.number) else "Closed"
        return self._of_door("DoorPhysicalState", door, at, state)

    def _bolt(self, door: Door, at: int) -> Publication:
        state = "Unlocked" if self.is_unlocked(door.number) else "Locked"
        return self._of_door("LockPhysicalState", door, at, state)

    def _mode(self, door: Door, at: int) -> Publication:
        held = self.words(door.number)["mode"] == "held"
        return self._of_door("DoorMode", door, at, "Unlocked" if held else "Locked")

    def _of_door(self, name: str, door: Door, at: int, state: str) -> Publication:
        token = self._token(door.number.partition(".")[0])
        return self.publish(f"onvif:Door/State/{name}", at, ("DoorToken", token), {"State": state})

    def _decision(self, door: Door, act: Act) -> Publication:
        point = ("AccessPointToken", self._token(door.number.partition(".")[2]))
        number = f"816{act.card:0>4}"
        who = {"CredentialToken": self._token(number), "Card": number}
        topic, data = "AccessGranted/Credential", {**who, "CredentialHolderName": PEOPLE.get(act.person, "")}
        if act.kind is Kind.EXIT_REQUESTED:
            topic, data = "AccessGranted/Anonymous", {}
        elif act.reason == "credential_not_found":
            topic, data = "Denied/CredentialNotFound/Card", {"Card": number}
        elif act.kind is Kind.ACCESS_DENIED:
            topic, data = "Denied/Credential", data | {"Reason": _REASONS.get(act.reason, "Other")}
        return self.publish(f"onvif:AccessControl/{topic}", act.at, point, data, lasting=False)

    def _token(self, end: str) -> str:
        return f"Axis-{self.device.serial.lower()}:{_FACTORY}.{end}"
