"""POST `/calls/claim|release|decline` and GET `/desk/calls`: who takes a call, and today's calls."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.errors import Invalid
from core.permissions import Permission
from operations.calls import claim, decline, release
from store.clock import now_us
from store.desk_calls import DeskCalls, desk_calls
from web.bodies import JSON, as_json, content_type, read_body
from web.service import Service

_LARGEST: Final = 1024
_Name = Annotated[str, Meta(min_length=1, max_length=400)]
T = TypeVar("T")


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body: a call by its device and by what the device calls it."""

    device: _Name
    call: _Name


class Wanted(Named, frozen=True, forbid_unknown_fields=True):
    """The body of a claim."""

    take_over: bool = False


class Calls:
    """The routes; what a person may not handle is answered as what is not there."""

    def __init__(self, service: Service) -> None:
        """Read the calls of this service's store."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/calls/claim", self.claim, methods=["POST"]),
            Route("/calls/release", self.release, methods=["POST"]),
            Route("/calls/decline", self.decline, methods=["POST"]),
            Route("/desk/calls", self.today, methods=["GET"]),
        ]

    async def claim(self, request: Request) -> Response:
        """Take a call: 204, or 409 that names who has it; with `take_over` it is taken from them."""
        wish = await _read(request, Wanted)
        return await _do(request, partial(claim, take_over=wish.take_over), wish)

    async def release(self, request: Request) -> Response:
        """Give back a call of one's own."""
        return await _do(request, release, await _read(request, Named))

    async def decline(self, request: Request) -> Response:
        """Leave a call to the others."""
        return await _do(request, decline, await _read(request, Named))

    async def today(self, request: Request) -> Response:
        """Answer today's calls; `?site=a,b` keeps to these of the person's sites."""
        wanted = request.query_params.get("site", "")
        return as_json(await run_in_threadpool(self._today, request.state.actor, wanted))

    def _today(self, actor: Actor, wanted: str) -> DeskCalls:
        db = self._service.parts.db
        scope = scope_for(db, actor, Permission.CALL_HANDLE)
        if wanted:
            scope = replace(scope, sites=scope.sites & frozenset(wanted.split(",")))
        return desk_calls(db, scope, now_us())


async def _read(request: Request, kind: type[T]) -> T:
    if content_type(request) != JSON:
        raise Invalid(f"send the value as {JSON}")
    try:
        return msgspec.json.decode(await read_body(request, _LARGEST), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("name the call by 'device' and 'call'") from error


async def _do(request: Request, verb: Callable[..., None], named: Named) -> Response:
    actor: Actor = request.state.actor
    call = (named.device, named.call)
    await run_in_threadpool(partial(verb, the(), actor.session, call, now=now_us()))
    return Response(status_code=204)
