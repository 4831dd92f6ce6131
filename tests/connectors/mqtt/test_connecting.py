"""Connecting to a broker that is not there, or not well: bounded, interruptible, and said in plain words."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias

import pytest

from connectors.mqtt import client as client_module
from connectors.mqtt.client import Broker, Session
from connectors.mqtt.connecting import Attempt
from core.errors import BrokerUnreachable
from store.ingest_log import LEASE_S
from tests.waiting import until

Place: TypeAlias = Callable[[], AbstractContextManager[int]]


def session(port: int, host: str = "127.0.0.1") -> Session:
    return Session(Broker(host=host, port=port, username="ingest", password="pw"), "ingest", ("x/+",))


@contextmanager
def black_hole() -> Iterator[int]:
    """Listen with a full queue, so that further connections are not even refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port: int = listener.getsockname()[1]
        for _ in range(4):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port


@contextmanager
def mute() -> Iterator[int]:
    """Accept connections and say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


SILENT = pytest.mark.parametrize("place", [black_hole, mute])


@pytest.mark.slow
@SILENT
def test_a_broker_that_says_nothing_is_not_waited_for_longer_than_the_lease_lasts(
    place: Place,
) -> None:
    with place() as port:
        began = time.monotonic()
        with pytest.raises(BrokerUnreachable, match=rf"the broker at 127.0.0.1:{port} does not answer"):
            session(port).open()

    assert 1.5 < time.monotonic() - began < LEASE_S - 2


@SILENT
def test_waiting_for_a_broker_ends_when_told_to_stop(place: Place) -> None:
    wake, waker = socket.socketpair()
    timer = threading.Timer(0.1, waker.send, [b"x"])
    with wake, waker, place() as port:
        timer.start()
        began = time.monotonic()
        with pytest.raises(BrokerUnreachable, match="told to stop"):
            session(port).open(wake)
        timer.join()

    assert time.monotonic() - began < 1


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid", "a" * 70 + ".invalid", "x..y"])
def test_a_broker_that_is_not_there_is_said_so(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(BrokerUnreachable, match=f"{host}:{port} does not answer"):
        session(port, host).open()


def test_a_broker_that_hangs_up_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(BrokerUnreachable, match="closes the connection"):
            session(listener.getsockname()[1]).open()
        thread.join()


def test_a_try_that_was_given_up_never_says_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    """A late CONNECT with our client id would take the session away from the connection that came after."""
    gate, connected = threading.Event(), threading.Event()
    slow = socket.create_connection

    def create_connection(*args: object, **more: object) -> socket.socket:
        assert gate.wait(20)
        connection = slow(*args, **more)  # type: ignore[arg-type]
        connected.set()
        return connection

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(client_module, "_CONNECT_S", 0.1)
        monkeypatch.setattr(socket, "create_connection", create_connection)
        with pytest.raises(BrokerUnreachable):
            session(listener.getsockname()[1]).open()
        gate.set()
        accepted, _ = listener.accept()
        with accepted:
            assert connected.wait(20)
            accepted.settimeout(20)
            assert accepted.recv(1024) == b""


def test_an_error_of_the_thread_is_raised_to_who_waits() -> None:
    def fail() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        Attempt(fail).wait(5)


def test_filters_that_are_new_are_asked_for_again_when_the_rights_have_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer, args=(listener, heard))
        thread.start()
        one = session(listener.getsockname()[1])
        one.open()
        monkeypatch.setattr(client_module, "_AGAIN_S", 0.1)
        one.follow(("x/+", "y/+"))
        until(lambda: one.poll(0.02, 1) == [] and b"".join(heard).count(b"y/+") == 2)
        until(lambda: one.poll(0.02, 1) == [] and b"".join(heard).count(b"x/+") == 1)
        one.drop()
        thread.join()


def _answer(listener: socket.socket, heard: list[bytes]) -> None:
    """Be a broker that says yes to the connection and keeps what it is told."""
    connection, _ = listener.accept()
    with connection:
        heard.append(connection.recv(4096))
        connection.sendall(b"\x20\x03" + struct.pack("!BBB", 0, 0, 0))
        while data := connection.recv(4096):
            heard.append(data)
