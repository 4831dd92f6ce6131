"""Zigbee locks and contacts behind a Zigbee2MQTT gateway."""

from connectors.devices.zigbee2mqtt.messages import FAMILY

__all__ = ["FAMILY"]
