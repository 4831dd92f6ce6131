"""A log of which a test says what it stores, and what comes to be stored there."""

from collections.abc import Mapping, Sequence

from connectors.devices import Message
from connectors.mqtt.client import Delivery
from core.feeds import Missing
from core.leaf import Draft, EventKey
from core.model import Estate
from core.records import Kind
from core.reports import BackfillReport, Bucket, Item, LastWords

NOW = 1_790_000_000_000_000


class PickyLog:
    """A log that refuses one event, in whatever company it comes."""

    def __init__(self, refusal: Exception) -> None:
        self.refusal = refusal
        self.stored: list[Item] = []
        self.queued: list[bool] = []
        self.hurried = False
        self.reports: list[tuple[str, dict[str, str | int]]] = []

    def append(self, items: Sequence[Item], *, queued: bool = False) -> frozenset[Kind]:
        self.queued.append(queued)
        for item in items:
            if any(one.reason == "power" for one in drafts_of(item)):
                raise self.refusal
        self.stored += items
        return frozenset(one.kind for item in items for one in drafts_of(item))

    def hear(self, words: Mapping[str, int]) -> None: ...

    def floods(self) -> Sequence[tuple[str, Bucket]]:
        return ()

    def contended(self) -> bool:
        return self.hurried

    def awaited(self) -> Sequence[tuple[str, str]]:
        return ()

    def missing(self) -> Sequence[Missing]:
        return ()

    def estate(self) -> Estate:
        return Estate()

    def stale_devices(self, now: int, since: int) -> Sequence[str]:
        return (str(now + since),)

    def lead(self, now: int) -> bool:
        return now > 0

    def stand_down(self) -> None: ...

    def had_session(self, client_id: str) -> bool:
        return bool(client_id)

    def report(self, state: str, info: Mapping[str, str | int], now: int) -> None:
        assert now
        self.reports.append((state, dict(info)))

    def keep_words(self, rows: Sequence[LastWords]) -> None: ...

    def watch_disk(self, now: int) -> None: ...

    def make_room(self) -> None: ...

    def close_acts(self, now: int) -> None: ...

    def tidy(self, now: int) -> None: ...


def drafts_of(item: Item) -> tuple[Draft, ...]:
    if isinstance(item, Draft):
        return (item,)
    return item.events if isinstance(item, BackfillReport) else ()


def event(seq: int, reason: str = "other") -> Draft:
    return Draft(
        kind=Kind.DEVICE_FAULT,
        received=NOW,
        site="s",
        device="d",
        reason=reason,
        refs={"boot": "b", "seq": seq},
        event_key=EventKey("b", seq),
    )


def delivered(payload: bytes) -> Delivery:
    topic = "gatehouse/canary/test" if payload.startswith(b"life") else "gatehouse/v1/s/d/event"
    return Delivery(Message(topic, payload, retain=False, received=NOW), 1, 1, 1)
