"""esp-rfid readers and relays."""

from connectors.devices.esprfid.messages import FAMILY

__all__ = ["FAMILY"]
