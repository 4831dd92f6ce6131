"""GET `/acts/{id}/idp` and its answer: an act is proved at an identity provider, in a small window.

It signs nobody in: no session begins, and none changes. The screen follows GET `/acts/{id}` alone.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, ParamSpec, TypeVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from auth.current import the
from auth.local import origin_of
from auth.oidc import BROWSER_BYTES, away
from auth.provider_proofs import ProviderProofs
from auth.sessions import Actor
from core.errors import ActRefused, NotPermitted, ProofRefused, ProviderError
from operations import sensitive
from operations.deeds import Told
from store.clock import now_us
from store.patience import hurried
from web.cookies import Cookies
from web.errors import not_found
from web.lane import Lane
from web.plain_pages import alert, scripted_page, status
from web.service import Service

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = logging.getLogger("gatehouse.web")
_AT_ONCE: Final = 8
_MOST: Final = 108
# What our own pages, and people who type an address, send; another site's link must begin nothing.
_OURS: Final = frozenset({"same-origin", "none"})
_GOOD_S, _BAD_S = 3, 20
_GOES_ON: Final = "The screen from which you asked goes on by itself."
_LOOK: Final = "The screen from which you asked says so too."
_SECOND: Final = "A second person has to approve it now, within a minute. Nothing was sent yet."
_STRAY: Final = "This was no answer to anything, or has been used. Begin again."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """One request about an act: whose, which, in what browser."""

    actor: Actor
    act: str
    browser: str
    origin: str


class ProvingAtProviders:
    """The routes; each answers for the session that asks, and for nobody else's act."""

    def __init__(self, service: Service, cookies: Cookies) -> None:
        """Work with the parts of this service."""
        self._service = service
        self._cookies = cookies
        # As at sign-in: a provider that answers late holds up nobody else's people, and no screen.
        self._lanes = defaultdict[str, Lane](
            lambda: Lane("proofs", threads=_AT_ONCE, most=_MOST, of_one=_MOST // 2),
        )

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/acts/{act}/idp", self.begin, methods=["GET"]),
            Route("/acts/{act}/idp/answer", self.finish, methods=["GET"]),
        ]

    @property
    def _proofs(self) -> ProviderProofs:
        return self._service.parts.identity.proofs

    async def begin(self, request: Request) -> Response:
        """Send the browser to the provider of its session; cookie and session bind the answer to both."""
        if request.headers.get("sec-fetch-site", "none") not in _OURS:
            return await not_found(request)
        asking = self._asking(request)
        try:
            url = await self._run(asking, self._begin, asking)
        except (ActRefused, ProofRefused) as error:
            return _refused(str(error), HTTPStatus.FORBIDDEN)
        except ProviderError as error:
            return await self._away(asking, error)
        response = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
        self._cookies.set_flow(response, asking.browser)
        return response

    async def finish(self, request: Request) -> Response:
        """Take the answer as the one proof of the act, do what was asked for, and say what happened."""
        asking, ref = self._asking(request), request.query_params.get("flow", "")
        try:
            told = await self._run(asking, self._finish, asking, ref)
        except (ActRefused, ProofRefused) as error:
            return _refused(str(error), HTTPStatus.FORBIDDEN)
        except NotPermitted:
            return _refused("You may not do this, or not any more.", HTTPStatus.FORBIDDEN)
        words = _SECOND if told.state == "awaiting_second" else _GOES_ON
        return _page("Proved", status("It was you, and it was asked for just now."), words, good=True)

    def _asking(self, request: Request) -> _Asking:
        return _Asking(
            actor=request.state.actor,
            act=request.path_params["act"],
            browser=self._cookies.flow_of(request) or secrets.token_urlsafe(BROWSER_BYTES),
            origin=origin_of(request.state.address),
        )

    async def _run(self, asking: _Asking, do: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        lane = self._lanes[asking.actor.provider]
        return await lane.run(asking.origin, partial(do, *args, **kwargs))

    def _begin(self, asking: _Asking) -> str:
        sensitive.need_open(the(), asking.actor.session, asking.act, now=now_us())
        return self._proofs.begin(asking.actor, asking.act, browser=asking.browser, origin=asking.origin)

    @hurried()
    def _finish(self, asking: _Asking, ref: str) -> Told:
        services, session = the(), asking.actor.session
        try:
            flow = self._proofs.take(ref, asking.actor, asking.act, asking.browser)
        except ProofRefused as error:
            sensitive.refuse_stray(services, session, error, now=now_us())
        if flow is None:
            # Nothing was shown that could be a proof: a page that was loaded again, or a link.
            raise ProofRefused("no_act", _STRAY)
        judge = partial(self._proofs.judge, flow)
        sensitive.prove(services, session, asking.act, judge, now=now_us(), clock=now_us)
        return sensitive.told(services, session, asking.act, now_us())

    async def _away(self, asking: _Asking, error: ProviderError) -> Response:
        provider = self._service.parts.identity.oidc.provider(asking.actor.provider)
        found = away(provider, error)
        _log.warning("no proof at a provider provider=%s error=%s", provider.name, error)
        await self._run(
            asking, sensitive.note_hindrance, the(), asking.actor.session, asking.act, found.reason
        )
        return _refused(str(found), HTTPStatus.BAD_GATEWAY)


def _refused(words: str, code: int) -> Response:
    return _page("Not proved", alert(words), _LOOK, good=False, code=code)


def _page(heading: str, note: str, words: str, *, good: bool, code: int = HTTPStatus.OK) -> Response:
    values = {"heading": heading, "next": words, "seconds": str(_GOOD_S if good else _BAD_S)}
    return scripted_page("proof.html", values, status=code, note=note)
