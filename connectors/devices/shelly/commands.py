"""What a Shelly (Gen2 and later) is asked over JSON-RPC: one relay, which it puts back by itself."""

import re
from typing import Final

from connectors.devices.ordering import alone, published, pulse_s, written
from connectors.devices.wiring import HOLDS, Wire, wired, wires
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate
from core.times import SECOND_US

# Below the topic of the device, so that its own rights cover its answers.
REPLIES: Final = "reply"
_RELAY: Final = re.compile(r"switch:(?P<id>\d{1,3})\Z", re.ASCII)
_MOST_S: Final = 600
# A hold is a long pulse that the device times: as long as ours may be.
_MOST_HOLD_S: Final = 12 * 3600


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `Switch.Set`, with `toggle_after` where it lets go; the id of the request is the act's."""
    topic = alone(device, estate)
    relay = _relay(door, estate)
    request = {
        "id": command.act,
        "src": f"{topic}/{REPLIES}",
        "method": "Switch.Set",
        "params": {
            "id": int(relay.name.removeprefix("switch:")),
            **_moved(command, rests=relay.role == HOLDS),
        },
    }
    return published(f"{topic}/rpc", written(request), command, response=f"{topic}/{REPLIES}/rpc")


def _moved(command: Command, *, rests: bool) -> dict[str, object]:
    """Say where the relay goes; a lockdown, and what ends it or a hold, is how it rests."""
    if command.verb is Verb.UNLOCK:
        return {"on": not rests, "toggle_after": pulse_s(command, _MOST_S)}
    if command.verb is Verb.HOLD:
        held = (command.until - command.issued) // SECOND_US
        if not 1 <= held <= _MOST_HOLD_S:
            raise CommandImpossible("unfit_length", "This device can hold a door for at most 12 hours.")
        return {"on": not rests, "toggle_after": held}
    return {"on": rests}


def _relay(door: Door, estate: Estate) -> Wire:
    found = [one for one in wires(door.number) if _RELAY.match(one.name)]
    if len(found) != 1 or found[0].role not in {"", HOLDS}:
        raise CommandImpossible(
            "no_relay", "The number of this door names no single relay, such as switch:0."
        )
    if len(wired(estate, door.device, found[0].name)) > 1:
        raise CommandImpossible("opens_more", "This relay releases other doors too.")
    return found[0]
