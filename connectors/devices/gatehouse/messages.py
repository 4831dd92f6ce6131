"""Native messages to items of the log: pure, and total over all bytes.

Who speaks is told by the topic, which the broker's ACL protects; what a payload says of its sender may
only agree.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec.structs import replace

from connectors.devices.common import concealing, fields, forged, retained_key, told_us, unclaimed
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust
from connectors.devices.gatehouse import words
from connectors.devices.gatehouse.commands import order
from connectors.devices.gatehouse.drafts import event_draft, salvaged_key, unmapped
from connectors.devices.local_time import MAX_CHARACTERS
from connectors.devices.rights import Rights
from connectors.masking import masked_word, printable
from connectors.payloads import read_object, shape
from core.doors import FACETS, Alarm, DoorFacets, Lock, Mode, Position
from core.errors import BadMessage
from core.leaf import Draft
from core.model import Device, Door, Estate
from core.reports import BackfillReport, CallReport, CommandReply, DoorReport, Item, StatusReport
from core.times import plausible_at

ROOT: Final = "gatehouse/v1"
_TOPIC: Final = re.compile(r"gatehouse/v1/(?P<site>[^/]*)/(?P<device>[^/]*)/(?P<path>.*)\Z", re.DOTALL)
# What a device must mask itself, and who a person is.
_SECRETS: Final = fields("masked", "person")
_DOOR_STATE: Final = re.compile(r"door/(?P<number>[^/]+)/state\Z")
_CALL_STATE: Final = re.compile(r"call/[^/]+/state\Z")
_REPLY: Final = re.compile(r"reply/(?P<act>[^/]+)\Z")


@dataclass(frozen=True, slots=True)
class _From:
    """A message of a known device: what every reader needs."""

    message: Message
    device: Device
    estate: Estate

    def door(self, number: str) -> Door:
        door = self.estate.by_number.get((self.device.id, number))
        if door is None:
            raise BadMessage("unknown_door")
        return door


_Facet = TypeVar("_Facet", Position, Lock, Mode, Alarm)
_Reader: TypeAlias = Callable[[_From, Mapping[str, object]], tuple[Item, ...]]


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message; what can't be understood or believed is an item that says so."""
    parts = _TOPIC.match(message.topic)
    if parts is None:
        return None
    path, device = parts["path"], estate.devices.get(parts["device"])
    if _cleared(message, path):
        return ()
    if device is None:
        return (unclaimed(message, FAMILY.name, f"{parts['site']}/{parts['device']}"),)
    if device.family != FAMILY.name or parts["site"] != device.site:
        reason = "device_mismatch" if device.family != FAMILY.name else "site_mismatch"
        return (forged(message, device, reason),)
    if message.retain and (path in _NEVER_RETAINED or _REPLY.match(path)):
        return (unmapped(message, device, "wrong_shape", retained_key(message)),)
    return _read(_From(message, device, estate), path)


def backfill_request(device: Device, boot: str, first: int, last: int) -> tuple[str, bytes] | None:
    """Ask for events first..last of a boot; `last` = 2^53-1 means to the end."""
    topic = f"{ROOT}/{device.site}/{device.id}/cmd/backfill"
    return topic, msgspec.json.encode({"boot": boot, "from": first, "to": last})


def _cleared(message: Message, path: str) -> bool:
    """Nothing at all on a retained topic is how MQTT takes a state away, and says nothing by itself."""
    return not message.payload and path != "event"


def _read(source: _From, path: str) -> tuple[Item, ...]:
    value: Mapping[str, object] = {}
    try:
        reader = _reader(path)
        value = read_object(source.message.payload)
        stranger = _stranger(value, source.device)
        return (forged(source.message, source.device, stranger),) if stranger else reader(source, value)
    except BadMessage as error:
        key = salvaged_key(value) if path == "event" else None
        return (unmapped(source.message, source.device, error.reason, key),)


def _reader(path: str) -> _Reader:
    if path in _READERS:
        return _READERS[path]
    door = _DOOR_STATE.match(path)
    if door:
        return lambda source, value: _door(source, value, door["number"])
    if _CALL_STATE.match(path):
        return _call
    reply = _REPLY.match(path)
    if reply:
        return lambda source, value: _reply(source, value, reply["act"])
    raise BadMessage("unknown_topic")


def _stranger(value: Mapping[str, object], device: Device) -> str | None:
    """Say which identity in a payload contradicts the topic, if one does."""
    if value.get("device", device.id) != device.id:
        return "device_mismatch"
    if value.get("site", device.site) != device.site:
        return "site_mismatch"
    return None


def _event(source: _From, value: Mapping[str, object]) -> tuple[Item, ...]:
    return (_read_event(source, value),)


def _read_event(source: _From, value: Mapping[str, object], *, backfilled: bool = False) -> Draft:
    event = shape(value, words.Event)
    door = None if event.door is None else source.door(event.door)
    return event_draft(source.message, source.device, event, door, backfilled=backfilled)


def _status(source: _From, value: Mapping[str, object]) -> tuple[Item, ...]:
    status = shape(value, words.Status)
    report = StatusReport(
        device=source.device.id,
        received=source.message.received,
        online=status.online,
        live=not source.message.retain,
        boot=status.boot,
        seq=status.seq,
        oldest=(status.oldest.boot, status.oldest.seq) if status.oldest else None,
        firmware=None if status.fw is None else printable(status.fw, words.MAX_WORD),
        told=_clock(status.ts),
    )
    return (report,)


def _clock(told: object) -> int | None:
    """Read what a status tells of the device's clock; whatever that says, the device is there."""
    try:
        return told_us(told) if isinstance(told, str) and len(told) <= MAX_CHARACTERS else None
    except BadMessage:
        return None


def _door(source: _From, value: Mapping[str, object], number: str) -> tuple[Item, ...]:
    told = shape(value, words.DoorWords)
    facets = _facets(told)
    at = told_us(told.ts)
    report = DoorReport(
        device=source.device.id,
        door=source.door(number).id,
        received=source.message.received,
        live=not source.message.retain,
        boot=told.boot,
        seq=told.seq,
        at=plausible_at(at, source.message.received),
        told=at,
        facets=facets,
        unknown=tuple(one for one in FACETS if getattr(told, one) and getattr(facets, one) == "unknown"),
    )
    return (report,)


def _facets(told: words.DoorWords) -> DoorFacets:
    return DoorFacets(
        _known(Position, told.position),
        _known(Lock, told.lock),
        _known(Mode, told.mode),
        _known(Alarm, told.alarm),
    )


def _known(facet: type[_Facet], word: str) -> _Facet:
    return facet(word) if word in facet.__members__.values() else facet("unknown")


def _call(source: _From, value: Mapping[str, object]) -> tuple[Item, ...]:
    told = shape(value, words.CallWords)
    at = told_us(told.ts)
    report = CallReport(
        device=source.device.id,
        door=source.door(told.door).id,
        call=told.call,
        received=source.message.received,
        live=not source.message.retain,
        boot=told.boot,
        seq=told.seq,
        at=plausible_at(at, source.message.received),
        told=at,
        state=told.state,
    )
    return (report,)


def _reply(source: _From, value: Mapping[str, object], act: str) -> tuple[Item, ...]:
    told = shape(value, words.Reply)
    if told.id != act:
        raise BadMessage("wrong_shape", "an answer to another act than its topic names")
    report = CommandReply(
        device=source.device.id,
        received=source.message.received,
        result=told.result,
        act=act,
        reason=masked_word(told.reason),
        told=_clock(told.ts),
    )
    return (report,)


def _backfill(source: _From, value: Mapping[str, object]) -> tuple[Item, ...]:
    page = shape(value, words.Page)
    if any(first > last for first, last in page.lost):
        raise BadMessage("wrong_shape", "a range that ends before it begins")
    report = BackfillReport(
        device=source.device.id,
        received=source.message.received,
        boot=page.boot,
        first=page.first,
        last=page.last,
        events=tuple(_replayed(source, event) for event in page.events),
        lost=tuple(page.lost),
        more=page.more,
        next_boot=page.next_boot,
    )
    return (report,)


def _replayed(source: _From, event: object) -> Draft:
    """Read one event of a page by itself; one that can't be read keeps its number and harms no other."""
    value = event if isinstance(event, dict) else {}
    stranger = _stranger(value, source.device)
    try:
        if stranger is None:
            return _read_event(source, value, backfilled=True)
    except BadMessage as error:
        alone = replace(source.message, payload=json.dumps(event).encode())
        return unmapped(alone, source.device, error.reason, salvaged_key(value))
    return forged(replace(source.message, payload=json.dumps(event).encode()), source.device, stranger)


_READERS: Final[Mapping[str, _Reader]] = {"event": _event, "status": _status, "backfill/data": _backfill}
# Pictures of the past that each new subscriber would get again: ghost rings, and gaps closed by old answers;
# nor is an answer to a command.
_NEVER_RETAINED: Final = frozenset({"event", "backfill/data"})
_FILTERS: Final = tuple(
    f"{ROOT}/+/+/{path}"
    for path in ("status", "event", "door/+/state", "call/+/state", "backfill/data", "reply/+")
)
_EVERYBODY: Final = f"{ROOT}/+/+/"


def _own(device: Device) -> tuple[str, ...]:
    """Give a device the words of its own subtree, and its own ears; none of its commands are its to send."""
    subtree = f"{ROOT}/{device.site}/{device.id}/"
    said = (one.replace(_EVERYBODY, subtree) for one in _FILTERS)
    return (*(f"write {one}" for one in said), f"read {subtree}cmd/#")


FAMILY: Final = Family(
    name="gatehouse",
    capabilities=Capabilities(
        call=True,
        door_sensor=True,
        heartbeat=True,
        dedupe="boot and seq",
        clock=Clock.UTC,
        unlock=Answer.ACK,
        trust=Trust.OWN_ACL,
    ),
    filters=lambda _estate: _FILTERS,
    parse=concealing(parse, _SECRETS),
    secret=_SECRETS,
    backfill_request=backfill_request,
    order=order,
    rights=Rights(
        own=_own,
        ask=(f"{_EVERYBODY}cmd/backfill",),
        command=(f"{_EVERYBODY}cmd/+",),
    ),
)
