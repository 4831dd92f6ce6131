"""A provider's word that somebody's session is over (OpenID Connect Back-Channel Logout 1.0)."""

import logging
from typing import Final

from auth.claims import subject_of
from auth.oidc import Oidc, expected_of
from auth.providers import Provider
from auth.tokens import Claims, verify_logout_token
from core.errors import IdentityRefused, ProviderError, TokenRefused
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.log import append
from store.logouts import Logout, end_by_provider

_log = logging.getLogger("gatehouse.auth")
# Anybody may send a token here: one record tells of a provider's or forger's mistake, and the log of each.
_RECORD_EVERY_US: Final = MINUTE_US


class BackChannel:
    """Takes logout tokens; safe to share between threads, never used on an event loop's."""

    def __init__(self, db: Database, oidc: Oidc) -> None:
        """End sessions of this store."""
        self._db = db
        self._oidc = oidc
        self._recorded: dict[tuple[str, str], int] = {}

    def end(self, name: str, token: str, now: int) -> tuple[str, ...]:
        """End what a token says is over; gives the sessions; raises TokenRefused or ProviderError.

        A token that has been here before ends nothing and is refused.
        """
        provider = self._oidc.provider(name)
        try:
            claims = self._verified(provider, token, now)
            return self._once(_word(provider, claims), now)
        except TokenRefused as error:
            self._note(name, error, now)
            raise
        except ProviderError as error:
            _log.warning("a logout token could not be checked provider=%s error=%s", name, error)
            raise

    def _once(self, word: Logout, now: int) -> tuple[str, ...]:
        ended = end_by_provider(self._db, word, now)
        if ended is None:
            raise TokenRefused("replayed", "this token has been here before")
        return ended

    def _verified(self, provider: Provider, token: str, now: int) -> Claims:
        discovery = self._oidc.discoveries[provider.name]
        return verify_logout_token(
            token,
            lambda kid: discovery.key(kid, asked_by="sign-out"),
            expected_of(provider),
            now=now // SECOND_US,
        )

    def _note(self, name: str, error: TokenRefused, now: int) -> None:
        _log.warning("a logout token was refused provider=%s reason=%s", name, error.reason)
        if now - self._recorded.get((name, error.reason), 0) < _RECORD_EVERY_US:
            return
        self._recorded[name, error.reason] = now
        record = Draft(
            kind=Kind.OPERATOR_LOGOUT_REFUSED, received=now, reason=error.reason, refs={"provider": name}
        )
        append(self._db, [record])


def _word(provider: Provider, claims: Claims) -> Logout:
    sid = claims.get("sid")
    return Logout(
        provider=provider.name,
        jti=claims["jti"],
        issued=int(claims["iat"]) * SECOND_US,
        sid=sid if isinstance(sid, str) else "",
        subject=_subject(provider, claims),
    )


def _subject(provider: Provider, claims: Claims) -> str:
    """Name the person as their sessions do; empty where the token names the session alone."""
    try:
        return subject_of(claims, provider)
    except IdentityRefused as error:
        if not claims.get("sid"):
            raise TokenRefused(
                "missing_claim", "the token does not name the person as sign-in does"
            ) from error
        return ""
