"""Looks at each provider once a minute: is it there, which keys does it publish, what does its clock say."""

import logging
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from auth.discovery import Discovery
from auth.oidc import Oidc
from core.errors import ProviderError, ProviderUnreachable
from core.leaf import Draft
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.trust import TrustState, note_trust

_log = logging.getLogger("gatehouse.auth")
EVERY_US: Final = MINUTE_US
# Several processes, or several consoles of one provider, do not ask in step for long.
_JITTER_US: Final = 6 * SECOND_US


def _jitter() -> int:
    return secrets.randbelow(2 * _JITTER_US + 1) - _JITTER_US


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a look found: a reason and words where the provider can't be used."""

    reason: str = ""
    problem: str = ""
    drift_ms: int | None = None
    keys_at: int | None = None


class TrustWatch:
    """Looks at one provider, for one thread of its own: a slow provider holds up no other.

    It fetches anew what sign-ins use, which do not wait for that while they have it from before.
    """

    def __init__(self, db: Database, oidc: Oidc, name: str, *, jitter: Callable[[], int] = _jitter) -> None:
        """Look at nothing yet."""
        self._db = db
        self._discovery = oidc.discoveries[name]
        self._jitter = jitter
        self._due = 0
        self.name = name

    def round(self, now: int) -> bool:
        """Look if it is time to; gives whether it was; raises StoreError."""
        # A clock that was set back must not put the next look off.
        if 0 < self._due - now <= EVERY_US + _JITTER_US:
            return False
        self._due = now + EVERY_US + self._jitter()
        seen = self._look()
        note_trust(self._db, self.name, lambda old: _changed(old, seen, now), self._record)
        return True

    def _look(self) -> _Seen:
        found = self._discovery
        try:
            _refresh(found)
        except (ProviderError, OSError) as error:
            _log.warning("a provider can't be used provider=%s error=%s", self.name, error)
            away = isinstance(error, ProviderUnreachable)
            reason = "unreachable" if away else "misconfigured"
            return _Seen(reason=reason, problem=str(error), drift_ms=_drift(found))
        return _Seen(drift_ms=_drift(found), keys_at=found.keys_at)

    def _record(self, old: TrustState, new: TrustState) -> Draft | None:
        if bool(old.lost) is bool(new.lost):
            return None
        lost = bool(new.lost)
        return Draft(
            kind=Kind.PROVIDER_LOST if lost else Kind.PROVIDER_BACK,
            received=new.checked,
            reason=new.reason if lost else None,
            refs={"provider": self.name},
        )


def watches(db: Database, oidc: Oidc) -> Iterator[TrustWatch]:
    """Give a watch for each provider."""
    return (TrustWatch(db, oidc, name) for name in oidc.providers)


def _refresh(discovery: Discovery) -> None:
    """Fetch all, and once more where the way there broke, as it may at any time; raises ProviderError."""
    try:
        discovery.refresh()
    except ProviderUnreachable:
        discovery.refresh()


def _drift(discovery: Discovery) -> int | None:
    return None if discovery.drift_s is None else round(discovery.drift_s * 1_000)


def _changed(old: TrustState, seen: _Seen, now: int) -> TrustState:
    if seen.problem:
        lost = old.lost or now
        return replace(
            old,
            checked=now,
            lost=lost,
            since=0,
            reason=seen.reason,
            problem=seen.problem,
            drift_ms=seen.drift_ms,
        )
    return replace(
        old,
        checked=now,
        reached=now,
        since=old.since or now,
        lost=0,
        reason="",
        problem="",
        keys_at=seen.keys_at or old.keys_at,
        drift_ms=seen.drift_ms,
    )
