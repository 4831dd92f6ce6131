"""One item that can't be stored harms no other, and a page of a replay is taken apart for it."""

from collections.abc import Sequence

import pytest
from msgspec import structs

from connectors.devices import Message
from connectors.mqtt import ingest as ingest_module
from connectors.mqtt.canary import Canary
from connectors.mqtt.client import Broker, Delivery, Receipt
from connectors.mqtt.ingest import Ingest, now_us
from core.errors import Invalid, StoreFull, StoreRefused, StoreUnavailable
from core.model import Device, Estate, Site
from core.records import Kind
from core.reports import BackfillReport, Item, LastWords, Silence, StatusReport
from tests.connectors.mqtt.picky import NOW, PickyLog, delivered, drafts_of, event


def store(items: Sequence[Item], refusal: Exception | None = None) -> PickyLog:
    log = PickyLog(refusal or Invalid("not this one"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    try:
        ingest._store(items)
    finally:
        ingest.stop()
        ingest.run()
    return log


@pytest.mark.parametrize("refusal", [Invalid("no"), StoreRefused("no"), OverflowError("no")])
def test_the_others_of_a_batch_are_stored_and_the_bad_one_is_recorded_as_not_understood(
    refusal: Exception,
) -> None:
    log = store([event(1), event(2, "power"), event(3)], refusal)

    kinds = [(one.kind, one.device) for item in log.stored for one in drafts_of(item)]
    assert kinds == [
        (Kind.DEVICE_FAULT, "d"),
        (Kind.FEED_UNMAPPED, "d"),
        (Kind.DEVICE_FAULT, "d"),
    ]


def test_the_others_of_a_page_are_stored_and_the_page_still_ends() -> None:
    page = BackfillReport(
        device="d",
        received=NOW,
        boot="b",
        first=1,
        last=3,
        events=(event(1), event(2, "power"), event(3)),
        lost=(),
        more=False,
    )
    log = store([page])

    assert [one.refs.get("seq") for item in log.stored for one in drafts_of(item)][::2] == [1, 3]
    assert [item.last for item in log.stored if isinstance(item, BackfillReport)] == [3]


def test_a_store_that_is_busy_gets_the_same_batch_again() -> None:
    with pytest.raises(StoreUnavailable):
        store([event(1, "power")], StoreUnavailable("busy"))


def test_what_comes_before_the_first_song_had_waited_at_the_broker_and_what_follows_it_had_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest_module, "read", lambda message, _estate: (event(int(message.payload)),))
    log = PickyLog(Invalid("no"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._canary.reset(NOW, "life")

    for payloads in ((b"1", b"2"), (b"3", b"life 1", b"4"), (b"5", b"life 2")):
        ingest._take([delivered(payload) for payload in payloads])
        ingest._store_some(NOW)
    ingest.stop()
    ingest.run()

    seqs = [one.refs["seq"] for item in log.stored for one in drafts_of(item)]
    assert (seqs, log.queued) == ([1, 2, 3, 4, 5], [True, True, False, False])


def test_a_message_that_its_family_fails_on_is_kept_and_the_next_one_is_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ingest_module, "read", lambda message, _estate: (event(int(message.payload)),))
    log = PickyLog(Invalid("no"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._take([delivered(payload) for payload in (b"1", b"not a number", b"3")])
    ingest._store_some(NOW)
    ingest.stop()
    ingest.run()

    drafts = [one for item in log.stored for one in drafts_of(item)]
    (kept,) = (one for one in drafts if one.kind is Kind.FEED_UNMAPPED)
    assert [one.refs["seq"] for one in drafts if one is not kept] == [1, 3]
    assert kept.reason == "other"
    assert "not a number" in kept.private["text"]
    assert str(kept.refs["reference"]) in caplog.text
    assert "not a number" not in caplog.text


class BriefSession:
    """A connection on which some messages come before somebody stops ingest."""

    def __init__(self, ingest: Ingest, *batches: Sequence[Delivery]) -> None:
        self.ingest, self.batches = ingest, list(batches)
        self.acknowledged: list[int] = []
        self.connected = self.resumed = True
        self.broker, self.client_id = Broker(host="127.0.0.1", port=1), "test"

    def open(self, _wake: object) -> None: ...

    def follow(self, _filters: Sequence[str]) -> None: ...

    def poll(self, *_limits: object) -> list[Delivery]:
        some = self.batches.pop(0)
        self.ingest._canary.life = "life"
        if not self.batches:
            self.ingest.stop()
        return list(some)

    def acknowledge(self, some: Sequence[Receipt]) -> None:
        self.acknowledged += [one.mid for one in some]

    def publish(self, *_message: object, **_more: object) -> bool:
        return True

    def close(self) -> None:
        self.connected = False


def test_who_stops_in_a_flood_has_acknowledged_everything_that_is_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status = StatusReport(device="d", received=NOW, online=True, live=True)
    monkeypatch.setattr(
        ingest_module,
        "read",
        lambda message, _estate: (status if message.payload == b"0" else event(int(message.payload)),),
    )
    log = PickyLog(Invalid("no"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test", device_rate=1)
    payloads = [b"life 1", *(str(seq).encode() for seq in range(1, 31)), b"0", b"0", b"31"]
    came = [
        Delivery(structs.replace(delivered(payload).message, received=now_us()), mid, 1, 1)
        for mid, payload in enumerate(payloads, start=1)
    ]
    session = BriefSession(ingest, came[:-2], came[-2:])
    monkeypatch.setattr(ingest, "_session", session)
    ingest._connected_life()
    ingest.run()

    assert log.stored.count(status) == 2
    assert session.acknowledged == [one.mid for one in came]


def test_what_had_waited_is_acknowledged_though_what_came_with_it_is_not_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons = {b"1": "other", b"2": "power"}
    monkeypatch.setattr(
        ingest_module,
        "read",
        lambda message, _estate: (event(int(message.payload), reasons[message.payload]),),
    )
    log = PickyLog(StoreUnavailable("busy"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    came = [
        Delivery(delivered(payload).message, mid, 1, 1)
        for mid, payload in enumerate((b"1", b"life 1", b"2"), start=1)
    ]
    session = BriefSession(ingest)
    monkeypatch.setattr(ingest, "_session", session)
    ingest._canary.reset(NOW, "life")
    ingest._take(came)
    with pytest.raises(StoreUnavailable):
        ingest._store_some(NOW)
    ingest.stop()
    ingest.run()

    assert log.stored == [event(1)]
    assert session.acknowledged == [1, 2]


def test_nobody_is_called_silent_whose_words_may_stand_behind_what_was_queued() -> None:
    log = PickyLog(Invalid("no"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._canary.reset(NOW, "life")
    ingest._silences(NOW - 1)
    ingest._take([delivered(b"life 1")])
    ingest._silences(NOW + 1)
    ingest.stop()
    ingest.run()

    # The log is asked who was not heard since the song came back.
    assert log.stored == [Silence(device=str(NOW + 1 + NOW), received=NOW + 1)]


def test_ingest_says_how_many_devices_are_over_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "read", lambda message, _estate: (event(int(message.payload)),))
    log = PickyLog(Invalid("no"))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test", device_rate=1)
    ingest._canary.reset(NOW, "life")
    ingest._take([delivered(b"life 1"), *(delivered(str(seq).encode()) for seq in range(1, 31))])
    ingest._keep_leading(NOW + 1)
    ingest._intake.calm(NOW + 5_000_000)
    ingest._store_some(NOW, all_there_is=True)
    ingest._keep_leading(NOW + 2)
    ingest.stop()
    ingest.run()

    (over, told), (calm, after) = log.reports
    assert (over, told["limited"], told["waiting"]) == ("degraded", 1, 20)
    assert "1 device sends more than the limit" in str(told["trouble"])
    assert (calm, after["limited"], after["waiting"]) == ("ok", 0, 0)


def test_what_could_not_be_written_gives_the_reserve_up(monkeypatch: pytest.MonkeyPatch) -> None:
    log = PickyLog(Invalid("no"))
    given_up: list[bool] = []
    monkeypatch.setattr(log, "make_room", lambda: given_up.append(True))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test")
    ingest._note_trouble(StoreUnavailable("busy"))
    assert given_up == []
    ingest._note_trouble(StoreFull("full"))
    ingest.stop()
    ingest.run()

    assert given_up == [True]
    assert [state for state, _ in log.reports] == ["down", "down"]


def test_a_song_of_a_former_connection_proves_nothing() -> None:
    canary = Canary("t", "former")
    canary.due(NOW)
    canary.reset(NOW, "present")

    assert not canary.is_back(b"former 1", NOW + 1)
    assert canary.is_back(b"present 1", NOW + 1)


def test_the_last_words_of_a_device_are_kept_with_what_became_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estate = Estate.of(
        [Site(id="s", name="S", time_zone="UTC")], [Device(id="d", site="s", family="nuki")], []
    )
    kept: list[LastWords] = []
    log = PickyLog(Invalid("no"))
    monkeypatch.setattr(log, "estate", lambda: estate)
    monkeypatch.setattr(log, "keep_words", kept.extend)
    monkeypatch.setattr(ingest_module, "read", lambda message, _estate: (event(int(message.payload)),))
    ingest = Ingest(log, Broker(host="127.0.0.1", port=1), "test", device_rate=1)
    ingest._learn_estate()
    ingest._behind = False
    ingest._take(
        [
            Delivery(Message("a/b", str(seq).encode(), retain=False, received=NOW), seq, 1, 0)
            for seq in range(30)
        ]
    )

    ingest._remember(NOW)
    ingest._remember(NOW + 1)
    ingest.stop()
    ingest.run()

    (row,) = kept
    assert row.device == "d"
    assert [one.text for one in row.words] == [f"a/b: {seq}" for seq in range(20, 30)]
    assert [one.verdict for one in row.words] == ["limited"] * 10
