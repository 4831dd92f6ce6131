"""Tasmota relays, switches and buttons as door openers, contacts and bells."""

from connectors.devices.tasmota.messages import FAMILY

__all__ = ["FAMILY"]
