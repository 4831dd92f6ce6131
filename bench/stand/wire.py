"""MQTT 5 on a bare socket: as little of a client as possible, so that what is measured is not ours.

Only what the stand needs: connect with a password, subscribe, publish at QoS 1 with a window, receive.
"""

import select
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

WINDOW: Final = 1_000
_CHUNK: Final = 64 * 1024
_CONNACK: Final = 2
_PUBLISH: Final = 3
_PUBACK: Final = 4
_SUBACK: Final = 9
_REFUSED: Final = 0x80
_PATIENCE_S: Final = 20.0


class WireError(Exception):
    """The broker said no, or nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where to connect and as whom."""

    host: str
    port: int
    username: str
    password: str


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


def packet(first: int, body: bytes) -> bytes:
    """Put the fixed header before a body."""
    left, header = len(body), bytearray([first])
    while True:
        left, low = divmod(left, 128)
        header.append(low | (0x80 if left else 0))
        if not left:
            return bytes(header) + body


def publish_packet(topic: str, payload: bytes, mid: int, *, retain: bool = False) -> bytes:
    """Write a QoS 1 publication without properties."""
    return packet(0x32 | retain, _text(topic) + struct.pack("!H", mid) + b"\0" + payload)


def split(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Take whole packets off the front of a buffer."""
    while len(buffer) >= 2:
        length, shift, at = 0, 0, 1
        while at < len(buffer):
            byte = buffer[at]
            length |= (byte & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if not byte & 0x80:
                break
        else:
            return
        if len(buffer) < at + length:
            return
        one = buffer[0], bytes(buffer[at : at + length])
        del buffer[: at + length]
        yield one


class Wire:
    """One connection; a thread's own."""

    def __init__(
        self, account: Account, client_id: str, *, clean: bool = True, expiry_s: int = 0, keepalive_s: int = 0
    ) -> None:
        """Connect and wait for the broker's yes; raises WireError."""
        self._buffer = bytearray()
        self._queued: deque[tuple[int, bytes]] = deque()
        self._mid = 0
        self._open: set[int] = set()
        self.refused = 0
        self.socket = socket.create_connection((account.host, account.port), timeout=_PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        properties = b"\x11" + struct.pack("!I", expiry_s) + b"\x21" + struct.pack("!H", 65_535)
        flags = 0xC0 | (0x02 if clean else 0)
        body = _text("MQTT") + bytes([5, flags]) + struct.pack("!H", keepalive_s)
        body += bytes([len(properties)]) + properties + _text(client_id)
        self.socket.sendall(packet(0x10, body + _text(account.username) + _text(account.password)))
        answer = self._await(_CONNACK)
        if answer[1]:
            raise WireError(f"connect refused: 0x{answer[1]:02x}")
        self.resumed = bool(answer[0] & 1)

    def __enter__(self) -> Self:
        """Give the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say good-bye."""
        self.close()

    def subscribe(self, *filters: str, qos: int = 1) -> None:
        """Subscribe and wait for the answer."""
        body = struct.pack("!H", 1) + b"\0" + b"".join(_text(one) + bytes([qos]) for one in filters)
        self.socket.sendall(packet(0x82, body))
        self._await(_SUBACK)

    def publish(self, messages: Iterable[tuple[str, bytes]], *, window: int = WINDOW) -> int:
        """Publish at QoS 1, `window` of them unanswered at most; returns how many were answered.

        Refusals are counted in `refused`. Raises WireError when the connection goes.
        """
        sent = 0
        for topic, payload in messages:
            while len(self._open) >= window:
                self._acknowledged()
            self.send(topic, payload)
            sent += 1
            # Answers are taken in now and then, so that neither side's buffer fills.
            if sent % 100 == 0 and select.select([self.socket], [], [], 0)[0]:
                self._acknowledged()
        self.settle()
        return sent

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Publish one at QoS 1 without waiting; returns its message id."""
        self._mid = self._mid % 65_535 + 1
        self._open.add(self._mid)
        try:
            self.socket.sendall(publish_packet(topic, payload, self._mid, retain=retain))
        except OSError as error:
            raise WireError("the connection is gone") from error
        return self._mid

    def settle(self) -> None:
        """Wait until every publication is answered."""
        while self._open:
            self._acknowledged()

    def received(self, seconds: float) -> Iterator[tuple[str, bytes, int]]:
        """Give (topic, payload, time.time_ns()) as they come, acknowledged; ends when none does."""
        while True:
            while self._queued:
                first, body = self._queued.popleft()
                if first >> 4 == _PUBLISH:
                    yield self._delivery(first, body, time.time_ns())
            if not select.select([self.socket], [], [], seconds)[0]:
                return
            self._read()

    def _delivery(self, first: int, body: bytes, now: int) -> tuple[str, bytes, int]:
        size = struct.unpack_from("!H", body)[0]
        at = 2 + size
        if (first >> 1) & 3:
            self.socket.sendall(packet(0x40, body[at : at + 2]))
            at += 2
        # A property block longer than 127 bytes is not sent to us by anybody here.
        at += 1 + body[at]
        return body[2 : 2 + size].decode("utf-8", "replace"), body[at:], now

    def _acknowledged(self) -> None:
        body = self._await(_PUBACK)
        self._take_answer(body)
        others = [one for one in self._queued if one[0] >> 4 == _PUBACK]
        for _, more in others:
            self._take_answer(more)
        if others:
            self._queued = deque(one for one in self._queued if one[0] >> 4 != _PUBACK)

    def _take_answer(self, body: bytes) -> None:
        self._open.discard(struct.unpack_from("!H", body)[0])
        if len(body) > 2 and body[2] >= _REFUSED:
            self.refused += 1

    def _await(self, wanted: int) -> bytes:
        while True:
            for number, (first, body) in enumerate(self._queued):
                if first >> 4 == wanted:
                    del self._queued[number]
                    return body
            self._read()

    def _read(self) -> None:
        try:
            data = self.socket.recv(_CHUNK)
        except OSError as error:
            raise WireError("the connection is gone") from error
        if not data:
            raise WireError("the broker closed the connection")
        self._buffer += data
        self._queued.extend(split(self._buffer))

    def ping(self) -> None:
        """Keep the connection from being taken for dead."""
        self.socket.sendall(b"\xc0\0")

    def close(self) -> None:
        """Say good-bye; the broker keeps a session that has an expiry."""
        try:
            self.socket.sendall(b"\xe0\0")
        except OSError:
            return
        finally:
            self.socket.close()
