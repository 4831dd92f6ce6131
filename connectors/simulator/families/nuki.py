"""A Nuki Smart Lock with a keypad and a door sensor, by Nuki's own MQTT API (1.4).

A lock action is told before the lock moves, and only if it is tried: a wrong code is never told.
"""

from collections.abc import Iterator
from typing import Final

from connectors.simulator.speaking import Publication
from connectors.simulator.vendor import Act, VendorDevice
from core.records import Kind

_KEYPAD_AUTH: Final = 54321
_LOCKED, _UNLOCKING, _UNLOCKED, _LOCKING = "1", "2", "3", "4"
_SHUT, _OPEN = "2", "3"
# LockAction, Trigger, Auth-ID, Code-ID, and presses of the button or what of the keypad was used.
_BUTTON: Final = "1,2,0,0,1"
_AUTO_LOCK: Final = "2,6,0,0,0"


class Nuki(VendorDevice):
    """A lock with one door."""

    says = frozenset(
        {
            *(Kind.ACCESS_GRANTED, Kind.EXIT_REQUESTED, Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED),
            *(Kind.DOOR_OPENED, Kind.DOOR_CLOSED),
        }
    )

    def will(self) -> Publication:
        """Let the broker say that it is gone."""
        return self._retained("connected", "false")

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say that it is there, what it is and how it is."""
        del at
        yield self._retained("connected", "true")
        yield self._retained("name", self.device.name)
        yield self._retained("firmware", "3.9.5")
        yield self._retained("batteryChargeState", "84")
        yield self._retained("batteryCritical", "false")
        yield self._retained("keypadBatteryCritical", "false")
        for number in self.doors:
            yield self._retained("state", _UNLOCKED if self.is_unlocked(number) else _LOCKED)
            yield self._retained("doorsensorState", _OPEN if self.is_open(number) else _SHUT)

    def told(self, act: Act) -> Iterator[Publication]:
        """Say what the lock is about to do, what it has done, and what the sensor sees."""
        match act.kind:
            case Kind.ACCESS_GRANTED:
                yield self._action(f"3,0,{_KEYPAD_AUTH},{act.slot},1")
            case Kind.EXIT_REQUESTED:
                yield self._action(_BUTTON)
            case Kind.DOOR_UNLOCKED:
                yield from (self._retained("state", one) for one in (_UNLOCKING, _UNLOCKED))
            case Kind.DOOR_LOCKED:
                yield self._action(_AUTO_LOCK)
                yield from (self._retained("state", one) for one in (_LOCKING, _LOCKED))
            case Kind.DOOR_OPENED | Kind.DOOR_FORCED_OPEN:
                yield self._retained("doorsensorState", _OPEN)
            case Kind.DOOR_CLOSED:
                yield self._retained("doorsensorState", _SHUT)
            case _:
                return

    def _action(self, words: str) -> Publication:
        return Publication(topic=f"{self.device.topic}/lockActionEvent", payload=words.encode())

    def _retained(self, path: str, word: str) -> Publication:
        return Publication(topic=f"{self.device.topic}/{path}", payload=word.encode(), retain=True)
