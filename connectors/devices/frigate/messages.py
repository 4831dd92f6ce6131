"""What Frigate publishes to items of the log: pure, and total over all bytes."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from connectors.devices.common import (
    Facts,
    Moment,
    concealing,
    fields,
    moment,
    retained_key,
    unclaimed,
    unmapped,
)
from connectors.devices.family import Answer, Capabilities, Clock, Family, Message, Trust, never_asked
from connectors.devices.frigate import words
from connectors.devices.listening import Heard, Reader, heard, online_words, plain, topics
from connectors.devices.local_time import epoch_us
from connectors.devices.ordering import refusing
from connectors.masking import masked_word
from connectors.payloads import read_object, shape
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import Item
from core.times import plausible_at

NAME: Final = "frigate"
# Where a recorder says that it is there whose prefix is as it came.
DISCOVERY: Final = "frigate/available"
# The names that Frigate gives to faces, and the plates it reads.
_SECRETS: Final = fields("name", "sub_label", "plate", "recognized_license_plate")
# The role whose process looks at the picture: without it, nothing at the door is seen.
_SEES: Final = "detect"
_CAMERA_PATHS: Final = ("status/+", "recordings/state")
_RECORDER_PATHS: Final = ("available", "events", "reviews", *(f"+/{path}" for path in _CAMERA_PATHS))
# Of no use at a door, and with the names that Frigate gives to faces and plates.
_LEFT_ALONE: Final = frozenset({"tracked_object_update", "triggers", "stats", "camera_activity"})


def parse(message: Message, estate: Estate) -> tuple[Item, ...] | None:
    """Read one message of a recorder, or of one of its cameras that is a device of its own."""
    devices, path = estate.under(NAME, message.topic)
    if not devices:
        return None
    if message.retain and not message.payload:
        return ()
    return heard(message, devices, estate, lambda source: _read(source, path))


def meet(message: Message, _estate: Estate) -> tuple[Item, ...] | None:
    """Take the word of a recorder whose prefix is as it came."""
    if message.topic != DISCOVERY:
        return None
    return (unclaimed(message, NAME, NAME, topic=NAME),) if message.payload else ()


def filters(estate: Estate) -> tuple[str, ...]:
    """Listen to each recorder; its filters hear its cameras too, which would else be heard twice."""
    prefixes = {device.topic for device in topics(estate, NAME)}
    ours = (
        f"{prefix}/{path}"
        for prefix in sorted(prefixes)
        if prefix.rpartition("/")[0] not in prefixes
        for path in (*_RECORDER_PATHS, *_CAMERA_PATHS)
    )
    return tuple(dict.fromkeys((*ours, DISCOVERY)))


def _read(source: Heard, path: str) -> tuple[Item, ...]:
    if path in _READERS:
        return _READERS[path](source)
    if path in _LEFT_ALONE:
        return ()
    match path.split("/"):
        case ["status", role]:
            return _camera_itself(source, role)
        case ["recordings", "state"]:
            return _recording(source, _own_name(source.device))
        case [camera, "status", role]:
            return _camera(source, camera, role)
        case [camera, "recordings", "state"]:
            return _recording(source, camera)
        case _:
            raise BadMessage("unknown_topic")


def _event(source: Heard) -> tuple[Item, ...]:
    event = shape(read_object(source.message.payload), words.Event)
    if source.message.retain:
        return _of_the_past(source)
    seen = event.after
    if event.type != "new" or seen.false_positive:
        return ()
    # What was seen began earlier, but the frame is of now.
    when = replace(
        moment(epoch_us(seen.frame_time), source.message),
        at=plausible_at(epoch_us(seen.start_time), source.message.received),
    )
    refs = {"camera": seen.camera, "event": seen.id}
    return tuple(
        source.event(Kind.CAMERA_DETECTED, _facts(door, refs, seen.label), when)
        for door in _watched(source, seen.camera)
    )


def _review(source: Heard) -> tuple[Item, ...]:
    review = shape(read_object(source.message.payload), words.Review)
    if source.message.retain:
        return _of_the_past(source)
    item = review.after
    if item.severity != "alert":
        return ()
    refs = {"camera": item.camera, "review": item.id, **_first(item.data)}
    told = plausible_at(epoch_us(item.start_time), source.message.received)
    # An old review may become an alert now; only a new one's start says when it was published.
    began = epoch_us(item.start_time) if review.type == "new" else None
    # How long it takes to raise an alert is no matter of the clock.
    when = Moment(told, moment(began, source.message).history)
    return tuple(
        source.event(Kind.CAMERA_ALERTED, _facts(door, refs, ", ".join(item.data.objects)), when)
        for door in _watched(source, item.camera)
    )


def _first(seen: words.Seen) -> dict[str, str]:
    return {"event": seen.detections[0]} if seen.detections else {}


def _facts(door: Door, refs: Mapping[str, str], what: str) -> Facts:
    """Tell it once at each door, however often it is said."""
    name = refs.get("review") or refs["event"]
    return Facts(
        door=door, refs=refs, private={"text": masked_word(what)}, key=EventKey(f"{name}/{door.id}", 1)
    )


def _of_the_past(source: Heard) -> tuple[Item, ...]:
    return (unmapped(source.message, source.device, "wrong_shape", retained_key(source.message)),)


def _watched(source: Heard, camera: str) -> tuple[Door, ...]:
    """Give the doors of the recorder's site that this camera watches."""
    site = source.device.site
    return tuple(
        door
        for door in source.estate.doors.values()
        if camera and door.camera == camera and door.site == site
    )


def _own_name(device: Device) -> str:
    return device.topic.rpartition("/")[2]


def _health(source: Heard) -> str:
    word = plain(source.message.payload)
    if word not in _HEALTH:
        raise BadMessage("wrong_shape", word)
    return word


def _camera_itself(source: Heard, role: str) -> tuple[Item, ...]:
    """Take the health of a camera that is a device: whether it sees is whether it is there."""
    if role == _SEES:
        return (source.status(online=_HEALTH[_health(source)]),)
    return _camera(source, _own_name(source.device), role)


def _camera(source: Heard, camera: str, role: str) -> tuple[Item, ...]:
    word = _health(source)
    return () if _HEALTH[word] else _blind(source, camera, f"{role} {word}")


def _recording(source: Heard, camera: str) -> tuple[Item, ...]:
    word = plain(source.message.payload)
    if word not in _SWITCH:
        raise BadMessage("wrong_shape", word)
    return () if _SWITCH[word] else _blind(source, camera, "recordings off")


def _blind(source: Heard, camera: str, what: str) -> tuple[Item, ...]:
    """Record at each door that its camera no longer serves; what is retained was recorded before."""
    if source.message.retain:
        return ()
    private = {"text": masked_word(f"{camera}: {what}")}
    return tuple(
        source.event(
            Kind.DEVICE_FAULT, Facts(door=door, reason="other", refs={"camera": camera}, private=private)
        )
        for door in _watched(source, camera)
    )


_HEALTH: Final[Mapping[str, bool]] = {"online": True, "offline": False, "disabled": False}
_SWITCH: Final[Mapping[str, bool]] = {"ON": True, "OFF": False}
_READERS: Final[Mapping[str, Reader]] = {
    "available": online_words({"online": True, "stopped": False, "offline": False}),
    "events": _event,
    "reviews": _review,
}
FAMILY: Final = Family(
    name=NAME,
    capabilities=Capabilities(
        call=False,
        door_sensor=False,
        heartbeat=False,
        dedupe="event id or review id at a door",
        clock=Clock.UTC,
        unlock=Answer.NONE,
        trust=Trust.OWN_ACL,
    ),
    filters=filters,
    parse=concealing(parse, _SECRETS),
    meet=concealing(meet, _SECRETS),
    secret=_SECRETS,
    backfill_request=never_asked,
    order=refusing("Frigate watches doors and opens none."),
)
