"""Adding a passkey: GET `/passkeys/new`, a page of ours, and the POSTs of its script."""

import json
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import permitted
from auth.enrolment import Entry, entry_of, prove_entry
from auth.passkey_answers import NO_PASSKEYS_AT_ADDRESSES, may_have_passkeys
from auth.passkeys import Visit
from auth.sessions import Actor
from core.errors import Invalid, NotPermitted
from core.permissions import Permission
from store.clock import now_us
from store.passkeys import Passkey
from web.bodies import JSON, as_json, content_type, read_body
from web.plain_pages import alert, scripted_page, status, way
from web.service import Service

_T = TypeVar("_T")
PAGE: Final = "/passkeys/new"
# Attestations of some makers come with certificates.
_LARGEST: Final = 65_536
_CODE_HELP: Final = "It was shown once to the administrator who made it for you, and lasts 15 minutes."
_BOTH_HELP: Final = "Six digits; or a one-time code that an administrator has made for you."


class _Asking(msgspec.Struct, frozen=True):
    code: str = ""


class _Answer(msgspec.Struct, frozen=True):
    name: str
    credential: msgspec.Raw


class AddingPasskeys:
    """The routes; each answers for the person whose session asks, and for nobody else."""

    def __init__(self, service: Service) -> None:
        """Work with the parts of this service."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route(PAGE, self.show, methods=["GET"]),
            Route("/passkeys/options", self.ask, methods=["POST"]),
            Route("/passkeys", self.keep, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """Show what this person has to show first, and the form."""
        actor: Actor = request.state.actor
        entry = await run_in_threadpool(self._entry, actor)
        possible = may_have_passkeys(self._service.settings.public_url)
        values = {
            "who": actor.name or actor.subject,
            "hidden": "" if possible else "hidden",
            "code_hidden": "hidden" if entry.open else "",
            "code_required": "" if entry.open else "required",
            "code_label": "Code of your authenticator" if entry.authenticator else "One-time code",
            "code_help": _BOTH_HELP if entry.authenticator else _CODE_HELP,
        }
        if not possible:
            return scripted_page("passkeys.html", values, note=alert(NO_PASSKEYS_AT_ADDRESSES))
        note, ways = self._missing(actor, entry)
        return scripted_page("passkeys.html", values, note=note, ways=ways)

    async def ask(self, request: Request) -> Response:
        """Answer `{"code": …}` with what the browser is to have signed; the code is used up by it."""
        asking = await _read(request, _Asking)
        options = await run_in_threadpool(self._options, self._visit(request), asking.code)
        return as_json(json.loads(options))

    async def keep(self, request: Request) -> Response:
        """Keep the passkey of `{"name": …, "credential": …}`, which answers what was asked."""
        answer = await _read(request, _Answer)
        one = await run_in_threadpool(self._register, self._visit(request), answer)
        response = as_json({"ref": one.ref, "name": one.name})
        response.status_code = HTTPStatus.CREATED
        return response

    def _visit(self, request: Request) -> Visit:
        agent = request.headers.get("user-agent", "")
        return Visit(actor=request.state.actor, address=request.state.address, agent=agent, now=now_us())

    def _entry(self, actor: Actor) -> Entry:
        self._check(actor)
        return entry_of(self._service.parts.db, actor, now_us())

    def _options(self, visit: Visit, code: str) -> str:
        self._check(visit.actor)
        passkeys = self._service.passkeys
        # First, so that no code is used up where there can be no passkey.
        passkeys.check_possible()
        return passkeys.registration_options(visit, prove_entry(self._service.parts.db, visit, code))

    def _register(self, visit: Visit, answer: _Answer) -> Passkey:
        self._check(visit.actor)
        return self._service.passkeys.register(visit, answer.name, bytes(answer.credential))

    def _check(self, actor: Actor) -> None:
        if not permitted(self._service.parts.db, actor, Permission.SELF):
            raise NotPermitted("there is nothing here for who has no role")

    def _missing(self, actor: Actor, entry: Entry) -> tuple[str, str]:
        """Say what somebody has to show first, and where."""
        if entry.open:
            return "", ""
        if not actor.provider:
            return status("A password alone adds no passkey: show a code as well."), ""
        shown = self._shown(actor.provider)
        words = (
            "You signed in more than ten minutes ago. Sign in again, or show a code."
            if entry.proven
            else f"{shown} did not say that you showed a second factor. Sign in with one, or show a code."
        )
        again = f"/auth/{quote(actor.provider, safe='')}/login?next={quote(PAGE, safe='')}"
        return status(words), way("Sign in again", again)

    def _shown(self, provider: str) -> str:
        known = {one.name: one.shown for one in self._service.identity.providers}
        return known.get(provider, provider)


async def _read(request: Request, wanted: type[_T]) -> _T:
    """Read a body that is JSON of this shape; raises Invalid."""
    if content_type(request) != JSON:
        raise Invalid(f"send it as {JSON}")
    body = await read_body(request, _LARGEST)
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid("this is not what this page of Gatehouse sends") from error
