"""Where the broker is, and who each of our processes is there."""

from functools import partial
from pathlib import Path
from typing import Final

from connectors.mqtt.client import Broker
from connectors.mqtt.principals import COMMAND, INGEST, SEALER, load_principal
from connectors.mqtt.tls import Tls
from operations.line import BrokerLine
from settings import Settings, read_secret

_HERE: Final = "127.0.0.1"


def ingest_broker(settings: Settings) -> Broker:
    """Say where the broker is and who ingest is there; raises SettingsRefused, StartRefused."""
    if settings.mqtt_host is None:
        return _own(settings, INGEST)
    return _outside(settings, settings.mqtt_username, settings.mqtt_password_file, "mqtt.password_file")


def command_line(settings: Settings) -> BrokerLine | None:
    """Give the way to the devices; None where your broker has no account for commands in the settings."""
    if settings.mqtt_host is None:
        return BrokerLine(partial(_own, settings, COMMAND), settings.data)
    if settings.mqtt_command_username is None:
        return None
    return BrokerLine(partial(_commander, settings), settings.data)


def sealer_broker(settings: Settings, username: str | None, password: Path | None) -> Broker:
    """Say where checkpoints are retained and who we are there; raises SettingsRefused, StartRefused."""
    if settings.mqtt_host is None:
        return _own(settings, SEALER)
    return _outside(settings, username, password, "checkpoints.mqtt_password_file")


def _commander(settings: Settings) -> Broker:
    file = settings.mqtt_command_password_file
    return _outside(settings, settings.mqtt_command_username, file, "mqtt.command_password_file")


def _own(settings: Settings, username: str) -> Broker:
    one = load_principal(settings.data / "broker", username)
    return Broker(host=_HERE, port=settings.mqtt_port, username=one.username, password=one.password)


def _outside(settings: Settings, username: str | None, file: Path | None, name: str) -> Broker:
    return Broker(
        host=settings.mqtt_host or _HERE,
        port=settings.mqtt_port,
        username=username,
        password=read_secret(file, name) if file else None,
        tls=_tls(settings),
    )


def _tls(settings: Settings) -> Tls | None:
    if settings.mqtt_ca_file is None:
        return None
    return Tls(
        ca=settings.mqtt_ca_file,
        certificate=settings.mqtt_client_certificate_file,
        key=settings.mqtt_client_key_file,
    )
