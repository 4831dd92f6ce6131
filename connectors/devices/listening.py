"""What families share whose topics are set on the device: who speaks, plain words, reports without boots."""

import json
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace

from connectors.devices.common import NO_FACTS, Facts, Moment, moment, retained_key, unmapped, vendor_event
from connectors.devices.family import Message
from connectors.masking import masked_word
from core.commands import Result
from core.doors import DoorFacets
from core.errors import BadMessage
from core.leaf import Draft
from core.model import Device, Door, Estate
from core.records import Kind
from core.reports import CommandReply, DoorReport, Item, StatusReport

MAX_PLAIN_BYTES: Final = 256
UNKNOWN: Final = DoorFacets()


class Heard(msgspec.Struct, frozen=True):
    """A message of a known device: what every reader needs."""

    message: Message
    device: Device
    estate: Estate

    def status(self, *, online: bool, when: Moment | None = None) -> StatusReport:
        """Report that the device is there or gone; what is history says nothing of now."""
        when = when or moment(None, self.message)
        return StatusReport(
            device=self.device.id,
            received=self.message.received,
            online=online,
            live=not when.history,
            told=when.told,
            by_age=when.by_age,
        )

    def report(
        self,
        door: Door,
        facets: DoorFacets,
        at: int | None = None,
        *,
        ages: bool = False,
        unknown: tuple[str, ...] = (),
    ) -> DoorReport:
        """Report what is told of a door; `at` is what the device's clock says (µs UTC), if it says anything.

        A state holds until it changes, unless it `ages`: then what is old is history, and no sign of life.
        Of the facets named `unknown` the device says that it does not know them.
        """
        message = self.message
        when = moment(at, message)
        return DoorReport(
            device=self.device.id,
            door=door.id,
            received=message.received,
            live=not (when.history if ages else message.retain),
            boot="",
            seq=0,
            at=when.at,
            facets=facets,
            unknown=unknown,
            told=at,
            by_age=ages and when.by_age,
        )

    def event(self, kind: Kind, facts: Facts = NO_FACTS, when: Moment | None = None) -> Draft:
        """Record an event, now where the device tells no time."""
        return vendor_event(self.message, self.device, kind, when or moment(None, self.message), facts=facts)

    def answer(self, result: Result, *, act: str = "", door: str = "", reason: str = "") -> tuple[Item, ...]:
        """Tell what the device answers to a command; a retained answer is one to a command of the past.

        `reason` is the device's own word: its numbers are masked.
        """
        if self.message.retain:
            return ()
        reply = CommandReply(
            device=self.device.id,
            received=self.message.received,
            result=result,
            act=act,
            door=door,
            reason=masked_word(reason),
        )
        return (reply,)

    def sole_door(self) -> Door:
        """Give the door of a device that can serve but one; raises BadMessage("unknown_door")."""
        doors = self.estate.doors_of(self.device.id)
        if len(doors) != 1:
            raise BadMessage("unknown_door", "not one door")
        return doors[0]


Reader: TypeAlias = Callable[[Heard], tuple[Item, ...]]


def heard(message: Message, devices: tuple[Device, ...], estate: Estate, read: Reader) -> tuple[Item, ...]:
    """Let a device's message be read; what can't be understood is an item that says so.

    Where the estate has two devices under one topic, nobody can say who spoke, so it is no device's word.
    """
    if len(devices) != 1:
        return (unmapped(message, None, "device_mismatch"),)
    try:
        return read(Heard(message, devices[0], estate))
    except BadMessage as error:
        return (unread(message, devices[0], error),)


def apart(
    source: Heard, told: Iterable[tuple[str, object]], read: Callable[[str, object], tuple[Item, ...]]
) -> tuple[Item, ...]:
    """Read each part of a message by itself: one that makes no sense hides no other."""
    items: list[Item] = []
    for name, value in told:
        try:
            items.extend(read(name, value))
        except BadMessage as error:
            alone = replace(source.message, payload=json.dumps({name: value}).encode())
            items.append(unread(alone, source.device, error))
    return tuple(items)


def unread(message: Message, device: Device, error: BadMessage) -> Item:
    """Record what could not be understood; what is retained counts once, however often it is delivered."""
    return unmapped(message, device, error.reason, retained_key(message) if message.retain else None)


def plain(payload: bytes) -> str:
    """Read a payload that is one word; raises BadMessage."""
    if len(payload) > MAX_PLAIN_BYTES:
        raise BadMessage("too_large")
    try:
        text = payload.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise BadMessage("not_utf8", error.reason) from error
    if "\0" in text:
        raise BadMessage("nul")
    if not text.isprintable():
        raise BadMessage("wrong_shape", "no plain word")
    return text


def online_words(words: dict[str, bool]) -> Reader:
    """Make the reader of an availability topic that says one of these words."""

    def read(source: Heard) -> tuple[Item, ...]:
        if not source.message.payload:
            return ()
        online = words.get(plain(source.message.payload))
        if online is None:
            raise BadMessage("wrong_shape", "no word of presence")
        return (source.status(online=online),)

    return read


def topics(estate: Estate, family: str) -> tuple[Device, ...]:
    """Give the devices of a family that have a topic to listen to."""
    return tuple(one for one in estate.devices.values() if one.family == family and one.topic)
