"""A syslog server (RFC 5424), by UDP (RFC 5426), TCP with octet counting (RFC 6587), or TLS (RFC 5425).

Syslog has no answers. By TCP and TLS each message has a connection of its own, and is delivered when the
server has read it to its end, which shows in that it closes too; by UDP nobody knows.
"""

import base64
import datetime as dt
import os
import select
import socket
import ssl
from enum import StrEnum
from typing import Final

from connectors.checkpoints.destination import Sealed
from connectors.checkpoints.reaching import LIMIT_S, Address, is_loopback, reached, trouble
from core.errors import Undelivered

# Facility 13 (log audit), severity 5 (notice).
_PRIORITY: Final = 13 * 8 + 5
_NAME_BYTES: Final = 255
# In this time a host that is there says by ICMP that nobody listens.
_REFUSAL_S: Final = 0.2


class Transport(StrEnum):
    """How messages get to the server."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class Syslog:
    """One server; one thread's own."""

    name = "syslog"

    def __init__(self, transport: Transport, address: Address, seconds: float = LIMIT_S) -> None:
        """Speak to this server, at most so long a time."""
        self.where = f"{transport.value}://{address.text}"
        self._transport = transport
        self._address = address
        self._seconds = seconds

    def leaves(self) -> bool:
        """Whether it is another machine."""
        return not is_loopback(self._address.host)

    def deliver(self, seal: Sealed) -> None:
        """Send a checkpoint in one message; raises Undelivered."""
        text = message(seal, socket.gethostname(), os.getpid())
        if self._transport is Transport.UDP:
            self._throw(text)
        else:
            self._hand_over(b"%d %b" % (len(text), text))

    def close(self) -> None:
        """Nothing is left open."""

    def _throw(self, text: bytes) -> None:
        try:
            found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            with socket.socket(family, kind, protocol) as sender:
                sender.connect(address)
                sender.send(text)
                if select.select([sender], [], [], _REFUSAL_S)[0]:
                    sender.recv(1)
        except (OSError, UnicodeError) as error:
            raise Undelivered(trouble(error)) from error

    def _hand_over(self, frame: bytes) -> None:
        with reached(self._address, self._seconds) as connection:
            connection.sendall(frame)
            if isinstance(connection, ssl.SSLSocket):
                _say_goodbye(connection)
            else:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass


def _say_goodbye(connection: ssl.SSLSocket) -> None:
    try:
        connection.unwrap()
    except ssl.SSLError as error:
        # It has read all, and closes without a word of TLS.
        if error.errno not in {ssl.SSL_ERROR_EOF, ssl.SSL_ERROR_SYSCALL}:
            raise


def message(seal: Sealed, host: str, process: int) -> bytes:
    """Write a checkpoint as a message of RFC 5424: size and root to be read, the note in base64."""
    at = dt.datetime.fromtimestamp(seal.at / 1_000_000, dt.UTC).isoformat(timespec="microseconds")
    stamp = at.replace("+00:00", "Z")
    name = "".join(one for one in host if "!" <= one <= "~")[:_NAME_BYTES] or "-"
    note = base64.b64encode(seal.note).decode()
    told = f"checkpoint size={seal.size} root={base64.b64encode(seal.root).decode()} note={note}"
    return f"<{_PRIORITY}>1 {stamp} {name} gatehouse {process} checkpoint - {told}".encode()
