"""The console's real routes behind its real gate, in this process, for anybody of a world."""

import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.websockets import WebSocketDisconnect

from auth.current import Services, set_services, the
from store import acts
from store.preferences import forget_preferences
from tests.isolation.world import Someone, World
from tests.web.client import TestClient, WebSocketTestSession
from tests.web.conftest import OURS, URL, SomeSettings
from web import application, live, streamlit_runtime
from web.service import Service

_SOCKETS: Final = URL.replace("http", "ws")
# What is new in each answer and says nothing.
_REFERENCE: Final = re.compile(r'("reference": ?)"[0-9a-f]{8}"')


_LEAF = re.compile(r'"leaf":"([A-Za-z0-9+/=]+)"')


def opened(text: str) -> str:
    """Read what is sent as base64 like all else that is sent."""
    return _LEAF.sub(lambda found: f'"leaf":{b64decode(found[1]).decode()}', text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An answer, whole: what a person could read of it, with its headers."""

    status: int
    text: str

    @property
    def comparable(self) -> tuple[int, str]:
        """Give what must be equal where nothing may be told apart."""
        return self.status, _REFERENCE.sub(r'\1"…"', self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A client of a console; redirects are not followed."""

    client: TestClient
    services: Services

    def ask(
        self,
        who: Someone | None,
        path: str,
        *,
        method: str = "GET",
        query: dict[str, str] | None = None,
        body: Any = None,
    ) -> Asked:
        """Ask as a page of ours does, in the browser of this person."""
        # One process has one console; here are two, whose operations are never to meet the other's store.
        set_services(self.services)
        headers = {**OURS, **_cookie(who)}
        content = None if body is None else json.dumps(body)
        if content is not None:
            headers["content-type"] = "application/json"
        answer = self.client.request(method, path, params=query, headers=headers, content=content)
        told = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers.items()))
        return Asked(status=answer.status_code, text=f"{told}\n\n{opened(answer.text)}")

    def screen(self, who: Someone | None, query: dict[str, str] | None = None) -> WebSocketTestSession:
        """Open the live stream; the caller reads it and lets it go."""
        path = f"{_SOCKETS}/live/stream?{urlencode(query or {})}"
        return self.client.websocket_connect(path, headers={**OURS, **_cookie(who)})

    def watch(self, who: Someone | None, query: dict[str, str], frames: int) -> Asked:
        """Open the live stream and read this many frames, or to its end; the status is how it was closed."""
        read: list[str] = []
        try:
            # The client takes the stream's task away while it still says farewell.
            with suppress(CancelledError), self.screen(who, query) as socket:
                read.extend(socket.receive_text() for _ in range(frames))
        except WebSocketDisconnect as closed:
            return Asked(status=closed.code, text="\n".join([*read, closed.reason or ""]))
        return Asked(status=1000, text="\n".join(read))


def _cookie(who: Someone | None) -> dict[str, str]:
    return {} if who is None else {"cookie": f"gatehouse={who.cookie}"}


@contextmanager
def console(world: World) -> Iterator[Console]:
    """Serve a world by the routes and the gate that `app.py` is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "BEAT_S", 0.005)
        # Nobody asks as often in a minute as whoever tries every address.
        patch.setattr(acts, "MOST_WAITING", 100_000)
        with _serving(built(world.db.file.parent)) as client:
            yield Console(client=client, services=the())
    # What was chosen here is not to be found by the tests of others.
    for someone in world.people.values():
        forget_preferences(world.db, someone.actor.subject)


def built(data: Path) -> application.Built:
    """Build what `app.py` builds, but for what would change this whole process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streamlit_runtime, "adopt_public_url", lambda _: None)
        patch.setattr(streamlit_runtime, "distrust_forwarded_headers", lambda: None)
        return application.build(SomeSettings(data=data))


def _serving(made: application.Built) -> TestClient:
    service = cast("Service", made.middleware[0].kwargs["service"])

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        opened = application._open(service)
        opened.tail.start()
        await opened.hub.start()
        yield
        await opened.hub.stop()
        application._close(service)

    app = Starlette(
        routes=made.routes,
        middleware=made.middleware,
        exception_handlers={**made.exception_handlers, 404: _elsewhere},
        lifespan=lifespan,
    )
    return TestClient(app, base_url=URL, follow_redirects=False, client=("127.0.0.1", 50_000))


async def _elsewhere(_request: object, _error: Exception) -> JSONResponse:
    """Stand for Streamlit, which answers for every path that no route of ours takes."""
    return JSONResponse({"error": "streamlit"}, status_code=404)
