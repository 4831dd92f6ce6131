"""Makes tokens, right and wrong, by PyJWT and cryptography: by neither are they checked in Gatehouse."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm, get_default_algorithms
from jwt.utils import base64url_encode

from auth.discovery import Discovery
from auth.oidc import expected_of
from auth.providers import Provider
from auth.tokens import LOGOUT_EVENT, Claims, verify_id_token, verify_logout_token
from core.errors import TokenRefused
from core.records import REASONS
from core.times import SECOND_US
from tests.failing import failing

NOW: Final = 1_800_000_000
ISSUER: Final = "https://idp.example/realms/gatehouse"
CLIENT: Final = "gatehouse"
NONCE: Final = "a-nonce-of-one-sign-in"
PROVIDER: Final = Provider(
    name="idp",
    issuer=ISSUER,
    client_id=CLIENT,
    client_secret_file=Path("/nowhere"),
    algorithms=("RS256", "PS256", "ES256"),
)
ID_CLAIMS: Final[Mapping[str, Any]] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "ada-1",
    "sid": "session-1",
    "nonce": NONCE,
    "iat": NOW,
    "exp": NOW + 300,
}
LOGOUT_CLAIMS: Final[Mapping[str, Any]] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "ada-1",
    "sid": "session-1",
    "jti": "token-1",
    "iat": NOW,
    "exp": NOW + 120,
    "events": {LOGOUT_EVENT: {}},
}


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Somebody with a key, and how they sign by it."""

    kid: str
    alg: str
    key: Any = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        """Sign as the algorithm does, whatever a header says."""
        found: bytes = get_default_algorithms()[self.alg].sign(data, self.key)
        return found

    def jwk(self, **more: Any) -> dict[str, Any]:
        """Publish the public half; `None` leaves a member off."""
        kind = ECAlgorithm if self.alg.startswith("ES") else RSAAlgorithm
        usual = {"kid": self.kid, "use": "sig", "key_ops": None}
        written = {**json.loads(kind.to_jwk(self.key.public_key())), **usual, **more}
        return {name: value for name, value in written.items() if value is not None}


@cache
def rsa_signer(kid: str = "first", bits: int = 2048) -> Signer:
    """Give somebody with an RSA key, the same each time."""
    return Signer(kid=kid, alg="RS256", key=rsa.generate_private_key(public_exponent=65537, key_size=bits))


@cache
def ec_signer(kid: str = "curve", alg: str = "ES256") -> Signer:
    """Give somebody with a key on a curve, the same each time."""
    curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES256K": ec.SECP256K1()}[alg]
    return Signer(kid=kid, alg=alg, key=ec.generate_private_key(curve))


def token(
    claims: Mapping[str, Any] | None = None,
    *,
    of: Mapping[str, Any] = ID_CLAIMS,
    off: Iterable[str] = (),
    header: Mapping[str, Any] | None = None,
    by: Signer | None = None,
    payload: bytes | None = None,
) -> str:
    """Write a token of these claims with some changed or left off; a header's None leaves that off."""
    signer = by or rsa_signer()
    said = {name: value for name, value in {**of, **(claims or {})}.items() if name not in set(off)}
    kind = "logout+jwt" if of is LOGOUT_CLAIMS else "JWT"
    head = {"alg": signer.alg, "typ": kind, "kid": signer.kid, **(header or {})}
    return assembled(
        json.dumps({name: value for name, value in head.items() if value is not None}).encode(),
        json.dumps(said).encode() if payload is None else payload,
        signer.sign,
    )


def assembled(header: bytes, payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Put a token together of whatever bytes."""
    data = base64url_encode(header) + b"." + base64url_encode(payload)
    return (data + b"." + base64url_encode(sign(data))).decode()


class Published(Discovery):
    """What a provider publishes, without a network: by `fetch`; `fetched` counts, `trouble` is raised."""

    def __init__(
        self, *keys: Mapping[str, Any], now: Callable[[], int], provider: Provider = PROVIDER
    ) -> None:
        super().__init__(provider, now)
        self.keys = list(keys)
        self.metadata_changes: dict[str, Any] = {}
        self.fetched: list[str] = []
        self.trouble: Exception | None = None
        self.fetch: Callable[[str], bytes] = self._answer

    def _get(self, url: str) -> bytes:
        self.fetched.append(url.rpartition("/")[2])
        return self.fetch(url)

    def _answer(self, url: str) -> bytes:
        if self.trouble is not None:
            raise self.trouble
        return json.dumps({"keys": self.keys} if url.endswith("/jwks") else self._about()).encode()

    def _about(self) -> dict[str, Any]:
        issuer = self._provider.issuer
        about = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            **self.metadata_changes,
        }
        return {name: value for name, value in about.items() if value is not None}


def published(*keys: Mapping[str, Any], provider: Provider = PROVIDER) -> Published:
    """Publish these keys at one moment."""
    return Published(*keys, now=lambda: NOW * SECOND_US, provider=provider)


@cache
def usual() -> Published:
    """Publish an RSA key and one on a curve, as most providers do."""
    return published(rsa_signer().jwk(), ec_signer().jwk())


def read_id(one: str, ring: Discovery | None = None, **how: Any) -> Claims:
    """Have an ID token judged as a sign-in has it."""
    return verify_id_token(
        one,
        lambda kid: (ring or usual()).key(kid, asked_by="sign-in"),
        how.get("expected", expected_of(PROVIDER)),
        nonce=how.get("nonce", NONCE),
        now=NOW,
    )


def read_logout(one: str, ring: Discovery | None = None, **how: Any) -> Claims:
    """Have a logout token judged as the back channel has it."""
    return verify_logout_token(
        one,
        lambda kid: (ring or usual()).key(kid, asked_by="sign-out"),
        how.get("expected", expected_of(PROVIDER)),
        now=NOW,
    )


def refusal(one: str, kind: Mapping[str, Any] = ID_CLAIMS, **how: Any) -> str:
    """Give the reason why a token is refused, which is one of the log's; empty when it is taken."""
    try:
        (read_logout if kind is LOGOUT_CLAIMS else read_id)(one, **how)
    except TokenRefused as error:
        return error.reason if error.reason in REASONS else f"'{error.reason}' is no reason"
    return ""


def told_apart(samples: Mapping[str, tuple[str, str]], kind: Mapping[str, Any] = ID_CLAIMS) -> list[str]:
    """Name those tokens that are not refused for the reason beside them, or not taken where that is empty."""

    def check(name: str) -> None:
        one, wanted = samples[name]
        assert refusal(one, kind) == wanted

    return failing(check, samples)


def of_claims(reason: str, *changes: dict[str, Any], **how: Any) -> dict[str, tuple[str, str]]:
    """Write a token with each of these changes, to be refused for one reason."""
    return {f"{changed}": (token(changed, **how), reason) for changed in changes}
