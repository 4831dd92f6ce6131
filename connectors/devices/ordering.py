"""What the orders of all families share: where they may go, how long they live, why there is none."""

import json
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from connectors.devices.rights import grantable
from core.commands import LIVES_US, Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate
from core.times import SECOND_US

# What lies between locking a door and keeping it locked is not the same in any two families.
_NO_MODES: Final = {
    Verb.LOCK_DOWN: ("takes_no_commands", "This device has no command that only locks the door."),
    Verb.RESTORE: ("nothing_to_undo", "This device keeps no mode that could be put back."),
}
Put: TypeAlias = Callable[[Device, Door, Command, Keys, Estate], Order]
# A lower-case ULID, which is at most 7zzz…, and behind it the number of one door of several.
_ACT: Final = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}(-[1-9][0-9]{0,3})?\Z", re.ASCII)


def refusing(text: str) -> Put:
    """Make the order of a family that can't be asked for anything."""

    def order(_device: Device, _door: Door, _command: Command, _keys: Keys, _estate: Estate) -> Order:
        raise CommandImpossible("takes_no_commands", text)

    return order


def published(topic: str, payload: bytes, command: Command, *, response: str = "") -> Order:
    """Make the publication, gone at the broker with the command; `response` is where the answer comes."""
    if topic.startswith("/") or not all(grantable(one) for one in (topic, response) if one):
        raise CommandImpossible("unsafe_topic", "The topic of this command is no plain one.")
    return Order(topic=topic, payload=payload, expiry_s=lives_s(command), response=response)


def lives_s(command: Command) -> int:
    """Give the whole seconds for which a command is good; raises CommandImpossible where there are none."""
    lives = min(command.expires - command.issued, LIVES_US) // SECOND_US
    if lives < 1:
        raise CommandImpossible("expired", "The command was void before it could be sent.")
    return lives


def written(value: object) -> bytes:
    """Write JSON without a space, in the order of its names."""
    return json.dumps(value, separators=(",", ":")).encode()


def need(command: Command, text: str, *verbs: Verb) -> None:
    """Refuse all but an unlock and these; `text` says why the device holds no door until a time."""
    if command.verb in {Verb.UNLOCK, *verbs}:
        return
    if command.verb is Verb.HOLD:
        raise CommandImpossible("never_ends_by_itself", text)
    reason, why = _NO_MODES[command.verb]
    raise CommandImpossible(reason, why)


def alone(device: Device, estate: Estate) -> str:
    """Give the topic of a device that has it for itself: on a shared one all would obey."""
    topic = grantable_topic(device)
    if len(estate.by_topic.get((device.family, topic), ())) > 1:
        raise CommandImpossible("opens_more", "Several devices share this topic, and all of them would open.")
    return topic


def grantable_topic(device: Device) -> str:
    """Give the topic of a device, which may be shared, if a broker can grant it alone."""
    if not grantable(device.topic):
        raise CommandImpossible("unsafe_topic", "This device has no topic that could be commanded.")
    return device.topic


def pulse_s(command: Command, most: int) -> int:
    """Give how many seconds the device shall release, as it can time `most`."""
    if not 1 <= command.seconds <= most:
        raise CommandImpossible("unfit_length", f"This device can release a door for 1 to {most} seconds.")
    return command.seconds


def act_of(told: object) -> str:
    """Read the id of an act of ours; "" is somebody else's request, or damage."""
    return told if isinstance(told, str) and _ACT.match(told) else ""
