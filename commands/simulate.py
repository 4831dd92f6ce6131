"""`gatehouse.py simulate`, started by the demo: life at every device, through the broker like others."""

import signal
import threading
from argparse import Namespace

from commands import logs, parent
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import load_device_principals
from connectors.simulator.simulation import run
from settings import Settings
from store.estate import load_estate
from store.opening import open_database


def main(_arguments: Namespace, settings: Settings) -> int:
    """Simulate until told to stop."""
    parent.follow()
    logs.set_up("simulator")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    db = open_database(settings.data)
    estate = load_estate(db)
    db.close()
    credentials = load_device_principals(settings.data / "broker", estate.devices.values())
    run((ADDRESS, settings.mqtt_port), credentials, estate, stop)
    return 0
