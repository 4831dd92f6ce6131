"""Ingest as a process of its own over the stand's folder."""

import logging
import signal
import sys
import uuid
from pathlib import Path

from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.client import Broker
from connectors.mqtt.ingest import Ingest
from connectors.mqtt.principals import INGEST, load_principal
from store.ingest_log import IngestLog
from store.opening import open_database
from store.touch import Holder


def main(folder: Path, port: int) -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=logging.INFO)
    who = load_principal(folder / "broker", INGEST)
    broker = Broker(host=ADDRESS, port=port, username=who.username, password=who.password)
    ingest = Ingest(IngestLog(open_database(folder), Holder(id=uuid.uuid4().hex)), broker)
    signal.signal(signal.SIGTERM, lambda *_: ingest.stop())
    ingest.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
