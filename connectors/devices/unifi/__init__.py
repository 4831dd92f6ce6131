"""UniFi Access hubs behind homebridge-unifi-access."""

from connectors.devices.unifi.messages import FAMILY

__all__ = ["FAMILY"]
