"""Ingest reads a word together with those that were said before it on its device's other topics."""

import pytest

from connectors.devices import Message
from connectors.mqtt.client import Broker, Delivery
from connectors.mqtt.ingest import Ingest
from core.errors import Invalid
from core.reports import StatusReport
from tests.connectors.devices.wall import NOW, Wall, status
from tests.connectors.mqtt.picky import PickyLog

DOOR = Wall("homeassistant", "home", ("state-lock.bridge-all.self-all",))


def test_a_device_is_online_once_all_its_availabilities_have_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    log = PickyLog(Invalid("no"))
    monkeypatch.setattr(log, "estate", lambda: DOOR.estate)
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._learn_estate()
    ingest._take(
        [
            Delivery(Message(f"home/{path}", b"online", retain=True, received=NOW), 1, 1, 0)
            for path in ("bridge", "self")
        ]
    )

    ingest._store_some(NOW)
    ingest.stop()
    ingest.run()

    assert [one for one in log.stored if isinstance(one, StatusReport)] == [status(online=True, live=False)]
