"""What only records gives way to who waits for an act; what somebody waits for does not."""

from collections.abc import Sequence

import pytest

from connectors.devices import Message
from connectors.mqtt import ingest as ingest_module
from connectors.mqtt.client import Broker
from connectors.mqtt.ingest import Ingest
from core.calls import CallState
from core.commands import Result
from core.errors import Invalid
from core.model import Estate
from core.reports import CallReport, CommandReply, Item
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


def test_answers_without_end_hold_up_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = CommandReply(device="d", received=NOW, result=Result.ACCEPTED, act="")

    class Asking(PickyLog):
        def awaited(self) -> Sequence[tuple[str, str]]:
            return [("d", f"another act each time, {len(self.stored)}")]

    def read(message: Message, _estate: Estate) -> tuple[Item, ...]:
        return (answer,) if message.payload == b"reply" else (event(int(message.payload)),)

    monkeypatch.setattr(ingest_module, "read", read)
    log = Asking(Invalid("no"))
    log.hurried = True
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._canary.reset(NOW, "life")
    ingest._take([delivered(b"life 1"), delivered(b"1")])

    def stored() -> bool:
        ingest._take([delivered(b"reply")])
        ingest._store_some(NOW)
        return event(1) in log.stored

    until(stored)
    ingest.stop()
    ingest.run()

    assert log.stored[0] == answer, "it went before the record"


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
