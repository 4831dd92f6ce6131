"""Whether a port can be had, and whether somebody answers there."""

import socket
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Final

from settings import Settings, SettingsRefused

LEAVING_S: Final = 2.0
_POLL_S: Final = 0.05
_PATIENCE_S: Final = 1.0
_OK: Final = 200
_LAST_PORT: Final = 65_535


def need_free(address: str, port: int, names: str, patience_s: float = LEAVING_S) -> None:
    """Raise SettingsRefused, naming the setting, if this port can't be listened at.

    Waits a moment, since processes of a supervisor that was killed are on their way out.
    """
    deadline = time.monotonic() + patience_s
    while (trouble := _trouble(address, port)) is not None:
        if time.monotonic() >= deadline:
            message = (
                f"port {port} at {address} can't be had ({trouble.strerror}): give a free one in {names}"
            )
            raise SettingsRefused(message) from trouble
        time.sleep(_POLL_S)


def free_beside(address: str, port: int, wanted: int) -> int:
    """Give the next port if it can be had, else any that can; never `wanted`, which is for another."""
    beside = port + 1
    if beside <= _LAST_PORT and beside != wanted and _trouble(address, beside) is None:
        return beside
    with socket.socket() as keeper, socket.socket() as probe:
        # So that the system gives away another.
        with suppress(OSError):
            keeper.bind((address, wanted))
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _trouble(address: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None


def answers(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), _PATIENCE_S) as link:
            # Where nobody listens, the system may have given our own end this very port.
            return bool(link.getsockname() != link.getpeername())
    except OSError:
        return False


def serves(settings: Settings) -> bool:
    """Tell whether the console says that it is healthy."""
    connection = HTTPConnection(settings.address, settings.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.public_host})
        return connection.getresponse().status == _OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
