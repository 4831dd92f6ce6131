"""Serves the harness page and plays frames to every socket, from a thread of its own."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

HERE: Final = Path(__file__).parent
COMPONENTS: Final = HERE.parents[2] / "pages" / "components"
CSP: Final = "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'"
Frame: TypeAlias = dict[str, object]


class Player:
    """What the server says; its methods may be called from the test's thread.

    `snapshot(after)` makes the first frame of each socket; `asked` holds the `after` of each. `cards` are the
    doors that it knows more of, `kept` the preferences that it was sent, `more` what else it answers.
    """

    def __init__(self, snapshot: Callable[[int | None], Frame]) -> None:
        """Answer new sockets with these snapshots, and with beats until muted."""
        self.snapshot = snapshot
        self.asked: list[int | None] = []
        self.muted = False
        self.open = True
        self.signed_in = True
        self.loop: asyncio.AbstractEventLoop | None = None
        self.sockets: set[WebSocket] = set()
        self.head = 0
        self.cards: dict[str, Frame] = {}
        self.kept: dict[str, object] = {}
        self.more: list[BaseRoute] = []

    def card(self, door: str) -> Frame | None:
        """Give what the server knows of a door."""
        return self.cards.get(door)

    def send(self, frame: Frame) -> None:
        """Send a frame to every socket."""
        self.head = max(self.head, int(str(frame["id"])))
        self._run(self._send(json.dumps(frame)))

    def close(self, code: int, reason: str = "") -> None:
        """Close every socket with this code."""
        self._run(self._close(code, reason))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(work, self.loop).result(5)

    async def _send(self, text: str) -> None:
        for websocket in tuple(self.sockets):
            # A page may just have given it up.
            with suppress(WebSocketDisconnect):
                await websocket.send_text(text)

    async def _close(self, code: int, reason: str) -> None:
        for websocket in tuple(self.sockets):
            await websocket.close(code, reason)

    async def serve(self, websocket: WebSocket) -> None:
        """Play one socket."""
        after = websocket.query_params.get("after")
        self.asked.append(None if after is None else int(after))
        if not self.open:
            await websocket.close(4401)
            return
        await websocket.accept()
        frame = self.snapshot(self.asked[-1])
        self.head = max(self.head, int(str(frame["id"])))
        await websocket.send_text(json.dumps(frame))
        self.sockets.add(websocket)
        beats = asyncio.create_task(self._beat(websocket))
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            self.sockets.discard(websocket)
            beats.cancel()

    async def _beat(self, websocket: WebSocket) -> None:
        while True:
            await asyncio.sleep(1)
            if not self.muted:
                beat = {"type": "beat", "id": self.head, "now": now_us(), "heard": {}}
                await websocket.send_text(json.dumps(beat))


def now_us() -> int:
    """Give the time, µs UTC."""
    return time.time_ns() // 1_000


def _application(player: Player) -> Starlette:
    async def page(_: Request) -> Response:
        return FileResponse(HERE / "page.html", headers={"Content-Security-Policy": CSP})

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok" if player.signed_in else "", 200 if player.signed_in else 401)

    async def sign_in(_: Request) -> Response:
        return PlainTextResponse("sign in")

    async def card(request: Request) -> Response:
        found = player.card(request.path_params["door"])
        return JSONResponse(found or {"error": "not_found"}, 200 if found else 404)

    async def preference(request: Request) -> Response:
        player.kept[request.path_params["name"]] = await request.json()
        return Response(status_code=204)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/_stcore/health", health),
            Route("/sign-in", sign_in),
            WebSocketRoute("/live/stream", player.serve),
            *(
                Mount(f"/gatehouse.{name}", StaticFiles(directory=COMPONENTS / name))
                for name in ("wall", "shared", "live", "acts", "desk")
            ),
            Route("/live/doors/{door}", card),
            Route("/me/preferences/{name}", preference, methods=["PUT"]),
            *player.more,
            Mount("/harness", StaticFiles(directory=HERE)),
        ],
    )


@contextmanager
def serving(player: Player) -> Iterator[str]:
    """Serve the page of this player on a free port; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(_application(player), log_level="error", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)

    async def run() -> None:
        player.loop = asyncio.get_running_loop()
        await server.serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        listener.close()
