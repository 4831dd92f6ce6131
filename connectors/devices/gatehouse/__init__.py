"""The native family: our own schema under `gatehouse/v1/<site>/<device>/`."""

from connectors.devices.gatehouse.messages import FAMILY

__all__ = ["FAMILY"]
