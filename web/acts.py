"""`/acts` and below: acts that need a proof, as DESIGN, section 6, has them."""

from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.current import the
from auth.passkeys import Visit
from auth.sessions import Actor
from auth.step_up import Proof, prove_by_code, prove_by_passkey
from core.acts import MAX_REASON, Act, Action, read_target
from core.errors import ActRefused, Invalid, ProofRefused
from operations import sensitive
from operations.deeds import Told, Wish
from operations.not_done import withdraw
from operations.sensitive import Asked, Waiting
from store.clock import now_us
from web.bodies import JSON, as_json, content_type, read_body
from web.errors import error_response
from web.lane import Lane

_LARGEST: Final = 64 * 1024
# As /calls takes the name that a device gives to a call.
_LONGEST_CALL: Final = 400
_CREATED: Final = 201
_NO_CONTENT: Final = 204
# Proofs looked at together, and of one session; more than a desk shows at once.
_AT_ONCE: Final = 16
_MOST: Final = 64
_MOST_OF_ONE: Final = 4
T = TypeVar("T")


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts`; `target` has the shape of its action.

    `call` names the call at that door on which an unlock is asked for, by its device's name of it.
    """

    action: Action
    target: dict[str, Any]
    reason: Annotated[str, Meta(max_length=MAX_REASON)]
    seconds: int | None = None
    until: int | None = None
    call: Annotated[str, Meta(max_length=_LONGEST_CALL)] = ""


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts/{id}/proof`: one proof, or none where one given before still serves."""

    totp: Annotated[str, Meta(max_length=16)] | None = None
    passkey: msgspec.Raw = msgspec.Raw()

    @property
    def signed(self) -> bytes:
        """What a passkey has answered, as it came; empty where none has."""
        return bytes(self.passkey)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts/{id}/withdraw`."""


class Acts:
    """The routes; an act is its session's own, and for everybody else it does not exist."""

    def __init__(self) -> None:
        """Set threads apart for proofs: what waits for a provider or a broker must hold up no page."""
        self._proofs = Lane("acts", threads=_AT_ONCE, most=_MOST, of_one=_MOST_OF_ONE)

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        return [
            Route("/acts", self.begin, methods=["POST"]),
            Route("/acts", self.wait, methods=["GET"]),
            Route("/acts/{act}", self.show, methods=["GET"]),
            Route("/acts/{act}/proof", self.prove, methods=["POST"]),
            Route("/acts/{act}/withdraw", self.withdraw, methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Note an act that waits for its proof: 201 `{id, expires_at, proofs, …}`."""
        asking = _read(await _body(request), Asking)
        try:
            asked = await run_in_threadpool(self._ask, request.state.actor, asking)
        except ActRefused as error:
            return _refused(error)
        answer = as_json(_asked(asked))
        answer.status_code = _CREATED
        return answer

    async def wait(self, request: Request) -> Response:
        """Answer which acts of others wait for a second person whom this one could be (`?waiting`)."""
        if "waiting" not in request.query_params:
            raise Invalid("ask for what waits: /acts?waiting")
        return as_json({"acts": await run_in_threadpool(self._wait, request.state.actor)})

    async def show(self, request: Request) -> Response:
        """Answer how far an act has come."""
        return as_json(await run_in_threadpool(self._told, request.state.actor, request.path_params["act"]))

    async def prove(self, request: Request) -> Response:
        """Take the one proof of an act; answers its state once it was sent, or why it was not."""
        shown = _read(await _body(request), Shown)
        if shown.totp is not None and shown.signed:
            raise Invalid("show one proof, not two")
        try:
            name = request.path_params["act"]
            visit = _visit(request)
            told = await self._proofs.run(visit.actor.session, self._prove, visit, name, shown)
        except (ActRefused, ProofRefused) as error:
            return _refused(error)
        return as_json(told)

    async def withdraw(self, request: Request) -> Response:
        """Take back an act of one's own of which nothing was begun: 204."""
        _read(await _body(request), Nothing)
        name, session = request.path_params["act"], request.state.actor.session
        try:
            await run_in_threadpool(withdraw, the(), session, name, now=now_us())
        except ActRefused as error:
            return _refused(error)
        return Response(status_code=_NO_CONTENT)

    def _ask(self, actor: Actor, asking: Asking) -> Asked:
        wish = Wish(
            action=asking.action,
            target=read_target(asking.action, asking.target),
            reason=asking.reason,
            seconds=asking.seconds,
            until=asking.until,
            call=asking.call,
        )
        with the().db.precedence.taken():
            return sensitive.ask(the(), actor.session, wish, now=now_us())

    def _prove(self, visit: Visit, name: str, shown: Shown) -> Told:
        services, asking = the(), visit.actor.session

        def counts(person: Actor, act: Act) -> Proof:
            if shown.signed:
                return prove_by_passkey(services, visit, act, shown.signed)
            return prove_by_code(services.db, person, shown.totp or "", now_us())

        with services.db.precedence.taken():
            if shown.totp is None and not shown.signed:
                sensitive.prove_again(services, asking, name, now=now_us())
            else:
                sensitive.prove(services, asking, name, counts, now=now_us(), clock=now_us)
        return self._told(visit.actor, name)

    def _wait(self, actor: Actor) -> list[dict[str, object]]:
        return [_waiting(one) for one in sensitive.waiting_for(the(), actor.session, now_us())]

    def _told(self, actor: Actor, name: str) -> Told:
        return sensitive.told(the(), actor.session, name, now_us())


def _asked(asked: Asked) -> dict[str, object]:
    act = asked.act
    told: dict[str, object] = {
        "id": act.id,
        "expires_at": act.expires,
        "proofs": [one.value for one in asked.means],
        "shown": asked.shown,
        "persons": act.persons,
    }
    if asked.doors:
        told["doors"] = asked.doors
    return told if asked.question is None else told | {"passkey": msgspec.Raw(asked.question.encode())}


def _waiting(one: Waiting) -> dict[str, object]:
    return {
        "id": one.act.id,
        "action": one.act.action.value,
        "door": one.act.door,
        "site": one.site,
        "names": one.shown,
        "by": one.by,
        "since": one.since,
        "expires_at": one.expires,
        "reason": one.why,
    }


def _visit(request: Request) -> Visit:
    agent = request.headers.get("user-agent", "")
    return Visit(actor=request.state.actor, address=request.state.address, agent=agent, now=now_us())


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
    told = error.told if isinstance(error, ActRefused) else None
    return error_response(409, error.reason, str(error), told=told)
