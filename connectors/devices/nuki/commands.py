"""What a Nuki is asked, by its own MQTT API or by Nuki Hub."""

import re
from collections.abc import Mapping
from typing import Final

from connectors.devices.ordering import alone, need, published
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# Nuki's own API has a fixed root; a hub may be anywhere else.
_OWN: Final = re.compile(r"nuki/[0-9A-Fa-f]{6,10}\Z", re.ASCII)
_OPENER: Final = "opener"
# Lock'n'go with unlatch: opens the latch, and locks again by itself.
_OWN_API: Final = ("lockAction", b"5")
_HUBS: Final[Mapping[bool, tuple[str, bytes]]] = {
    False: ("lock/action", b"lockNgoUnlatch"),
    True: ("lock/action", b"electricStrikeActuation"),
}
_LOCK: Final = {True: ("lockAction", b"2"), False: ("lock/action", b"lock")}


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write the one action that opens and ends by itself, or the one that locks."""
    need(command, "A Nuki opens and locks again; it holds nothing until a time.", Verb.LOCK_DOWN)
    topic = alone(device, estate)
    if estate.doors_of(device.id) != (door,):
        raise CommandImpossible("opens_more", "A Nuki has one bolt, and the estate has several doors for it.")
    own, opener = bool(_OWN.match(topic)), topic.endswith(_OPENER)
    if command.verb is Verb.LOCK_DOWN:
        if opener and not own:
            raise CommandImpossible("takes_no_commands", "An opener moves a strike and has no bolt to lock.")
        path, action = _LOCK[own]
    else:
        path, action = _OWN_API if own else _HUBS[opener]
    return published(f"{topic}/{path}", action, command)
