"""(k) Single sign-on: from a provider's answer to the first page, the gate's cost, how fast an end is seen.

The provider is the one of the tests, in a process of its own; what it takes itself to redeem a code is
measured in the same rounds and taken off.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from auth.presence import Presence
from auth.sessions import Person, Sessions
from bench.figures import percentiles
from store.clock import now_us
from store.database import Database
from store.opening import open_database
from tests.auth.people import LIMITS, settle_in
from tests.op.visitor import Visitor, Wish
from tests.sso.console import Sso, signing_on
from tests.web.console_process import drawn
from web.addresses import PublicUrl
from web.decisions import Rules
from web.gate import Gate, GateOptions
from web.service import Service

ROUNDS: Final = 25
SESSIONS: Final = 10_000
REQUESTS: Final = 4_000
SOCKETS: Final = 200
_OPENED_AT_ONCE: Final = 10
_PATIENCE_S: Final = 60
# Where the sessions begin and are used from: what comes from elsewhere is a record each.
_PLACE: Final = "192.0.2.1"
_AGENT: Final = "bench"
_App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(kw_only=True)
class Arrivals:
    """What each round took (ns): less the provider's share, to the page's HTML and until it was drawn."""

    provider: list[int] = field(default_factory=list)
    html: list[int] = field(default_factory=list)
    page: list[int] = field(default_factory=list)


# --- from the answer to the first page ----------------------------------------------------------------


def arrivals(shape: str) -> Arrivals:
    """Sign somebody in again and again."""
    found = Arrivals()
    with tempfile.TemporaryDirectory() as folder, signing_on(Path(folder), [cast("Any", shape)]) as sso:
        issuer, context = sso.issuer(), sso.op.authority.context()
        with Visitor(issuer, context) as visitor:
            for _ in range(ROUNDS + 1):
                _arrive(sso, visitor, found)
    # The first finds nothing fetched.
    return Arrivals(provider=found.provider[1:], html=found.html[1:], page=found.page[1:])


def _arrive(sso: Sso, visitor: Visitor, found: Arrivals) -> None:
    own = _own_time(sso, visitor)
    with sso.console.client() as client:
        begun = client.get(f"/auth/{sso.issuer().spec.name}/login", params={"next": "/live"})
        answer = _answered(visitor, begun.headers["location"])
        start = time.monotonic_ns()
        page = client.post(f"/auth/{sso.issuer().spec.name}/callback", data=answer)
        while page.is_redirect:
            page = client.get(page.headers["location"])
        html = time.monotonic_ns() - start
        assert page.status_code == httpx.codes.OK, page.text
        with sso.console.socket(client.cookies["gatehouse"]) as connection:
            drawn(connection, "live")
        whole = time.monotonic_ns() - start
    found.provider.append(own)
    found.html.append(html - own)
    found.page.append(whole - own)


def _answered(visitor: Visitor, location: str) -> dict[str, str]:
    asked = httpx.URL(location).params
    wish = Wish(redirect_uri=asked["redirect_uri"], more=dict(asked))
    return visitor.authorize(wish, "ben")


def _own_time(sso: Sso, visitor: Visitor) -> int:
    wish = Wish(redirect_uri=f"{sso.url}/auth/{sso.issuer().spec.name}/callback")
    code = visitor.authorize(wish, "ben")["code"]
    start = time.monotonic_ns()
    assert "id_token" in visitor.redeem(wish, code)
    return time.monotonic_ns() - start


# --- the gate -----------------------------------------------------------------------------------------


def gate() -> dict[str, float]:
    """Measure a request through the gate less one past it (ms), with many sessions stored.

    Each request comes by another session, so that none is remembered: the dearest case there is.
    """
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(Path(folder))
        settle_in(db)
        sessions = Sessions(db, LIMITS)
        cookies = [_session(sessions, number) for number in range(SESSIONS)]
        costs = asyncio.run(_costs(db, sessions, cookies))
        db.close()
    return percentiles(costs)


def _session(sessions: Sessions, number: int) -> str:
    who = Person(subject=f"oidc:bench|{number}", name=f"P{number}", groups=("g-berlin",), provider="bench")
    cookie, _ = sessions.start(who, address=_PLACE, agent=_AGENT, now=now_us())
    return cookie


async def _costs(db: Database, sessions: Sessions, cookies: list[str]) -> list[int]:
    public = PublicUrl.of("http://localhost:8501")
    settings = SimpleNamespace(trusted_proxies=(), public_url=public.origin)
    service = Service(settings=cast("Any", settings), presence=Presence())
    service.opened = cast("Any", SimpleNamespace(db=db, sessions=sessions))
    options = GateOptions(rules=Rules(public=public), policy="", is_input=lambda _data: False)
    guarded, bare = Gate(_nothing, service, options), _nothing
    costs = []
    for cookie in secrets.SystemRandom().sample(cookies, REQUESTS):
        scope = _scope(cookie)
        costs.append(await _timed(guarded, scope) - await _timed(bare, scope))
    return costs


async def _nothing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _timed(app: _App, scope: dict[str, Any]) -> int:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == httpx.codes.OK, message

    start = time.perf_counter_ns()
    await app(dict(scope), receive, send)
    return time.perf_counter_ns() - start


def _scope(cookie: str) -> dict[str, Any]:
    headers = [
        (b"host", b"localhost:8501"),
        (b"cookie", f"gatehouse={cookie}".encode()),
        (b"user-agent", _AGENT.encode()),
    ]
    return {
        "type": "http",
        "method": "GET",
        "path": "/live/attention",
        "query_string": b"",
        "headers": headers,
        "client": (_PLACE, 1),
    }


# --- an end -------------------------------------------------------------------------------------------


def ends() -> dict[str, float]:
    """Open many pages of one person, end them at the provider, and tell when each was led away (ms)."""
    with tempfile.TemporaryDirectory() as folder, signing_on(Path(folder), ["keycloak"]) as sso:
        with sso.store() as db:
            cookies = [_session_of_ben(sso, db) for _ in range(SOCKETS)]
        return percentiles(asyncio.run(_ended(sso, cookies)))


def _session_of_ben(sso: Sso, db: Database) -> str:
    who = Person(
        subject=f"oidc:{sso.issuer().issuer}|ben", name="ben", groups=("g-berlin",), provider="keycloak"
    )
    cookie, _ = Sessions(db, LIMITS).start(who, address=_PLACE, agent=_AGENT, now=now_us())
    return cookie


async def _ended(sso: Sso, cookies: list[str]) -> list[int]:
    gate = asyncio.Semaphore(_OPENED_AT_ONCE)
    pages = await asyncio.gather(*(_opened(sso, cookie, gate) for cookie in cookies))
    waiting = [asyncio.create_task(_led_away(page)) for page in pages]
    token = sso.issuer().control.logout_token("gatehouse", sub="ben", sid=None)
    async with httpx.AsyncClient(base_url=sso.url) as client:
        start = time.monotonic_ns()
        answer = await client.post("/auth/keycloak/backchannel-logout", data={"logout_token": token})
        assert answer.status_code == httpx.codes.OK, answer.text
        ended = await asyncio.wait_for(asyncio.gather(*waiting), _PATIENCE_S)
    return [at - start for at in ended]


async def _opened(sso: Sso, cookie: str, gate: asyncio.Semaphore) -> ClientConnection:
    async with gate:
        page = await connect(
            f"ws://localhost:{sso.console.port}/_stcore/stream",
            origin=Origin(sso.url),
            additional_headers={"cookie": f"gatehouse={cookie}"},
            subprotocols=[Subprotocol("streamlit"), Subprotocol("token")],
            open_timeout=_PATIENCE_S,
        )
        message = BackMsg()
        message.rerun_script.page_name = "me"
        await page.send(message.SerializeToString())
        while (await _next(page)).WhichOneof("type") != "script_finished":
            pass
    return page


async def _led_away(page: ClientConnection) -> int:
    """Wait until the page is told to go to the sign-in."""
    while True:
        message = await _next(page)
        if message.WhichOneof("type") == "auth_redirect":
            assert message.auth_redirect.url.startswith("/sign-in?reason=provider_logout")
            return time.monotonic_ns()


async def _next(page: ClientConnection) -> ForwardMsg:
    data, message = await page.recv(), ForwardMsg()
    assert isinstance(data, bytes)
    message.ParseFromString(data)
    return message


@dataclass(frozen=True, kw_only=True)
class Found:
    """All of it, as percentiles in ms."""

    provider: dict[str, float]
    html: dict[str, float]
    page: dict[str, float]
    gate: dict[str, float]
    ends: dict[str, float]


def run() -> Found:
    """Measure all of it."""
    arrived = arrivals("keycloak")
    return Found(
        provider=percentiles(arrived.provider),
        html=percentiles(arrived.html),
        page=percentiles(arrived.page),
        gate=gate(),
        ends=ends(),
    )
