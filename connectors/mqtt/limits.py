"""How much each device may send: token buckets, with a device over its limit until it has calmed down.

Pure: the caller passes the time (µs UTC). A clock set back stops the refilling until it has caught up with
itself, no longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from core.calls import CallState
from core.leaf import Draft
from core.records import KINDS, NOT_BELIEVED, Kind, Severity
from core.reports import BackfillReport, Bucket, CallReport, Item, SessionLost, Unclaimed
from core.times import SECOND_US

ORDINARY_A_SECOND: Final = 50
_BURST_SECONDS: Final = 20
# So much of a second's rate must have come back before a device is believed to be calm.
_CALM_SECONDS: Final = 2
_ALARMS: Final = frozenset(kind for kind, info in KINDS.items() if info.severity is Severity.ALARM)
_NUMBERED: Final = (Bucket.ORDINARY, Bucket.ALARMS, Bucket.RINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What may be sent: so many at once, and so many a second in the long run."""

    rate: int
    burst: int

    @property
    def calm(self) -> int:
        """Give the tokens with which a device over this limit is calm."""
        return _CALM_SECONDS * self.rate


@dataclass(slots=True)
class _Tokens:
    left: float
    at: int
    limited: bool = False


class Limits:
    """The buckets of every device; device "" is nobody's."""

    def __init__(self, ordinary: int = ORDINARY_A_SECOND) -> None:
        """Allow so many ordinary messages a second; the other buckets have limits of their own.

        Rings have one beside the alarms: anybody in the street may ring.
        """
        self._limits = {
            Bucket.ORDINARY: Limit(rate=ordinary, burst=_BURST_SECONDS * ordinary),
            Bucket.ALARMS: Limit(rate=5, burst=200),
            Bucket.RINGS: Limit(rate=5, burst=200),
            Bucket.UNREAD: Limit(rate=2, burst=200),
        }
        self._tokens: dict[Bucket, dict[str, _Tokens]] = {bucket: {} for bucket in Bucket}
        self._over: set[tuple[str, Bucket]] = set()

    def take(self, device: str, bucket: Bucket, now: int, cost: int = 1) -> bool:
        """Take tokens for a message; False when its device is over this limit, or is so from now on."""
        limit = self._limits[bucket]
        tokens = self._tokens[bucket].get(device)
        if tokens is None:
            tokens = self._tokens[bucket][device] = _Tokens(limit.burst, now)
        else:
            _refill(tokens, limit, now)
        left = tokens.left - cost
        if not tokens.limited and (left >= 0 or tokens.left >= limit.burst):
            tokens.left = max(0.0, left)
            return True
        tokens.left = max(0.0, left)
        if not tokens.limited:
            tokens.limited = True
            self._over.add((device, bucket))
        return False

    def calmed(self, now: int) -> list[tuple[str, Bucket]]:
        """Give, once, who is within a limit again."""
        found = [one for one in self._over if self._is_calm(*one, now)]
        for device, bucket in found:
            self._tokens[bucket][device].limited = False
            self._over.discard((device, bucket))
        return sorted(found)

    def _is_calm(self, device: str, bucket: Bucket, now: int) -> bool:
        tokens, limit = self._tokens[bucket][device], self._limits[bucket]
        _refill(tokens, limit, now)
        return tokens.left >= limit.calm

    def resume(self, open_floods: Iterable[tuple[str, Bucket]], now: int) -> None:
        """Count these as over their limits, as the log does; who is calm by now is told so soon."""
        for device, bucket in open_floods:
            tokens = self._tokens[bucket].setdefault(device, _Tokens(0.0, now))
            tokens.limited = True
            self._over.add((device, bucket))

    def is_over(self, device: str, bucket: Bucket) -> bool:
        """Whether a device is over this limit now."""
        return (device, bucket) in self._over

    def over(self) -> frozenset[str]:
        """Name the devices that are over a limit now."""
        return frozenset(device for device, _ in self._over)

    def may_be_asked(self, device: str) -> bool:
        """Whether a device is calm enough to be asked for what it has sent before."""
        return self._over.isdisjoint((device, bucket) for bucket in _NUMBERED)


def _refill(tokens: _Tokens, limit: Limit, now: int) -> None:
    passed = now - tokens.at
    if passed > 0:
        tokens.left = min(float(limit.burst), tokens.left + passed * limit.rate / SECOND_US)
    tokens.at = now


def bucket_of(item: Item) -> Bucket:
    """Say which limit an item counts against."""
    if isinstance(item, Draft):
        if item.kind in NOT_BELIEVED:
            # One that has a number can be asked for again like any other event.
            return Bucket.UNREAD if item.place is None else Bucket.ORDINARY
        if item.kind is Kind.CALL_RINGING:
            return Bucket.RINGS
        return Bucket.ALARMS if item.kind in _ALARMS else Bucket.ORDINARY
    if isinstance(item, CallReport) and item.state is CallState.RINGING:
        return Bucket.RINGS
    return Bucket.UNREAD if isinstance(item, Unclaimed) else Bucket.ORDINARY


def cost_of(item: Item) -> int:
    """Say what an item costs: as many as it has records."""
    return 1 + len(item.events) if isinstance(item, BackfillReport) else 1


def device_of(item: Item) -> str:
    """Name the device of an item; "" is nobody's."""
    return "" if isinstance(item, SessionLost | Unclaimed) else item.device or ""
