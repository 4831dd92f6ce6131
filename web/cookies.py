"""The cookies we set: who is signed in, which browser began it, by which provider, whether somebody left."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from auth.sessions import cookie_name

_FLOW_S: Final = 600
_YEAR_S: Final = 31_536_000
_PROVIDER: Final = "gatehouse-provider"
_LEFT: Final = "gatehouse-left"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Cookies:
    """Sets and reads them, for https (`secure`) or for plain http on this machine.

    All are Lax: an answer that a provider posts is kept until the browser comes again by GET, so none needs
    to travel with another site's POST.
    """

    def __init__(self, *, secure: bool) -> None:
        """Name them for this way in."""
        self._secure = secure
        self._session = cookie_name(secure=secure)
        self._flow = "__Host-gatehouse-flow" if secure else "gatehouse-flow"

    def set_session(self, response: Response, value: str) -> None:
        """Give a browser its session; it goes with the browser."""
        self._set(response, self._session, value)

    def drop_session(self, response: Response) -> None:
        """Take it away."""
        response.delete_cookie(self._session, path="/", secure=self._secure, httponly=True, samesite="lax")

    def set_flow(self, response: Response, value: str) -> None:
        """Mark the browser that begins a sign-in, for ten minutes."""
        self._set(response, self._flow, value, seconds=_FLOW_S)

    def flow_of(self, request: Request) -> str | None:
        """Give the mark, if it is one of ours."""
        value = request.cookies.get(self._flow, "")
        return value if _SECRET.fullmatch(value) else None

    def remember_provider(self, response: Response, name: str) -> None:
        """Remember for a year which provider this browser came by; no secret."""
        self._set(response, _PROVIDER, name, seconds=_YEAR_S)

    def provider_of(self, request: Request) -> str:
        """Give what was remembered, empty if nothing."""
        return request.cookies.get(_PROVIDER, "")

    def note_left(self, response: Response) -> None:
        """Note that somebody has signed out of this browser; it goes with the browser."""
        self._set(response, _LEFT, "1")

    def was_left(self, request: Request) -> bool:
        """Whether nobody has signed in since somebody signed out: nobody is to come in again unasked."""
        return _LEFT in request.cookies

    def forget_left(self, request: Request, response: Response) -> None:
        """Forget that somebody left: somebody signs in."""
        if self.was_left(request):
            response.delete_cookie(_LEFT, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _set(self, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
