"""Signals as something to wait for, in the main thread, without handlers that do work."""

import select
import signal
import socket
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Final, Self

STOPS: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


class Signals(AbstractContextManager["Signals"]):
    """Collects the signals that stop us and SIGCHLD while open; used in the main thread only."""

    def __init__(self) -> None:
        """Make the pair of sockets that the interpreter's C handler writes to."""
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def __enter__(self) -> Self:
        """Take the signals over; one that our starter had us ignore (nohup) stays ignored."""
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (*STOPS, signal.SIGCHLD):
            if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _noted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave them ignored: what comes between here and the process's end must not break the end."""
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        self._read.close()
        self._write.close()

    def wait(self, seconds: float | None) -> frozenset[int]:
        """Give the numbers of the signals that came; returns early when one comes."""
        readable, _, _ = select.select([self._read], [], [], seconds)
        return frozenset(self._read.recv(256)) if readable else frozenset()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: the wake-up socket has the number already."""
