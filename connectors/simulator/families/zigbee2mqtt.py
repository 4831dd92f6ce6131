"""A Zigbee2MQTT bridge with keypad locks and door contacts behind it, availability and `last_seen` on.

A door's number names its lock and its contact: "archive_lock.archive_contact".
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import Act, VendorDevice
from core.model import Device, Door, Estate
from core.records import Kind
from core.times import iso_us

_SCHEDULE: Final = "unlock_failure_invalid_schedule"
_UNKNOWN: Final = "unlock_failure_invalid_pin_or_id"
_REFUSALS: Final = {"credential_expired": _SCHEDULE, "not_permitted_at_this_time": _SCHEDULE}
_NOTHING: Final[Mapping[str, object]] = {}
_CONTACT: Final = frozenset({Kind.DOOR_OPENED, Kind.DOOR_CLOSED, Kind.DOOR_FORCED_OPEN})


class Zigbee2Mqtt(VendorDevice):
    """A bridge; it sends a device's whole state with each message, at QoS 0 and not retained."""

    says = frozenset(
        {
            *(Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED),
            *(Kind.DOOR_OPENED, Kind.DOOR_CLOSED),
        }
    )

    def __init__(self, device: Device, estate: Estate, random: Random) -> None:
        super().__init__(device, estate, random)
        self._drawn: set[str] = set()
        self._quality = {part: random.randrange(80, 200) for door in self.doors for part in door.split(".")}

    def will(self) -> Publication:
        """Let the broker say that the bridge is gone, and with it all that it carries."""
        return self._bridge("offline")

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say that the bridge is there, what it can reach, and what it remembers of each."""
        yield self._bridge("online")
        for door in self.doors.values():
            for part in (_lock(door), _contact(door)):
                yield self._retained(f"{part}/availability", {"state": "online"})
            yield self._locked(door, at)
            yield self._shut(door, at)

    def told(self, act: Act) -> Iterator[Publication]:
        """Say what the lock or the contact of a door has just noticed."""
        door = act.door
        if door is None:
            return
        if act.kind in _CONTACT:
            yield self._shut(door, act.at)
        elif act.kind is Kind.ACCESS_DENIED:
            yield self._locked(door, act.at, _keypad(_REFUSALS.get(act.reason, _UNKNOWN)))
        elif act.kind is Kind.ACCESS_GRANTED:
            self._drawn.add(door.number)
            yield self._locked(door, act.at, _keypad("unlock", act.slot))
        elif act.kind is Kind.DOOR_UNLOCKED and door.number not in self._drawn:
            self._drawn.add(door.number)
            yield self._locked(door, act.at, _by_hand("manual_unlock"))
        elif act.kind is Kind.DOOR_LOCKED:
            self._drawn.discard(door.number)
            yield self._locked(door, act.at, _by_hand("auto_lock"))

    def _locked(self, door: Door, at: int, said: Mapping[str, object] = _NOTHING) -> Publication:
        drawn = door.number in self._drawn
        state = {"state": "UNLOCK" if drawn else "LOCK", "lock_state": "unlocked" if drawn else "locked"}
        return self._state(_lock(door), at, {**said, "auto_relock": True, "battery": 88, **state})

    def _shut(self, door: Door, at: int) -> Publication:
        closed = not self.is_open(door.number)
        return self._state(_contact(door), at, {"battery": 97, "contact": closed, "voltage": 3005})

    def _state(self, part: str, at: int, words: dict[str, object]) -> Publication:
        seen = {"last_seen": iso_us(at), "linkquality": self._quality[part]}
        return Publication(topic=f"{self.device.topic}/{part}", payload=compact(words | seen), qos=0)

    def _bridge(self, word: str) -> Publication:
        return self._retained("bridge/state", {"state": word})

    def _retained(self, path: str, words: dict[str, str]) -> Publication:
        return Publication(topic=f"{self.device.topic}/{path}", payload=compact(words), retain=True)


def _lock(door: Door) -> str:
    return door.number.partition(".")[0]


def _contact(door: Door) -> str:
    return door.number.partition(".")[2]


def _keypad(action: str, user: int | None = None) -> dict[str, object]:
    return {"action": action, "action_source_name": "keypad", "action_user": user}


def _by_hand(action: str) -> dict[str, object]:
    return {"action": action, "action_source_name": "manual", "action_user": None}
