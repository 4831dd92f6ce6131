"""What lies in Frigate's payloads; only the fields that are read, and no name of a person among them."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

# An id enters the leaf, which is kept for ever.
Id: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,12}\.[0-9]{1,9}-[0-9a-z]{1,16}\Z")]
Word: TypeAlias = Annotated[str, Meta(max_length=64)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=10**11)]
Step: TypeAlias = Literal["new", "update", "end"]
_MANY = 256


class Object(msgspec.Struct, frozen=True):
    """A tracked object; `frame_time` is the picture in which it was seen last."""

    id: Id
    camera: Word
    label: Word
    start_time: Seconds
    frame_time: Seconds
    false_positive: bool


class Event(msgspec.Struct, frozen=True):
    """A message of `events`."""

    type: Step
    after: Object


class Seen(msgspec.Struct, frozen=True):
    """What a review is made of."""

    detections: Annotated[tuple[Id, ...], Meta(max_length=_MANY)] = ()
    objects: Annotated[tuple[Word, ...], Meta(max_length=_MANY)] = ()


class Item(msgspec.Struct, frozen=True):
    """A stretch of time at a camera that somebody should look at."""

    id: Id
    camera: Word
    start_time: Seconds
    severity: Literal["alert", "detection"]
    data: Seen


class Review(msgspec.Struct, frozen=True):
    """A message of `reviews`."""

    type: Step
    after: Item
