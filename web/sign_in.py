"""Signing in and out: plain pages of ours that work without scripts, outside Streamlit."""

import html
import time
from functools import cache
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from auth.local import Attempt, sign_in
from auth.sessions import Actor, cookie_name
from core.errors import Invalid, SignInRefused
from web.addresses import local_path
from web.errors import error_response
from web.service import Service

_ASSETS: Final = Path(__file__).parent / "assets"
_LARGEST_FORM: Final = 8_192
_FORM: Final = "application/x-www-form-urlencoded"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_REASONS: Final = {
    "idle": "Nobody used this browser for a while. Sign in again to go on.",
    "signed_out": "You are signed out.",
    "absolute_end": "Your session has reached its longest time. Sign in again to go on.",
    "replaced": "You signed in anew in this browser. Sign in again to go on here.",
    "disabled": "Your session has ended.",
}
_ENDED: Final = "Your session has ended. Sign in again to go on."


@cache
def _template(name: str) -> Template:
    return Template((_ASSETS / name).read_text(encoding="utf-8"))


def _page(name: str, status: int = 200, **values: str) -> HTMLResponse:
    filled = _template(name).substitute(values)
    return HTMLResponse(filled, status_code=status, headers={"content-security-policy": _POLICY})


def _note(reason: str | None) -> str:
    if not reason:
        return ""
    return f'<p class="note" role="status">{html.escape(_REASONS.get(reason, _ENDED))}</p>'


def _sign_in_page(onwards: str, *, note: str = "", username: str = "", status: int = 200) -> HTMLResponse:
    # The field that is empty is where typing goes.
    focus = ("", "autofocus") if username else ("autofocus", "")
    return _page(
        "sign_in.html",
        status,
        next=html.escape(onwards),
        note=note,
        username=html.escape(username),
        focus_name=focus[0],
        focus_password=focus[1],
    )


class SignIn:
    """The routes of `/sign-in`, `/auth/local` and `/sign-out`; the gate has checked Origin and cookie."""

    def __init__(self, service: Service, *, secure: bool) -> None:
        """Set cookies for https (`secure`) or for plain http on this machine."""
        self._service = service
        self._secure = secure
        self._cookie = cookie_name(secure=secure)

    def routes(self) -> list[BaseRoute]:
        """Give the routes, and the files that their pages need."""
        return [
            Route("/sign-in", self.show, methods=["GET"]),
            Route("/auth/local", self.enter, methods=["POST"]),
            Route("/sign-out", self.ask, methods=["GET"]),
            Route("/sign-out", self.leave, methods=["POST"]),
            Mount("/assets/gatehouse", StaticFiles(directory=_ASSETS)),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form; somebody signed in and awake goes on."""
        onwards = local_path(request.query_params.get("next"))
        actor: Actor | None = request.state.actor
        if actor is not None and not actor.idle(_now()):
            return RedirectResponse(onwards, status_code=303)
        return _sign_in_page(onwards, note=_note(request.query_params.get("reason")))

    async def enter(self, request: Request) -> Response:
        """Check name and password; a new session under a new id, or the form again."""
        form = await _form(request)
        onwards = local_path(form.get("next"))
        attempt = Attempt(
            username=form.get("username", ""),
            password=form.get("password", ""),
            address=request.state.address,
        )
        try:
            cookie = await to_thread.run_sync(self._start, request, attempt)
        except SignInRefused as error:
            return _refused(request, str(error), onwards, attempt.username)
        response = RedirectResponse(onwards, status_code=303)
        response.set_cookie(
            self._cookie, cookie, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return response

    def _start(self, request: Request, attempt: Attempt) -> str:
        parts = self._service.parts
        person = sign_in(parts.db, attempt, _now())
        before: Actor | None = request.state.actor
        cookie, _ = parts.sessions.start(
            person,
            address=attempt.address,
            agent=request.headers.get("user-agent", ""),
            now=_now(),
            replaces=before.session if before else None,
        )
        return cookie

    async def ask(self, request: Request) -> Response:
        """Ask before signing out: following a link must not do it, least of all another site's."""
        if request.state.actor is None:
            return RedirectResponse("/sign-in", status_code=303)
        return _page("sign_out.html", who=html.escape(request.state.actor.name))

    async def leave(self, request: Request) -> Response:
        """End this session; every screen of it closes at once."""
        actor: Actor | None = request.state.actor
        if actor is not None:
            await to_thread.run_sync(self._service.parts.sessions.end, actor.session, "signed_out", _now())
        response = RedirectResponse("/sign-in?reason=signed_out", status_code=303)
        response.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return response


def _refused(request: Request, message: str, onwards: str, username: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return error_response(401, "sign_in_refused", message)
    note = f'<p class="error" role="alert">{html.escape(message)}</p>'
    return _sign_in_page(onwards, note=note, username=username, status=401)


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM:
        raise Invalid(f"send the form as {_FORM}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            raise Invalid("this form is too large")
    fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=16)
    return {name: values[0] for name, values in fields.items()}


def _now() -> int:
    return time.time_ns() // 1_000
