"""GET `/live/attention`: what needs a person now, for the bell and the title of every page."""

from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import scopes_for
from auth.sessions import Actor
from core.permissions import Permission
from store.attention import Attention, attention
from store.clock import now_us
from store.duress import Minder
from web.bodies import as_json
from web.service import Service


class Attentions:
    """The route; who may watch nothing gets zeros, so that every page may ask."""

    def __init__(self, service: Service) -> None:
        """Read the doors and devices of this service's store."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the route."""
        return [Route("/live/attention", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        """Answer as JSON; `?site=a,b` keeps to these of the person's sites."""
        wanted = request.query_params.get("site", "")
        found = await run_in_threadpool(self._read, request.state.actor, wanted)
        return as_json(found)

    def _read(self, actor: Actor, wanted: str) -> Attention:
        db = self._service.parts.db
        scopes = scopes_for(db, actor, (Permission.LIVE_VIEW, Permission.ALARM_HANDLE))
        scope = scopes[Permission.LIVE_VIEW]
        minder = Minder(scope=scopes[Permission.ALARM_HANDLE], subject=actor.subject)
        if wanted:
            scope = replace(scope, sites=scope.sites & frozenset(wanted.split(",")))
        return attention(db, scope, now_us(), minder=minder)
