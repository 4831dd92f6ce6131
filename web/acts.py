"""POST `/acts`, GET `/acts/{id}`, POST `/acts/{id}/proof`: acts that need a proof (DESIGN, section 6)."""

from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.current import the
from auth.sessions import Actor
from auth.step_up import Proof, prove_by_code
from core.acts import MAX_REASON, Act, Action, read_target
from core.errors import ActRefused, Invalid, ProofRefused
from operations import sensitive
from operations.deeds import Told, Wish
from operations.sensitive import Asked
from store.clock import now_us
from web.bodies import JSON, as_json, content_type, read_body
from web.errors import error_response

_LARGEST: Final = 64 * 1024
_CREATED: Final = 201
T = TypeVar("T")


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts`; `target` has the shape of its action."""

    action: Action
    target: dict[str, Any]
    reason: Annotated[str, Meta(max_length=MAX_REASON)]
    seconds: int | None = None
    until: int | None = None


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts/{id}/proof`."""

    totp: Annotated[str, Meta(max_length=16)]


class Acts:
    """The routes; an act is its session's own, and for everybody else it does not exist."""

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/acts", self.begin, methods=["POST"]),
            Route("/acts/{act}", self.show, methods=["GET"]),
            Route("/acts/{act}/proof", self.prove, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Note an act that waits for its proof: 201 `{id, expires_at, proofs, …}`."""
        asking = _read(await _body(request), Asking)
        try:
            asked = await run_in_threadpool(self._ask, request.state.actor, asking)
        except ActRefused as error:
            return _refused(error)
        act = asked.act
        proofs = [one.value for one in asked.means]
        answer = as_json({"id": act.id, "expires_at": act.expires, "proofs": proofs, "persons": act.persons})
        answer.status_code = _CREATED
        return answer

    async def show(self, request: Request) -> Response:
        """Answer how far an act has come."""
        return as_json(await run_in_threadpool(self._told, request.state.actor, request.path_params["act"]))

    async def prove(self, request: Request) -> Response:
        """Take the one proof of an act; answers its state once it was sent, or why it was not."""
        shown = _read(await _body(request), Shown)
        try:
            name = request.path_params["act"]
            told = await run_in_threadpool(self._prove, request.state.actor, name, shown)
        except (ActRefused, ProofRefused) as error:
            return _refused(error)
        return as_json(told)

    def _ask(self, actor: Actor, asking: Asking) -> Asked:
        wish = Wish(
            action=asking.action,
            target=read_target(asking.action, asking.target),
            reason=asking.reason,
            seconds=asking.seconds,
            until=asking.until,
        )
        return sensitive.ask(the(), actor.session, wish, now=now_us())

    def _prove(self, actor: Actor, name: str, shown: Shown) -> Told:
        def by_code(person: Actor, _act: Act) -> Proof:
            return prove_by_code(the().db, person, shown.totp, now_us())

        sensitive.prove(the(), actor.session, name, by_code, now=now_us())
        return self._told(actor, name)

    def _told(self, actor: Actor, name: str) -> Told:
        return sensitive.told(the(), actor.session, name, now_us())


async def _body(request: Request) -> bytes:
    if content_type(request) != JSON:
        raise Invalid(f"send the value as {JSON}")
    return await read_body(request, _LARGEST)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # What the library says may quote a code.
        raise Invalid("that is not what is read here: look at the interface's description") from error


def _refused(error: ActRefused | ProofRefused) -> Response:
    return error_response(409, error.reason, str(error))
