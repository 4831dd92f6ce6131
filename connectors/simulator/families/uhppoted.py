"""A UHPPOTE controller behind uhppoted-mqtt: events live and fed later, and answers to whoever asks.

The gateway leaves no will; a poller of the site (client `facility`) asks for `get-status`, and sets a door's
control when it is to stay open. Requests and replies go at QoS 0, events at QoS 1 and retained, which is how
the gateway's alerts are set by default. The controller remembers its events, so an outage only delays them.
It opens a door for whom the gateway believes, and for the one card that it knows of us: else it refuses, or
says nothing at all.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from connectors.simulator.families.uhppoted_proofs import OPEN, POLLER, Proofs
from connectors.simulator.speaking import Ear, Publication
from connectors.simulator.vendor import Act, VendorDevice, answerable
from core.commands import Keys
from core.model import Device, Estate
from core.records import Kind
from core.times import SECOND_US, parse_iso_us

_Words: TypeAlias = Mapping[str, object]
_Answer: TypeAlias = Callable[[_Words, int], dict[str, object]]
# How long a controller releases a door, whoever asks: its own setting, as it comes.
DOOR_DELAY_S: Final = 5
_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_FEED_EVERY_US: Final = 30 * SECOND_US
_BATCH: Final = 32
_MEMORY: Final = 1_000
# A controller counts its events for as long as it lives. This one has counted since then, faster than it
# ever has events, so that no start of the demo gives a number out again.
_HUNG: Final = parse_iso_us("2020-01-01T00:00:00Z")
_EVENTS_PER_SECOND: Final = 4
_SWIPE, _DOOR, _ALARM = (1, "card swipe"), (2, "door"), (3, "alarm")
_NUMBERS: Final = ("1", "2", "3", "4")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NORMAL: Final = "controlled"
_KEPT_OPEN: Final = "normally open"
_POWER_ON: Final = (_DOOR, 28, "controller power on")
_GRANTED: Final = (_SWIPE, 1, "swipe")
_OPENED: Final = (_DOOR, 44, "remote open door")
_DENIED: Final = {
    "invalid_pin": (_SWIPE, 7, "swipe:denied (incorrect password)"),
    "antipassback": (_SWIPE, 8, "swipe:denied (anti-passback)"),
    "not_permitted_at_this_time": (_SWIPE, 13, "swipe:denied (not in allowed time period)"),
    "credential_expired": (_SWIPE, 18, "swipe:denied (access denied)"),
}
_NO_RIGHTS: Final = (_SWIPE, 6, "swipe:denied (no access rights)")
_WORDS: Final = {
    Kind.EXIT_REQUESTED: (_DOOR, 20, "push button ok"),
    Kind.DOOR_OPENED: (_DOOR, 23, "door opened"),
    Kind.DOOR_CLOSED: (_DOOR, 24, "door closed"),
    Kind.DOOR_HELD_OPEN: (_ALARM, 37, "door open too long"),
    Kind.DOOR_FORCED_OPEN: (_ALARM, 38, "forced open"),
}
_Meaning: TypeAlias = tuple[tuple[int, str], int, str]


class Uhppoted(VendorDevice):
    """One controller and its gateway, under one account."""

    says = frozenset({*_WORDS, Kind.ACCESS_GRANTED, Kind.ACCESS_DENIED, Kind.DOOR_MODE_CHANGED})

    def __init__(self, device: Device, estate: Estate, random: Random, known: Keys) -> None:
        super().__init__(device, estate, random)
        self._proofs = Proofs(known, random)
        self._card = known.card
        self._index = 0
        self._asked = 0
        self._last: _Words | None = None
        self._unfed: deque[_Words] = deque(maxlen=_MEMORY)
        self._feed_due = 0

    @property
    def ears(self) -> tuple[Ear, ...]:
        """Whatever it is asked."""
        return (Ear(f"{self.device.topic}/requests/#", qos=0),)

    def boot(self, at: int) -> None:
        """Start anew, which the controller records if it ran before."""
        first, self.booted = not self.booted, at
        self._index = max(self._index, (at - _HUNG) * _EVENTS_PER_SECOND // SECOND_US)
        if not first:
            self._record(_POWER_ON, Act(kind=Kind.DEVICE_FAULT, at=at))

    def greeting(self, at: int) -> Iterator[Publication]:
        """Feed what was missed; the poller asks at once."""
        yield from self._feed(at)
        yield self._ask("device/status:get", {})

    def beat(self, at: int) -> Iterator[Publication]:
        """Let the poller ask again, and feed what is due."""
        yield self._ask("device/status:get", {})
        if at >= self._feed_due:
            yield from self._feed(at)

    def told(self, act: Act) -> Iterator[Publication]:
        """Record an act at the controller and publish it live; a door's control is set by the poller."""
        # A poller without a network asks for nothing: a number left out is one less that is looked for.
        if act.kind is Kind.DOOR_MODE_CHANGED and act.door is not None and self.connected:
            control = _KEPT_OPEN if act.mode == "held" else _NORMAL
            yield self._ask("device/door/control:set", {"door": int(act.door.number), "control": control})
        meaning = _meaning(act)
        if meaning is not None:
            yield self._event("events/live", self._record(meaning, act))

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Answer a request as the gateway does; one that is not believed is not answered at all."""
        verb = topic.removeprefix(f"{self.device.topic}/requests/")
        method, answer = self._answers.get(verb, ("", None))
        asked = self._proofs.believe(payload, verb)
        if answer is None or asked.get("device-id") != int(self.device.serial):
            return
        meta = {name: asked[name] for name in ("client-id", "request-id") if name in asked}
        told = answer(asked, at)
        reply = {"server-id": "uhppoted", **meta, "method": method, **told}
        to = asked.get("reply-to", f"{self.device.topic}/replies/{asked.get('client-id', '')}")
        if answerable(to):
            message = {"error" if "error" in told else "reply": reply}
            yield Publication(topic=to, payload=self._proofs.wrap(message), qos=0)

    @property
    def _answers(self) -> Mapping[str, tuple[str, _Answer]]:
        return {
            "device:get": (
                "get-device",
                lambda _, __: self._response({"device-type": "UTO311-L04", "version": "0892"}),
            ),
            "device/status:get": ("get-status", lambda _, at: self._response({"status": self._status(at)})),
            "device/door/control:set": (
                "set-door-control",
                lambda asked, _: self._response({"door": asked.get("door"), "control": asked.get("control")}),
            ),
            OPEN: ("open-door", self._open),
        }

    def _open(self, asked: _Words, at: int) -> dict[str, object]:
        """Pulse the relay of one door for the card that the controller knows."""
        door, card = asked.get("door"), asked.get("card-number")
        if not isinstance(door, int) or not 1 <= door <= len(_NUMBERS):
            return _error(_BAD_REQUEST, "Invalid/missing door")
        if not self._card or card != int(self._card):
            return _error(_UNAUTHORIZED, f"Card {card} is not authorized for door {door}")
        if str(door) in self.doors:
            self.relays.release(str(door), str(asked.get("request-id", "")), DOOR_DELAY_S, at)
            act = Act(kind=Kind.ACCESS_GRANTED, at=at, door=self.doors[str(door)])
            self._queue.append(self._event("events/live", self._record(_OPENED, act)))
        return self._response({"door": door, "opened": True})

    def _response(self, words: _Words) -> dict[str, object]:
        return {"response": {"device-id": int(self.device.serial), **words}}

    def _status(self, at: int) -> dict[str, object]:
        return {
            "door-buttons": dict.fromkeys(_NUMBERS, False),
            "door-states": {one: one in self.doors and self.is_open(one) for one in _NUMBERS},
            "event": self._last or {"event-id": 0},
            "input-state": 0,
            "relay-state": sum(1 << int(one) - 1 for one in self.doors if self.is_unlocked(one)),
            "sequence-id": 0,
            "special-info": 0,
            "system-datetime": self._local(at),
            "system-error": 0,
        }

    def _record(self, meaning: _Meaning, act: Act) -> _Words:
        (kind, text), reason, reason_text = meaning
        self._index += 1
        passed = reason not in {one[1] for one in (*_DENIED.values(), _NO_RIGHTS)}
        event: _Words = {
            "device-id": int(self.device.serial),
            "event-id": self._index,
            "event-type": kind,
            "event-type-text": text,
            "access-granted": passed,
            "door-id": int(act.door.number) if act.door else 0,
            "direction": 1,
            "direction-text": "in",
            "card-number": int(f"816{act.card:0>4}") if act.card else 0,
            "timestamp": self._local(act.at),
            "event-reason": reason,
            "event-reason-text": reason_text,
        }
        self._last = event
        self._unfed.append(event)
        return event

    def _feed(self, at: int) -> Iterator[Publication]:
        self._feed_due = at + _FEED_EVERY_US
        for event in list(islice(self._unfed, _BATCH)):
            self._unfed.popleft()
            yield self._event("events", event)

    def _event(self, path: str, event: _Words) -> Publication:
        payload = self._proofs.wrap({"event": {"event": event}})
        return Publication(topic=f"{self.device.topic}/{path}", payload=payload, retain=True)

    def _ask(self, verb: str, words: _Words) -> Publication:
        self._asked += 1
        asked = {"client-id": POLLER, "request-id": f"F{self._asked}", "device-id": int(self.device.serial)}
        request = {**asked, **words, **self._proofs.of_the_poller()}
        payload = self._proofs.wrap({"request": request})
        return Publication(topic=f"{self.device.topic}/requests/{verb}", payload=payload, qos=0)

    def _local(self, at: int) -> str:
        here = (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(self.zone))
        return here.strftime("%Y-%m-%d %H:%M:%S %Z")


def _meaning(act: Act) -> _Meaning | None:
    if act.kind is Kind.ACCESS_GRANTED:
        return _GRANTED
    if act.kind is Kind.ACCESS_DENIED:
        return _DENIED.get(act.reason, _NO_RIGHTS)
    return _WORDS.get(act.kind)


def _error(code: int, text: str) -> dict[str, object]:
    """Say why not, in the two layers in which the gateway wraps it."""
    return {"error": {"error": {"error-code": code, "message": text}}}
