"""Many screens of the live stream in one loop: bare websockets that note when each frame came, and no more.

Frames are taken apart after the run, so that a hundred screens cost the machine little.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_SHORT, _LONG = 126, 127
_FIN_BIT: Final = 0x80
_PING, _CLOSE = 9, 8
_PONG_HEADER: Final = bytes([_FIN_BIT | 10])
# A client's frames must be masked; masking with zeros changes no byte.
_MASK: Final = bytes(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the stream is, and as whom to ask for it."""

    host: str
    port: int
    headers: Mapping[str, str]
    path: str = "/live/stream"


class Screen(asyncio.Protocol):
    """One screen: every text frame with the time it came (monotonic ns)."""

    def __init__(self, address: Address) -> None:
        """Ask for the stream as soon as the connection stands."""
        self.frames: list[tuple[int, bytes]] = []
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._address = address
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        headers = {
            "Host": f"{self._address.host}:{self._address.port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **self._address.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        transport.write(f"GET {self._address.path} HTTP/1.1\r\n{lines}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        """Note what came."""
        now = time.monotonic_ns()
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        for kind, body in self._split():
            if kind == _PING and self._transport is not None:
                self._transport.write(_PONG_HEADER + bytes([_FIN_BIT | len(body)]) + _MASK + body)
            elif kind != _CLOSE:
                self.frames.append((now, body))
                if not self.started.done():
                    self.started.set_result(None)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell who waits for the first frame."""
        if not self.started.done():
            self.started.set_exception(ConnectionError("the stream was closed before its first frame"))

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _upgrade(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if found and not head.startswith(b"HTTP/1.1 101"):
            self.started.set_exception(ConnectionError(bytes(head[:200]).decode("latin-1")))
        elif found:
            self._buffer = rest
            self._upgraded = True
        return self._upgraded

    def _split(self) -> Iterator[tuple[int, bytes]]:
        buffer = self._buffer
        while len(buffer) >= 2:
            size, start = buffer[1], 2
            if size in {_SHORT, _LONG}:
                start += 2 if size == _SHORT else 8
                if len(buffer) < start:
                    return
                size = int.from_bytes(buffer[2:start], "big")
            if len(buffer) < start + size:
                return
            kind, body = buffer[0] & 0x0F, bytes(buffer[start : start + size])
            del buffer[: start + size]
            yield kind, body

    @property
    def head(self) -> int:
        """The id up to which this screen has everything."""
        newest: dict[str, Any] = json.loads(self.frames[-1][1])
        return int(newest["id"])

    def arrivals(self) -> Iterator[tuple[int, int]]:
        """Give the id of each record and when it came, from frames after the snapshot."""
        for at, body in self.frames:
            frame: dict[str, Any] = json.loads(body)
            if frame["type"] == "records":
                yield from ((rec["id"], at) for rec in frame["records"])


async def open_screens(address: Address, count: int) -> list[Screen]:
    """Open so many screens and wait until each has its first frame."""
    loop = asyncio.get_running_loop()
    screens = []
    for _ in range(count):
        _, screen = await loop.create_connection(lambda: Screen(address), address.host, address.port)
        screens.append(screen)
    await asyncio.wait_for(asyncio.gather(*(screen.started for screen in screens)), 30)
    return screens
