"""Events of DahuaVTO2MQTT to items of the log: pure, and total over all bytes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from connectors.devices.bells import bell_door, call
from connectors.devices.common import (
    Facts,
    Moment,
    concealing,
    credential,
    fields,
    forged,
    moment,
    retained_key,
    unclaimed,
    unmapped,
    zone_of,
)
from connectors.devices.dahua import words
from connectors.devices.dahua.commands import order
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.listening import Heard, Reader, heard, topics
from connectors.devices.local_time import epoch_us, local_us
from connectors.devices.routes import remembered
from connectors.masking import masked_word
from connectors.payloads import read_object, shape
from core.calls import CallState
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item

NAME: Final = "dahua"
# The bridge's prefix as it came, where stations that nobody has claimed tell of themselves.
PREFIX: Final = "DahuaVTO"
_SECRETS: Final = fields("CardNo", "CardName", "UserID")
# A timer in the bridge: it says "unlocked" for as long as it believes that the lock is held.
_INVENTED: Final = "MagneticLock/Status"
_Reader: TypeAlias = Callable[[Heard, words.Event, Moment], tuple[Item, ...]]
_STARTS: Final = frozenset({"Start", "Pulse"})
_REMOTE, _BY_FINGER = 4, 6


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a bridge whose prefix a device of the estate has."""
    found = _listener(message.topic, estate)
    if found is None:
        return None
    devices, reader = found
    if message.retain and not message.payload:
        return ()
    if len(devices) > 1:
        told = _told(message)
        serial = _word(told, "serialNumber")
        devices = tuple(one for one in devices if serial and one.serial == serial) or devices
        if serial and len(devices) > 1:
            return (unclaimed(message, NAME, serial, title=_word(told, "deviceType")),)
    return heard(message, devices, estate, reader)


@remembered
def _listener(topic: str, estate: Estate) -> tuple[tuple[Device, ...], Reader] | None:
    devices, path = estate.under(NAME, topic)
    return (devices, partial(_read, path=path)) if devices else None


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the event of a station behind a bridge whose prefix is as it came."""
    if not message.topic.startswith(f"{PREFIX}/"):
        return None
    told = _told(message)
    name = _word(told, "serialNumber") or PREFIX
    title = _word(told, "deviceType")
    return (unclaimed(message, NAME, name, title=title, topic=PREFIX),) if message.payload else ()


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to the events and the lock of each prefix; commands are not among them."""
    prefixes = dict.fromkeys((*(device.topic for device in topics(estate, NAME)), PREFIX))
    return tuple(f"{prefix}/{path}" for prefix in prefixes for path in ("+/Event", _INVENTED))


def _told(message: Message) -> Mapping[str, object]:
    """Read what tells stations apart that share a prefix: the bridge adds serial number and type."""
    try:
        return read_object(message.payload)
    except BadMessage:
        return {}


def _word(told: Mapping[str, object], name: str) -> str:
    word = told.get(name)
    return word if isinstance(word, str) else ""


def _read(source: Heard, path: str) -> tuple[Item, ...]:
    code, _, last = path.partition("/")
    if path != _INVENTED and last != "Event":
        raise BadMessage("unknown_topic")
    value = read_object(source.message.payload)
    if path == _INVENTED:
        return ()
    if source.device.serial and value.get("serialNumber", source.device.serial) != source.device.serial:
        return (forged(source.message, source.device, "device_mismatch"),)
    if source.message.retain:
        return (unmapped(source.message, source.device, "wrong_shape", retained_key(source.message)),)
    return _event(source, code, shape(value, words.Event))


def _event(source: Heard, code: str, event: words.Event) -> tuple[Item, ...]:
    reader = _READERS.get(code)
    if reader is None:
        raise BadMessage("unknown_kind")
    return reader(source, event, _when(source, event.data))


def _when(source: Heard, data: Mapping[str, object]) -> Moment:
    """Judge the time of an event: UTC holds, unless only the wall clock says that it is now.

    Stations that write local time as UTC are common enough; their rings would all be history.
    """
    told = shape(data, words.When)
    by_utc = moment(None if told.utc is None else epoch_us(told.utc), source.message)
    if told.local is None or (told.utc is not None and not by_utc.history):
        return by_utc
    zone, received = zone_of(source.device, source.estate), source.message.received
    wall = moment(local_us(told.local, zone, near=received), source.message)
    return wall if told.utc is None or not wall.history else by_utc


def _alive(source: Heard, _event: words.Event, when: Moment) -> tuple[Item, ...]:
    """Take what has no record of its own as a sign that the station is there."""
    return (source.status(online=True, when=when),)


def _calls(**states: CallState) -> _Reader:
    """Make the reader of a word about the call, by action; the other known ones are signs of life."""

    def read(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
        state = states.get(event.action)
        if state is None and event.action not in _ACTIONS:
            raise BadMessage("unknown_kind")
        if state is None:
            return _alive(source, event, when)
        return (call(source, bell_door(source), state, when),)

    return read


def _access(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    told = shape(event.data, words.Access)
    if event.action != "Pulse" or told.name != "OpenDoor" or told.status > 1:
        raise BadMessage("unknown_kind")
    facts = Facts(
        door=_reader_door(source, told),
        reason=None if told.status else "other",
        private=_shown(told),
        key=_key(told),
    )
    return (source.event(Kind.ACCESS_GRANTED if told.status else Kind.ACCESS_DENIED, facts, when),)


def _reader_door(source: Heard, told: words.Access) -> Door:
    doors = source.estate.doors_of(source.device.id)
    numbered = source.estate.by_number.get((source.device.id, told.reader))
    door = doors[0] if len(doors) == 1 else numbered
    if door is None:
        raise BadMessage("unknown_door")
    return door


def _shown(told: words.Access) -> dict[str, str]:
    shown = {"credential": _credential(told)}
    return {**shown, "person": told.user} if told.user else shown


def _credential(told: words.Access) -> str:
    if told.card:
        return credential("card", told.card)
    if told.password:
        return "pin"
    return {_REMOTE: "remote", _BY_FINGER: "fingerprint"}.get(told.method or 0, "other")


def _key(told: words.Access) -> EventKey | None:
    """Count an opening once by the station's record number, which starts anew when its log is cleared."""
    if told.utc is None or not told.record:
        return None
    return EventKey(f"AccessControl/{told.utc}", told.record)


def _light(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    state = shape(event.data, words.Light).state
    if state in _LIGHTS:
        return (call(source, bell_door(source), _LIGHTS[state], when),)
    if state == _REFUSED:
        return (source.event(Kind.ACCESS_DENIED, Facts(door=bell_door(source), reason="other"), when),)
    if state == _REBOOTED:
        return (source.event(Kind.DEVICE_FAULT, Facts(reason="rebooted"), when),)
    if state in _QUIET_LIGHTS:
        return _alive(source, event, when)
    raise BadMessage("unknown_kind")


def _finger(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    if shape(event.data, words.Finger).print:
        return _alive(source, event, when)
    facts = Facts(
        door=bell_door(source), reason="credential_not_found", private={"credential": "fingerprint"}
    )
    return (source.event(Kind.ACCESS_DENIED, facts, when),)


def _registered(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    if shape(event.data, words.Registration).success:
        return _alive(source, event, when)
    facts = Facts(reason="other", private={"text": "SIPRegisterResult"})
    return (source.event(Kind.DEVICE_FAULT, facts, when),)


def _blinded(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    if event.action not in _STARTS:
        return _alive(source, event, when)
    return (source.event(Kind.DEVICE_TAMPERED, Facts(private={"text": "VideoBlind"}), when),)


def _alarm(source: Heard, event: words.Event, when: Moment) -> tuple[Item, ...]:
    if event.action == "Stop":
        return _alive(source, event, when)
    word = shape(event.data, words.Alarm).type or "AlarmLocal"
    facts = Facts(reason="other", private={"text": masked_word(word)})
    return (source.event(Kind.DEVICE_FAULT, facts, when),)


_ACTIONS: Final = frozenset({"Start", "Stop", "Pulse"})
_REFUSED, _REBOOTED = 9, 11
_LIGHTS: Final = {
    0: CallState.ENDED,
    1: CallState.RINGING,
    2: CallState.RINGING,
    4: CallState.MISSED,
    5: CallState.ANSWERED,
    6: CallState.MISSED,
}
_QUIET_LIGHTS: Final = frozenset({7, 8})
_ENDED: Final = _calls(Start=CallState.ENDED, Pulse=CallState.ENDED, Stop=CallState.ENDED)
_HANG_UPS: Final = ("Hangup", "Hungup", "HangupPhone", "HungupPhone")
_SIGNS: Final = (
    "VideoMotion",
    "RtspSessionDisconnect",
    "TimeChange",
    "NTPAdjustTime",
    "KeepLightOn",
    "BackLightOn",
    "BackLightOff",
    "APConnect",
    "CallSnap",
    "AccessSnap",
    "RequestCallState",
)
_READERS: Final[Mapping[str, _Reader]] = {
    "Invite": _calls(Start=CallState.RINGING, Pulse=CallState.RINGING, Stop=CallState.ENDED),
    "CallNoAnswered": _calls(Start=CallState.RINGING, Pulse=CallState.MISSED, Stop=CallState.ENDED),
    "IgnoreInvite": _calls(Start=CallState.ANSWERED, Pulse=CallState.ANSWERED),
    # Its action is "?" in the document: whatever stands there, the call was dropped.
    "PassiveHungup": lambda source, _event, when: (call(source, bell_door(source), CallState.ENDED, when),),
    **dict.fromkeys(_HANG_UPS, _ENDED),
    "BackKeyLight": _light,
    "AccessControl": _access,
    "FingerPrintCheck": _finger,
    "SIPRegisterResult": _registered,
    "VideoBlind": _blinded,
    "AlarmLocal": _alarm,
    "ProfileAlarmTransmit": _alarm,
    **dict.fromkeys(_SIGNS, _alive),
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=True,
        door_sensor=False,
        heartbeat=False,
        dedupe="RecNo and UTC of openings",
        clock=Clock.UTC,
        unlock=Answer.NONE,
        trust=Trust.ANONYMOUS_BRIDGE,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=order,
)
