"""Waits for sockets to be read or written, whatever their numbers.

`select()` knows no descriptor above 1,023, and a console has one for each screen: with very many it could
send no command any more.
"""

import select
from collections.abc import Sequence
from math import ceil
from typing import Final, Protocol, TypeVar

_MS: Final = 1_000


class Socket(Protocol):
    """What has a descriptor: a socket, or what stands for one."""

    def fileno(self) -> int:
        """Give its number, -1 once it is closed."""


One = TypeVar("One", bound=Socket)


def ready(reading: Sequence[One], writing: Sequence[One], seconds: float) -> tuple[list[One], list[One]]:
    """Give what can be read and what can be written, empty when the time is over first; any thread.

    What is broken can be both. Raises ValueError for a socket that is closed already.
    """
    wanted = {one.fileno(): select.POLLIN for one in reading}
    for one in writing:
        wanted[one.fileno()] = wanted.get(one.fileno(), 0) | select.POLLOUT
    waiter = select.poll()
    for number, events in wanted.items():
        waiter.register(number, events)
    found = dict(waiter.poll(ceil(max(0.0, seconds) * _MS)))
    return (
        [one for one in reading if found.get(one.fileno(), 0) & ~select.POLLOUT],
        [one for one in writing if found.get(one.fileno(), 0) & ~select.POLLIN],
    )
