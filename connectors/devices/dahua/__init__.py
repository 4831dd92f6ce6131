"""Dahua door stations (VTO) behind DahuaVTO2MQTT."""

from connectors.devices.dahua.messages import FAMILY

__all__ = ["FAMILY"]
