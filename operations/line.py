"""The way from an act to a device: its family's words, our keys, and one connection for each command."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from connectors import devices
from connectors.mqtt.client import Broker
from connectors.mqtt.commanding import send
from connectors.mqtt.principals import Principal
from core.commands import Command, Delivery, Order
from core.errors import BrokerUnreachable, CommandImpossible, StartRefused
from core.model import Device, Door, Estate
from operations.device_keys import DeviceKeys

_TURN: Final = "commands.lock"


class BrokerLine:
    """Sends as the command principal; safe between threads and processes of one data folder."""

    def __init__(self, account: Callable[[], Broker], data: Path) -> None:
        """Take how to find out where the broker is and who we are there; it is asked for each command."""
        self._account = account
        self._keys = DeviceKeys(data)
        self._turn = data / _TURN

    def order(self, device: Device, door: Door, command: Command, *, estate: Estate) -> Order:
        """Write the one publication that carries a command; raises CommandImpossible."""
        try:
            keys = self._keys.take(device, counted=devices.FAMILIES[device.family].counts)
        except StartRefused as error:
            # Its words name a file, which is nothing for who stands at a door.
            raise CommandImpossible("no_key", "The keys of this device can't be read.") from error
        return devices.order(device, door, command, keys, estate=estate)

    def send(self, order: Order) -> Delivery:
        """Publish it once; raises BrokerUnreachable, OutcomeUnknown."""
        try:
            broker = self._account()
        except StartRefused as error:
            raise BrokerUnreachable("nothing was sent: our account at the broker can't be read") from error
        principal = Principal(broker.username or "", broker.password or "")
        return send(broker, principal, order, turn=self._turn).delivery
