"""Connections to syslog servers and webhooks: within a time in all, by TLS that is verified."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Timer
from typing import Final

from core.errors import Undelivered

LIMIT_S: Final = 10.0
_TROUBLES: Final = (
    (TimeoutError, "it does not answer in time"),
    (ConnectionRefusedError, "it refuses the connection"),
    ((socket.gaierror, UnicodeError), "its name is not known"),
    (ConnectionError, "it cuts off the connection"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A host and a port; `ca` is a PEM file of who vouches for the host, in place of the system's list."""

    host: str
    port: int
    tls: bool = False
    ca: Path | None = None

    @property
    def text(self) -> str:
        """Write it as in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@contextmanager
def reached(address: Address, seconds: float = LIMIT_S) -> Iterator[socket.socket]:
    """Give a connection that is cut off after that time, however slowly the other side goes on.

    Raises Undelivered, for what goes wrong within the block as well.
    """
    over = Event()
    try:
        with socket.create_connection((address.host, address.port), seconds) as plain:
            connection = _covered(plain, address) if address.tls else plain
            with connection, _cut_after(seconds, connection, over):
                if isinstance(connection, ssl.SSLSocket):
                    connection.do_handshake()
                yield connection
        if over.is_set():
            # A connection that was cut off reads like one that the other side has closed.
            raise TimeoutError
    except (OSError, UnicodeError, Undelivered) as error:
        if over.is_set():
            raise Undelivered(trouble(TimeoutError())) from error
        if isinstance(error, Undelivered):
            raise
        raise Undelivered(trouble(error)) from error


@contextmanager
def _cut_after(seconds: float, connection: socket.socket, over: Event) -> Iterator[None]:
    """Cut it off then: what is sent to us byte by byte never comes to a timeout of its own."""

    def cut() -> None:
        over.set()
        # Not the method of an SSLSocket, which also forgets what the other thread is using.
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    guard = Timer(seconds, cut)
    guard.daemon = True
    guard.start()
    try:
        yield
    finally:
        guard.cancel()


def _covered(plain: socket.socket, address: Address) -> ssl.SSLSocket:
    return _context(address.ca).wrap_socket(
        plain, server_hostname=address.host, do_handshake_on_connect=False
    )


def _context(ca: Path | None) -> ssl.SSLContext:
    # By hand, since the default context may write keys to a file (SSLKEYLOGFILE).
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(cafile=ca)
    except (OSError, ValueError) as error:
        raise Undelivered("the file of authorities (ca_file) can't be read, or is no PEM") from error
    return context


def trouble(error: Exception) -> str:
    """Say what went wrong with a connection; names no address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate can't be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS fails: {error.reason or 'the connection is cut off'}"
    words = next((words for kind, words in _TROUBLES if isinstance(error, kind)), "")
    return words or getattr(error, "strerror", None) or type(error).__name__


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
