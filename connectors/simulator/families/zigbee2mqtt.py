"""A Zigbee2MQTT bridge with keypad locks and door contacts behind it, availability and `last_seen` on.

A door's number names its lock, and its contact where that is no part of the lock: "gym_lock.gym_contact". A
lock does what is written to its `set`, and locks again by itself; how it stands then is all its answer.
"""

from collections.abc import Iterator, Mapping
from random import Random
from typing import Final

from connectors.devices.wiring import wires
from connectors.simulator.speaking import Ear, Publication, compact
from connectors.simulator.vendor import Act, VendorDevice, asked
from core.model import Device, Door, Estate
from core.records import Kind
from core.times import iso_us

# When a lock with auto-relock locks again: its own setting.
RELOCK_S: Final = 8
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
        self._quality = {
            part: random.randrange(80, 200) for door in self.doors.values() for part in _parts(door)
        }
        self._said: Mapping[str, object] | None = None

    @property
    def ears(self) -> tuple[Ear, ...]:
        """What each of its locks is told."""
        return tuple(Ear(f"{self.device.topic}/{_lock(door)}/set") for door in self.doors.values())

    def will(self) -> Publication:
        """Let the broker say that the bridge is gone, and with it all that it carries."""
        return self._bridge("offline")

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say that the bridge is there, what it can reach, and what it remembers of each."""
        yield self._bridge("online")
        for door in self.doors.values():
            for part in _parts(door):
                yield self._retained(f"{part}/availability", {"state": "online"})
            if len(_parts(door)) > 1:
                yield self._locked(door, at)
            yield from self._shut(door, at)

    def told(self, act: Act) -> Iterator[Publication]:
        """Say what the lock or the contact of a door has just noticed."""
        door = act.door
        if door is None:
            return
        if act.kind in _CONTACT:
            yield from self._shut(door, act.at)
        elif act.kind is Kind.ACCESS_DENIED:
            yield self._locked(door, act.at, _keypad(_REFUSALS.get(act.reason, _UNKNOWN)))
        elif act.kind is Kind.ACCESS_GRANTED:
            self._drawn.add(door.number)
            yield self._locked(door, act.at, _keypad("unlock", act.slot))
        elif act.kind is Kind.DOOR_UNLOCKED and door.number not in self._drawn:
            self._drawn.add(door.number)
            yield self._locked(door, act.at, self._said or _by_hand("manual_unlock"))
        elif act.kind is Kind.DOOR_LOCKED:
            self._drawn.discard(door.number)
            yield self._locked(door, act.at, self._said or _by_hand("auto_lock"))

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Move one lock, and say how it stands, moved or not."""
        part = topic.removeprefix(f"{self.device.topic}/").removesuffix("/set")
        door = next((one for one in self.doors.values() if _lock(one) == part), None)
        wanted = asked(payload).get("state")
        if door is None or wanted not in {"UNLOCK", "LOCK"}:
            return
        waited, self._said = self.waiting, _by_radio(str(wanted).lower())
        if wanted == "UNLOCK":
            self.relays.release(door.number, "", RELOCK_S, at)
        else:
            self.relays.rest(door.number, at)
        self._said = None
        if self.waiting == waited:
            yield self._locked(door, at)

    def _locked(self, door: Door, at: int, said: Mapping[str, object] = _NOTHING) -> Publication:
        drawn = door.number in self._drawn
        state = {"state": "UNLOCK" if drawn else "LOCK", "lock_state": "unlocked" if drawn else "locked"}
        if len(_parts(door)) == 1:
            state["door_state"] = "open" if self.is_open(door.number) else "closed"
        return self._state(_lock(door), at, {**said, "auto_relock": True, "battery": 88, **state})

    def _shut(self, door: Door, at: int) -> Iterator[Publication]:
        contacts, closed = _parts(door)[1:], not self.is_open(door.number)
        if not contacts:
            yield self._locked(door, at)
        for contact in contacts:
            yield self._state(contact, at, {"battery": 97, "contact": closed, "voltage": 3005})

    def _state(self, part: str, at: int, words: dict[str, object]) -> Publication:
        seen = {"last_seen": iso_us(at), "linkquality": self._quality[part]}
        return Publication(topic=f"{self.device.topic}/{part}", payload=compact(words | seen), qos=0)

    def _bridge(self, word: str) -> Publication:
        return self._retained("bridge/state", {"state": word})

    def _retained(self, path: str, words: dict[str, str]) -> Publication:
        return Publication(topic=f"{self.device.topic}/{path}", payload=compact(words), retain=True)


def _parts(door: Door) -> tuple[str, ...]:
    """Name its lock, and its contact if it has one."""
    return tuple(one.name for one in wires(door.number))


def _lock(door: Door) -> str:
    return _parts(door)[0]


def _keypad(action: str, user: int | None = None) -> dict[str, object]:
    return {"action": action, "action_source_name": "keypad", "action_user": user}


def _by_hand(action: str) -> dict[str, object]:
    return {"action": action, "action_source_name": "manual", "action_user": None}


def _by_radio(action: str) -> dict[str, object]:
    return {"action": action, "action_source_name": "rf", "action_user": None}
