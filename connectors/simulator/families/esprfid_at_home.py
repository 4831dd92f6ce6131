"""An esp-rfid reader in Home Assistant's mode, on a topic of its own: one word on a topic for each pin.

Here it obeys without being called by its address, tells how its relays are, and leaves a will.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.simulator.families.esprfid import FIRST, EspRfid
from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import Act
from core.model import Door
from core.records import Kind
from core.times import SECOND_US

_BOLT: Final = {Kind.DOOR_UNLOCKED: "UNLOCKED", Kind.DOOR_LOCKED: "LOCKED"}
# Which pins say what, in order; tampering and a door held open are one and the same here.
_PINS: Final = {
    Kind.DOOR_OPENED: (("door", "ON"),),
    Kind.DOOR_CLOSED: (("door", "OFF"), ("tamper", "OFF")),
    Kind.DOOR_FORCED_OPEN: (("door", "ON"), ("tamper", "ON")),
    Kind.DOOR_HELD_OPEN: (("tamper", "ON"),),
    Kind.CALL_RINGING: (("doorbell", "ON"), ("doorbell", "OFF")),
}


class EspRfidAtHome(EspRfid):
    """One reader with auto-topic."""

    says = frozenset({*_PINS, *_BOLT, Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED})

    def meant(self, words: Mapping[str, object]) -> bool:
        """Take whatever comes on its topic for its own."""
        del words
        return True

    def will(self) -> Publication:
        """Let the broker say that it is gone."""
        return self._word("avty", "offline", retain=True)

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say `boot`, that it is there, and how its relays are."""
        yield from super().greeting(at)
        yield self._word("avty", "online", retain=True)
        for number, door in self.doors.items():
            yield self._bolt(door, "UNLOCKED" if self.is_unlocked(number) else "LOCKED")

    def moved(self, act: Act, door: Door) -> Iterator[Publication]:
        """Say how a relay is, and what the pins of relay 1 say."""
        if act.kind in _BOLT:
            yield self._bolt(door, _BOLT[act.kind])
        if door.number in FIRST:
            yield from (self._word(f"io/{pin}", word) for pin, word in _PINS.get(act.kind, ()))

    def access(self, at: int, states: list[str], who: tuple[str, str]) -> Publication:
        """Say what somebody (name, tag) was told, without a word on whether the tag is known."""
        told = states if len(states) > 1 else states[0]
        words = {"uid": who[1], "username": who[0], "access": told, "time": at // SECOND_US}
        return Publication(topic=f"{self.device.topic}/tag", payload=compact(words), qos=0)

    def _bolt(self, door: Door, word: str) -> Publication:
        return self._word(f"io/lock{door.number}" if len(self.doors) > 1 else "io/lock", word)

    def _word(self, path: str, word: str, *, retain: bool = False) -> Publication:
        topic = f"{self.device.topic}/{path}"
        return Publication(topic=topic, payload=word.encode(), qos=0, retain=retain)
