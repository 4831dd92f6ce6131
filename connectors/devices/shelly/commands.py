"""What a Shelly (Gen2 and later) is asked over JSON-RPC: one relay, one pulse that it times itself."""

import re
from typing import Final

from connectors.devices.ordering import alone, published, pulse_s, unlock_only, written
from connectors.devices.wiring import HOLDS, Wire, wired, wires
from core.commands import Command, Keys, Order
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# Below the topic of the device, so that its own rights cover its answers.
REPLIES: Final = "reply"
_RELAY: Final = re.compile(r"switch:(?P<id>\d{1,3})\Z", re.ASCII)
_MOST_S: Final = 600


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `Switch.Set` with `toggle_after`; the id of the request is the act's."""
    unlock_only(command, "A Shelly times a pulse; what lasts longer it would hold after we are gone.")
    topic = alone(device, estate)
    relay = _relay(door, estate)
    request = {
        "id": command.act,
        "src": f"{topic}/{REPLIES}",
        "method": "Switch.Set",
        "params": {
            "id": int(relay.name.removeprefix("switch:")),
            "on": relay.role != HOLDS,
            "toggle_after": pulse_s(command, _MOST_S),
        },
    }
    return published(f"{topic}/rpc", written(request), command, response=f"{topic}/{REPLIES}/rpc")


def _relay(door: Door, estate: Estate) -> Wire:
    found = [one for one in wires(door.number) if _RELAY.match(one.name)]
    if len(found) != 1 or found[0].role not in {"", HOLDS}:
        raise CommandImpossible(
            "no_relay", "The number of this door names no single relay, such as switch:0."
        )
    if len(wired(estate, door.device, found[0].name)) > 1:
        raise CommandImpossible("opens_more", "This relay releases other doors too.")
    return found[0]
