"""A UHPPOTE controller behind uhppoted-mqtt: events live and fed later, and answers to whoever asks.

The gateway leaves no will; a poller of the site (client `facility`) asks for `get-status`, and sets a door's
control when it is to stay open. Requests and replies go at QoS 0, events at QoS 1 and retained, which is how
the gateway's alerts are set by default. The controller remembers its events, so an outage only delays them.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from connectors.simulator.speaking import Ear, Publication, compact
from connectors.simulator.vendor import Act, VendorDevice
from core.model import Device, Estate
from core.records import Kind
from core.times import SECOND_US, parse_iso_us

_Words: TypeAlias = Mapping[str, object]
_CLIENT: Final = "facility"
_FEED_EVERY_US: Final = 30 * SECOND_US
_BATCH: Final = 32
_MEMORY: Final = 1_000
# A controller counts its events for as long as it lives. This one has counted since then, faster than it
# ever has events, so that no start of the demo gives a number out again.
_HUNG: Final = parse_iso_us("2020-01-01T00:00:00Z")
_EVENTS_PER_SECOND: Final = 4
_SWIPE, _DOOR, _ALARM = (1, "card swipe"), (2, "door"), (3, "alarm")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NORMAL: Final = "controlled"
_OPEN: Final = "normally open"
_POWER_ON: Final = (_DOOR, 28, "controller power on")
_GRANTED: Final = (_SWIPE, 1, "swipe")
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

    def __init__(self, device: Device, estate: Estate, random: Random) -> None:
        super().__init__(device, estate, random)
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
        if act.kind is Kind.DOOR_MODE_CHANGED and act.door is not None:
            control = _OPEN if act.mode == "held" else _NORMAL
            yield self._ask("device/door/control:set", {"door": int(act.door.number), "control": control})
        meaning = _meaning(act)
        if meaning is not None:
            yield self._event("events/live", self._record(meaning, act))

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Answer a request as the gateway does; one that can't be read is not answered at all."""
        method, answer = self._answers.get(topic.removeprefix(f"{self.device.topic}/requests/"), ("", None))
        asked = _request(payload)
        if answer is None or asked.get("device-id") != int(self.device.serial):
            return
        meta = {name: asked[name] for name in ("client-id", "request-id") if name in asked}
        response = {"device-id": int(self.device.serial), **answer(asked, at)}
        reply = {"server-id": "uhppoted", **meta, "method": method, "response": response}
        to = asked.get("reply-to", f"{self.device.topic}/replies/{asked.get('client-id', '')}")
        yield Publication(topic=str(to), payload=compact({"message": {"reply": reply}}), qos=0)

    @property
    def _answers(self) -> Mapping[str, tuple[str, Callable[[_Words, int], dict[str, object]]]]:
        return {
            "device:get": ("get-device", lambda _, __: {"device-type": "UTO311-L04", "version": "0892"}),
            "device/status:get": ("get-status", lambda _, at: {"status": self._status(at)}),
            "device/door/control:set": (
                "set-door-control",
                lambda asked, _: {"door": asked.get("door"), "control": asked.get("control")},
            ),
        }

    def _status(self, at: int) -> dict[str, object]:
        numbers = ("1", "2", "3", "4")
        return {
            "door-buttons": dict.fromkeys(numbers, False),
            "door-states": {one: one in self.doors and self.is_open(one) for one in numbers},
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
        payload = compact({"message": {"event": {"event": event}}})
        return Publication(topic=f"{self.device.topic}/{path}", payload=payload, retain=True)

    def _ask(self, verb: str, words: _Words) -> Publication:
        self._asked += 1
        asked = {"client-id": _CLIENT, "request-id": f"F{self._asked}", "device-id": int(self.device.serial)}
        return Publication(
            topic=f"{self.device.topic}/requests/{verb}",
            payload=compact({"message": {"request": {**asked, **words}}}),
            qos=0,
        )

    def _local(self, at: int) -> str:
        here = (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(self.zone))
        return here.strftime("%Y-%m-%d %H:%M:%S %Z")


def _meaning(act: Act) -> _Meaning | None:
    if act.kind is Kind.ACCESS_GRANTED:
        return _GRANTED
    if act.kind is Kind.ACCESS_DENIED:
        return _DENIED.get(act.reason, _NO_RIGHTS)
    return _WORDS.get(act.kind)


def _request(payload: bytes) -> _Words:
    try:
        request = json.loads(payload)["message"]["request"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}
