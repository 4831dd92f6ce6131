"""The gate: the one way in, for http and for websockets (DESIGN, section 3)."""

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from auth.sessions import Actor, Sessions, cookie_name
from core.errors import StoreError
from store.clock import new_reference, now_us
from web.addresses import client_address, is_in
from web.decisions import Ask, Holder, Rules, Verdict, decide
from web.errors import error_response, page_for, response_for
from web.headers import (
    ADDRESS_HEADER,
    NEVER,
    SESSION_HEADER,
    RawHeaders,
    cleaned,
    completed,
    security_headers,
)
from web.routes_table import Access, route_of
from web.scripts import KEPT, Scripts
from web.service import Service
from web.sockets import EndableSocket, refuse

_log = logging.getLogger("gatehouse.web")
_WHO_MATTERS: Final = frozenset({Access.SESSION, Access.SIGN_IN})
_STREAMLIT_SOCKET: Final = "/_stcore/stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOptions:
    """What the gate is built with; `is_input` tells a person's act from a browser's own message."""

    rules: Rules
    policy: str
    is_input: Callable[[bytes], bool]
    scripts: Scripts = field(default_factory=Scripts)


class Gate:
    """ASGI middleware around everything: who asks, may they, and what the answer must carry."""

    def __init__(self, app: ASGIApp, service: Service, options: GateOptions) -> None:
        """Stand in front of an application."""
        self._app = app
        self._service = service
        self._rules = options.rules
        self._is_input = options.is_input
        self._scripts = options.scripts
        self._cookie = cookie_name(secure=options.rules.public.secure)
        self._headers = security_headers(options.rules.public, options.policy)
        self._trusted = [ipaddress.ip_network(one) for one in service.settings.trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, send it elsewhere or refuse it."""
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        ask = _ask(scope)
        kept = KEPT if self._scripts.kept(ask.path, ask.query) else None
        answer = Answer(send, self._headers, cache=kept if _cacheable(ask.path) else NEVER)
        try:
            actor = await self._actor(ask)
            verdict = decide(ask, _holder(actor), self._rules)
            if verdict.passes:
                self._note_act(ask, actor)
                inner = self._inner(scope, ask, actor)
                self._note_place(ask, actor, inner)
                await self._app(inner, receive, answer.send)
            else:
                await _refusal(verdict)(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort of every request
            respond = page_for if ask.html else response_for
            await answer.instead(respond(error, f"{ask.method} {ask.path}"), scope, receive)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        ask = _ask(scope)
        try:
            actor = await self._actor(ask)
            if actor is None or not decide(ask, _holder(actor), self._rules).passes:
                await refuse(receive, send)
                return
            await self._serve(scope, ask, actor, EndableSocket(receive, send, self._listener(ask, actor)))
        except Exception:  # noqa: BLE001 - the last resort of every websocket
            _log.exception("websocket %s failed reference=%s", ask.path, new_reference())
            await _closed(send)

    async def _serve(self, scope: Scope, ask: Ask, actor: Actor, socket: EndableSocket) -> None:
        forget = self._service.presence.register(actor.session, socket.end)
        try:
            inner = self._inner(scope, ask, actor)
            self._note_place(ask, actor, inner)
            await self._app(inner, socket.receive, socket.send)
        finally:
            forget()

    # --- who it is ------------------------------------------------------------------------------------

    async def _actor(self, ask: Ask) -> Actor | None:
        if route_of(ask.path).access not in _WHO_MATTERS:
            return None
        cookie = _cookie_of(ask.headers.get("cookie", ""), self._cookie)
        if cookie is None:
            return None
        sessions, now = self._service.parts.sessions, now_us()
        return sessions.recall(cookie, now) or await run_in_threadpool(sessions.look_up, cookie, now)

    def _inner(self, scope: Scope, ask: Ask, actor: Actor | None) -> Scope:
        peer = (scope.get("client") or (None, 0))[0]
        forwarded = ask.headers.get("x-forwarded-for")
        address = client_address(peer, forwarded, self._trusted)
        proxied = is_in(peer, self._trusted)
        headers = cleaned(scope["headers"], self._cookie, keep_forwarded=proxied)
        headers.append((ADDRESS_HEADER, address.encode()))
        if actor is not None:
            headers.append((SESSION_HEADER, actor.session.encode()))
        state = {**scope.get("state", {}), "actor": actor, "address": address}
        return {**scope, "headers": headers, "client": (address, 0), "state": state}

    def _note_place(self, ask: Ask, actor: Actor | None, inner: Scope) -> None:
        """Note a session that is used from elsewhere than it began: its cookie may be somebody else's now."""
        if actor is None:
            return
        sessions, now = self._service.parts.sessions, now_us()
        address, agent = inner["state"]["address"], ask.headers.get("user-agent", "")
        if sessions.strange(actor, address, agent, now):
            asyncio.get_running_loop().run_in_executor(None, _note_elsewhere, sessions, actor, address, agent)

    # --- human input ----------------------------------------------------------------------------------

    def _note_act(self, ask: Ask, actor: Actor | None) -> None:
        if actor is not None and (not ask.safe or ask.headers.get("sec-fetch-user") == "?1"):
            self._note(actor)

    def _listener(self, ask: Ask, actor: Actor) -> Callable[[bytes], None] | None:
        if ask.path != _STREAMLIT_SOCKET:
            return None
        seen = 0

        def listen(data: bytes) -> None:
            nonlocal seen
            if self._is_input(data):
                seen += 1
                # The first run of a socket is asked for by the browser itself, at each reconnect too.
                if seen > 1:
                    self._note(actor)

        return listen

    def _note(self, actor: Actor) -> None:
        sessions = self._service.parts.sessions
        if sessions.activity_due(actor.session, now_us()):
            asyncio.get_running_loop().run_in_executor(None, _note_input, sessions, actor.session)


def _note_input(sessions: Sessions, ref: str) -> None:
    try:
        sessions.touch_activity(ref, now_us())
    except StoreError as error:
        _log.warning("human input could not be noted error=%s", error)


def _note_elsewhere(sessions: Sessions, actor: Actor, address: str, agent: str) -> None:
    try:
        sessions.note_elsewhere(actor, address, agent, now_us())
    except StoreError as error:
        _log.warning("where a session is used from could not be noted error=%s", error)


class Answer:
    """Completes the headers of an answer on its way out, and knows whether one has begun."""

    def __init__(self, send: Send, headers: RawHeaders, *, cache: bytes | None) -> None:
        """Wrap the server's send; `cache` is what a good answer says of caches, None what the route says."""
        self._send = send
        self._headers = headers
        self._cache = cache
        self._begun = False

    async def send(self, message: Message) -> None:
        """Pass on one message of the answer."""
        if message["type"] == "http.response.start":
            self._begun = True
            good = message["status"] == HTTPStatus.OK
            cache = self._cache if good or self._cache is None else NEVER
            headers = completed(message.get("headers", ()), self._headers, cache=cache)
            message = {**message, "headers": headers}
        await self._send(message)

    async def instead(self, response: Response, scope: Scope, receive: Receive) -> None:
        """Answer with this, unless another answer has begun: then only the log tells."""
        if not self._begun:
            await response(scope, receive, self.send)


def _ask(scope: Scope) -> Ask:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        # A header that comes twice fits no exact comparison, and a list stays a list.
        headers[name] = (
            f"{headers[name]}{'; ' if name == 'cookie' else ','}{text}" if name in headers else text
        )
    return Ask(
        path=scope["path"],
        method=scope.get("method", "GET"),
        headers=headers,
        query=scope.get("query_string", b"").decode("latin-1"),
        websocket=scope["type"] == "websocket",
    )


def _holder(actor: Actor | None) -> Holder:
    if actor is None:
        return Holder.NOBODY
    return Holder.IDLE if actor.idle(now_us()) else Holder.ACTIVE


def _cookie_of(header: str, name: str) -> str | None:
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    found = {value for key, _, value in pairs if key == name}
    # Two different ones: somebody else has put one beside ours.
    return found.pop() if len(found) == 1 else None


def _cacheable(path: str) -> bool:
    return route_of(path).access is Access.PUBLIC or path.startswith("/_stcore/bidi-components/")


def _refusal(verdict: Verdict) -> Response:
    if verdict.location:
        return RedirectResponse(verdict.location, status_code=verdict.status)
    return error_response(verdict.status, verdict.error, verdict.message)


async def _closed(send: Send) -> None:
    with suppress(RuntimeError):
        await send({"type": "websocket.close", "code": 1011})
