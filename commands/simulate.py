"""`gatehouse.py simulate`, started by the demo: life at every device, through the broker like others."""

import json
import signal
import threading
from argparse import Namespace
from pathlib import Path
from typing import Final

from commands import logs, parent
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import load_device_principals
from connectors.simulator.simulation import NATIVE, PROVED, Flash, run
from operations.device_keys import DeviceKeys
from settings import Settings
from store.estate import load_estate
from store.opening import open_database

# How the devices of a history ended, for those that go on from it.
DEVICES_FILE: Final = "demo-devices.json"


def main(arguments: Namespace, settings: Settings) -> int:
    """Simulate until told to stop; nothing happens by itself to the devices in `arguments.still`."""
    parent.follow()
    logs.set_up("simulator")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    db = open_database(settings.data)
    estate = load_estate(db)
    db.close()
    credentials = load_device_principals(settings.data / "broker", estate.devices.values())
    own = DeviceKeys(settings.data)
    keys = {one.id: own.believed(one.id) for one in estate.devices.values() if one.family == NATIVE}
    known = {one.id: own.known(one) for one in estate.devices.values() if one.family == PROVED}
    flash = Flash(boots=_remembered(settings.data / DEVICES_FILE), keys=keys, known=known)
    run((ADDRESS, settings.mqtt_port), credentials, estate, stop, flash=flash, still=arguments.still)
    return 0


def _remembered(file: Path) -> dict[str, tuple[str, int]]:
    """Read the file once: a device that is started again has forgotten what it has made since."""
    if not file.exists():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    file.unlink()
    return {device: (boot, seq) for device, (boot, seq) in told.items()}
