"""Axis cameras, intercoms and door controllers that publish their events over MQTT."""

from connectors.devices.axis.messages import FAMILY

__all__ = ["FAMILY"]
