"""An esp-rfid reader with two relays, not in Home Assistant's mode: it says all on `<topic>/send`, QoS 0.

Its one sensor, its bell button and its idea of tampering are at relay 1. It leaves no will. A command moves
all its relays at once, if it names the reader's own address; no answer to it proves anything.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from connectors.simulator.estate import PEOPLE
from connectors.simulator.speaking import Ear, Publication, compact
from connectors.simulator.vendor import Act, VendorDevice, asked
from core.model import Door
from core.records import Kind
from core.times import SECOND_US

_REFUSALS: Final = {"credential_expired": "Expired", "credential_not_found": "Denied"}
_ADDRESS: Final = "192.168.4.21"
# How an estate names relay 1, the second where there is no other.
FIRST: Final = frozenset({"1", "1-only"})
# How long its relays stay on: its own setting.
RELEASE_S: Final = 5
_SUBSCRIBED_AT: Final = 2
_WORDS: Final = {
    Kind.DOOR_OPENED: (("INFO", "door", "Door Open"),),
    Kind.DOOR_CLOSED: (("INFO", "door", "Door Closed"),),
    Kind.DOOR_FORCED_OPEN: (("INFO", "door", "Door Open"), ("WARN", "tamper", "Door was tampered!")),
    Kind.DOOR_HELD_OPEN: (("WARN", "tamper", "Door wasn't closed within max open time!"),),
    Kind.CALL_RINGING: (("INFO", "doorbell", "Doorbell ringing"),),
}


class EspRfid(VendorDevice):
    """One reader that asks all its relays at each tag."""

    says = frozenset({*_WORDS, Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.EXIT_REQUESTED})

    @property
    def bells(self) -> frozenset[str]:
        """The button beside the reader."""
        return FIRST & self.doors.keys()

    @property
    def ears(self) -> tuple[Ear, ...]:
        """Its commands, which all readers hear that share the topic."""
        return (Ear(f"{self.device.topic}/cmd", qos=_SUBSCRIBED_AT),)

    def meant(self, words: Mapping[str, object]) -> bool:
        """Whether a command is for this reader."""
        return words.get("doorip") == _ADDRESS

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Say that it opens, then move every relay."""
        del topic
        words = asked(payload)
        if words.get("cmd") != "opendoor" or not self.meant(words):
            return
        yield self.access(at, ["Always"] * len(self.doors), ("MQTT", " "))
        for number in self.doors:
            self.relays.release(number, "", RELEASE_S, at)

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say `boot`, as it does at each connection."""
        yield self._send({"type": "boot", "time": at // SECOND_US, "uptime": "0", "ip": _ADDRESS})
        yield self._log(("INFO", "mqtt", "Connected to MQTT Server"), at, "Session Present")

    def beat(self, at: int) -> Iterator[Publication]:
        """Say that it is alive."""
        uptime = (at - self.booted) // SECOND_US
        yield self._send({"type": "heartbeat", "time": at // SECOND_US, "uptime": uptime, "ip": _ADDRESS})

    def told(self, act: Act) -> Iterator[Publication]:
        """Say who was let in at which relay, and what the pins of relay 1 say."""
        if act.door is None:
            return
        match act.kind:
            case Kind.ACCESS_GRANTED:
                yield self._one(act, "Always", PEOPLE.get(act.person, ""), _tag(act))
            case Kind.ACCESS_DENIED:
                yield from self._refused(act)
            case Kind.EXIT_REQUESTED:
                yield self._one(act, "Always", "Button", " ")
            case _:
                yield from self.moved(act, act.door)

    def moved(self, act: Act, door: Door) -> Iterator[Publication]:
        """Say what the pins of relay 1 say."""
        if door.number in FIRST:
            yield from (self._log(words, act.at) for words in _WORDS.get(act.kind, ()))

    def _refused(self, act: Act) -> Iterator[Publication]:
        state, tag = _REFUSALS.get(act.reason, "Disabled"), _tag(act)
        if state == "Denied":
            yield self._log(("WARN", "rfid", "Unknown rfid tag is scanned"), act.at, f"{tag} ")
        yield self._one(act, state, PEOPLE.get(act.person, "Unknown"), tag)

    def _one(self, act: Act, state: str, username: str, uid: str) -> Publication:
        """Write the state for every relay: a tag that opens one is disabled at the others."""
        opens = state == "Always"
        states = ["Disabled" if opens and number != _number(act) else state for number in self.doors]
        return self.access(act.at, states, (username, uid))

    def access(self, at: int, states: list[str], who: tuple[str, str]) -> Publication:
        """Say what somebody (name, tag) was told at each relay."""
        return self._send(
            {
                "type": "access",
                "time": at // SECOND_US,
                "isKnown": "false" if "Denied" in states else "true",
                "access": states,
                "username": who[0],
                "uid": who[1],
                "doorName": [door.name for door in self.doors.values()],
            }
        )

    def _log(self, words: tuple[str, str, str], at: int, data: str = "") -> Publication:
        level, source, text = words
        line = {"type": level, "src": source, "desc": text, "data": data, "time": at // SECOND_US}
        return self._send({**line, "cmd": "event"})

    def _send(self, words: dict[str, object]) -> Publication:
        payload = compact({**words, "hostname": self.device.serial})
        return Publication(topic=f"{self.device.topic}/send", payload=payload, qos=0)


def _number(act: Act) -> str:
    return act.door.number if act.door else ""


def _tag(act: Act) -> str:
    return f"4a7f{act.card:0>4}"
