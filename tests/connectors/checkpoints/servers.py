"""Real servers on this machine that checkpoints are sent to: good ones, and ones with bad manners."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.connectors.mqtt.certificates import Pair

HOST: Final = "127.0.0.1"
Serve = Callable[[socket.socket], None]


class Listener:
    """A TCP server: each connection goes to `serve` in its own thread; what it read is kept in `heard`."""

    def __init__(self, serve: Serve | None, tls: Pair | None = None) -> None:
        self.heard: list[bytes] = []
        self._serve = serve or self.read_all
        self._context = None
        if tls is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(tls.certificate, tls.key)
        self._listening = socket.create_server((HOST, 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def read_all(self, connection: socket.socket) -> None:
        """Read to the end, as a syslog server does."""
        text = b""
        while some := connection.recv(4096):
            text += some
        self.heard.append(text)

    def close(self) -> None:
        """End, and every connection with it."""
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._open.append(connection)
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, plain: socket.socket) -> None:
        with suppress(OSError):
            connection = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            with connection:
                self._serve(connection)


@contextmanager
def listening(serve: Serve | None = None, tls: Pair | None = None) -> Iterator[Listener]:
    """Listen for a while."""
    listener = Listener(serve, tls)
    try:
        yield listener
    finally:
        listener.close()


def never_answers(connection: socket.socket) -> None:
    """Take what comes, and say nothing, until the connection is cut off."""
    ended = threading.Event()
    with suppress(OSError):
        connection.recv(1)
        ended.wait(30)
