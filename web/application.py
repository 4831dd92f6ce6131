"""Builds the web process around Streamlit: routes, the gate, and what lives from start to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from auth.access import scopes_for
from auth.current import Services, set_services
from auth.identity import open_identity
from auth.identity_settings import read_identity
from auth.sessions import Actor, Sessions
from core.capabilities import Capabilities
from core.commands import Line
from core.errors import StoreError
from operations.searched import notes as searches
from store.clock import new_reference, now_us
from store.database import Database
from store.ledger import open_ledger
from store.opening import open_database
from store.tail import Tail
from web import streamlit_runtime
from web.acts import Acts
from web.addresses import PublicUrl
from web.attention import Attentions
from web.calls import Calls
from web.chores import begin_chores
from web.cookies import Cookies
from web.decisions import Rules
from web.door_card import DoorCards
from web.ending import Endings
from web.errors import http_error, not_found
from web.exports import Exports
from web.first_page import CHARTS, ROOT, first_page_routes
from web.gate import Gate, GateOptions
from web.headers import content_security_policy, inline_script_hashes, script_hash
from web.health import Readiness, alive, report_web
from web.live import SEES, LiveHub, Scopes
from web.metrics import Metrics
from web.passkeys import AddingPasskeys
from web.preferences import Preferences
from web.proofs import Proofs
from web.provider_proofs import ProvingAtProviders
from web.scripts import Scripts
from web.search import Search
from web.service import Opened, Service, WebSettings
from web.sign_in import SignIn
from web.sso import SingleSignOn

_log = logging.getLogger("gatehouse.web")
_COMPONENTS: Final = Path(__file__).parent.parent / "pages" / "components"
_REPORT_S: Final = 5.0
_LAST_NOTES_S: Final = 2.0
_EVERY_METHOD: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Kept for interfaces that come later, so that Streamlit's page never answers for them.
_KEPT: Final = ("/auth", "/saml", "/scim", "/oauth2callback")
Lifespan: TypeAlias = Callable[[object], AbstractAsyncContextManager[None]]
ErrorHandler: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What `st.App` is given."""

    routes: list[BaseRoute]
    middleware: list[Middleware]
    lifespan: Lifespan
    exception_handlers: dict[type[Exception], ErrorHandler]


def build(
    settings: WebSettings,
    *,
    tokens: Mapping[str, str] | None = None,
    families: Mapping[str, Capabilities] | None = None,
    line: Line | None = None,
    preload: tuple[str, ...] = (),
) -> Built:
    """Build everything around the pages; `tokens` open bearer paths; raises StartRefused.

    `families` is what pages say of each family of devices, `line` is the way to the devices; `preload` names
    the modules that are heavy, imported before the first request.
    """
    public = PublicUrl.of(settings.public_url)
    streamlit_runtime.check_configuration()
    streamlit_runtime.adopt_public_url(public)
    streamlit_runtime.distrust_forwarded_headers()
    service = Service(
        settings=settings,
        identity=read_identity(settings.tables, settings.data),
        families=families or {},
        line=line,
    )
    scripts = Scripts.of(_COMPONENTS)
    hashes = (
        *inline_script_hashes(streamlit_runtime.static_index()),
        script_hash(scripts.import_map),
        script_hash(ROOT),
        script_hash(CHARTS),
    )
    hashed = {path: sha256(token.encode()).digest() for path, token in (tokens or {}).items()}
    options = GateOptions(
        rules=Rules(public=public, tokens=hashed),
        policy=content_security_policy(public, hashes),
        is_input=streamlit_runtime.is_input,
        scripts=scripts,
    )
    return Built(
        routes=_routes(service, public, scripts),
        middleware=[Middleware(Gate, service=service, options=options)],
        lifespan=_lifespan(service, preload),
        exception_handlers={HTTPException: http_error},
    )


def _routes(service: Service, public: PublicUrl, scripts: Scripts) -> list[BaseRoute]:
    async def stream(websocket: WebSocket) -> None:
        await service.parts.hub.stream(websocket)

    cookies = Cookies(secure=public.secure)
    return [
        WebSocketRoute("/live/stream", stream),
        Route("/healthz", alive, methods=["GET"]),
        Route("/readyz", Readiness(service).answer, methods=["GET"]),
        Route("/metrics", Metrics(service).answer, methods=["GET"]),
        *Acts().routes(),
        *ProvingAtProviders(service, cookies).routes(),
        *Calls(service).routes(),
        *DoorCards(service).routes(),
        *Attentions(service).routes(),
        *Preferences(service).routes(),
        *Search(service).routes(),
        *Proofs(service).routes(),
        *Exports(service).routes(),
        *AddingPasskeys(service).routes(),
        *SignIn(service, cookies).routes(),
        *SingleSignOn(service, cookies).routes(),
        *(Route(path, not_found, methods=_EVERY_METHOD) for path in _KEPT),
        *(Route(f"{path}/{{rest:path}}", not_found, methods=_EVERY_METHOD) for path in _KEPT),
        *first_page_routes(streamlit_runtime.static_index(), scripts),
    ]


def _lifespan(service: Service, preload: tuple[str, ...]) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncIterator[None]:
        parts = await run_in_threadpool(_open, service)
        streamlit_runtime.register_components(_COMPONENTS)
        endings = Endings(
            presence=service.presence,
            sessions=parts.sessions,
            pages=_StreamlitPages(),
            loop=asyncio.get_running_loop(),
        )
        parts.tail.subscribe(endings.on_batch)
        await run_in_threadpool(parts.tail.start)
        await parts.hub.start()
        await run_in_threadpool(streamlit_runtime.settle, preload)
        tasks = [asyncio.create_task(endings.watch()), asyncio.create_task(_report(service))]
        chores = begin_chores(parts.db, parts.identity)
        try:
            yield
        finally:
            await run_in_threadpool(chores.stop)
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await parts.hub.stop()
            await run_in_threadpool(_close, service)

    return lifespan


def _open(service: Service) -> Opened:
    db = open_database(service.settings.data)
    settings = service.settings
    sessions = Sessions(db, settings.sessions, service.identity.strong)
    identity = open_identity(
        db, sessions, service.identity.providers, data=settings.data, public_url=settings.public_url
    )
    tail = Tail(db)
    hub = LiveHub(db, tail, service.presence, _live_scopes(db, sessions))
    ledger = open_ledger(settings.data)
    service.opened = Opened(db=db, sessions=sessions, identity=identity, tail=tail, hub=hub, ledger=ledger)
    services = Services(
        db=db,
        sessions=sessions,
        presence=service.presence,
        families=service.families,
        help_contact=settings.help_contact,
        networks=service.identity.networks,
        providers={one.name: one for one in service.identity.providers},
        line=service.line,
        public_url=settings.public_url,
        step_up=identity.proofs,
    )
    set_services(services)
    return service.opened


def _live_scopes(db: Database, sessions: Sessions) -> Callable[[Actor], Scopes]:
    def scopes_of(actor: Actor) -> Scopes:
        # Rights are asked of the session as it is now, not as it was when the screen was opened.
        present = sessions.by_ref(actor.session, now_us()) or replace(actor, groups=())
        return scopes_for(db, present, SEES)

    return scopes_of


def _close(service: Service) -> None:
    parts, service.opened = service.parts, None
    set_services(None)
    parts.tail.stop()
    # What was noted of readers is written; what the store does not take by then is lost with this process.
    searches.settle(_LAST_NOTES_S)
    searches.forget()
    parts.ledger.close()
    parts.db.close()


async def _report(service: Service) -> None:
    while True:
        try:
            await run_in_threadpool(report_web, service.parts.db, service.presence.count())
        except StoreError as error:
            _log.warning("the web process could not report its state error=%s", error)
        except Exception:  # noqa: BLE001 - the last resort of this task
            _log.exception("the web process reports its state again later reference=%s", new_reference())
        await asyncio.sleep(_REPORT_S)


class _StreamlitPages:
    """Tells pages through Streamlit."""

    def end(self, ref: str, reason: str, paths: dict[str, str]) -> None:
        """Send every page of a session to the sign-in and give up its state."""
        streamlit_runtime.end_pages(ref, reason, paths)

    def idle(self, ref: str, paths: dict[str, str]) -> None:
        """Send these pages to the sign-in and leave the others."""
        streamlit_runtime.send_to_sign_in(ref, "idle", paths)
