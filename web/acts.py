"""POST `/acts`, GET `/acts/{id}`, POST `/acts/{id}/proof`: acts that need a proof (DESIGN, section 6)."""

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auth.current import the
from auth.sessions import Actor
from auth.step_up import Proof, prove_by_code
from core.acts import MAX_REASON, USUAL_SECONDS, Act, Means
from core.errors import ActRefused, Invalid, NotPermitted, ProofRefused
from core.unlocks import Flight, Stage
from operations.unlock import ask_unlock, prove_unlock
from store.acts import find_act, find_flight
from store.clock import now_us
from web.bodies import JSON, as_json, content_type, read_body
from web.errors import error_response

_LARGEST: Final = 8 * 1024
_CREATED: Final = 201
T = TypeVar("T")


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one door, by the estate's id."""

    door: Annotated[str, Meta(min_length=1, max_length=64)]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts`."""

    action: Literal["unlock"]
    target: Target
    reason: Annotated[str, Meta(max_length=MAX_REASON)]
    seconds: int = USUAL_SECONDS


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST `/acts/{id}/proof`."""

    totp: Annotated[str, Meta(max_length=16)]


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An act's state: pending, used up without effect, or how far it has come; times are µs UTC."""

    id: str
    state: str
    expires_at: int
    final: bool
    good: bool = False
    sent: int = 0
    accepted: int = 0
    confirmed: int = 0
    secured: int = 0


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
        """Note an act that waits for its proof: 201 `{id, expires_at, proofs}`."""
        wish = _read(await _body(request), Wish)
        try:
            act, means = await run_in_threadpool(self._ask, request.state.actor, wish)
        except ActRefused as error:
            return _refused(error)
        answer = as_json({"id": act.id, "expires_at": act.expires, "proofs": [one.value for one in means]})
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

    def _ask(self, actor: Actor, wish: Wish) -> tuple[Act, tuple[Means, ...]]:
        return ask_unlock(
            the(),
            actor.session,
            wish.target.door,
            wish.reason,
            seconds=wish.seconds,
            now=now_us(),
        )

    def _prove(self, actor: Actor, name: str, shown: Shown) -> Told:
        def by_code(person: Actor, _act: Act) -> Proof:
            return prove_by_code(the().db, person, shown.totp, now_us())

        prove_unlock(the(), actor.session, name, by_code, now=now_us())
        return self._told(actor, name)

    def _told(self, actor: Actor, name: str) -> Told:
        db = the().db
        found = find_act(db, name, actor.session)
        if found is None:
            raise NotPermitted("there is no such act of this session")
        act, used = found
        flight = find_flight(db, name)
        return _of_flight(act, flight) if flight is not None else _waiting(act, used=used)


def _waiting(act: Act, *, used: bool) -> Told:
    over = used or now_us() >= act.expires
    state = "refused" if used else "expired" if over else "pending"
    return Told(id=act.id, state=state, expires_at=act.expires, final=over)


def _of_flight(act: Act, one: Flight) -> Told:
    return Told(
        id=act.id,
        state=one.stage.value,
        expires_at=act.expires,
        final=not one.under_way,
        good=one.let_in and one.stage is not Stage.REQUESTED,
        sent=one.sent,
        accepted=one.accepted,
        confirmed=one.confirmed,
        secured=one.secured,
    )


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
