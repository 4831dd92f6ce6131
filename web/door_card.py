"""GET `/live/doors/{door}`: one door for the wall's side panel."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.access import scope_for
from auth.sessions import Actor
from core.errors import NotPermitted
from core.permissions import Permission
from store.clock import now_us
from store.door_card import DoorCard, door_card
from web.bodies import as_json
from web.service import Service


class DoorCards:
    """The route; what a person may not watch is answered as what is not there."""

    def __init__(self, service: Service) -> None:
        """Read the doors of this service's store."""
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """Give the route."""
        return [Route("/live/doors/{door}", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """Answer the card of a door as JSON; raises NotPermitted, which is answered with 404."""
        card = await run_in_threadpool(self._card, request.state.actor, request.path_params["door"])
        return as_json(card)

    def _card(self, actor: Actor, name: str) -> DoorCard:
        db = self._service.parts.db
        card = door_card(db, scope_for(db, actor, Permission.LIVE_VIEW), name, now_us())
        if card is None:
            raise NotPermitted("there is no such door to watch")
        return card
