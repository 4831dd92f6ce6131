"""A process of its own that appends records at a steady pace and tells when each was on disk."""

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from bench.stand.estate import DEVICES, SITES, estate
from core.leaf import Draft
from core.records import Kind
from store.estate import import_estate
from store.log import append
from store.opening import open_database

_KINDS: Final = (
    Kind.ACCESS_GRANTED,
    Kind.DOOR_UNLOCKED,
    Kind.DOOR_OPENED,
    Kind.DOOR_CLOSED,
    Kind.DOOR_LOCKED,
)
_PERSON: Final = {"person": "u-17", "credential": "****5538"}


def fill_estate(folder: Path) -> None:
    """Give a new store the estate of the stand: three sites, thirty doors."""
    db = open_database(folder)
    import_estate(db, estate(), time.time_ns() // 1_000, "bench")
    db.close()


def swipe(number: int) -> Draft:
    """Make one event of a day's life, at one door after the other."""
    place = number % DEVICES
    kind = _KINDS[number // DEVICES % len(_KINDS)]
    return Draft(
        kind=kind,
        received=time.time_ns() // 1_000,
        site=SITES[place % len(SITES)][0],
        device=f"panel-{place:02}",
        door=f"door-{place:02}",
        private=_PERSON if kind is Kind.ACCESS_GRANTED else {},
    )


def _write(folder: Path, rate: float, count: int, line: Connection) -> None:
    db = open_database(folder)
    line.send("ready")
    line.recv()
    told: list[tuple[int, int, int]] = []
    begin = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begin + number / rate - time.monotonic()))
        before = time.monotonic_ns()
        head = append(db, [swipe(number)]).head
        told.append((head, before, time.monotonic_ns()))
    line.send(told)
    db.close()


class Writer:
    """The other end of the writing process."""

    def __init__(self, line: Connection) -> None:
        """Wait until it has opened the store."""
        self._line = line
        line.recv()

    def go(self) -> None:
        """Let it begin."""
        self._line.send("go")

    def done(self, seconds: float) -> bool:
        """Wait until it has written everything, at most this long."""
        return self._line.poll(seconds)

    def told(self) -> Sequence[tuple[int, int, int]]:
        """Give, for each record, its id and when its append began and returned (monotonic ns)."""
        written: list[tuple[int, int, int]] = self._line.recv()
        return written


@contextmanager
def writer(folder: Path, rate: float, count: int) -> Iterator[Writer]:
    """Start the process; it waits for `go`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_write, args=(folder, rate, count, theirs))
    process.start()
    try:
        yield Writer(ours)
    finally:
        process.join(10)
        process.kill()
