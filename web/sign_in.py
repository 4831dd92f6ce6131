"""Signing in and out: plain pages of ours that work without scripts, outside Streamlit."""

from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from auth.local import Attempt, origin_of, sign_in, turn_away_locked
from auth.providers import Provider
from auth.sessions import Actor
from core.errors import SignInRefused, StoreError
from store.clock import now_us
from web.addresses import local_path
from web.cookies import Cookies
from web.errors import error_response, unavailable
from web.forms import read_form
from web.lane import Lane
from web.leaving import SIGNED_OUT, farewell_of, leave
from web.plain_pages import ASSETS, alert, back, plain_page, status, way
from web.service import Service

_LARGEST_FORM: Final = 8_192
# At 0.2 s each, who comes last waits four seconds.
_LONGEST_QUEUE: Final = 20
# Of one address, so that it takes many to fill the queue; each is locked after some failures.
_MOST_OF_ONE: Final = 2
BREAK_GLASS: Final = "break-glass"
BREAK_GLASS_PAGE: Final = f"/sign-in?with={BREAK_GLASS}"
_REASONS: Final = {
    "idle": "Nobody used this browser for a while. Sign in again to go on.",
    "signed_out": "You are signed out.",
    "absolute_end": "Your session has reached its longest time. Sign in again to go on.",
    "replaced": "You signed in anew in this browser. Sign in again to go on here.",
    "disabled": "Your session has ended.",
    "provider_logout": "You have been signed out at your identity provider.",
    "ended_by_admin": "An administrator has ended your session.",
    "ended_everywhere": "You are signed out everywhere.",
    "restored": "Gatehouse was put back from a backup. Sign in again to go on.",
    "ended_by_self": "You ended this session from another browser.",
    "refused": "",
}
# Whoever comes next is not to be taken for who has left, though the provider may still know them.
_LEFT: Final = frozenset({"signed_out", "ended_everywhere"})
_LOCAL_FORM: Final = {
    "title": "Sign in",
    "lead": "To the console of your doors.",
    "code_required": "",
    "code_help": "Leave it empty if your account has none.",
}
_BREAK_GLASS_FORM: Final = {
    "title": "Break-glass sign-in",
    "lead": "For when no identity provider can be used. Each use raises an alarm and ends after 30 minutes.",
    "code_required": "required",
    "code_help": "Six digits, from what was sealed with this account.",
}
_BUSY: Final = "Gatehouse can't check this right now. Try again in a moment."
_ENDED: Final = "Your session has ended. Sign in again to go on."


class SignIn:
    """The routes of `/sign-in`, `/auth/local` and `/sign-out`; the gate has checked Origin and cookie."""

    def __init__(self, service: Service, cookies: Cookies) -> None:
        """Work with the parts of this service."""
        self._service = service
        self._cookies = cookies
        # A thread of its own: passwords take time to check, and a flood of them must hold up nothing else.
        self._lane = Lane("sign-in", threads=1, most=_LONGEST_QUEUE, of_one=_MOST_OF_ONE)

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
        """Show the ways in, or take the only one; somebody signed in and awake goes on."""
        onwards = local_path(request.query_params.get("next"))
        actor: Actor | None = request.state.actor
        if actor is not None and not actor.idle(now_us()):
            return RedirectResponse(onwards, status_code=303)
        reason = request.query_params.get("reason")
        words = _REASONS.get(reason, _ENDED) if reason else ""
        note = status(words) if words else ""
        providers = self._service.identity.providers
        if not providers or request.query_params.get("with") == BREAK_GLASS:
            return self._form_page(onwards, note=note)
        if len(providers) == 1 and not reason and not self._cookies.was_left(request):
            return RedirectResponse(_login(providers[0], onwards), status_code=303)
        response = self._ways_page(onwards, note, self._cookies.provider_of(request))
        if reason in _LEFT:
            self._cookies.note_left(response)
        return response

    def _ways_page(self, onwards: str, note: str, last: str) -> Response:
        providers = sorted(self._service.identity.providers, key=lambda one: one.name != last)
        alone = len(providers) == 1
        ways = "\n".join(f"<li>{_way(one, onwards, last, alone=alone)}</li>" for one in providers)
        return plain_page("providers.html", {"next": quote(onwards, safe="")}, note=note, ways=ways)

    def _form_page(self, onwards: str, *, note: str = "", username: str = "", status: int = 200) -> Response:
        # The field that is empty is where typing goes.
        focus = ("", "autofocus") if username else ("autofocus", "")
        sealed = bool(self._service.identity.providers)
        values = {
            **(_BREAK_GLASS_FORM if sealed else _LOCAL_FORM),
            "next": onwards,
            "username": username,
            "focus_name": focus[0],
            "focus_password": focus[1],
            "code_hidden": "hidden" if self._service.settings.demo and not sealed else "",
        }
        ways = back("Other ways to sign in", f"/sign-in?reason=refused&next={quote(onwards, safe='')}")
        return plain_page("sign_in.html", values, status=status, note=note, ways=ways if sealed else "")

    async def enter(self, request: Request) -> Response:
        """Check name and password; a new session under a new id, or the form again."""
        form = await read_form(request, _LARGEST_FORM)
        onwards = local_path(form.get("next"))
        attempt = Attempt(
            username=form.get("username", ""),
            password=form.get("password", ""),
            address=request.state.address,
            code=form.get("code", ""),
        )
        try:
            cookie = await self._queued(request, attempt)
        except SignInRefused as error:
            answer, words = error_response(401, "sign_in_refused", str(error)), str(error)
        except StoreError as error:
            answer, words = unavailable(error, "sign-in"), _BUSY
        else:
            return self._entered(request, cookie, onwards)
        if "text/html" not in request.headers.get("accept", ""):
            return answer
        return self._form_page(
            onwards, note=alert(words), username=attempt.username, status=answer.status_code
        )

    def _entered(self, request: Request, cookie: str, onwards: str) -> Response:
        response = RedirectResponse(onwards, status_code=303)
        self._cookies.set_session(response, cookie)
        self._cookies.forget_left(request, response)
        return response

    async def _queued(self, request: Request, attempt: Attempt) -> str:
        # Before the queue: who is locked out takes nobody's place in it.
        await run_in_threadpool(turn_away_locked, self._service.parts.db, attempt.address, now_us())
        return await self._lane.run(origin_of(attempt.address), self._start, request, attempt)

    def _start(self, request: Request, attempt: Attempt) -> str:
        parts = self._service.parts
        person = sign_in(parts.db, attempt, now_us(), self._service.local_rules)
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
            return RedirectResponse(SIGNED_OUT, status_code=303)
        return plain_page("sign_out.html", {"who": request.state.actor.name})

    async def leave(self, request: Request) -> Response:
        """End this session, whose every screen closes at once, and lead on to the provider's sign-out."""
        actor: Actor | None = request.state.actor
        farewell = None
        if actor is not None:
            parts = self._service.parts
            farewell = await run_in_threadpool(farewell_of, parts.db, parts.identity, actor)
            await run_in_threadpool(parts.sessions.end, actor.session, "signed_out", now_us())
        response = leave(farewell, self._service.settings.public_url)
        self._cookies.drop_session(response)
        self._cookies.note_left(response)
        return response


def _login(provider: Provider, onwards: str) -> str:
    return f"/auth/{provider.name}/login?next={quote(onwards, safe='')}"


def _way(provider: Provider, onwards: str, last: str, *, alone: bool) -> str:
    used = provider.name == last
    help_text = "used last in this browser" if used and not alone else ""
    return way(
        f"Sign in with {provider.shown}", _login(provider, onwards), first=used or alone, help_text=help_text
    )
