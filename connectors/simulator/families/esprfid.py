"""An esp-rfid reader with two relays, not in Home Assistant's mode: it says all on `<topic>/send`, QoS 0.

Its one sensor, its bell button and its idea of tampering are at relay 1. It leaves no will.
"""

from collections.abc import Iterator
from typing import Final

from connectors.simulator.estate import PEOPLE
from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import Act, VendorDevice
from core.records import Kind
from core.times import SECOND_US

_REFUSALS: Final = {"credential_expired": "Expired", "credential_not_found": "Denied"}
_ADDRESS: Final = "192.168.4.21"
_FIRST: Final = "1"
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
        return frozenset({_FIRST} & self.doors.keys())

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
                yield self._access(act, "Always", PEOPLE.get(act.person, ""), _tag(act))
            case Kind.ACCESS_DENIED:
                yield from self._refused(act)
            case Kind.EXIT_REQUESTED:
                yield self._access(act, "Always", "Button", " ")
            case _:
                if act.door.number == _FIRST:
                    yield from (self._log(words, act.at) for words in _WORDS.get(act.kind, ()))

    def _refused(self, act: Act) -> Iterator[Publication]:
        state, tag = _REFUSALS.get(act.reason, "Disabled"), _tag(act)
        if state == "Denied":
            yield self._log(("WARN", "rfid", "Unknown rfid tag is scanned"), act.at, f"{tag} ")
        yield self._access(act, state, PEOPLE.get(act.person, "Unknown"), tag)

    def _access(self, act: Act, state: str, username: str, uid: str) -> Publication:
        """Write the state for every relay: a tag that opens one is disabled at the others."""
        opens = state == "Always"
        states = ["Disabled" if opens and number != _number(act) else state for number in self.doors]
        return self._send(
            {
                "type": "access",
                "time": act.at // SECOND_US,
                "isKnown": "false" if state == "Denied" else "true",
                "access": states,
                "username": username,
                "uid": uid,
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
