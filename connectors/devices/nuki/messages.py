"""Nuki's own topics and Nuki Hub's to items of the log: pure, and total over all bytes."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from connectors.devices.bells import call
from connectors.devices.common import Facts, concealing, fields, unclaimed
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, heard, online_words, plain, topics
from connectors.devices.nuki import words
from connectors.devices.nuki.commands import order
from connectors.devices.nuki.hub_log import read_log
from connectors.payloads import read_object, shape
from core.calls import CallState
from core.commands import Result
from core.doors import DoorFacets, Lock, Position
from core.errors import BadMessage
from core.model import Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "nuki"
# Where locks and hubs say that they are there whose paths are as they came.
DISCOVERY: Final = ("nuki/+/connected", "nukihub/maintenance/mqttConnectionState")
_AS_IT_CAME: Final = re.compile(
    r"(?P<place>nuki/(?P<id>[^/]+))/connected\Z|(?P<hub>nukihub)/maintenance/mqttConnectionState\Z"
)
# Who a person is, in the hub's log.
_SECRETS: Final = fields("authorizationName")
_ACTION: Final = re.compile(r"\d{1,10}(?:,\d{1,10}){4}\Z", re.ASCII)
_CODE: Final = re.compile(r"(?:0|[1-9]\d{0,2})\Z", re.ASCII)
_CRITICAL: Final = {"true": True, "1": True, "false": False, "0": False}
_MAX_CODE: Final = 255


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to what a lock or hub tells of doors; neither to commands nor to keypad codes."""
    ours = (f"{device.topic}/{path}" for device in topics(estate, NAME) for path in _READERS)
    return tuple(dict.fromkeys((*ours, *DISCOVERY)))


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a Nuki or of a Nuki Hub."""
    devices, path = estate.under(NAME, message.topic)
    reader = _READERS.get(path)
    return heard(message, devices, estate, reader) if devices and reader else None


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the will of a lock or hub whose path is as it came for its name."""
    found = _AS_IT_CAME.match(message.topic)
    if found is None:
        return None
    name, place = found["id"] or found["hub"], found["place"] or found["hub"]
    return (unclaimed(message, NAME, name, topic=place),) if message.payload else ()


def _word(source: Heard) -> str:
    return plain(source.message.payload)


def _lock(source: Heard, table: Mapping[str, Lock]) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    word = _word(source)
    if word not in table:
        raise BadMessage("unknown_kind", word)
    lost = ("lock",) if word in words.LOST else ()
    report = source.report(source.sole_door(), DoorFacets(lock=table[word]), unknown=lost)
    return (*_jammed(source, word), report)


def _door(source: Heard, table: Mapping[str, Position]) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    word = _word(source)
    if word not in table:
        raise BadMessage("unknown_kind", word)
    lost = ("position",) if table[word] is Position.UNKNOWN else ()
    report = source.report(source.sole_door(), DoorFacets(position=table[word]), unknown=lost)
    return (*_tampered(source, word), report)


def _jammed(source: Heard, word: str) -> tuple[Item, ...]:
    return _fault(source, "other") if word in words.JAMMED else ()


def _tampered(source: Heard, word: str) -> tuple[Item, ...]:
    if word not in words.TAMPERED or source.message.retain:
        return ()
    return (source.event(Kind.DEVICE_TAMPERED, Facts(door=source.sole_door())),)


def _fault(source: Heard, reason: str, text: str = "") -> tuple[Item, ...]:
    """Record trouble as it comes up; a retained word is a picture of the past."""
    if source.message.retain:
        return ()
    private = {"text": text} if text else {}
    return (source.event(Kind.DEVICE_FAULT, Facts(door=source.sole_door(), reason=reason, private=private)),)


def _hub_json(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    told = shape(read_object(source.message.payload), words.HubState)
    if not {told.lock_state} <= {None, *words.STATE_WORDS}:
        raise BadMessage("unknown_kind", "lock_state")
    if not {told.door_sensor_state} <= {None, *words.DOOR_WORDS}:
        raise BadMessage("unknown_kind", "door_sensor_state")
    facets = DoorFacets(
        position=words.DOOR_WORDS.get(told.door_sensor_state or "", Position.UNKNOWN),
        lock=words.STATE_WORDS.get(told.lock_state or "", Lock.UNKNOWN),
    )
    return (source.report(source.sole_door(), facets),)


def _action_event(source: Heard) -> tuple[Item, ...]:
    """Read what is about to be done; a retained one was done long ago."""
    text = _word(source)
    if source.message.retain or not _ACTION.match(text):
        raise BadMessage("wrong_shape", "not five numbers of now")
    action, trigger, who, code, extra = (int(number) for number in text.split(","))
    if action in words.LOCKING or action == words.NO_ACTION:
        return ()
    if action not in words.UNLOCKING:
        raise BadMessage("unknown_kind", "lock action")
    door = source.sole_door()
    if trigger in words.BY_HAND:
        return (source.event(Kind.EXIT_REQUESTED, Facts(door=door)),)
    if trigger not in words.TRIGGERS:
        raise BadMessage("unknown_kind", "trigger")
    credential = words.KEYPAD.get(extra, "other") if code else words.TRIGGERS[trigger]
    person = f"code/{code}" if code else str(who)
    private = {"credential": credential}
    if code or who:
        private["person"] = f"{source.device.id}/{person}"
    return (source.event(Kind.ACCESS_GRANTED, Facts(door=door, private=private)),)


def _command_response(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    text = _word(source)
    if not _CODE.match(text) or int(text) > _MAX_CODE:
        raise BadMessage("wrong_shape", "no return code")
    if int(text) == 0:
        return source.answer(Result.ACCEPTED)
    told = f"commandResponse {text}"
    return (*_fault(source, "other", told), *source.answer(Result.REFUSED, reason=told))


def _completion(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    word = _word(source)
    if word in words.TROUBLE:
        fault = _fault(source, words.TROUBLE[word], word)
        return (*fault, *source.answer(Result.REFUSED, reason=word))
    if word in words.PREVENTED:
        return source.answer(Result.REFUSED, reason=word)
    if word == words.WRONG_CODE:
        return () if source.message.retain else (_denied(source),)
    if word not in words.HARMLESS:
        raise BadMessage("unknown_kind", word)
    return ()


def _denied(source: Heard) -> Item:
    facts = Facts(door=source.sole_door(), reason="invalid_pin", private={"credential": "pin"})
    return source.event(Kind.ACCESS_DENIED, facts)


def _command_result(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    word = _word(source)
    if word not in words.RESULTS:
        raise BadMessage("unknown_kind", word)
    if word == words.SUCCESS:
        return source.answer(Result.ACCEPTED)
    if not words.RESULTS[word]:
        return ()
    # One that ran out of time may have been obeyed all the same.
    refused = () if word == words.RAN_OUT else source.answer(Result.REFUSED, reason=word)
    return (*_fault(source, "other", word), *refused)


def _ring(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    word = _word(source)
    if word == "standby":
        return ()
    if word not in {"ring", "ringlocked"}:
        raise BadMessage("unknown_kind", word)
    if source.message.retain:
        raise BadMessage("wrong_shape", "a ring that is retained")
    return (call(source, source.sole_door(), CallState.RINGING),)


def _battery(source: Heard) -> tuple[Item, ...]:
    if not source.message.payload:
        return ()
    critical = _CRITICAL.get(_word(source))
    if critical is None:
        raise BadMessage("wrong_shape", "neither true nor false")
    return _fault(source, "battery") if critical else ()


_READERS: Final[Mapping[str, Reader]] = {
    # Nuki's MQTT API
    "connected": online_words({"true": True, "false": False}),
    "state": partial(_lock, table=words.STATE_NUMBERS),
    "doorsensorState": partial(_door, table=words.DOOR_NUMBERS),
    "lockActionEvent": _action_event,
    "commandResponse": _command_response,
    "batteryCritical": _battery,
    "doorsensorBatteryCritical": _battery,
    "keypadBatteryCritical": _battery,
    # Nuki Hub
    "maintenance/mqttConnectionState": online_words({"online": True, "offline": False}),
    "lock/state": partial(_lock, table=words.STATE_WORDS),
    "lock/json": _hub_json,
    "lock/doorSensorState": partial(_door, table=words.DOOR_WORDS),
    "lock/completionStatus": _completion,
    "lock/commandResult": _command_result,
    "lock/ring": _ring,
    "opener/ring": _ring,
    "lock/log": read_log,
    "battery/critical": _battery,
    "battery/keypadCritical": _battery,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=False,
        dedupe="index of a line of the hub's log",
        clock=Clock.NONE,
        unlock=Answer.RESULT_NO_ID,
        trust=Trust.OWN_ACL,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=order,
)
