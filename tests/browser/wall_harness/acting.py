"""What the server says of acts, as far as a test lets it: it opens nothing and notes what it is asked."""

import json
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.browser.wall_harness.frames import SITES
from tests.browser.wall_harness.server import Frame, now_us

MINUTE: Final = 60_000_000
RIGHT: Final = "123456"


class Acts:
    """Pending acts and their states; `proofs` are what everybody has, `persons` how many an act needs.

    `plan` is what else is told of one that was asked for; `keeps` refuses to take
    it back with this status; `taken` is who has the door, where that is the refusal.
    """

    def __init__(self, proofs: Sequence[str] = ("totp",)) -> None:
        """Answer as for somebody with these proofs."""
        self.proofs = list(proofs)
        self.asked: list[Frame] = []
        self.proved: list[Frame] = []
        self.handled: list[tuple[str, Frame]] = []
        self.states: dict[str, Frame] = {}
        self.others: list[Frame] = []
        self.today: list[Frame] = []
        self.refusal: tuple[int, str, str] | None = None
        self.taken: Frame = {}
        self.lives = MINUTE
        self.persons = 1
        self.plan: Frame = {}
        self.withdrawn: list[str] = []
        self.looks = 0
        self.keeps = 0

    def tell(self, act: str, **values: object) -> None:
        """Let an act go on, for whoever asks."""
        self.states[act] = {**self.states[act], **values}

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/acts", self._begin, methods=["POST"]),
            Route("/acts", self._waiting, methods=["GET"]),
            Route("/acts/{act}", self._show, methods=["GET"]),
            Route("/acts/{act}/proof", self._prove, methods=["POST"]),
            Route("/acts/{act}/withdraw", self._withdraw, methods=["POST"]),
            Route("/acts/{act}/idp", self._elsewhere, methods=["GET"]),
            Route("/calls/{verb}", self._handle, methods=["POST"]),
            Route("/desk/calls", self._today, methods=["GET"]),
        ]

    def _no(self) -> Response | None:
        if self.refusal is None:
            return None
        status, error, message = self.refusal
        more = {"taken": self.taken} if self.taken else {}
        return JSONResponse({"error": error, "message": message, **more}, status)

    async def _begin(self, request: Request) -> Response:
        if no := self._no():
            return no
        wish: dict[str, Any] = await request.json()
        self.asked.append(wish)
        name = f"act{len(self.asked)}"
        expires = now_us() + self.lives
        self.states[name] = {"id": name, "state": "pending", "expires_at": expires, "final": False}
        target = wish["target"]
        number = int(str(target.get("door") or (target.get("doors") or ["d4"])[0])[1:])
        shown = {"door": f"Door {number} by the server", "site": SITES[number % 3]["name"]}
        told = {"id": name, "expires_at": expires, "proofs": self.proofs, "shown": shown}
        return JSONResponse(
            {**told, "persons": self.persons, "passkey": {"challenge": "AAAA"}, **self.plan}, 201
        )

    async def _waiting(self, request: Request) -> Response:
        assert "waiting" in request.query_params
        return JSONResponse({"acts": self.others})

    async def _show(self, request: Request) -> Response:
        self.looks += 1
        told = self.states.get(request.path_params["act"])
        return JSONResponse(told or {"error": "not_found"}, 200 if told else 404)

    async def _prove(self, request: Request) -> Response:
        name = request.path_params["act"]
        proof: Frame = await request.json()
        self.proved.append(proof)
        if no := self._no():
            return no
        if proof.get("totp", RIGHT) != RIGHT:
            words = "This code is not right."
            return JSONResponse({"error": "wrong_code", "message": words}, 409)
        first = self.persons == 2 and self.states[name]["state"] == "pending"
        more: Frame = {"state": "awaiting_second"} if first else {"state": "sent", "sent": now_us()}
        self.tell(name, **more)
        return JSONResponse(self.states[name])

    async def _withdraw(self, request: Request) -> Response:
        assert await request.json() == {}
        if self.keeps:
            return JSONResponse({"error": "no_act", "message": "It was used."}, self.keeps)
        name = request.path_params["act"]
        self.withdrawn.append(name)
        self.tell(name, state="refused", reason="withdrawn", final=True)
        return Response(status_code=204)

    async def _elsewhere(self, _: Request) -> Response:
        return Response("at the provider", media_type="text/plain")

    async def _handle(self, request: Request) -> Response:
        if no := self._no():
            return no
        self.handled.append((request.path_params["verb"], json.loads(await request.body())))
        return Response(status_code=204)

    async def _today(self, _: Request) -> Response:
        return JSONResponse({"now": now_us(), "calls": self.today})
