"""The way from an act to a device: its family's words, our keys, and one connection for each command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from connectors import devices
from connectors.mqtt.client import Broker
from connectors.mqtt.commanding import send
from connectors.mqtt.principals import Principal
from core.commands import Command, Keys, Order, Ready, Sent, Verb
from core.errors import BrokerUnreachable, CommandImpossible, StartRefused
from core.model import Device, Door, Estate
from operations.device_keys import DeviceKeys

_TURN: Final = "commands.lock"
# Stands for the number of a command that is not sent yet.
_SOME_NUMBER: Final = 1


class BrokerLine:
    """Sends as the command principal; safe between threads and processes of one data folder."""

    def __init__(self, account: Callable[[], Broker], data: Path) -> None:
        """Take how to find out where the broker is and who we are there; it is asked for each command."""
        self._account = account
        self._keys = DeviceKeys(data)
        self._turn = data / _TURN

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        """Write the one publication that carries a command, using nothing up; raises CommandImpossible."""

        def written(keys: Keys) -> Order:
            made = devices.order(device, door, command, keys, estate=estate)
            return replace(made, expires=command.expires, first=command.verb is Verb.UNLOCK)

        keys = _readable(self._keys.look, device)
        if not devices.FAMILIES[device.family].counts:
            return written(keys)
        tried = written(replace(keys, counter=_SOME_NUMBER))
        return replace(tried, anew=lambda: written(_readable(self._keys.take, device)))

    def send(self, order: Order, ready: Ready) -> Sent:
        """Publish it once, if it is `ready` in its turn; raises as `core.commands.Line` says."""
        try:
            broker = self._account()
        except StartRefused as error:
            raise BrokerUnreachable("nothing was sent: our account at the broker can't be read") from error
        principal = Principal(broker.username or "", broker.password or "")
        return send(broker, principal, order, turn=self._turn, ready=ready)


def _readable(keys: Callable[[Device], Keys], device: Device) -> Keys:
    try:
        return keys(device)
    except StartRefused as error:
        # Its words name a file, which is nothing for who stands at a door.
        raise CommandImpossible("no_key", "The keys of this device can't be read.") from error
