"""Whether a port can be had, and whether somebody answers there."""

import socket
from http.client import HTTPConnection, HTTPException
from typing import Final

from settings import Settings, SettingsRefused

_PATIENCE_S: Final = 1.0
_OK: Final = 200


def need_free(address: str, port: int, names: str) -> None:
    """Raise SettingsRefused, naming the setting, if this port can't be listened at."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            message = f"port {port} at {address} can't be had ({error.strerror}): give a free one in {names}"
            raise SettingsRefused(message) from error


def answers(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), _PATIENCE_S):
            return True
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
