"""Frigate, a recorder that recognises what its cameras see."""

from connectors.devices.frigate.messages import FAMILY

__all__ = ["FAMILY"]
