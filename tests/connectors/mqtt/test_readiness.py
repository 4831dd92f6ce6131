"""Waiting for sockets: whatever their numbers are, readable, writable, broken or neither."""

import fcntl
import socket
import time
from collections.abc import Iterator

import pytest

from connectors.mqtt.readiness import ready
from tests.descriptors import BEYOND_SELECT, many_allowed


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with many_allowed(), near, far:
        number = fcntl.fcntl(near.fileno(), fcntl.F_DUPFD, BEYOND_SELECT)
        with socket.socket(fileno=number) as high:
            yield high, far


def test_a_socket_of_a_high_number_is_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    high, far = pair
    assert high.fileno() >= BEYOND_SELECT
    assert ready([high], [], 0) == ([], [])
    assert ready([high], [high], 10) == ([], [high])

    far.send(b"x")

    assert ready([high], [], 10) == ([high], [])
    assert ready([high], [high], 10) == ([high], [high])


def test_an_end_can_be_read(pair: tuple[socket.socket, socket.socket]) -> None:
    high, far = pair
    far.close()

    assert ready([high], [], 10) == ([high], [])


def test_nothing_is_ready_when_the_time_is_over(pair: tuple[socket.socket, socket.socket]) -> None:
    began = time.monotonic()

    assert ready([pair[0]], [], 0.01) == ([], [])
    assert time.monotonic() - began >= 0.01
    assert ready([pair[0]], [], -1) == ([], [])


def test_a_closed_socket_is_an_error(pair: tuple[socket.socket, socket.socket]) -> None:
    pair[1].close()

    with pytest.raises(ValueError, match="-1"):
        ready([pair[1]], [], 0)
