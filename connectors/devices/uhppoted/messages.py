"""The feeds, replies and system messages of an uhppoted-mqtt gateway: pure, and total over all bytes."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec.structs import replace

from connectors.devices.common import retained_key, unmapped, zone_of
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, topics
from connectors.devices.local_time import local_us
from connectors.devices.ordering import act_of
from connectors.devices.routes import remembered
from connectors.devices.uhppoted.commands import CLIENT, METHOD, order
from connectors.devices.uhppoted.events import LAST, NAME, Gateway, read_events
from connectors.masking import printable
from connectors.payloads import read_object
from core.commands import Result
from core.doors import DoorFacets, Mode, Position
from core.errors import BadMessage
from core.leaf import Draft
from core.model import Device, Estate
from core.records import Kind
from core.reports import Item, StatusReport

_Object: TypeAlias = Mapping[str, object]
_Reader: TypeAlias = Callable[[Gateway, _Object], tuple[Item, ...]]
_Answer: TypeAlias = Callable[[Gateway, Device, _Object], tuple[Item, ...]]
# The gateway's root as it came, where controllers that nobody has claimed tell of events.
ROOT: Final = "uhppoted/gateway"
_LIVE: Final = "events/live"
_FEED: Final = "events"
_SYSTEM: Final = "system"
_REPLIES: Final = "replies"
_SERIAL: Final = re.compile(r"[1-9]\d{0,9}\Z", re.ASCII)
_MODES: Final = {
    "normally open": Mode.HELD,
    "normally closed": Mode.LOCKED_DOWN,
    "controlled": Mode.NORMAL,
}


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message; what can't be understood or believed is an item that says so."""
    found = _listener(message.topic, estate)
    return None if found is None else _understood(Gateway(message, estate, found[0]), found[1])


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], _Reader] | None:
    devices, path = estate.under(NAME, topic)
    reader = _reader(path) if devices else None
    return None if reader is None else (devices, reader)


def meet(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Take events from a gateway whose root is as it came: its controllers are strangers."""
    reader = _STRANGERS.get(message.topic)
    return None if reader is None else _understood(Gateway(message, estate, ()), reader)


def _understood(gateway: Gateway, reader: _Reader) -> tuple[Item, ...]:
    message, devices = gateway.message, gateway.devices
    if not message.payload:
        return ()
    try:
        return reader(gateway, _inside(read_object(message.payload), "message"))
    except BadMessage as error:
        key = retained_key(message) if message.retain else None
        return (unmapped(message, devices[0] if len(devices) == 1 else None, error.reason, key),)


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to what each gateway tells, and never to what it is asked."""
    roots = dict.fromkeys(one.topic for one in topics(estate, NAME))
    paths = (_FEED, _LIVE, f"{_REPLIES}/+", _SYSTEM)
    ours = (f"{root}/{path}" for root in roots for path in paths)
    return tuple(dict.fromkeys((*ours, f"{ROOT}/{_FEED}", f"{ROOT}/{_LIVE}")))


def _reader(path: str) -> _Reader | None:
    if path.startswith(f"{_REPLIES}/") and path.count("/") == 1:
        return _reply
    return _READERS.get(path)


def _inside(value: _Object, name: str) -> _Object:
    """Go one level down; what is encrypted is a string there, and nothing that we could read."""
    inner = value.get(name)
    if not isinstance(inner, dict):
        raise BadMessage("wrong_shape", f"no {name}")
    return inner


def _feed(gateway: Gateway, message: _Object) -> tuple[Item, ...]:
    return _events(gateway, message, live=False)


def _live(gateway: Gateway, message: _Object) -> tuple[Item, ...]:
    return _events(gateway, message, live=True)


def _events(gateway: Gateway, message: _Object, *, live: bool) -> tuple[Item, ...]:
    wrapped = _inside(message, "event")
    told = wrapped.get("event", wrapped.get("events"))
    if told is None:
        raise BadMessage("wrong_shape", "no event")
    return read_events(gateway, told if isinstance(told, list) else [told], live=live)


def _system(gateway: Gateway, message: _Object) -> tuple[Item, ...]:
    """Take a gateway's word on itself: that it is alive vouches for no controller; an alert is a fault."""
    told = _inside(message, "system")
    if "alert" not in told:
        _inside(told, "alive")
        return ()
    _inside(told, "alert")
    sites = {one.site for one in gateway.devices}
    alert = Draft(
        kind=Kind.DEVICE_FAULT,
        received=gateway.message.received,
        site=sites.pop() if len(sites) == 1 else None,
        device=gateway.devices[0].id if len(gateway.devices) == 1 else None,
        reason="other",
        private=unmapped(gateway.message, None, "other").private,
        event_key=retained_key(gateway.message) if gateway.message.retain else None,
        backfilled=gateway.message.retain,
    )
    return (alert,)


def _reply(gateway: Gateway, message: _Object) -> tuple[Item, ...]:
    if "error" in message:
        return _refused(gateway, message["error"])
    reply = _inside(message, "reply")
    response = _inside(reply, "response")
    method = reply.get("method")
    if not isinstance(method, str):
        raise BadMessage("wrong_shape", "no method")
    if method in _NOBODYS:
        return ()
    if method == "get-devices":
        return _found(gateway, _inside(response, "devices"))
    answer = _ANSWERS.get(method)
    if answer is None:
        raise BadMessage("unknown_kind")
    device = gateway.controller(response.get("device-id", response.get("DeviceID")))
    if not isinstance(device, Device):
        return (device,)
    opened = _opened(gateway, device, reply) if method == METHOD else ()
    return (*opened, *answer(gateway, device, response))


def _refused(gateway: Gateway, error: object) -> tuple[Item, ...]:
    """Take a refusal of what we asked; who else asked has the answer, and no door has changed."""
    device = _asked(gateway)
    if device is None or not isinstance(error, dict):
        return ()
    act = _act(error)
    told = error.get("error")
    # Some versions wrap it once more.
    told = told.get("error", told) if isinstance(told, dict) else told
    why = told.get("message") if isinstance(told, dict) else told
    source = Heard(gateway.message, device, gateway.estate)
    return source.answer(Result.REFUSED, act=act, reason=why if isinstance(why, str) else "") if act else ()


def _opened(gateway: Gateway, device: Device, reply: _Object) -> tuple[Item, ...]:
    """Read whether a door was opened for an act of ours; raises BadMessage where that is not said."""
    act = _act(reply)
    if not act or _asked(gateway) is not device:
        return ()
    response = _inside(reply, "response")
    number, is_open = response.get("door"), response.get("opened")
    if not isinstance(is_open, bool):
        raise BadMessage("wrong_shape", "no word on whether it was opened")
    door = gateway.estate.by_number.get((device.id, str(number))) if isinstance(number, int) else None
    if door is None:
        raise BadMessage("unknown_door")
    source = Heard(gateway.message, device, gateway.estate)
    return source.answer(Result.ACCEPTED if is_open else Result.REFUSED, act=act, door=door.id)


def _act(told: _Object) -> str:
    return act_of(told.get("request-id")) if told.get("client-id") == CLIENT else ""


def _asked(gateway: Gateway) -> Device | None:
    """Find the controller whose answers we want on this topic."""
    client, _, serial = gateway.message.topic.rpartition("/")[2].rpartition("-")
    if client != CLIENT:
        return None
    return next((one for one in gateway.devices if one.serial == serial), None)


def _found(gateway: Gateway, devices: _Object) -> tuple[Item, ...]:
    """Read a list of controllers that answer: ours are there, others are to be claimed."""
    serials = (int(name) for name in devices if _SERIAL.match(name))
    found = (gateway.controller(serial) for serial in serials if serial <= LAST)
    return tuple(_online(gateway, one) if isinstance(one, Device) else one for one in found)


def _online(gateway: Gateway, device: Device, firmware: str | None = None) -> StatusReport:
    return replace(Heard(gateway.message, device, gateway.estate).status(online=True), firmware=firmware)


def _there(gateway: Gateway, device: Device, _response: _Object) -> tuple[Item, ...]:
    """Keep of an answer about cards, times or tasks only that the controller is there."""
    return (_online(gateway, device),)


def _about(gateway: Gateway, device: Device, response: _Object) -> tuple[Item, ...]:
    version = response.get("version")
    return (_online(gateway, device, printable(version, 64) if isinstance(version, str) else None),)


def _one_event(gateway: Gateway, device: Device, response: _Object) -> tuple[Item, ...]:
    return read_events(gateway, [response.get("event")], live=False, serial=int(device.serial))


def _many_events(gateway: Gateway, device: Device, response: _Object) -> tuple[Item, ...]:
    events = response.get("events", [])
    if not isinstance(events, list):
        raise BadMessage("wrong_shape", "no list of events")
    told = read_events(gateway, events, live=False, serial=int(device.serial))
    return (*told, _online(gateway, device))


def _status(gateway: Gateway, device: Device, response: _Object) -> tuple[Item, ...]:
    status = _inside(response, "status")
    reports = _door_reports(gateway, device, status)
    event = status.get("event")
    if event is None or (isinstance(event, dict) and event.get("event-id") == 0):
        return reports
    # The last event of the controller, with device-id 0 in the gateway's own sample: the reply's holds.
    return (*read_events(gateway, [event], live=False, serial=int(device.serial)), *reports)


def _door_reports(gateway: Gateway, device: Device, status: _Object) -> tuple[Item, ...]:
    states = _inside(status, "door-states")
    told = _clock(gateway, device, status.get("system-datetime"))
    if not all(isinstance(is_open, bool) for is_open in states.values()):
        raise BadMessage("wrong_shape", "a door neither open nor closed")
    source = Heard(gateway.message, device, gateway.estate)
    reports = [
        source.report(door, DoorFacets(Position.OPEN if states[door.number] else Position.CLOSED), told)
        for door in gateway.estate.doors_of(device.id)
        if door.sensor and door.number in states
    ]
    # Clocks of whole seconds: an event of the same second came after, or else the status would show it.
    ranked = (replace(one, at=one.at - 1) if one.at == told else one for one in reports)
    return (replace(source.status(online=True), told=told), *ranked)


def _clock(gateway: Gateway, device: Device, told: object) -> int | None:
    if not isinstance(told, str) or not told:
        return None
    return local_us(told, zone_of(device, gateway.estate), near=gateway.message.received)


def _control(gateway: Gateway, device: Device, response: _Object) -> tuple[Item, ...]:
    number, word = response.get("door"), response.get("control")
    door = gateway.estate.by_number.get((device.id, str(number)))
    if door is None:
        raise BadMessage("unknown_door")
    mode = _MODES.get(word) if isinstance(word, str) else None
    if mode is None:
        raise BadMessage("wrong_shape", "no control mode")
    return (Heard(gateway.message, device, gateway.estate).report(door, DoorFacets(mode=mode)),)


_READERS: Final[Mapping[str, _Reader]] = {_LIVE: _live, _FEED: _feed, _SYSTEM: _system}
_STRANGERS: Final[Mapping[str, _Reader]] = {f"{ROOT}/{_LIVE}": _live, f"{ROOT}/{_FEED}": _feed}
# These speak of cards and permissions across controllers, and hold full card numbers: nothing is kept.
_NOBODYS: Final = frozenset(
    f"acl:{verb}" for verb in ("show", "grant", "revoke", "upload", "download", "compare")
)
_ANSWERS: Final[Mapping[str, _Answer]] = {
    **dict.fromkeys(
        (
            *("get-time", "set-time", "get-door-delay", "set-door-delay", "set-door-interlock"),
            *("set-door-keypads", "set-door-passcodes", "get-antipassback", "set-antipassback"),
            *("get-cards", "delete-cards", "get-card", "put-card", "delete-card", "set-task-list"),
            *("get-time-profile", "set-time-profile", "get-time-profiles", "set-time-profiles"),
            *("clear-time-profiles", "record-special-events", "restore-default-parameters", "open-door"),
        ),
        _there,
    ),
    "get-device": _about,
    "get-status": _status,
    "get-event": _one_event,
    "get-events": _many_events,
    "get-door-control": _control,
    "set-door-control": _control,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=False,
        door_sensor=True,
        heartbeat=False,
        dedupe="serial number and event-id",
        clock=Clock.LOCAL,
        unlock=Answer.ACK,
        trust=Trust.SHARED_GATEWAY,
    ),
    filters=filters,
    parse=parse,
    meet=meet,
    backfill_request=never_asked,
    counts=True,
    order=order,
)
