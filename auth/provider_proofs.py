"""Acts proved at an identity provider: somebody is made to sign in there anew, and the answer names the act.

It begins no session and touches none: what the provider gives is looked at and thrown away
(docs/decisions/0034).
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from auth import claims as said
from auth.code_flow import client_for, step_up_request
from auth.oidc import ANSWERED_US, Oidc, digest
from auth.providers import Provider
from auth.sealing import Seal
from auth.sessions import Actor
from auth.step_up import Proof
from auth.tokens import SKEW_S, Claims
from core.acts import Act, Means
from core.errors import IdentityRefused, ProofRefused, ProviderError, TokenRefused
from core.leaf import Scalar
from core.times import SECOND_US
from store.clock import now_us
from store.database import Database
from store.flows import FlowRow, add_flow, find_proof_flow, take_proof_flow
from store.trust import trust_states

# An auth_time may lie this much before the request, by a provider's clock that is known to be behind.
MOST_BEHIND_S: Final = 5
# Its Date tells its clock to a second.
_BLUR_S: Final = 1
_MS: Final = 1_000
_AGAIN: Final = "Begin the act again."


class ProviderProofs:
    """What proves acts at the providers of this process; safe to share between threads, never on a loop's."""

    def __init__(self, db: Database, seal: Seal, oidc: Oidc, now: Callable[[], int] = now_us) -> None:
        """Go by the same providers as sign-in."""
        self._db = db
        self._seal = seal
        self._oidc = oidc
        self._now = now

    def serves(self, actor: Actor) -> bool:
        """Whether the provider by which this person came has a rule that shows a proof."""
        provider = self._oidc.providers.get(actor.provider)
        return provider is not None and provider.step_up.offered

    def begin(self, actor: Actor, act: str, *, browser: str, origin: str) -> str:
        """Note that this browser sets out to prove an act, and give the provider's address for it.

        Raises ProofRefused where the provider proves nothing, ProviderError, if it is away too.
        """
        if not self.serves(actor):
            raise ProofRefused("no_proof", "Your identity provider can't prove acts here.")
        provider = self._oidc.provider(actor.provider)
        self._oidc.discoveries[provider.name].ask(within=ANSWERED_US)
        client = client_for(provider, self._oidc.discoveries[provider.name])
        begun = client.begin(self._oidc.redirect_uri(provider.name), step_up_request(provider))
        row = FlowRow(
            ref=secrets.token_hex(16),
            state=digest(begun.state),
            browser=digest(browser),
            provider=provider.name,
            origin=origin,
            onwards="",
            strong=True,
            memo=self._seal.close(msgspec.json.encode(begun.memo)),
            created=self._now(),
            act=act,
            session=actor.session,
        )
        add_flow(self._db, row)
        return begun.url

    def take(self, ref: str, actor: Actor, act: str, browser: str) -> FlowRow | None:
        """Take away the answer that this browser has, in this session, to this act; None: there was none.

        Raises ProofRefused for another browser's, session's or act's.
        """
        found = find_proof_flow(self._db, ref)
        if found is None:
            return None
        if found.act != act:
            raise ProofRefused("wrong_challenge", f"The answer belongs to another act. {_AGAIN}")
        if found.session != actor.session or not browser or found.browser != digest(browser):
            raise ProofRefused("not_this_browser", f"This was begun in another browser. {_AGAIN}")
        return take_proof_flow(self._db, ref)

    def judge(self, flow: FlowRow, actor: Actor, act: Act) -> Proof:
        """See whether an answer proves this act by this person; raises ProofRefused."""
        if flow.act != act.id or flow.session != actor.session or flow.provider != actor.provider:
            raise ProofRefused("wrong_challenge", f"The answer belongs to another act. {_AGAIN}")
        try:
            return self._judge(flow, actor, act)
        except (IdentityRefused, TokenRefused, ProviderError) as error:
            refused = self._oidc.words(flow.provider, error)
            weak = refused.reason == "not_proven"
            raise ProofRefused("weak_proof" if weak else refused.reason, str(refused)) from error

    def _judge(self, flow: FlowRow, actor: Actor, act: Act) -> Proof:
        provider = self._oidc.provider(flow.provider)
        tokens, claims = self._oidc.redeemed(flow)
        said.check_home(claims, provider)
        if said.subject_of(claims, provider) != actor.subject:
            raise ProofRefused("other_person", f"Somebody else signed in at {provider.shown}. {_AGAIN}")
        if not said.managed(claims, provider):
            text = f"{provider.shown} does not say that this device is managed by your organisation."
            raise ProofRefused("unmanaged_device", text)
        # What was asked for after the act was: whoever signed in before this has not proved it.
        shown_at = self._fresh(provider, claims, max(flow.created, act.created))
        told: dict[str, Scalar] = {
            "provider": provider.name,
            "auth_time": shown_at,
            "id_token_sha256": hashlib.sha256(tokens.id_token.encode()).hexdigest(),
            **self._strong(provider, claims),
        }
        return Proof(means=Means.IDP, told=told, at=min(shown_at * SECOND_US, self._now()))

    def _fresh(self, provider: Provider, claims: Claims, since: int) -> int:
        """Give when somebody signed in there (s, UTC), if that was after we asked; raises ProofRefused."""
        shown_at = claims.get("auth_time")
        if type(shown_at) is not int:
            text = f"{provider.shown} did not say when you signed in, so nothing is proved by it."
            raise ProofRefused("missing_claim", text)
        if shown_at < since // SECOND_US + self._shift(provider):
            text = f"{provider.shown} did not ask you again: it says that you signed in before. {_AGAIN}"
            raise ProofRefused("too_old", text)
        if shown_at > self._now() // SECOND_US + SKEW_S:
            raise ProofRefused(
                "not_yet_valid", f"By the clock of {provider.shown} you signed in later than now."
            )
        return shown_at

    def _shift(self, provider: Provider) -> int:
        """Say how far its clock is ahead of ours (s), as measured; of being behind, little is believed."""
        state = trust_states(self._db).get(provider.name)
        ahead = int((state.drift_ms or 0) / _MS) if state is not None else 0
        return max(ahead - _BLUR_S, 0) if ahead > 0 else max(ahead, -MOST_BEHIND_S)

    def _strong(self, provider: Provider, claims: Claims) -> Mapping[str, Scalar]:
        """Give the words by which the provider says that its rule is met; raises ProofRefused."""
        met = said.met(claims, provider.step_up.rule)
        if met is None:
            text = f"{provider.shown} did not say that you showed what it was asked for: too weak a proof."
            raise ProofRefused("weak_proof", text)
        return met
