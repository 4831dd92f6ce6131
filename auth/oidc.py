"""Sign-in at a provider: begun here, answered there, judged here."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from auth import claims as said
from auth.code_flow import Memo, Tokens, client_for, proof_request
from auth.discovery import Discovery
from auth.graph import member_objects
from auth.providers import Provider
from auth.sealing import Seal
from auth.sessions import Person
from auth.tokens import Claims, Expected, verify_id_token
from core.errors import (
    IdentityRefused,
    Invalid,
    ProviderError,
    ProviderUnreachable,
    TokenRefused,
)
from core.memberships import bound
from core.times import SECOND_US
from store.clock import now_us
from store.database import Database
from store.flows import Answered, FlowRow, add_flow, answer_flow, flow_of_state, take_flow
from store.logouts import ended_there

BROWSER_BYTES: Final = 32
_PARAMETERS: Final = frozenset({"code", "state", "iss", "error"})
_LONGEST_PARAMETER: Final = 8_192
_UNPROVEN: Final = frozenset({"unmet_authentication_requirements", "insufficient_user_authentication"})
_START_AGAIN: Final = "Start the sign-in again."
# Whoever answered so lately is still there.
ANSWERED_US: Final = 5 * SECOND_US
# These show a choice of accounts; to the others one must sign in anew.
_CHOOSES: Final = frozenset({"entra", "google"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a browser wants: `browser` is the secret of its flow cookie, `origin` the place it is at.

    `strong`: with a second factor; `another`: as somebody else than the provider has in mind; `left`:
    somebody has signed out of this browser, so a provider that knows of no sign-out is to ask who this is.
    """

    provider: str
    browser: str = field(repr=False)
    origin: str
    onwards: str
    strong: bool = False
    another: bool = False
    left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A person whose identity is proven by a provider, with what it gave, and where they wanted to go.

    `begun` is when the browser set out (µs UTC).
    """

    provider: Provider
    person: Person
    tokens: Tokens
    claims: Claims = field(repr=False)
    onwards: str
    strong: bool
    begun: int


class Refused(Exception):
    """A sign-in that is refused, with what is known of whom, for the record.

    `ours` tells whether it was begun here: anybody can send an answer to nothing. `provider` is whose it was,
    where that is known, `onwards` where the person wanted to go.
    """

    def __init__(
        self,
        error: IdentityRefused,
        who: Mapping[str, str] | None = None,
        *,
        provider: str = "",
        ours: bool = True,
        onwards: str = "/",
    ) -> None:
        """Carry the reason; `who` holds personal fields of the record."""
        super().__init__(str(error))
        self.error = error
        self.who = who or {}
        self.provider = provider
        self.ours = ours
        self.onwards = onwards


class Oidc:
    """All providers of this process; safe to share between threads, never used on an event loop's."""

    def __init__(
        self,
        db: Database,
        seal: Seal,
        providers: Sequence[Provider],
        *,
        public_url: str,
        now: Callable[[], int] = now_us,
    ) -> None:
        """Fetch nothing yet."""
        self._db = db
        self._seal = seal
        self._public_url = public_url
        self._now = now
        self.providers = {provider.name: provider for provider in providers}
        self.discoveries = {provider.name: Discovery(provider, now) for provider in providers}

    def provider(self, name: str) -> Provider:
        """Give a provider; raises Invalid for a name that no provider has."""
        if name not in self.providers:
            raise Invalid("there is no such identity provider")
        return self.providers[name]

    def redirect_uri(self, name: str) -> str:
        """Give the address that has to be registered at the provider."""
        return f"{self._public_url}/auth/{name}/callback"

    # --- there ----------------------------------------------------------------------------------------

    def begin(self, start: Start) -> str:
        """Note a sign-in and give the provider's address for it; raises ProviderError, if it is away too."""
        provider = self.provider(start.provider)
        self.discoveries[provider.name].ask(within=ANSWERED_US)
        extra = proof_request(provider) if start.strong else {}
        if start.another or (start.left and not self.signs_out(provider)):
            extra["prompt"] = "select_account" if provider.preset in _CHOOSES else "login"
        client = client_for(provider, self.discoveries[provider.name])
        begun = client.begin(self.redirect_uri(provider.name), extra)
        row = FlowRow(
            ref=secrets.token_hex(16),
            state=digest(begun.state),
            browser=digest(start.browser),
            provider=provider.name,
            origin=start.origin,
            onwards=start.onwards,
            strong=start.strong,
            memo=self._seal.close(msgspec.json.encode(begun.memo)),
            created=self._now(),
        )
        add_flow(self._db, row)
        return begun.url

    def signs_out(self, provider: Provider) -> bool:
        """Whether people are signed out there as well; raises ProviderError."""
        return provider.sign_out != "none" and bool(
            self.discoveries[provider.name].metadata().end_session_endpoint
        )

    # --- and back -------------------------------------------------------------------------------------

    def note_answer(self, name: str, parameters: Mapping[str, str]) -> Answered:
        """Keep an answer until its browser comes for it; gives the flow's public name, and its act.

        Raises Refused for an answer to nothing: unknown, late, used before, or given at another provider's.
        """
        answer = {key: value for key, value in parameters.items() if key in _PARAMETERS}
        state = answer.get("state", "")
        if not state or any(len(value) > _LONGEST_PARAMETER for value in answer.values()):
            text = f"This is no answer to a sign-in. {_START_AGAIN}"
            raise Refused(IdentityRefused("unreadable", text), ours=False)
        sealed = self._seal.close(msgspec.json.encode(answer))
        found = answer_flow(self._db, digest(state), name, answer=sealed, now=self._now())
        if found is None:
            raise self._unanswerable(flow_of_state(self._db, digest(state)), name)
        return found

    def _unanswerable(self, flow: FlowRow | None, name: str) -> Refused:
        if flow is not None and flow.provider != name:
            text = f"The answer came from another provider than was asked. {_START_AGAIN}"
            return Refused(IdentityRefused("mixed_up", text))
        if flow is not None and flow.answer is not None:
            return Refused(IdentityRefused("replayed", f"This answer has been used. {_START_AGAIN}"))
        text = f"This sign-in is over or was never begun. {_START_AGAIN}"
        return Refused(IdentityRefused("expired", text), ours=flow is not None)

    def complete(self, ref: str, browser: str) -> Arrival:
        """Judge the answer of a flow that this browser began; raises Refused."""
        flow = take_flow(self._db, ref, digest(browser), self._now()) if browser else None
        if flow is None:
            text = f"This sign-in was begun in another browser, or is over. {_START_AGAIN}"
            raise Refused(IdentityRefused("not_this_browser", text), ours=False)
        who: dict[str, str] = {}
        try:
            return self._judge(flow, who)
        except (IdentityRefused, TokenRefused, ProviderError) as error:
            refusal = self.words(flow.provider, error)
            raise Refused(refusal, who, provider=flow.provider, onwards=flow.onwards) from error

    def words(self, name: str, error: IdentityRefused | TokenRefused | ProviderError) -> IdentityRefused:
        """Say to a person why an answer is not believed."""
        match error:
            case IdentityRefused():
                return error
            case TokenRefused():
                said_by = self.provider(name).shown
                text = f"What {said_by} says is not believed: {error}. Tell your administrator."
                return IdentityRefused(error.reason, text)
            case _:
                return away(self.provider(name), error)

    def _judge(self, flow: FlowRow, who: dict[str, str]) -> Arrival:
        provider = self.provider(flow.provider)
        tokens, claims = self.redeemed(flow, who)
        said.check_home(claims, provider)
        person = self._person(provider, claims, tokens)
        who |= {"subject": person.subject, "name": person.name}
        self.check_not_ended(person, claims, flow.created)
        if not said.managed(claims, provider):
            text = f"{provider.shown} does not say that this device is managed by your organisation."
            raise IdentityRefused("unmanaged_device", text)
        return Arrival(
            provider=provider,
            person=person,
            tokens=tokens,
            claims=claims,
            onwards=flow.onwards,
            strong=flow.strong,
            begun=flow.created,
        )

    def redeemed(self, flow: FlowRow, who: dict[str, str] | None = None) -> tuple[Tokens, Claims]:
        """Get what the provider gives for an answer, verified; `who` takes its own names for that.

        Raises IdentityRefused, TokenRefused or ProviderError.
        """
        provider, who = self.provider(flow.provider), {} if who is None else who
        memo, answer = self._opened(flow)
        self._check_answer(provider, answer)
        client = client_for(provider, self.discoveries[provider.name])
        tokens = client.redeem(self.redirect_uri(provider.name), memo, answer)
        who["correlation"] = tokens.correlation
        claims = self._verified(provider, tokens.id_token, memo.nonce)
        who |= _identifiers(claims)
        return tokens, claims

    def _opened(self, flow: FlowRow) -> tuple[Memo, dict[str, str]]:
        memo, answer = self._seal.open(flow.memo), self._seal.open(flow.answer or b"")
        if memo is None or answer is None:
            raise IdentityRefused("expired", f"This sign-in can't be finished any more. {_START_AGAIN}")
        return msgspec.json.decode(memo, type=Memo), msgspec.json.decode(answer, type=dict[str, str])

    def _check_answer(self, provider: Provider, answer: Mapping[str, str]) -> None:
        """Hold the answer to RFC 9207 and OpenID Connect Core 1.0, section 3.1.2.6."""
        metadata = self.discoveries[provider.name].metadata()
        issuer = answer.get("iss")
        if issuer is None and metadata.authorization_response_iss_parameter_supported:
            raise IdentityRefused("mixed_up", f"The answer does not say who gave it. {_START_AGAIN}")
        if issuer is not None and issuer != provider.issuer:
            raise IdentityRefused("mixed_up", f"The answer came from another provider. {_START_AGAIN}")
        error = answer.get("error")
        if error in _UNPROVEN:
            raise IdentityRefused("not_proven", f"{provider.shown} could not ask you for a second factor.")
        if error is not None or "code" not in answer:
            text = f"{provider.shown} did not sign you in ({_word(error)}). Try again, or ask there."
            raise IdentityRefused("refused_there", text)

    def _verified(self, provider: Provider, token: str, nonce: str) -> Claims:
        discovery = self.discoveries[provider.name]
        return verify_id_token(
            token,
            lambda kid: discovery.key(kid, asked_by="sign-in"),
            expected_of(provider),
            nonce=nonce,
            now=self._now() // SECOND_US,
        )

    def _person(self, provider: Provider, claims: Claims, tokens: Tokens) -> Person:
        groups = said.groups_of(claims, provider)
        if said.overage(claims):
            if not provider.graph:
                text = f"{provider.shown} says that your groups are too many for its token, and names none."
                raise IdentityRefused("groups_unavailable", text)
            groups = (*(groups or ()), *member_objects(provider, tokens.access_token))
        lacking = ", ".join(provider.groups) if groups is None else ""
        return Person(
            subject=said.subject_of(claims, provider),
            name=said.name_of(claims),
            username=said.username_of(claims),
            groups=bound(provider.name, groups or (), alone=len(self.providers) == 1),
            provider=provider.name,
            sid=_text(claims.get("sid")),
            proven=said.proven(claims, provider),
            lacking=lacking,
            told={"provider": provider.name},
            told_privately=_identifiers(claims) | _if_any("correlation", tokens.correlation),
        )

    def check_not_ended(self, person: Person, claims: Claims, begun: int) -> None:
        """Refuse a session that the provider has ended since the sign-in began; raises IdentityRefused."""
        issued = int(claims["iat"]) * SECOND_US
        if ended_there(self._db, person.provider, person.sid, person.subject, issued=issued, begun=begun):
            raise IdentityRefused(
                "logged_out_there", f"You have been signed out there meanwhile. {_START_AGAIN}"
            )


def expected_of(provider: Provider) -> Expected:
    """Give what every token of a provider must say."""
    return Expected(
        issuer=provider.issuer,
        client_id=provider.client_id,
        algorithms=provider.algorithms,
        strict_logout_type=provider.strict_logout_type,
    )


def away(provider: Provider, error: ProviderError) -> IdentityRefused:
    """Say to a person that a provider can't be used now."""
    if isinstance(error, ProviderUnreachable):
        text = f"{provider.shown} can't be reached right now: {error}. Try again in a moment."
        return IdentityRefused("unreachable", text)
    text = f"Sign-in with {provider.shown} is not set up as it should be: {error}. Tell your administrator."
    return IdentityRefused("misconfigured", text)


def digest(secret: str) -> bytes:
    """Give what is kept of a state or a cookie."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _identifiers(claims: Claims) -> dict[str, str]:
    """Give the provider's own names of person and session, by which both logs are joined."""
    found = {name: _text(claims.get(name)) for name in ("sub", "oid", "tid", "sid", "uti")}
    return {name: value for name, value in found.items() if value}


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value.isprintable() else ""


def _if_any(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}


def _word(error: str | None) -> str:
    known = error is not None and error.replace("_", "").isalpha() and error.isascii()
    return error[:48] if error is not None and known else "it gave no reason"
