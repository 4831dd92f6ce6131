"""What becomes of a sign-in at a provider: a session, a second way there for more proof, or a refusal."""

import logging
from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import Final

import msgspec

from auth.local import origin_of
from auth.oidc import Arrival, Oidc, Refused
from auth.sealing import Seal
from auth.sessions import Sessions
from core.errors import IdentityRefused
from core.leaf import Draft, Scalar
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.held_tokens import HeldTokens, hold_tokens
from store.log import append
from store.trust import TrustState, note_trust

_log = logging.getLogger("gatehouse.auth")
# More refusals of one place in a quarter of an hour are a flood: the first ones tell all there is to know.
_MOST_RECORDS: Final = 30
_WINDOW_US: Final = 15 * MINUTE_US
_MOST_PLACES: Final = 10_000


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a provider's tokens, sealed, while the session lasts."""

    id_token: str
    access_token: str = ""
    refresh_token: str = ""


class MoreProof(Exception):
    """A role of this person needs a second factor, which the provider can be asked for."""


class Arrivals:
    """Takes people in; safe to share between threads, never used on an event loop's."""

    def __init__(self, db: Database, seal: Seal, sessions: Sessions, oidc: Oidc) -> None:
        """Work on these sessions."""
        self._db = db
        self._seal = seal
        self._sessions = sessions
        self._oidc = oidc
        self._refused: dict[str, deque[int]] = {}
        self._lock = Lock()

    def enter(self, arrival: Arrival, *, address: str, agent: str, now: int, replaces: str | None) -> str:
        """Begin the session and give its cookie; raises MoreProof, or Refused by our own conditions."""
        self._need_proof(arrival)
        person = arrival.person
        cookie, actor = self._sessions.start(person, address=address, agent=agent, now=now, replaces=replaces)
        try:
            # A word of the provider may have come between the look before and the session's begin.
            self._oidc.check_not_ended(person, arrival.claims, arrival.begun)
        except IdentityRefused as error:
            self._sessions.end(actor.session, "provider_logout", now)
            raise Refused(error, provider=person.provider) from error
        tokens = arrival.tokens
        kept = Kept(tokens.id_token, tokens.access_token, tokens.refresh_token)
        sealed = self._seal.close(msgspec.json.encode(kept))
        held = HeldTokens(session=actor.session, provider=arrival.provider.name, sealed=sealed)
        hold_tokens(self._db, held)
        self._note_good(arrival, now)
        return cookie

    def _need_proof(self, arrival: Arrival) -> None:
        missing = self._sessions.unproven(arrival.person)
        if not missing:
            return
        if arrival.provider.mfa.asks and not arrival.strong:
            raise MoreProof
        roles = " and ".join(sorted(role.value.capitalize() for role in missing))
        text = (
            f"Your role {roles} needs a second factor, and {arrival.provider.shown} does not say that you "
            "used one. Sign in there with it, or ask your administrator."
        )
        who = {
            **arrival.person.told_privately,
            "subject": arrival.person.subject,
            "name": arrival.person.name,
        }
        raise Refused(IdentityRefused("not_proven", text), who, provider=arrival.provider.name)

    def _note_good(self, arrival: Arrival, now: int) -> None:
        issued = int(arrival.claims["iat"]) * SECOND_US

        def change(old: TrustState) -> TrustState:
            ahead = (issued - now) // 1_000
            return msgspec.structs.replace(old, good=now, lacking=arrival.person.lacking, issued_ms=ahead)

        note_trust(self._db, arrival.provider.name, change)

    def note_refusal(self, name: str, refused: Refused, address: str, now: int) -> None:
        """Record a refusal, and remember it as the provider's last; a flood is not recorded to its end."""
        _log.warning("sign-in refused provider=%s reason=%s", name, refused.error.reason)
        if not self._worth_a_record(address, now):
            return
        refs: Mapping[str, Scalar] = {"provider": name}
        who = {key: value for key, value in refused.who.items() if value}
        record = Draft(
            kind=Kind.OPERATOR_SIGN_IN_REFUSED,
            received=now,
            reason=refused.error.reason,
            refs=refs,
            private={**who, "address": address},
        )
        append(self._db, [record])
        if refused.ours:
            note_trust(self._db, name, lambda old: _failed(old, refused.error, now))

    def _worth_a_record(self, address: str, now: int) -> bool:
        with self._lock:
            if len(self._refused) > _MOST_PLACES:
                self._refused.clear()
            times = self._refused.setdefault(origin_of(address), deque(maxlen=_MOST_RECORDS))
            if len(times) == _MOST_RECORDS and now - times[0] < _WINDOW_US:
                return False
            times.append(now)
            return True


def _failed(old: TrustState, error: IdentityRefused, now: int) -> TrustState:
    return msgspec.structs.replace(old, failed=now, failed_reason=error.reason, failed_words=str(error))
