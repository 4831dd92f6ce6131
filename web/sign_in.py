"""Signing in and out: plain pages of ours that work without scripts, outside Streamlit."""

from asyncio import get_running_loop
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from auth.local import Attempt, origin_of, sign_in, turn_away_locked
from auth.sessions import Actor, cookie_name
from core.errors import Invalid, SignInRefused, StoreError, StoreUnavailable
from store.clock import now_us
from web.addresses import local_path
from web.bodies import content_type, read_body
from web.errors import error_response, unavailable
from web.plain_pages import ASSETS, alert, plain_page, status
from web.service import Service

_LARGEST_FORM: Final = 8_192
_MOST_FIELDS: Final = 16
# At 0.2 s each, who comes last waits four seconds.
_LONGEST_QUEUE: Final = 20
# Of one address, so that it takes many to fill the queue; each is locked after five failures.
_MOST_OF_ONE: Final = 2
_FORM: Final = "application/x-www-form-urlencoded"
_REASONS: Final = {
    "idle": "Nobody used this browser for a while. Sign in again to go on.",
    "signed_out": "You are signed out.",
    "absolute_end": "Your session has reached its longest time. Sign in again to go on.",
    "replaced": "You signed in anew in this browser. Sign in again to go on here.",
    "disabled": "Your session has ended.",
}
_BUSY: Final = "Gatehouse can't check this right now. Try again in a moment."
_ENDED: Final = "Your session has ended. Sign in again to go on."


def _sign_in_page(onwards: str, *, note: str = "", username: str = "", status: int = 200) -> HTMLResponse:
    # The field that is empty is where typing goes.
    focus = ("", "autofocus") if username else ("autofocus", "")
    values = {"next": onwards, "username": username, "focus_name": focus[0], "focus_password": focus[1]}
    return plain_page("sign_in.html", values, status=status, note=note)


class SignIn:
    """The routes of `/sign-in`, `/auth/local` and `/sign-out`; the gate has checked Origin and cookie."""

    def __init__(self, service: Service, *, secure: bool) -> None:
        """Set cookies for https (`secure`) or for plain http on this machine."""
        self._service = service
        self._secure = secure
        self._cookie = cookie_name(secure=secure)
        # A thread of its own: passwords take time to check, and a flood of them must hold up nothing else.
        self._checker = ThreadPoolExecutor(1, thread_name_prefix="sign-in")
        self._waiting: Counter[str] = Counter()

    def routes(self) -> list[BaseRoute]:
        """Give the routes, and the files that their pages need."""
        return [
            Route("/sign-in", self.show, methods=["GET"]),
            Route("/auth/local", self.enter, methods=["POST"]),
            Route("/sign-out", self.ask, methods=["GET"]),
            Route("/sign-out", self.leave, methods=["POST"]),
            Mount("/assets/gatehouse", StaticFiles(directory=ASSETS)),
        ]

    async def show(self, request: Request) -> Response:
        """Show the form; somebody signed in and awake goes on."""
        onwards = local_path(request.query_params.get("next"))
        actor: Actor | None = request.state.actor
        if actor is not None and not actor.idle(now_us()):
            return RedirectResponse(onwards, status_code=303)
        reason = request.query_params.get("reason")
        return _sign_in_page(onwards, note=status(_REASONS.get(reason, _ENDED)) if reason else "")

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
            cookie = await self._queued(request, attempt)
        except SignInRefused as error:
            answer, words = error_response(401, "sign_in_refused", str(error)), str(error)
        except StoreError as error:
            answer, words = unavailable(error, "sign-in"), _BUSY
        else:
            return self._entered(cookie, onwards)
        if "text/html" not in request.headers.get("accept", ""):
            return answer
        return _sign_in_page(onwards, note=alert(words), username=attempt.username, status=answer.status_code)

    def _entered(self, cookie: str, onwards: str) -> Response:
        response = RedirectResponse(onwards, status_code=303)
        response.set_cookie(
            self._cookie, cookie, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
        return response

    async def _queued(self, request: Request, attempt: Attempt) -> str:
        # Before the queue: who is locked out takes nobody's place in it.
        await run_in_threadpool(turn_away_locked, self._service.parts.db, attempt.address, now_us())
        with self._place(origin_of(attempt.address)):
            return await get_running_loop().run_in_executor(self._checker, self._start, request, attempt)

    @contextmanager
    def _place(self, origin: str) -> Iterator[None]:
        """Take a place in the queue; on the event loop only; raises StoreUnavailable when there is none."""
        if self._waiting.total() >= _LONGEST_QUEUE or self._waiting[origin] >= _MOST_OF_ONE:
            raise StoreUnavailable("too many people sign in at once")
        self._waiting[origin] += 1
        try:
            yield
        finally:
            self._waiting -= Counter([origin])

    def _start(self, request: Request, attempt: Attempt) -> str:
        parts = self._service.parts
        person = sign_in(parts.db, attempt, now_us())
        before: Actor | None = request.state.actor
        cookie, _ = parts.sessions.start(
            person,
            address=attempt.address,
            agent=request.headers.get("user-agent", ""),
            now=now_us(),
            replaces=before.session if before else None,
        )
        return cookie

    async def ask(self, request: Request) -> Response:
        """Ask before signing out: following a link must not do it, least of all another site's."""
        if request.state.actor is None:
            return RedirectResponse("/sign-in", status_code=303)
        return plain_page("sign_out.html", {"who": request.state.actor.name})

    async def leave(self, request: Request) -> Response:
        """End this session; every screen of it closes at once."""
        actor: Actor | None = request.state.actor
        if actor is not None:
            await run_in_threadpool(self._service.parts.sessions.end, actor.session, "signed_out", now_us())
        response = RedirectResponse("/sign-in?reason=signed_out", status_code=303)
        response.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return response


async def _form(request: Request) -> dict[str, str]:
    if content_type(request) != _FORM:
        raise Invalid(f"send the form as {_FORM}")
    body = await read_body(request, _LARGEST_FORM)
    try:
        fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Invalid("this form has too many fields") from error
    return {name: values[0] for name, values in fields.items()}
