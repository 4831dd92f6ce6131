"""What a test says of issuers, their clients and the people who have accounts there."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

Shape = Literal["auth0", "entra", "generic", "google", "keycloak", "okta", "okta-org", "ping"]
ClientAuth = Literal["client_secret_basic", "client_secret_post", "private_key_jwt"]
Signature = Literal["good", "broken", "stranger", "none", "hs256"]
Endpoint = Literal[
    "authorization", "discovery", "end_session", "graph", "jwks", "other", "revocation", "token", "userinfo"
]

CLIENT_ID: Final = "gatehouse"
CLIENT_SECRET: Final = "a-secret-that-only-these-tests-know-about"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody at a provider; `username` is what is typed into its form.

    `weak` answers a wish for a second factor without one, and `refuses` with an error.
    """

    sub: str
    username: str = ""
    name: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    claims: dict[str, Any] = field(default_factory=dict)
    overage: bool = False
    weak: bool = False
    refuses: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write it for the provider, with what was left out made up of the subject."""
        username = self.username or self.sub
        made_up = {
            "username": username,
            "name": self.name or username,
            "email": self.email or f"{username}@example.com",
        }
        return asdict(self) | made_up


@dataclass(frozen=True, kw_only=True)
class Client:
    """A relying party as it is registered at an issuer; `jwks` are public keys for private_key_jwt."""

    redirect_uris: tuple[str, ...]
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    auth: ClientAuth = "client_secret_basic"
    jwks: dict[str, Any] | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    assertion_alg: Literal["RS256", "PS256"] | None = None
    id_token_alg: Literal["RS256", "PS256"] = "RS256"
    more: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Write it in the words of dynamic registration."""
        keyed = self.auth == "private_key_jwt"
        written: dict[str, Any] = {
            "client_id": self.client_id,
            "client_secret": None if keyed else self.client_secret,
            "redirect_uris": self.redirect_uris,
            "token_endpoint_auth_method": self.auth,
            "jwks": self.jwks,
            "token_endpoint_auth_signing_alg": self.assertion_alg,
            "post_logout_redirect_uris": self.post_logout_redirect_uris,
            "backchannel_logout_uri": self.backchannel_logout_uri,
            "backchannel_logout_session_required": self.backchannel_logout_uri is not None or None,
            "id_token_signed_response_alg": self.id_token_alg,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
        return {name: value for name, value in written.items() if value is not None} | self.more


@dataclass(frozen=True, kw_only=True)
class IssuerSpec:
    """An issuer to start; port 0 is any free one, and what is None is as the shape has it."""

    name: str
    shape: Shape = "generic"
    port: int = 0
    path: str | None = None
    clients: tuple[Client, ...] = ()
    accounts: tuple[Account, ...] = ()
    backchannel: bool | None = None
    rotate_refresh: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write it for the provider's configuration."""
        return {
            "name": self.name,
            "shape": self.shape,
            "port": self.port,
            "path": self.path,
            "clients": [one.as_json() for one in self.clients],
            "accounts": [one.as_json() for one in self.accounts],
            "backchannel": self.backchannel,
            "rotate_refresh": self.rotate_refresh,
        }


@dataclass(frozen=True, kw_only=True)
class Revocation:
    """A token that somebody wanted revoked: its SHA-256 in hex, and what it was said to be."""

    sha256: str
    hint: str | None
    status: int


@dataclass(frozen=True, kw_only=True)
class Told:
    """A client that was told of a sign-out, and whether it took that."""

    client: str
    ok: bool
    error: str | None = None
    status: int | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    """A call of the token endpoint, and how it ended."""

    grant_type: str | None = None
    status: int
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What an issuer was asked since it started; `authorizations` are the parameters of each request."""

    fetches: dict[str, int]
    authorizations: list[dict[str, str]]
    graph: int
    token_requests: list[TokenRequest]
    revocations: list[Revocation]
    logouts: list[Told]

    def of(self, endpoint: Endpoint) -> int:
        """Give how often an endpoint was fetched."""
        return self.fetches.get(endpoint, 0)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session at the provider; `clients` gives the sid that each client knows it by."""

    uid: str
    sub: str
    acr: str | None
    amr: list[str]
    auth_time: int
    clients: dict[str, str | None]
