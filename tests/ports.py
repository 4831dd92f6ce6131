"""Ports for servers that are told theirs by number, and that take them some time later."""

import os
import socket
from itertools import count, islice
from typing import Final

# Below those that the system gives to whoever asks for any (from 32768): a server takes seconds to start,
# in which it would give ours to a test beside.
_FIRST: Final = 20_000
# With the one after it, which the demo takes for its second broker.
_STEP: Final = 2
_PORTS: Final = 6_000
_numbers: Final = count(os.getpid() * 101)
# Until this process ends: by the same number for UDP, which no server of ours listens at.
_kept: Final[list[socket.socket]] = []


def free_port() -> int:
    """Give a port that nobody has, and that no other run of tests is given while this one lasts."""
    for number in islice(_numbers, _PORTS):
        port = _FIRST + number % _PORTS * _STEP
        if _keep(port) and _is_free(port) and _is_free(port + 1):
            return port
    raise AssertionError("no port is free")


def _keep(port: int) -> bool:
    keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        keeper.bind(("127.0.0.1", port))
    except OSError:
        keeper.close()
        return False
    _kept.append(keeper)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
