"""A Nuki Smart Lock with a keypad and a door sensor, by Nuki's own MQTT API (1.4).

A lock action is told before the lock moves, and only if it is tried: a wrong code is never told. What it is
asked by MQTT it answers by a code without an id.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

from connectors.simulator.speaking import Ear, Publication
from connectors.simulator.vendor import Act, VendorDevice
from core.model import Device, Estate
from core.records import Kind

_ACTION: Final = "lockAction"
_KEYPAD_AUTH: Final = 54321
_LOCKED, _UNLOCKING, _UNLOCKED, _LOCKING, _UNLATCHED, _LOCK_N_GO, _UNLATCHING = map(str, range(1, 8))
_BY_ITSELF: Final = {True: (_UNLOCKING, _UNLOCKED), False: (_LOCKING, _LOCKED)}
_UNLATCHING_STATES: Final = (_UNLOCKING, _UNLATCHING, _UNLATCHED, _LOCK_N_GO)
_SHUT, _OPEN = "2", "3"
# LockAction, Trigger, Auth-ID, Code-ID, and presses of the button or what of the keypad was used.
_BUTTON: Final = "1,2,0,0,1"
_AUTO_LOCK: Final = "2,6,0,0,0"
_TO_LOCK, _TO_UNLATCH_AND_GO = "2", "5"
_BY_MQTT: Final = "172,0,0,0"
_SUCCESS: Final = "0"
# When it locks again after lock'n'go: a setting of the app.
LOCK_N_GO_S: Final = 8


class Nuki(VendorDevice):
    """A lock with one door."""

    says = frozenset(
        {
            *(Kind.ACCESS_GRANTED, Kind.EXIT_REQUESTED, Kind.DOOR_UNLOCKED, Kind.DOOR_LOCKED),
            *(Kind.DOOR_OPENED, Kind.DOOR_CLOSED),
        }
    )

    def __init__(self, device: Device, estate: Estate, random: Random) -> None:
        super().__init__(device, estate, random)
        self._asked = ""

    @property
    def ears(self) -> tuple[Ear, ...]:
        """The actions that it takes."""
        return (Ear(f"{self.device.topic}/{_ACTION}"),)

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
            case Kind.DOOR_UNLOCKED | Kind.DOOR_LOCKED:
                yield from self._moved(unlocked=act.kind is Kind.DOOR_UNLOCKED)
            case Kind.DOOR_OPENED | Kind.DOOR_FORCED_OPEN:
                yield self._retained("doorsensorState", _OPEN)
            case Kind.DOOR_CLOSED:
                yield self._retained("doorsensorState", _SHUT)
            case _:
                return

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Unlatch and lock again by itself, or lock; it takes nothing else that ours would send."""
        del topic
        action = payload.decode(errors="replace")
        if action not in {_TO_LOCK, _TO_UNLATCH_AND_GO} or len(self.doors) != 1:
            return
        (door,) = self.doors
        yield Publication(topic=f"{self.device.topic}/commandResponse", payload=_SUCCESS.encode())
        yield self._action(f"{action},{_BY_MQTT}")
        self._asked = action
        if action == _TO_LOCK:
            self.relays.rest(door, at)
        else:
            self.relays.release(door, "", LOCK_N_GO_S, at)
        self._asked = ""

    def _moved(self, *, unlocked: bool) -> Iterator[Publication]:
        if not self._asked and not unlocked:
            yield self._action(_AUTO_LOCK)
        states = _UNLATCHING_STATES if self._asked and unlocked else _BY_ITSELF[unlocked]
        yield from (self._retained("state", one) for one in states)

    def _action(self, words: str) -> Publication:
        return Publication(topic=f"{self.device.topic}/{_ACTION}Event", payload=words.encode())

    def _retained(self, path: str, word: str) -> Publication:
        return Publication(topic=f"{self.device.topic}/{path}", payload=word.encode(), retain=True)
