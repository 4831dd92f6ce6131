"""A gate over a small application, with a store and people behind it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from auth.access import scopes_for
from auth.current import Services, set_services
from auth.identity import open_identity
from auth.presence import Presence
from auth.sessions import Limits, Sessions
from operations.searched import notes
from store.clock import now_us
from store.database import Database
from store.directory import save_account
from store.estate import import_estate
from store.ledger import open_ledger
from store.tail import Tail
from tests.auth.people import LIMITS, account, peopled_store, person
from tests.operations.unlocking import CAN, ESTATE, SECRET, SomeLine, listen
from tests.web.client import TestClient
from web.acts import Acts
from web.addresses import PublicUrl
from web.attention import Attentions
from web.calls import Calls
from web.cookies import Cookies
from web.decisions import Rules
from web.door_card import DoorCards
from web.exports import Exports
from web.gate import Gate, GateOptions
from web.live import SEES, LiveHub
from web.passkeys import AddingPasskeys
from web.preferences import Preferences
from web.proofs import Proofs
from web.search import Search
from web.service import Opened, Service
from web.sign_in import SignIn

URL: Final = "http://localhost:8501"
OURS: Final = {"origin": URL}


@dataclass(frozen=True, kw_only=True)
class SomeSettings:
    """What the web reads of the settings."""

    data: Path
    public_url: str = URL
    help_contact: str = ""
    trusted_proxies: tuple[str, ...] = ()
    sessions: dict[str, Limits] = field(default_factory=lambda: dict(LIMITS))
    demo: bool = True
    tables: dict[str, object] = field(default_factory=dict)


@dataclass(kw_only=True)
class Console:
    """The gate's parts and a client; redirects are not followed."""

    service: Service
    client: TestClient

    @property
    def sessions(self) -> Sessions:
        return self.service.parts.sessions

    @property
    def db(self) -> Database:
        return self.service.parts.db


async def _who(request: Request) -> Response:
    seen = {name: value for name, value in request.headers.items() if name.startswith(("x-", "cookie"))}
    actor = request.state.actor
    return JSONResponse({"headers": seen, "actor": actor and actor.session, "address": request.state.address})


async def _page(_request: Request) -> Response:
    return HTMLResponse("<p>page</p>", headers={"cache-control": "public, max-age=3600"})


async def _broken(_request: Request) -> Response:
    raise RuntimeError("password=hunter2")


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.headers.get("x-gatehouse-session", ""))
    try:
        while True:
            await websocket.send_bytes(await websocket.receive_bytes())
    except WebSocketDisconnect:
        return


def _is_input(data: bytes) -> bool:
    return data == b"human"


def make_console(settings: SomeSettings) -> Console:
    """Build the gate over a few routes; the client must be entered."""
    public = PublicUrl.of(settings.public_url)
    service = Service(settings=settings)
    options = GateOptions(rules=Rules(public=public), policy="default-src 'self'", is_input=_is_input)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield

    app = Starlette(
        routes=[
            *SignIn(service, Cookies(secure=public.secure)).routes(),
            *Acts().routes(),
            *Calls(service).routes(),
            *DoorCards(service).routes(),
            *Attentions(service).routes(),
            *Preferences(service).routes(),
            *Search(service).routes(),
            *Proofs(service).routes(),
            *Exports(service).routes(),
            *AddingPasskeys(service).routes(),
            Route("/who", _who, methods=["GET", "POST"]),
            Route("/healthz", _who),
            Route("/broken", _broken),
            Route("/page", _page),
            WebSocketRoute("/_stcore/stream", _echo),
            WebSocketRoute("/live/stream", _echo),
        ],
        middleware=[Middleware(Gate, service=service, options=options)],
        lifespan=lifespan,
    )
    client = TestClient(
        app, base_url=settings.public_url, follow_redirects=False, client=("127.0.0.1", 50000)
    )
    return Console(service=service, client=client)


def open_parts(settings: SomeSettings) -> Opened:
    """Open a store with people; nothing runs in the background."""
    db = peopled_store(settings.data)
    sessions = Sessions(db, settings.sessions)
    tail = Tail(db)
    service_hub = LiveHub(
        db,
        tail,
        Service(settings=settings).presence,
        lambda actor: scopes_for(db, actor, SEES),
    )
    identity = open_identity(db, sessions, (), data=settings.data, public_url=settings.public_url)
    ledger = open_ledger(settings.data)
    return Opened(db=db, sessions=sessions, identity=identity, tail=tail, hub=service_hub, ledger=ledger)


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    settings = SomeSettings(data=tmp_path / "data")
    made = make_console(settings)
    made.service.opened = open_parts(settings)
    with made.client:
        yield made
    # What was looked for is written beside the answer.
    notes.settle(5)
    notes.forget()
    made.db.close()


@pytest.fixture
def line(console: Console) -> Iterator[SomeLine]:
    """Let the console stand before devices, with ingest listening and codes to prove acts by."""
    made = SomeLine()
    import_estate(console.db, ESTATE, now_us(), "tests")
    for username in ("ben", "dan"):
        save_account(console.db, replace(account(username), totp_secret=SECRET), now_us(), "tests")
    services = Services(
        db=console.db,
        sessions=console.sessions,
        presence=Presence(),
        families={"gatehouse": CAN},
        line=made,
        public_url=URL,
    )
    made.services = services
    listen(services, at=now_us())
    set_services(services)
    yield made
    set_services(None)


@pytest.fixture
def ben(console: Console) -> str:
    """Sign Ben in, and give his cookie."""
    return console.sessions.start(person("ben"), address="127.0.0.1", agent="testclient", now=now_us())[0]
