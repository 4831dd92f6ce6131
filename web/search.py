"""GET `/search?q=…`: what the search field of every page suggests."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import scopes_for
from auth.sessions import Actor
from core.permissions import Permission
from store.search import Found, search
from web.bodies import as_json
from web.service import Service


class Search:
    """The route; who may see nothing finds nothing."""

    def __init__(self, service: Service) -> None:
        """Look in this service's store."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the route."""
        return [Route("/search", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        """Answer what fits as JSON, of each sort at most eight, the best first."""
        found = await run_in_threadpool(self._find, request.state.actor, request.query_params.get("q", ""))
        return as_json(found)

    def _find(self, actor: Actor, text: str) -> Found:
        db = self._service.parts.db
        scopes = scopes_for(db, actor, (Permission.LIVE_VIEW, Permission.LOG_READ))
        return search(db, text, watches=scopes[Permission.LIVE_VIEW], reads=scopes[Permission.LOG_READ])
