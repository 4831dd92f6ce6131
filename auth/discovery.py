"""What a provider publishes of itself: its endpoints and its keys, fetched rarely and kept for a while."""

from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar, cast

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from auth.providers import Provider
from auth.transport import ProviderSession
from core.errors import ProviderError, ProviderMisconfigured, ProviderUnreachable, TokenRefused
from core.times import HOUR_US, MINUTE_US, SECOND_US
from store.clock import now_us

FRESH_US: Final = HOUR_US
# A provider that is away may still be believed by keys of today: its tokens come from before.
USABLE_US: Final = 24 * HOUR_US
# After a key that was not there, its like is not asked for again so soon.
_MISSED_US: Final = 5 * MINUTE_US
# After a failure the next ones are told the same at once.
_SPARED_US: Final = 5 * SECOND_US
_MIN_RSA_BITS: Final = 2048
_OK: Final = 200


class Metadata(msgspec.Struct, frozen=True):
    """What we use of OpenID Connect Discovery 1.0, section 3, and its extensions."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    revocation_endpoint: str | None = None
    authorization_response_iss_parameter_supported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Metadata with its JSON, and when it was fetched (µs UTC)."""

    metadata: Metadata
    raw: bytes
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The provider's public keys by id, and when they were fetched (µs UTC)."""

    keys: dict[str, Key]
    at: int


_T = TypeVar("_T", Published, KeyRing)


class Discovery:
    """What one provider publishes; safe to share between threads, of which one at a time fetches."""

    def __init__(self, provider: Provider, now: Callable[[], int] = now_us) -> None:
        """Fetch nothing yet."""
        self._provider = provider
        self._now = now
        self._fetching = Lock()
        self._published: Published | None = None
        self._ring: KeyRing | None = None
        self._missed: dict[str, int] = {}
        self._failed: tuple[int, ProviderError] | None = None
        self.drift_s: float | None = None

    # --- endpoints ------------------------------------------------------------------------------------

    def published(self) -> Published:
        """Give the metadata, an hour old at most unless the provider is away; raises ProviderError."""
        return self._held(lambda: self._published, self._look_at_metadata)

    def metadata(self) -> Metadata:
        """Give the endpoints; raises ProviderError."""
        return self.published().metadata

    def ask(self, within: int) -> None:
        """See whether the provider answers, unless it has within that time (µs); raises ProviderError.

        Nobody is to be sent to one that does not. One at a time asks, and the others go by what is held.
        """
        held = self._published
        if held is not None and self._now() - held.at < within:
            return
        if self._fetching.acquire(blocking=False):
            try:
                self._tried(self._look_at_metadata)
            finally:
                self._fetching.release()

    def _held(self, held: Callable[[], _T | None], fetch: Callable[[], _T]) -> _T:
        """Give what is held while it is fresh; else fetch: nobody waits for that who has something usable."""
        now, have = self._now(), held()
        if have is not None and now - have.at < FRESH_US:
            return have
        usable = have is not None and now - have.at <= USABLE_US
        if not self._fetching.acquire(blocking=not usable):
            return cast("_T", have)
        try:
            newer = held()
            if newer is not None and newer is not have:
                return newer
            return self._tried(fetch)
        except ProviderUnreachable:
            if not usable:
                raise
            return cast("_T", have)
        finally:
            self._fetching.release()

    def _tried(self, fetch: Callable[[], _T]) -> _T:
        """Fetch, unless that has just failed: who is away must not hold up one after the other."""
        now = self._now()
        if self._failed is not None and now - self._failed[0] < _SPARED_US:
            error = self._failed[1]
            raise type(error)(str(error))
        try:
            found = fetch()
        except ProviderError as error:
            self._failed = (self._now(), error)
            raise
        self._failed = None
        return found

    def _look_at_metadata(self) -> Published:
        self._published = self._fetch_metadata()
        return self._published

    def _fetch_metadata(self) -> Published:
        raw = self._get(f"{self._provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = msgspec.json.decode(raw, type=Metadata)
        except msgspec.DecodeError as error:
            raise ProviderMisconfigured(
                f"what {self._provider.issuer} publishes is no OpenID metadata: {error}"
            ) from error
        if metadata.issuer != self._provider.issuer:
            raise ProviderMisconfigured(
                f"the provider calls itself '{metadata.issuer}', the settings '{self._provider.issuer}': "
                "write the issuer just as it is published, to the last '/'"
            )
        _check_https(metadata)
        return Published(metadata=metadata, raw=raw, at=self._now())

    # --- keys -----------------------------------------------------------------------------------------

    def key(self, kid: str | None, *, asked_by: str) -> Key:
        """Find a key that signs tokens; raises TokenRefused ("unknown_key") or ProviderError.

        A key that is not known is looked for once, then for five minutes no more for the same kind of asker:
        a flood of tokens that anybody can send (`asked_by`) costs one fetch, and holds up no other asker.
        """
        ring = self._held(lambda: self._ring, self._look_at_keys)
        found = _pick(ring, kid) or self._newer_key(ring, kid, asked_by)
        if found is None:
            raise TokenRefused("unknown_key", "the token names a key that the provider does not publish")
        return found

    def _newer_key(self, seen: KeyRing, kid: str | None, asked_by: str) -> Key | None:
        with self._fetching:
            if self._ring is not None and self._ring is not seen:
                # Somebody else has looked meanwhile.
                return _pick(self._ring, kid)
            if not self._may_look(asked_by):
                return None
            self._missed[asked_by] = self._now()
            found = _pick(self._tried(self._look_at_keys), kid)
            if found is not None:
                self._missed.pop(asked_by)
            return found

    def _look_at_keys(self) -> KeyRing:
        self._ring = self._fetch_keys()
        return self._ring

    def _may_look(self, asked_by: str) -> bool:
        last = self._missed.get(asked_by)
        return last is None or self._now() - last >= _MISSED_US

    def _fetch_keys(self) -> KeyRing:
        published = self._published
        if published is None or self._now() - published.at >= FRESH_US:
            published = self._look_at_metadata()
        raw = self._get(published.metadata.jwks_uri)
        try:
            listed = msgspec.json.decode(raw, type=dict[str, Any])["keys"]
            keys = {kid: key for one in listed for kid, key in _imported(one)}
        except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
            raise ProviderMisconfigured("the provider's keys can't be read") from error
        if not keys:
            raise ProviderMisconfigured("the provider publishes no key that signs tokens")
        return KeyRing(keys=keys, at=self._now())

    # --- health ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Fetch metadata and keys now, whatever is held; raises ProviderError and keeps what was."""
        with self._fetching:
            self._look_at_metadata()
            self._look_at_keys()
            self._failed = None

    @property
    def keys_at(self) -> int | None:
        """When the keys were fetched that are held (µs UTC)."""
        return None if self._ring is None else self._ring.at

    def _get(self, url: str) -> bytes:
        with ProviderSession(self._provider) as session:
            response = session.get(url, headers={"Accept": "application/json"})
            self.drift_s = session.drift_s
        if response.status_code >= 500:  # noqa: PLR2004 - the class of a server's own errors
            raise ProviderUnreachable(f"{url} answers {response.status_code}")
        if response.status_code != _OK:
            raise ProviderMisconfigured(f"{url} answers {response.status_code}: look at the issuer")
        return response.content


def _check_https(metadata: Metadata) -> None:
    fields = (
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "end_session_endpoint",
        "revocation_endpoint",
    )
    for name in fields:
        url = getattr(metadata, name)
        if url is not None and not url.startswith("https://"):
            raise ProviderMisconfigured(f"the provider's {name} is not https")


def _pick(ring: KeyRing, kid: str | None) -> Key | None:
    if kid is None:
        # Permitted where there is but one key (OpenID Connect Core 1.0, section 10.1).
        return next(iter(ring.keys.values())) if len(ring.keys) == 1 else None
    return ring.keys.get(kid)


def _imported(jwk: dict[str, Any]) -> list[tuple[str, Key]]:
    """Take a key that signs, with its id; nothing of secret, weak, encrypting or unknown ones."""
    public = {name: value for name, value in jwk.items() if name not in {"d", "p", "q", "dp", "dq", "qi"}}
    try:
        if jwk.get("kty") not in {"RSA", "EC"} or jwk.get("use", "sig") != "sig" or _weak(jwk):
            return []
        key = JWKRegistry.import_key(public)
    except (JoseError, ValueError, KeyError, TypeError):
        # One that we do not understand must not hide the others (RFC 7517, section 5).
        return []
    return [(str(jwk.get("kid") or key.thumbprint()), key)]


def _weak(jwk: dict[str, Any]) -> bool:
    return jwk["kty"] == "RSA" and _bits(jwk["n"]) < _MIN_RSA_BITS


def _bits(number: str) -> int:
    # Of the number: noughts before it make no key longer.
    return int.from_bytes(urlsafe_b64decode(f"{number}=="), "big").bit_length()


def reachable(discovery: Discovery) -> str | None:
    """Say why a provider can't be used now; None if it can."""
    try:
        discovery.published()
    except ProviderError as error:
        return str(error)
    return None
