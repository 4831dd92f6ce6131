"""UHPPOTE controllers behind the uhppoted-mqtt gateway."""

from connectors.devices.uhppoted.messages import FAMILY

__all__ = ["FAMILY"]
