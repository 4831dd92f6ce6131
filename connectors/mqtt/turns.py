"""Whose turn it is to send a command: one at a time, in all processes of a machine, by locks on files.

What lets somebody in goes first, as a person stands before the door. All else stands in a line of its own, of
which only the head asks for the turn and gives way, for a while: neither can keep the other out.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from core.errors import LineBusy

# For how long the head of the line gives way: a lockdown must go out as well.
GIVES_WAY_S: Final = 0.5
_LOOKS_EVERY_S: Final = 0.002
_BUSY: Final = "nothing was sent: other commands still wait for the broker"


@contextmanager
def taken(file: Path, deadline: float, *, first: bool) -> Iterator[None]:
    """Have the turn; raises LineBusy for who has waited until `deadline` (monotonic seconds) in vain."""
    with _opened(file) as turn:
        if first:
            with _opened(_beside(file, "first")) as waiting:
                fcntl.flock(waiting, fcntl.LOCK_SH)
                _wait(lambda: _got(turn), deadline)
        else:
            with _opened(_beside(file, "line")) as line, _opened(_beside(file, "first")) as others:
                _wait(lambda: _got(line), deadline)
                until = time.monotonic() + GIVES_WAY_S
                _wait(lambda: (time.monotonic() >= until or _free(others)) and _got(turn), deadline)
        yield


def _beside(file: Path, what: str) -> Path:
    return file.with_name(f"{file.name}.{what}")


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(done: Callable[[], bool], deadline: float) -> None:
    while not done():
        if time.monotonic() > deadline:
            raise LineBusy(_BUSY)
        time.sleep(_LOOKS_EVERY_S)


def _got(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free(descriptor: int) -> bool:
    """Whether nobody waits by this file; looking keeps nobody from it for longer than that."""
    free = _got(descriptor)
    if free:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    return free
