"""What only records gives way to who waits for an act; what somebody waits for does not."""

import pytest

from connectors.mqtt import ingest as ingest_module
from connectors.mqtt.client import Broker
from connectors.mqtt.ingest import Ingest
from core.calls import CallState
from core.errors import Invalid
from core.reports import CallReport
from tests.connectors.mqtt.picky import NOW, PickyLog, delivered, event
from tests.waiting import until


def test_a_record_gives_way_to_who_waits_for_an_act_for_a_moment_and_is_stored_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest_module, "read", lambda message, _estate: (event(int(message.payload)),))
    log = PickyLog(Invalid("no"))
    log.hurried = True
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._canary.reset(NOW, "life")
    ingest._take([delivered(b"life 1"), delivered(b"1")])
    ingest._store_some(NOW)
    assert log.stored == []

    def stored() -> bool:
        ingest._store_some(NOW)
        return log.stored == [event(1)]

    until(stored)
    ingest.stop()
    ingest.run()


def test_a_ring_gives_way_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = CallReport(
        device="d",
        door="1",
        call="c",
        received=NOW,
        live=True,
        boot="b",
        seq=1,
        at=NOW,
        state=CallState.RINGING,
    )
    monkeypatch.setattr(ingest_module, "read", lambda _message, _estate: (ring,))
    log = PickyLog(Invalid("no"))
    log.hurried = True
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._canary.reset(NOW, "life")
    ingest._take([delivered(b"life 1"), delivered(b"1")])
    ingest._store_some(NOW)
    ingest.stop()
    ingest.run()

    assert log.stored == [ring]
