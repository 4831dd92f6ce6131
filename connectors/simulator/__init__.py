"""Native devices that speak real MQTT through the broker like anybody else's."""

from connectors.simulator.estate import DEMO_ACCOUNTS, DEMO_ESTATE, DEMO_POLICY, PEOPLE
from connectors.simulator.simulation import run

__all__ = ["DEMO_ACCOUNTS", "DEMO_ESTATE", "DEMO_POLICY", "PEOPLE", "run"]
