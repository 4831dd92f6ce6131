"""What was over a limit: counted, by number and by reason, instead of kept. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from connectors.mqtt.arrivals import Arrival
from connectors.mqtt.limits import bucket_of, device_of
from core.leaf import Draft
from core.records import NOT_BELIEVED
from core.reports import Bucket, CallReport, DoorReport, Item, Limited, Unclaimed

# Numbers that jump about fill a list; what is beyond is counted only.
MAX_RANGES: Final = 32


@dataclass(slots=True)
class Tally:
    """What a device has sent over one limit since its line was last written."""

    count: int = 0
    received: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, list[list[int]]] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Count a message, by its number if it has one, else by why it was not understood if it was not."""
        self.received = item.received
        if isinstance(item, DoorReport | CallReport) and item.boot:
            # Nothing is lost with an older state: events that have numbers tell of it.
            return
        self.count += 1
        if isinstance(item, Unclaimed):
            self.reasons["unclaimed" if item.family else "unknown_topic"] += 1
        elif isinstance(item, Draft):
            place = item.place
            if place is not None:
                self._number(*place)
            elif item.kind in NOT_BELIEVED:
                self.reasons[item.reason or "other"] += 1

    def _number(self, boot: str, seq: int) -> None:
        ranges = self.ranges.get(boot, [])
        for one in reversed(ranges):
            if one[0] - 1 <= seq <= one[1] + 1:
                one[0], one[1] = min(one[0], seq), max(one[1], seq)
                return
        if sum(map(len, self.ranges.values())) < MAX_RANGES:
            self.ranges.setdefault(boot, []).append([seq, seq])

    def limited(self, device: str, bucket: Bucket) -> Limited:
        """Say it as an item."""
        ranges = tuple(
            (boot, first, last) for boot, some in self.ranges.items() for first, last in _merged(some)
        )
        return Limited(
            device=device,
            bucket=bucket,
            received=self.received,
            count=self.count,
            reasons=dict(self.reasons),
            ranges=ranges,
        )


@dataclass(slots=True)
class Over:
    """What was over a limit, in its place among the words of its line."""

    queued: bool
    arrivals: list[Arrival] = field(default_factory=list)
    tallies: dict[tuple[str, Bucket], Tally] = field(default_factory=dict)

    @property
    def items(self) -> tuple[Limited, ...]:
        """Say what there was, an item a device and limit."""
        return tuple(tally.limited(*key) for key, tally in self.tallies.items())

    @property
    def weight(self) -> int:
        """Tell what it costs to store."""
        return len(self.tallies)

    def add(self, item: Item, arrival: Arrival) -> None:
        """Tally an item; its delivery can be acknowledged only once this is on disk."""
        key = device_of(item), bucket_of(item)
        tally = self.tallies.get(key)
        if tally is None:
            tally = self.tallies[key] = Tally()
        tally.add(item)
        if arrival.qos:
            arrival.pending += 1
            self.arrivals.append(arrival)

    def settle(self) -> None:
        """Note that it is on disk."""
        for one in self.arrivals:
            one.pending -= 1


def _merged(ranges: list[list[int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(map(tuple, ranges)):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
