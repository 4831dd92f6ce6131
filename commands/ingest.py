"""`gatehouse.py ingest`: the one persistent MQTT session and the one bulk writer."""

import gc
import secrets
import signal
from argparse import Namespace

from commands import logs, parent
from connectors.mqtt.client import Broker
from connectors.mqtt.ingest import Ingest
from connectors.mqtt.principals import INGEST, load_principal
from connectors.mqtt.tls import Tls
from settings import Settings, read_secret
from store.ingest_log import IngestLog
from store.opening import open_database
from store.touch import Holder


def main(_arguments: Namespace, settings: Settings) -> int:
    """Take in until told to stop."""
    parent.follow()
    logs.set_up("ingest")
    log = IngestLog(open_database(settings.data), Holder(id=secrets.token_hex(8)), settings.low_bytes)
    ingest = Ingest(log, broker(settings), client_id(settings, log), settings.device_rate)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ingest.stop())
    # What is loaded stays; to look through it at each collection costs a tenth of every record.
    gc.collect()
    gc.freeze()
    ingest.run()
    return 0


def client_id(settings: Settings, log: IngestLog) -> str:
    """Say by which id ingest's session is known: the embedded broker gives each account its own name."""
    return INGEST if settings.embedded_broker else log.client_id()


def broker(settings: Settings) -> Broker:
    """Say where the broker is and who ingest is there; raises SettingsRefused."""
    if settings.mqtt_host is None:
        own = load_principal(settings.data / "broker", INGEST)
        return Broker(host="127.0.0.1", port=settings.mqtt_port, username=own.username, password=own.password)
    file = settings.mqtt_password_file
    return Broker(
        host=settings.mqtt_host,
        port=settings.mqtt_port,
        username=settings.mqtt_username,
        password=read_secret(file, "mqtt.password_file") if file else None,
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
