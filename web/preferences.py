"""GET and PUT `/me/preferences/{name}`: what a person's screens keep for them."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import permitted
from auth.sessions import Actor
from core.errors import Invalid, NotPermitted
from core.permissions import Permission
from store.preferences import LARGEST_BYTES, NAMES, preferences, save_preference
from web.bodies import JSON, as_json, content_type, read_body
from web.service import Service


class Preferences:
    """The routes; each answers for the person whose session asks, and for nobody else."""

    def __init__(self, service: Service) -> None:
        """Keep them in this service's store."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        path = "/me/preferences/{name}"
        return [Route(path, self.show, methods=["GET"]), Route(path, self.keep, methods=["PUT"])]

    async def show(self, request: Request) -> Response:
        """Answer `{"value": …}`; null where nothing was chosen."""
        name = request.path_params["name"]
        value = await run_in_threadpool(self._value, request.state.actor, name)
        return as_json({"value": value})

    async def keep(self, request: Request) -> Response:
        """Keep the JSON value that is the body; null forgets it."""
        if content_type(request) != JSON:
            raise Invalid(f"send the value as {JSON}")
        body = await read_body(request, LARGEST_BYTES)
        await run_in_threadpool(self._save, request.state.actor, request.path_params["name"], body)
        return Response(status_code=204)

    def _value(self, actor: Actor, name: str) -> object:
        self._check(actor, name)
        return preferences(self._service.parts.db, actor.subject).get(name)

    def _save(self, actor: Actor, name: str, value: bytes) -> None:
        self._check(actor, name)
        save_preference(self._service.parts.db, actor.subject, name, value)

    def _check(self, actor: Actor, name: str) -> None:
        if name not in NAMES or not permitted(self._service.parts.db, actor, Permission.SELF):
            raise NotPermitted("there is no such preference")
