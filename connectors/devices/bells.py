"""Doorbells that name no calls: a ring now opens a call at its door, one of the past is only a record."""

from typing import Final

from connectors.devices.common import Facts, Moment, moment
from connectors.devices.listening import Heard
from core.calls import STATES, CallState
from core.errors import BadMessage
from core.leaf import EventKey
from core.model import Door
from core.records import Kind
from core.reports import CallReport, Item

_KINDS: Final[dict[CallState, Kind]] = {state: kind for kind, state in STATES.items()}


def call(
    source: Heard, door: Door, state: CallState, when: Moment | None = None, *, key: EventKey | None = None
) -> Item:
    """Tell how far the call at this door has come; the log knows which call that is.

    History is recorded, once where it has a key, and names no call: so it can open none.
    """
    settled = when or moment(None, source.message)
    if settled.history:
        return source.event(_KINDS[state], Facts(door=door, key=key), settled)
    return CallReport(
        device=source.device.id,
        door=door.id,
        call="",
        received=source.message.received,
        live=True,
        boot="",
        seq=0,
        at=settled.at,
        state=state,
        told=settled.told,
        by_age=settled.by_age,
    )


def bell_door(source: Heard) -> Door:
    """Give the door that a station's bell is at: its only one, else the one numbered 1; raises BadMessage."""
    doors = source.estate.doors_of(source.device.id)
    door = doors[0] if len(doors) == 1 else source.estate.by_number.get((source.device.id, "1"))
    if door is None:
        raise BadMessage("unknown_door", "several doors, and none of them numbered 1")
    return door
