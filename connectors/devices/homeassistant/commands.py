"""What a lock that speaks as Home Assistant's MQTT integration understands it is asked."""

from typing import Final

from connectors.devices.homeassistant.bindings import Role, bindings
from connectors.devices.ordering import need, published
from core.commands import Command, Keys, Order, Verb
from core.errors import CommandImpossible
from core.model import Device, Door, Estate

# `payload_unlock` and `payload_lock` unless a config says otherwise.
_PAYLOADS: Final = {Verb.UNLOCK: b"UNLOCK", Verb.LOCK_DOWN: b"LOCK"}
_STATES: Final = frozenset({Role.LOCK, Role.UNLOCKED})


def order(device: Device, door: Door, command: Command, _keys: Keys, estate: Estate) -> Order:
    """Write `UNLOCK` or `LOCK` to the topic that the number names as the door's `-command`."""
    need(command, "Such a lock keeps what it is told until somebody tells it otherwise.", Verb.LOCK_DOWN)
    listed = bindings(door.number)
    found = [one.path for one in listed if one.role is Role.COMMAND and one.path and not one.field]
    if len(found) != 1:
        raise CommandImpossible(
            "no_relay", "The number of this door names no command topic, such as lock:set-command."
        )
    if not any(one.role in _STATES for one in listed):
        raise CommandImpossible("state_untold", "No entity of this door tells the state of its lock.")
    topic = f"{device.topic}/{found[0]}"
    users = [one for one in estate.doors.values() if topic in _commands(one, estate)]
    if len(users) > 1:
        raise CommandImpossible("opens_more", "Other doors have the same command topic.")
    return published(topic, _PAYLOADS[command.verb], command)


def _commands(door: Door, estate: Estate) -> tuple[str, ...]:
    device = estate.devices.get(door.device)
    if device is None or device.family != "homeassistant":
        return ()
    return tuple(f"{device.topic}/{one.path}" for one in bindings(door.number) if one.role is Role.COMMAND)
