"""Between the broker and the log: what was read is limited, put in line, taken in turn and acknowledged.

Pure: the caller reads, stores and tells the time (µs UTC).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeGuard

from connectors.mqtt.arrivals import Arrival, Arrivals, Bundle
from connectors.mqtt.client import Receipt
from connectors.mqtt.fair import Entry, FairQueue
from connectors.mqtt.limits import Limits, bucket_of, cost_of, device_of
from core.calls import CallState
from core.reports import (
    BackfillReport,
    Bucket,
    CallReport,
    Calm,
    CommandReply,
    DoorReport,
    Item,
    StatusReport,
)
from core.times import SECOND_US

# In records. With more in line, nothing is read from the broker, which then holds it for us.
MOST_WAITING: Final = 8_000
# What is only counted need not be written with every word: whoever speaks meanwhile finds us waiting.
_TALLIES_EVERY_US: Final = SECOND_US // 10
_SNAPSHOTS_EVERY_US: Final = SECOND_US
# Of one device: who names many calls must not push out the states of others.
_MOST_SNAPSHOTS: Final = 100
# Of the deliveries the broker gives us unacknowledged: those that wait to be counted must not fill it.
_MOST_HELD_BACK: Final = 1_000
_Snapshot: TypeAlias = StatusReport | DoorReport | CallReport
_Name: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction is to hold; what had waited at the broker is stored first, as such."""

    entries: Sequence[Entry]
    queued: Sequence[Item]
    live: Sequence[Item]


_NOTHING: Final = Taken((), (), ())


class Intake:
    """The lines, limits and open acknowledgements of one connection after another; one thread's own."""

    def __init__(
        self,
        limits: Limits,
        answers: Callable[[BackfillReport], bool],
        awaits: Callable[[CommandReply], bool] = lambda _reply: False,
    ) -> None:
        """Start empty; `answers` says, once, whether a page answers a request of ours.

        `awaits` says so of a reply to a command: who waits at a door must not wait for its device's flood.
        """
        self.limits = limits
        self._answers = answers
        self._awaits = awaits
        self._queue = FairQueue()
        self._arrivals = Arrivals()
        self._snapshots: dict[str, dict[_Name, tuple[_Snapshot, Arrival]]] = {}
        self._snapshots_at = 0
        self._taken_at = 0
        self._rings = False

    @property
    def waiting(self) -> int:
        """Count what is in line, in records."""
        return self._queue.weight

    @property
    def room(self) -> int:
        """Tell how much may be read now."""
        return max(0, MOST_WAITING - self._queue.weight)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to store."""
        return not self._queue

    @property
    def hurry(self) -> bool:
        """Whether something is to be recorded, not only counted."""
        return self._queue.weight > 0

    @property
    def pressing(self) -> bool:
        """Whether somebody waits for what is in line: for the answer to a command, or behind a bell."""
        return self._queue.has_first or (self._rings and self.hurry)

    def reset(self, floods: Iterable[tuple[str, Bucket]], now: int) -> None:
        """Begin a connection: what was in hand comes again, and the log says who is over a limit."""
        self._queue.clear()
        self._arrivals.clear()
        self._snapshots.clear()
        self._rings = False
        self.limits.resume(floods, now)

    def done(self, receipt: Receipt) -> None:
        """Take in a delivery of which nothing is to be stored."""
        self._arrivals.add(Arrival(receipt.mid, receipt.qos, receipt.generation, ()))

    def arrive(self, receipt: Receipt, items: Sequence[Item], now: int, *, queued: bool) -> bool:
        """Take a delivery in, as it was read; False when all of it is over a limit."""
        arrival = Arrival(receipt.mid, receipt.qos, receipt.generation, items, queued)
        self._arrivals.add(arrival)
        if not items or self._go_first(arrival):
            return True
        full = self._queue.full(device_of(items[0]))
        if (full or not queued) and not self._all_within(arrival, now, full=full):
            return False
        self._put(arrival)
        self._rings = self._rings or any(map(_is_ring, items))
        return True

    def _go_first(self, arrival: Arrival) -> bool:
        """Let an answer that is waited for pass all limits and lines, if a delivery is nothing else."""
        (item, *others) = arrival.items
        if others or not isinstance(item, CommandReply) or not self._awaits(item):
            return False
        arrival.pending += 1
        self._queue.put_first(arrival)
        return True

    def _put(self, arrival: Arrival) -> None:
        """Put a delivery in line; where it tells of several devices, each stands in its own."""
        items = arrival.items
        if len(items) == 1:
            arrival.weight = cost_of(items[0])
            self._put_last(device_of(items[0]), arrival)
            arrival.pending += 1
            return
        told: dict[str, list[Item]] = {}
        for item in items:
            told.setdefault(device_of(item), []).append(item)
        arrival.items = ()
        arrival.pending += len(told)
        for device, some in told.items():
            weight = sum(map(cost_of, some))
            self._put_last(device, Bundle(some, [arrival], arrival.queued, weight))

    def _put_last(self, device: str, entry: Arrival | Bundle) -> None:
        if device in self._snapshots:
            # What a device has said before its alarm must not come behind it.
            self._release_of(device)
        self._queue.put(device, entry)

    def _all_within(self, arrival: Arrival, now: int, *, full: bool) -> bool:
        """Take what is over a limit out of a delivery; False when nothing is left of it."""
        verdicts = [self._may_pass(item, now, full=full) for item in arrival.items]
        if not all(verdicts):
            judged = tuple(zip(arrival.items, verdicts, strict=True))
            arrival.items = [item for item, passes in judged if passes]
            self._limit([item for item, passes in judged if not passes], arrival)
        return bool(arrival.items)

    def _may_pass(self, item: Item, now: int, *, full: bool) -> bool:
        if not full and isinstance(item, BackfillReport) and self._answers(item):
            return True
        if isinstance(item, CommandReply) and self._awaits(item):
            return True
        return self.limits.take(device_of(item), bucket_of(item), now, cost_of(item)) and not full

    def _limit(self, items: Sequence[Item], arrival: Arrival) -> None:
        """Tally what is over a limit; of snapshots only the older ones, which nobody will see."""
        for item in items:
            over = self._queue.over(device_of(item), queued=arrival.queued)
            dropped = self._newest(item, arrival) if _is_snapshot(item) else (item, arrival)
            if dropped is not None:
                over.add(*dropped)

    def _newest(self, item: _Snapshot, arrival: Arrival) -> tuple[_Snapshot, Arrival] | None:
        """Keep a snapshot until its turn in place of an older one, which is given back."""
        name, kept = _name(item), self._snapshots.setdefault(item.device, {})
        before = kept.get(name)
        if before is None and len(kept) >= _MOST_SNAPSHOTS:
            return item, arrival
        kept[name] = item, arrival
        arrival.pending += 1
        if before is not None:
            before[1].pending -= 1
        return before

    def take_answers(self) -> Taken:
        """Take the answers that somebody waits for, and nothing else: their transaction is the shorter."""
        return _taken(self._queue.take_first())

    def take(self, now: int, *, all_there_is: bool = False) -> Taken:
        """Take what of the lines is to be stored next; what is only counted may wait a little longer."""
        if self._snapshots and self._due(self._snapshots_at, _SNAPSHOTS_EVERY_US, now):
            self.release(now)
        if not (self.hurry or all_there_is or self._due(self._taken_at, _TALLIES_EVERY_US, now)):
            return _NOTHING
        self._taken_at = now
        self._rings = False
        return _taken(self._queue.take())

    def _due(self, last: int, every: int, now: int) -> bool:
        return not 0 <= now - last < every or len(self._arrivals) > _MOST_HELD_BACK

    def release(self, now: int) -> None:
        """Put the newest snapshots over a limit in line: it is their turn, or there will be no other."""
        for device in tuple(self._snapshots):
            self._release_of(device)
        self._snapshots_at = now

    def _release_of(self, device: str) -> None:
        for item, arrival in self._snapshots.pop(device).values():
            self._queue.put(device, Bundle((item,), [arrival], arrival.queued))

    def stored(self, taken: Taken, *, queued: bool) -> list[Arrival]:
        """Note that what had waited at the broker, or the rest, is on disk; gives what to acknowledge now."""
        for entry in taken.entries:
            if entry.queued is queued:
                entry.settle()
        return self._arrivals.ready()

    def calm(self, now: int) -> bool:
        """Tell the log of those who are within their limits again; gives whether there are any."""
        calmed = self.limits.calmed(now)
        if calmed:
            self.release(now)
        for device, bucket in calmed:
            self._queue.put(device, Bundle((Calm(device=device, bucket=bucket, received=now),), []))
        return bool(calmed)


def _taken(entries: Sequence[Entry]) -> Taken:
    queued: list[Item] = []
    live: list[Item] = []
    for entry in entries:
        (queued if entry.queued else live).extend(entry.items)
    return Taken(entries, queued, live)


def _is_ring(item: Item) -> bool:
    return isinstance(item, CallReport) and item.state is CallState.RINGING


def _is_snapshot(item: Item) -> TypeGuard[_Snapshot]:
    """Whether only the newest counts; a bell's ringing is an event instead."""
    if isinstance(item, CallReport):
        return item.state is not CallState.RINGING
    return isinstance(item, StatusReport | DoorReport)


def _name(item: _Snapshot) -> _Name:
    match item:
        case StatusReport():
            return "status", ""
        case DoorReport():
            return "door", item.door
        case CallReport():
            return "call", f"{item.door}/{item.call}"
