"""Entities that speak as Home Assistant's MQTT integration understands them, and their discovery."""

from connectors.devices.homeassistant.messages import FAMILY

__all__ = ["FAMILY"]
