"""What is missing from a device's sequence, folded from numbers in any order.

A device counts its events from 1 in each boot. `Feed` holds, per boot, the highest number
known to exist and the ranges of it that have not come.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

# The end of a range whose last number only the device knows.
OPEN_END: Final = 2**53 - 1

Range: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Missing:
    """Events of a device that have not come: first..last of a boot (last = OPEN_END: to its end).

    `gap` is the record that told of it.
    """

    gap: int
    device: str
    boot: str
    first: int
    last: int


class Boot(msgspec.Struct, frozen=True, array_like=True):
    """One boot of a device: the highest number known to exist and what of 1..high is missing.

    `missing` is sorted, and its ranges neither touch nor overlap.
    """

    high: int = 0
    missing: tuple[Range, ...] = ()


def without(ranges: tuple[Range, ...], first: int, last: int) -> tuple[Range, ...]:
    """Take [first, last] out of the ranges."""
    left: list[Range] = []
    for low, high in ranges:
        if high < first or low > last:
            left.append((low, high))
            continue
        if low < first:
            left.append((low, first - 1))
        if high > last:
            left.append((last + 1, high))
    return tuple(left)


def within(ranges: tuple[Range, ...], first: int, last: int) -> tuple[Range, ...]:
    """Keep what of the ranges lies in [first, last]."""
    cut = ((max(low, first), min(high, last)) for low, high in ranges)
    return tuple((low, high) for low, high in cut if low <= high)


def known_to_exist(boot: Boot, seq: int) -> Boot:
    """Learn that events up to `seq` were made, though they may not have come."""
    if seq <= boot.high:
        return boot
    if boot.missing and boot.missing[-1][1] == boot.high:
        return Boot(seq, (*boot.missing[:-1], (boot.missing[-1][0], seq)))
    return Boot(seq, (*boot.missing, (boot.high + 1, seq)))


def arrived(boot: Boot, seq: int) -> Boot:
    """Learn that event `seq` has come."""
    if seq == boot.high + 1 and not boot.missing:
        return Boot(seq)
    known = known_to_exist(boot, seq)
    return Boot(known.high, without(known.missing, seq, seq))


def given_up(boot: Boot, first: int, last: int) -> Boot:
    """Learn that the device no longer has [first, last]."""
    return Boot(boot.high, without(boot.missing, first, last))


def count(ranges: tuple[Range, ...]) -> int:
    """Count the missing events; an open end counts as one, since it may be none or many."""
    return sum(1 if last >= OPEN_END else last - first + 1 for first, last in ranges)
