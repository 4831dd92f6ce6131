"""Takes back at the provider what it gave to a session that has ended (RFC 7009)."""

import logging
from collections.abc import Iterator

import msgspec

from auth.arrivals import Kept
from auth.code_flow import revoke
from auth.oidc import Oidc
from auth.sealing import Seal
from core.errors import ProviderError
from core.leaf import Draft
from core.records import Kind
from store.database import Database
from store.held_tokens import MOST_TRIES, HeldTokens, forget_tokens, tokens_to_revoke, try_again_later

_log = logging.getLogger("gatehouse.auth")


class Revocation:
    """Revokes, forgets and records, one session after the other; for one thread."""

    def __init__(self, db: Database, seal: Seal, oidc: Oidc) -> None:
        """Work on the tokens of this store."""
        self._db = db
        self._seal = seal
        self._oidc = oidc

    def round(self, now: int) -> int:
        """Take back what is due; gives how many sessions are done with; raises StoreError."""
        return sum(self._one(held, now) for held in tokens_to_revoke(self._db, now))

    def _one(self, held: HeldTokens, now: int) -> bool:
        correlation = ""
        try:
            outcome, correlation = self._revoked(held)
        except ProviderError as error:
            _log.warning("tokens could not be revoked provider=%s error=%s", held.provider, error)
            if held.tries + 1 < MOST_TRIES:
                try_again_later(self._db, held, now)
                return False
            outcome = "failed"
        forget_tokens(self._db, held.session, _record(held, outcome, correlation, now))
        return True

    def _revoked(self, held: HeldTokens) -> tuple[str, str]:
        provider = self._oidc.providers.get(held.provider)
        opened = self._seal.open(held.sealed)
        if provider is None or opened is None:
            return "failed", ""
        metadata = self._oidc.discoveries[provider.name].metadata()
        kept = msgspec.json.decode(opened, type=Kept)
        done = [revoke(provider, metadata, token, hint) for token, hint in _tokens(kept)]
        numbers = [number for number in done if number is not None]
        return "revoked" if len(numbers) == len(done) else "not_offered", next(filter(None, numbers), "")


def _tokens(kept: Kept) -> Iterator[tuple[str, str]]:
    # The refresh token first: with it the access token goes too at most providers.
    for token, hint in ((kept.refresh_token, "refresh_token"), (kept.access_token, "access_token")):
        if token:
            yield token, hint


def _record(held: HeldTokens, outcome: str, correlation: str, now: int) -> Draft:
    known = {"subject": held.subject, "name": held.name, "sid": held.sid, "correlation": correlation}
    return Draft(
        kind=Kind.OPERATOR_TOKENS_REVOKED,
        received=now,
        outcome=outcome,
        refs={"session": held.session, "provider": held.provider},
        private={name: value for name, value in known.items() if value},
    )
