"""DoorBird stations behind mqtt-bridge-doorbird."""

from connectors.devices.doorbird.messages import FAMILY

__all__ = ["FAMILY"]
