"""Nuki locks and openers, by their own MQTT API and by Nuki Hub."""

from connectors.devices.nuki.messages import FAMILY

__all__ = ["FAMILY"]
