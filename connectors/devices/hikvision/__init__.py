"""Hikvision door stations behind the add-on for Home Assistant."""

from connectors.devices.hikvision.messages import FAMILY

__all__ = ["FAMILY"]
