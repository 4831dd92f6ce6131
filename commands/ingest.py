"""`gatehouse.py ingest`: the one persistent MQTT session, the one bulk writer, and the sealer of the log."""

import gc
import secrets
import signal
from argparse import Namespace

from commands import logs, parent
from commands.brokers import ingest_broker
from commands.retention_chore import RetentionChore
from commands.sealing import Sealing
from connectors.mqtt.ingest import Ingest
from connectors.mqtt.principals import INGEST
from settings import Settings
from store.ingest_log import IngestLog
from store.opening import open_database
from store.touch import Holder


def main(_arguments: Namespace, settings: Settings) -> int:
    """Take in until told to stop."""
    parent.follow()
    logs.set_up("ingest")
    db = open_database(settings.data)
    log = IngestLog(db, Holder(id=secrets.token_hex(8)), settings.low_bytes)
    sealing = Sealing(db, settings)
    ingest = Ingest(log, ingest_broker(settings), client_id(settings, log), settings.device_rate)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ingest.stop())
    # What is loaded stays; to look through it at each collection costs a tenth of every record.
    gc.collect()
    gc.freeze()
    chore = RetentionChore(settings)
    chore.start()
    sealing.start()
    ingest.run()
    sealing.stop()
    chore.stop()
    return 0


def client_id(settings: Settings, log: IngestLog) -> str:
    """Say by which id ingest's session is known: the embedded broker gives each account its own name."""
    return INGEST if settings.embedded_broker else log.client_id()
