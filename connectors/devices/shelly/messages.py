"""Shelly's JSON-RPC frames and status topics to items of the log: pure, and total over all bytes."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from connectors.devices.bells import call
from connectors.devices.common import Facts, forged, moment, unclaimed
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, apart, heard, online_words, topics
from connectors.devices.local_time import epoch_us
from connectors.devices.ordering import act_of
from connectors.devices.routes import remembered
from connectors.devices.shelly.commands import order
from connectors.devices.wiring import BELL, PRESSED, contact, parts, relay, wired
from connectors.payloads import read_object, shape
from core.calls import CallState
from core.commands import Result
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "shelly"
# Where those say that they are there whose prefix is as it came: their own id.
DISCOVERY: Final = "+/online"
_AS_IT_CAME: Final = re.compile(r"(?P<id>shelly[0-9a-z]{1,32}-[0-9a-f]{12})/online\Z")
_PUSHES: Final = frozenset({"single_push", "double_push", "triple_push", "long_push"})
# What comes with each push or each change of state beside the word that we read.
_ECHOES: Final = frozenset({"btn_down", "btn_up", "toggle", "config_changed"})
_FAULTS: Final = {
    "overtemp": "temperature",
    "overpower": "power",
    "overvoltage": "power",
    "undervoltage": "power",
    "overcurrent": "power",
}


class Switch(msgspec.Struct, frozen=True):
    """A relay, as far as it tells what has changed."""

    id: int | None = None
    output: bool | None = None
    errors: tuple[str, ...] = ()


class Input(msgspec.Struct, frozen=True):
    """An input; `state` is null where it is set to be a button."""

    id: int | None = None
    state: bool | None = None


class Happened(msgspec.Struct, frozen=True):
    """One entry of a NotifyEvent."""

    component: str
    event: str
    ts: float | None = None


class Frame(msgspec.Struct, frozen=True):
    """A notification."""

    method: str
    params: dict[str, object]
    src: str = ""


class Reply(msgspec.Struct, frozen=True):
    """An answer to a request: one of the two; the id is that of the request."""

    id: object = None
    src: str = ""
    result: object = None
    error: dict[str, object] | None = None


class _Part(msgspec.Struct, frozen=True):
    """A relay or input in a message; `at` is the device's time, `changed` says that its state is news."""

    source: Heard
    name: str
    at: int | None = None
    changed: bool = False

    def doors(self) -> tuple[tuple[Door, str], ...]:
        return wired(self.source.estate, self.source.device.id, self.name)

    def released(self, output: bool | None) -> tuple[Item, ...]:  # noqa: FBT001 - null is a third value
        if output is None:
            return ()
        told = [self.source.report(door, relay(role, on=output), self.at) for door, role in self.doors()]
        return tuple(told)

    def troubled(self, errors: tuple[str, ...]) -> tuple[Item, ...]:
        if not errors:
            return ()
        reasons = dict.fromkeys(_FAULTS.get(word, "other") for word in errors if self.changed)
        return tuple(self.source.event(Kind.DEVICE_FAULT, Facts(reason=reason)) for reason in reasons)

    def sensed(self, state: bool | None) -> tuple[Item, ...]:  # noqa: FBT001 - null is a third value
        items: list[Item] = []
        for door, role in self.doors():
            if state is not None and role not in PRESSED:
                items.append(self.source.report(door, contact(role, on=state), self.at))
            elif state and self.changed and not self.source.message.retain:
                items.append(self.pressed(door, role, "state"))
        return tuple(items)

    def pressed(self, door: Door, role: str, push: str) -> Item:
        when = moment(self.at, self.source.message)
        # Only a clock that can be right tells one push from another.
        key = EventKey(f"{self.name}/{push}/{door.id}", when.at // 1000) if when.at == self.at else None
        if role == BELL:
            return call(self.source, door, CallState.RINGING, when, key=key)
        return self.source.event(Kind.EXIT_REQUESTED, Facts(door=door, key=key), when)


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to what notifies, answers us or says the state of a part that serves a door."""
    ours = (
        f"{device.topic}/{path}"
        for device in topics(estate, NAME)
        for path in (*_READERS, *(f"status/{part}" for part in parts(estate, device.id)))
    )
    return (*ours, DISCOVERY)


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a Shelly."""
    found = _listener(message.topic, estate)
    return None if found is None else heard(message, found[0], estate, found[1])


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], Reader] | None:
    devices, path = estate.under(NAME, topic)
    reader = _reader(path)
    return (devices, reader) if devices and reader else None


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the will of a device whose prefix is as it came for its name."""
    stranger = _AS_IT_CAME.match(message.topic)
    if stranger is None:
        return None
    return (unclaimed(message, NAME, stranger["id"], topic=stranger["id"]),) if message.payload else ()


def _reader(path: str) -> Reader | None:
    if path.startswith("status/"):
        return lambda source: _status(source, path.removeprefix("status/"))
    return _READERS.get(path)


def _status(source: Heard, name: str) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    return _component(_Part(source, name), read_object(source.message.payload))


def _notified(source: Heard) -> tuple[Item, ...]:
    frame = shape(read_object(source.message.payload), Frame)
    if _stranger(source, frame.src):
        return (forged(source.message, source.device, "device_mismatch"),)
    if frame.method == "NotifyEvent":
        return _events(source, frame.params)
    if frame.method not in {"NotifyStatus", "NotifyFullStatus"}:
        raise BadMessage("unknown_kind", frame.method)
    changed = frame.method == "NotifyStatus"
    return _components(source, frame.params, _time(frame.params.get("ts")), changed=changed)


def _answered(source: Heard) -> tuple[Item, ...]:
    reply = shape(read_object(source.message.payload), Reply)
    if _stranger(source, reply.src):
        return (forged(source.message, source.device, "device_mismatch"),)
    act = act_of(reply.id)
    if act:
        return _verdict(source, act, reply)
    if reply.error is not None:
        raise BadMessage("other", "the device refused a request")
    # `was_on` tells what the relay did before; what it does now comes as a notification.
    return _components(source, reply.result, None) if isinstance(reply.result, dict) else ()


def _verdict(source: Heard, act: str, reply: Reply) -> tuple[Item, ...]:
    """Read the answer to an act of ours: only Switch.Set's own result is a yes."""
    if reply.error is not None and reply.result is None:
        why = reply.error.get("message")
        return source.answer(Result.REFUSED, act=act, reason=why if isinstance(why, str) else "")
    told = reply.result if reply.error is None else None
    if not isinstance(told, dict) or not isinstance(told.get("was_on"), bool):
        raise BadMessage("wrong_shape", "neither a result of Switch.Set nor an error")
    return source.answer(Result.ACCEPTED, act=act)


def _stranger(source: Heard, src: str) -> bool:
    return bool(source.device.serial and src) and src.lower() != source.device.serial.lower()


def _components(
    source: Heard, told: Mapping[str, object], at: int | None, *, changed: bool = False
) -> tuple[Item, ...]:
    named = [one for one in told.items() if one[0].startswith(("switch:", "input:"))]
    return apart(source, named, lambda name, status: _component(_Part(source, name, at, changed), status))


def _component(part: _Part, status: object) -> tuple[Item, ...]:
    kind, _, number = part.name.partition(":")
    if kind == "switch":
        switch = shape(status, Switch)
        _same(switch.id, number)
        return (*part.released(switch.output), *part.troubled(switch.errors))
    if kind == "input":
        told = shape(status, Input)
        _same(told.id, number)
        return part.sensed(told.state)
    return ()


def _same(told: int | None, number: str) -> None:
    if told is not None and str(told) != number:
        raise BadMessage("wrong_shape", "a part under another one's name")


def _events(source: Heard, params: Mapping[str, object]) -> tuple[Item, ...]:
    """Read each event by itself; a retained one is a picture of the past that rings no bell."""
    listed = params.get("events")
    if source.message.retain or not isinstance(listed, list):
        raise BadMessage("wrong_shape")
    return apart(
        source, (("event", one) for one in listed), lambda _, one: _happened(source, shape(one, Happened))
    )


def _happened(source: Heard, one: Happened) -> tuple[Item, ...]:
    part = _Part(source, one.component, _time(one.ts))
    doors = part.doors()
    if not doors or one.event in _ECHOES:
        return ()
    if one.event not in _PUSHES or not all(role in PRESSED for _, role in doors):
        raise BadMessage("unknown_kind", one.event)
    return tuple([part.pressed(door, role, one.event) for door, role in doors])


def _time(ts: object) -> int | None:
    return None if ts is None else epoch_us(ts)


_READERS: Final[Mapping[str, Reader]] = {
    "online": online_words({"true": True, "false": False}),
    "events/rpc": _notified,
    "reply/rpc": _answered,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=False,
        dedupe="part, push and device time; one open call a door",
        clock=Clock.UTC,
        unlock=Answer.ACK,
        trust=Trust.OWN_ACL,
    ),
    filters=filters,
    parse=parse,
    meet=meet,
    backfill_request=never_asked,
    order=order,
)
