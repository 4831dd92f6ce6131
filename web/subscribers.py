"""Who watches the live stream now: each with a bounded queue, found by the sites they watch."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from auth.sessions import Actor
from web.frames import RECORDS_A_FRAME, Beat, Prepared, Reading, joined

QUEUE: Final = 256
Item: TypeAlias = Prepared | Beat


class Subscriber:
    """One open stream; used on the event loop's thread only.

    `sent` is how far in the log it has been served, `shown` the newest record that it was shown. `behind`
    says that it needs a fresh start from the store: at first, after more than its queue holds, and when
    rights have changed.
    """

    def __init__(self, actor: Actor, shown: int | None) -> None:
        """Begin with what the screen says it has."""
        self.actor = actor
        self.sent = 0
        self.shown = shown
        self.reading: Reading | None = None
        self.behind = True
        self.sending_since: float | None = None
        self.ended = asyncio.Event()
        self.close_code = 1000
        self.close_reason = ""
        self._queue: deque[Item] = deque()
        self._woken = asyncio.Event()

    def offer(self, item: Item) -> None:
        """Queue what comes next, unless a fresh start will bring it anyway."""
        if self.behind:
            return
        if len(self._queue) >= QUEUE:
            self.fall_behind()
            return
        self._queue.append(item)
        self._woken.set()

    def fall_behind(self) -> None:
        """Drop what is queued and ask for a fresh start."""
        self._queue.clear()
        self.behind = True
        self._woken.set()

    def begin_again(self) -> None:
        """Queue from now on: what is offered while the store is being read comes after it."""
        self._queue.clear()
        self.behind = False

    async def next(self) -> Item | None:
        """Wait for what comes next, all of it that waits in one; None for a fresh start."""
        while not self._queue and not self.behind:
            self._woken.clear()
            await self._woken.wait()
        return None if self.behind else self._take()

    def _take(self) -> Item:
        """Take the first, with the batches that wait behind it: who is slow catches up by fewer frames."""
        item = self._queue.popleft()
        run: list[Prepared] = []
        records = 0
        while isinstance(item, Prepared):
            # What a fresh start has brought already must not turn a state back.
            if item.head > self.sent:
                run.append(item)
                records += item.records
            if not self._queue or isinstance(self._queue[0], Beat) or records >= RECORDS_A_FRAME:
                break
            item = self._queue.popleft()
        return joined(tuple(run)) if len(run) > 1 else (run[0] if run else item)

    def end(self, code: int, reason: str) -> None:
        """Have the stream closed; the first reason counts."""
        if not self.ended.is_set():
            self.close_code = code
            self.close_reason = reason
            self.ended.set()


class Subscribers:
    """All open streams of this process; used on the event loop's thread, but for `sites`."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.sites: frozenset[str] = frozenset()
        self._all: set[Subscriber] = set()
        self._alike: dict[Reading, set[Subscriber]] = {}
        self._watching: dict[str, set[Reading]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(tuple(self._all))

    def add(self, one: Subscriber) -> None:
        """Count a stream in; it gets nothing before `place`."""
        self._all.add(one)

    def place(self, one: Subscriber, reading: Reading) -> None:
        """Let a stream see what this reading sees, from the next batch on."""
        if one.reading != reading:
            self._take_out(one)
            one.reading = reading
            self._alike.setdefault(reading, set()).add(one)
            self._index()

    def drop(self, one: Subscriber) -> None:
        """Count a stream out."""
        self._all.discard(one)
        self._take_out(one)
        self._index()

    def watching(self, sites: Iterable[str]) -> Iterator[Subscriber]:
        """Give each stream that watches one of these sites, once."""
        readings = set().union(*(self._watching.get(site, ()) for site in sites))
        for reading in readings:
            yield from self._alike[reading]

    def _take_out(self, one: Subscriber) -> None:
        if one.reading is not None:
            alike = self._alike.get(one.reading, set())
            alike.discard(one)
            if not alike:
                self._alike.pop(one.reading, None)

    def _index(self) -> None:
        watching: dict[str, set[Reading]] = {}
        for reading in self._alike:
            for site in reading.sites:
                watching.setdefault(site, set()).add(reading)
        if watching.keys() != self._watching.keys():
            self.sites = frozenset(watching)
        self._watching = watching
