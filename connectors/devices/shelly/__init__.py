"""Shelly relays and inputs of the second generation and later, as door openers, contacts and bells."""

from connectors.devices.shelly.messages import FAMILY

__all__ = ["FAMILY"]
