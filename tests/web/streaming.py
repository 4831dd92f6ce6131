"""A web server with nothing but the live stream, on a port of its own, and clients of it."""

import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import ClientConnection, connect

from auth.presence import Presence
from auth.sessions import Actor
from core import permissions
from store.database import Database
from store.tail import Tail
from tests.waiting import until
from web.live import LiveHub

STOPPED_WITHIN_S = 5.0


def actor(name: str) -> Actor:
    return Actor(
        subject=name,
        name=name,
        session=f"session-{name}",
        groups=(),
        created=0,
        active=0,
        idle_after=1,
        ends=1,
    )


class StreamServer:
    """The hub under uvicorn; `?who=` says who connects, `rights` what each may watch."""

    def __init__(self, db: Database, rights: dict[str, permissions.Scope]) -> None:
        self.rights = rights
        # Whose silent alarms each minds: nobody's, unless a test says so.
        self.minds: dict[str, permissions.Scope] = {}
        self.presence = Presence()
        self.tail = Tail(db)
        self.hub = LiveHub(db, self.tail, self.presence, self._scopes)
        inner = Starlette(routes=[WebSocketRoute("/live/stream", self._stream)], lifespan=self._lifespan)
        self._socket = socket.socket()
        # Connections inherit it: what does not fit soon waits for who reads.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        self._socket.bind(("127.0.0.1", 0))
        config = uvicorn.Config(inner, log_level="warning", lifespan="on", ws_per_message_deflate=False)
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.uvicorn.run, args=([self._socket],), name="stream-server")

    def _scopes(self, who: Actor) -> Mapping[permissions.Permission, permissions.Scope]:
        watches = self.rights[who.subject]
        nothing = replace(watches, permission=permissions.Permission.ALARM_HANDLE, sites=frozenset())
        return {
            permissions.Permission.LIVE_VIEW: watches,
            permissions.Permission.ALARM_HANDLE: self.minds.get(who.subject, nothing),
        }

    async def _stream(self, websocket: WebSocket) -> None:
        websocket.scope["state"] = {"actor": actor(websocket.query_params["who"])}
        await self.hub.stream(websocket)

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self.tail.start()
        await self.hub.start()
        yield
        await self.hub.stop()
        self.tail.stop()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._socket.getsockname()[1]}/live/stream"

    def stop(self) -> None:
        self.uvicorn.should_exit = True
        self.thread.join(STOPPED_WITHIN_S)
        self._socket.close()


@contextmanager
def serving(db: Database, **rights: permissions.Scope) -> Iterator[StreamServer]:
    server = StreamServer(db, rights)
    server.thread.start()
    until(lambda: server.uvicorn.started)
    try:
        yield server
    finally:
        server.stop()


class Client:
    """One screen: reads frames, and keeps those that are no beats."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[dict[str, Any]] = []

    def frame(self, kind: str, seconds: float = 20) -> dict[str, Any]:
        """Wait for the next frame of this kind."""
        while True:
            read: dict[str, Any] = json.loads(self.socket.recv(timeout=seconds))
            if read["type"] != "beat":
                self.frames.append(read)
            if read["type"] == kind:
                return read

    def records_up_to(self, head: int) -> None:
        """Read until the screen has everything up to this record."""
        while not self.frames or self.frames[-1]["id"] < head:
            read: dict[str, Any] = json.loads(self.socket.recv(timeout=20))
            self.frames.append(read)

    @property
    def ids(self) -> list[int]:
        return [rec["id"] for frame in self.frames for rec in frame.get("records", ())]


@contextmanager
def screen(server: StreamServer, who: str, after: int | None = None) -> Iterator[Client]:
    asked = "" if after is None else f"&after={after}"
    with (
        suppress(TimeoutError),
        connect(f"{server.url}?who={who}{asked}", compression=None, close_timeout=1) as socket,
    ):
        yield Client(socket)


@contextmanager
def screen_that_does_not_read(server: StreamServer, who: str) -> Iterator[None]:
    """Connect with hardly any room for what comes, as after megabytes have come already."""
    address = urlsplit(server.url)
    with socket.socket() as narrow:
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        narrow.connect((address.hostname, address.port))
        with connect(
            f"{server.url}?who={who}", sock=narrow, compression=None, max_queue=1, close_timeout=0.1
        ):
            yield
