"""The way to a provider and back: `/auth/{provider}/…`, and `/sign-in/finish`, where it ends."""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from auth.arrivals import MoreProof
from auth.identity import Identity
from auth.local import origin_of
from auth.oidc import BROWSER_BYTES, Arrival, Refused, Start, away
from auth.sessions import Actor
from core.errors import Invalid, ProviderError, TokenRefused
from core.times import SECOND_US
from store.clock import now_us
from web.addresses import local_path
from web.cookies import Cookies
from web.errors import error_response, not_found
from web.forms import read_form
from web.lane import Lane
from web.plain_pages import alert, back, plain_page, way
from web.service import Service
from web.sign_in import BREAK_GLASS_PAGE

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = logging.getLogger("gatehouse.web")
_LARGEST_ANSWER: Final = 65_536
_AT_ONCE: Final = 8
_MOST: Final = 108
FINISH: Final = "/sign-in/finish"
ANOTHER: Final = "other"
# For these it is not the person who must do something.
_AWAY: Final = frozenset({"unreachable", "misconfigured", "groups_unavailable"})


class SingleSignOn:
    """The routes of all providers; the gate has let them through without a session."""

    def __init__(self, service: Service, cookies: Cookies) -> None:
        """Work with the parts of this service."""
        self._service = service
        self._cookies = cookies
        # A provider that answers late, or a flood of starts, must hold up no screen and nobody else's people.
        self._lanes = defaultdict[str, Lane](
            lambda: Lane("sign-on", threads=_AT_ONCE, most=_MOST, of_one=_MOST // 2),
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/auth/{provider}/login", self.begin, methods=["GET"]),
            Route("/auth/{provider}/callback", self.answered, methods=["GET", "POST"]),
            Route("/auth/{provider}/backchannel-logout", self.end_by_provider, methods=["POST"]),
            Route(FINISH, self.finish, methods=["GET"]),
        ]

    @property
    def _identity(self) -> Identity:
        return self._service.parts.identity

    async def _run(
        self, request: Request, name: str, do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run what may wait for a provider in its lane."""
        origin = origin_of(request.state.address)
        return await self._lanes[name].run(origin, do, *args, **kwargs)

    # --- there ----------------------------------------------------------------------------------------

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider, bound to the answer by a cookie."""
        name = request.path_params["provider"]
        if name not in self._identity.oidc.providers:
            return await not_found(request)
        return await self._go(request, self._start(request, name))

    def _start(self, request: Request, name: str) -> Start:
        return Start(
            provider=name,
            browser=self._cookies.flow_of(request) or secrets.token_urlsafe(BROWSER_BYTES),
            origin=origin_of(request.state.address),
            onwards=local_path(request.query_params.get("next")),
            another=request.query_params.get("account") == ANOTHER,
            left=self._cookies.was_left(request),
        )

    async def _go(self, request: Request, start: Start) -> Response:
        try:
            url = await self._run(request, start.provider, self._identity.oidc.begin, start)
        except ProviderError as error:
            found = away(self._identity.oidc.providers[start.provider], error)
            return await self._refuse(request, start.provider, Refused(found, onwards=start.onwards))
        response = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
        self._cookies.set_flow(response, start.browser)
        return response

    # --- and back -------------------------------------------------------------------------------------

    async def answered(self, request: Request) -> Response:
        """Keep the answer, then have the browser come again: another site's POST brings no cookie of ours."""
        name = request.path_params["provider"]
        if name not in self._identity.oidc.providers:
            return await not_found(request)
        parameters = (
            await read_form(request, _LARGEST_ANSWER)
            if request.method == "POST"
            else dict(request.query_params)
        )
        try:
            found = await self._run(request, name, self._identity.oidc.note_answer, name, parameters)
        except Refused as refused:
            return await self._refuse(request, name, refused)
        where = f"{FINISH}?flow={found.ref}&by={name}"
        if found.act:
            where = f"/acts/{found.act}/idp/answer?flow={found.ref}"
        return RedirectResponse(where, status_code=HTTPStatus.SEE_OTHER)

    async def finish(self, request: Request) -> Response:
        """Judge the answer for the browser that began, and take the person in or say why not."""
        name = request.query_params.get("by", "")
        if name not in self._identity.oidc.providers:
            return RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
        flow, browser = request.query_params.get("flow", ""), self._cookies.flow_of(request) or ""
        try:
            arrival = await self._run(request, name, self._identity.oidc.complete, flow, browser)
        except Refused as refused:
            return await self._refuse(request, name, refused)
        try:
            cookie = await self._run(request, name, self._enter, request, arrival)
        except MoreProof:
            start = self._start(request, arrival.provider.name)
            more = replace(start, onwards=arrival.onwards, strong=True, left=False)
            return await self._go(request, more)
        except Refused as refused:
            refused.onwards = arrival.onwards
            return await self._refuse(request, name, refused)
        response = RedirectResponse(arrival.onwards, status_code=HTTPStatus.SEE_OTHER)
        self._cookies.set_session(response, cookie)
        self._cookies.remember_provider(response, arrival.provider.name)
        self._cookies.forget_left(request, response)
        return response

    def _enter(self, request: Request, arrival: Arrival) -> str:
        before: Actor | None = request.state.actor
        return self._identity.arrivals.enter(
            arrival,
            address=request.state.address,
            agent=request.headers.get("user-agent", ""),
            now=now_us(),
            replaces=before.session if before else None,
        )

    async def _refuse(self, request: Request, name: str, refused: Refused) -> Response:
        """Say why not, to the person and in the log."""
        arrivals, address, now = self._identity.arrivals, request.state.address, now_us()
        name = refused.provider or name
        await self._run(request, name, arrivals.note_refusal, name, refused, address, now)
        error, theirs = refused.error, refused.error.reason in _AWAY
        values = {
            "provider": self._identity.oidc.providers[name].shown,
            "reason": error.reason,
            "time": f"{datetime.fromtimestamp(now // SECOND_US, UTC):%Y-%m-%d %H:%M:%S}",
        }
        code = HTTPStatus.BAD_GATEWAY if theirs else HTTPStatus.FORBIDDEN
        ways = _ways_on(name, refused.onwards, theirs=theirs)
        return plain_page("refused.html", values, status=code, note=alert(str(error)), ways=ways)

    # --- a provider ends a session --------------------------------------------------------------------

    async def end_by_provider(self, request: Request) -> Response:
        """Take a logout token: 200 when it is believed, 400 else (Back-Channel Logout 1.0, section 2.8)."""
        name = request.path_params["provider"]
        if name not in self._identity.oidc.providers:
            return await not_found(request)
        try:
            token = (await read_form(request, _LARGEST_ANSWER)).get("logout_token", "")
            await self._run(request, name, self._identity.back_channel.end, name, token, now_us())
        except (TokenRefused, Invalid) as error:
            return error_response(HTTPStatus.BAD_REQUEST, "invalid_request", str(error))
        except ProviderError as error:
            _log.warning("a logout token waits for its provider provider=%s error=%s", name, error)
            return error_response(HTTPStatus.SERVICE_UNAVAILABLE, "provider_error", "try again")
        return Response(status_code=HTTPStatus.OK, headers={"cache-control": "no-store"})


def _ways_on(name: str, onwards: str, *, theirs: bool) -> str:
    """Write what somebody can do who was not let in; `theirs`: the provider lets nobody in, whoever it is."""
    wanted = quote(onwards, safe="")
    again = f"/auth/{name}/login?next={wanted}"
    return "\n  ".join(
        (
            way("Try again", again, first=True),
            "" if theirs else way("Sign in with another account", f"{again}&account={ANOTHER}"),
            back("Other ways to sign in", f"/sign-in?reason=refused&next={wanted}"),
            back("Use a break-glass account", f"{BREAK_GLASS_PAGE}&next={wanted}") if theirs else "",
        )
    )
