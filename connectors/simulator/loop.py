"""Many devices' connections in one thread: waits on all sockets, wakes for the next thing to do."""

import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Final

from connectors.simulator.link import Link
from core.times import SECOND_US

LONGEST_WAIT_US: Final = SECOND_US // 2
_MISC_EVERY_US: Final = SECOND_US


def now_us() -> int:
    """Read the clock, µs UTC."""
    return time.time_ns() // 1000


class Loop:
    """Serves links until it is told to stop; everything but `wake` belongs to the thread that runs it."""

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = links
        self._waker, self._sleeper = socket.socketpair()
        self._waker.setblocking(False)
        self._sleeper.setblocking(False)
        self._misc_due = 0

    def wake(self) -> None:
        """Cut the wait short, from any thread."""
        try:
            self._waker.send(b"!")
        except BlockingIOError:
            return  # it has been woken often enough already

    def turn(self, until: int, act: Callable[[int], None]) -> None:
        """Serve the sockets once, waiting no longer than `until` (µs UTC), then `act` and send."""
        self._connect()
        self._serve(max(0, min(until - now_us(), LONGEST_WAIT_US)))
        act(now_us())
        for link in self.links:
            link.flush()

    def close(self) -> None:
        """Drop every connection without a word, as when the power goes."""
        for link in self.links:
            link.cut(until=0)
        self._waker.close()
        self._sleeper.close()

    def _connect(self) -> None:
        now = now_us()
        for link in self.links:
            link.connect_if_due(now_us)
        if now >= self._misc_due:
            self._misc_due = now + _MISC_EVERY_US
            for link in self.links:
                link.keep_alive()

    def _serve(self, wait_us: int) -> None:
        poll = select.poll()
        poll.register(self._sleeper, select.POLLIN)
        by_number: dict[int, Link] = {}
        for link in self.links:
            found = link.socket
            if found is not None and found.fileno() >= 0:
                by_number[found.fileno()] = link
                poll.register(found, select.POLLIN | (select.POLLOUT if link.wants_to_write else 0))
        for number, events in poll.poll(wait_us / 1000):
            if number in by_number:
                _attend(by_number[number], events)
            else:
                self._drain()

    def _drain(self) -> None:
        try:
            self._sleeper.recv(4096)
        except BlockingIOError:
            return


def _attend(link: Link, events: int) -> None:
    if events & select.POLLOUT:
        link.write()
    if events & ~select.POLLOUT:
        link.read()
