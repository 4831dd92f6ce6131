"""A TCP proxy that can hold back everything, as a network that loses packets does."""

import select
import socket
import threading
from typing import Final, Self

from connectors.mqtt.broker import ADDRESS

_CHUNK: Final = 65536


class Proxy:
    """Carries bytes to a port of this machine; while `holding` it reads none, and refuses nobody.

    Whoever cuts off his connection meanwhile has sent nothing: what is lost is sent again by the living only.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server((ADDRESS, 0))
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._ending = threading.Event()
        self.holding = threading.Event()
        self.hold_after: bytes | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        found: int = self._listener.getsockname()[1]
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        for one in (self._listener, *self._pairs):
            one.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._drop_the_dead()
            watched = [self._listener] if self.holding.is_set() else [self._listener, *self._pairs]
            for one in select.select(watched, [], [], 0.01)[0]:
                if one is self._listener:
                    self._accept()
                elif one in self._pairs and not self.holding.is_set():
                    self._carry(one)

    def _accept(self) -> None:
        near = self._listener.accept()[0]
        far = socket.create_connection((ADDRESS, self._target))
        self._pairs |= {near: far, far: near}

    def _carry(self, one: socket.socket) -> None:
        try:
            data = one.recv(_CHUNK)
            if data:
                self._pairs[one].sendall(data)
        except OSError:
            data = b""
        if not data:
            self._end(one)
        elif self.hold_after is not None and data.startswith(self.hold_after):
            self.holding.set()

    def _drop_the_dead(self) -> None:
        poll = select.poll()
        numbers = {one.fileno(): one for one in self._pairs}
        for number in numbers:
            poll.register(number, 0)
        for number, events in poll.poll(0):
            if events & select.POLLERR and numbers[number] in self._pairs:
                self._end(numbers[number])

    def _end(self, one: socket.socket) -> None:
        other = self._pairs.pop(one)
        self._pairs.pop(other, None)
        one.close()
        other.close()
