"""The authorization code flow with PKCE by two libraries: MSAL, and Authlib where an issuer has no path.

Neither judges what comes back: that is for `auth.tokens`. Each flow has a client, a cache and a connection
of its own, so that nothing of one person's can reach another's.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import quote

import msal
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from msal.exceptions import MsalError
from requests import Response
from requests.exceptions import RequestException

from auth.discovery import Discovery, Metadata
from auth.private_files import read_private
from auth.providers import Provider
from auth.transport import ProviderSession
from core.errors import (
    IdentityRefused,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnreachable,
    StartRefused,
)

_DISCOVERY: Final = "/.well-known/openid-configuration"
_RESERVED: Final = frozenset({"openid", "profile", "offline_access"})
# What a provider may call an error (RFC 6749, section 5.2); other words of its own stay out of our log.
_LONGEST_ERROR: Final = 64
_OK: Final = 200
_ITS_OWN_ERRORS: Final = 500
# The libraries read, and put into their caches, what nobody has checked yet: these come of odd answers.
_STUMBLES: Final = (
    AttributeError,
    LookupError,
    MsalError,
    OverflowError,
    RecursionError,
    RequestException,
    TypeError,
    ValueError,
)
_OUR_FAULT: Final = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type"})


class Memo(msgspec.Struct, frozen=True):
    """What is kept of a flow until its answer comes; it is sealed in the store.

    `nonce` is as it must stand in the ID token, `flow` the library's own notes.
    """

    nonce: str
    flow: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where to send the browser, and what to keep."""

    url: str
    state: str
    memo: Memo


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the provider gave for a code; nothing of it is believed yet.

    `correlation` is the number under which the provider's own log has the answer.
    """

    id_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    correlation: str = ""


class CodeClient(Protocol):
    """One library's way through the flow."""

    def begin(self, redirect_uri: str, extra: dict[str, str]) -> Begun:
        """Make the address of the provider's sign-in; raises ProviderError."""

    def redeem(self, redirect_uri: str, memo: Memo, answer: dict[str, str]) -> Tokens:
        """Get the tokens for an answer's code; raises IdentityRefused or ProviderError."""


def client_for(provider: Provider, discovery: Discovery) -> CodeClient:
    """Choose the library for a provider."""
    return MsalClient(provider, discovery) if provider.has_path else AuthlibClient(provider, discovery)


# --- MSAL ---------------------------------------------------------------------------------------------


class _Answering(ProviderSession):
    """Takes a server's own errors for no answer, which the libraries would read as one, each in its way."""

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        response = super().request(method, url, *args, **kwargs)
        if response.status_code >= _ITS_OWN_ERRORS:
            raise ProviderUnreachable(f"the provider answers {response.status_code}")
        return response


class _KnownDiscovery(_Answering):
    """Answers MSAL's question for the metadata with what is held, and passes on all else."""

    def __init__(self, provider: Provider, raw: bytes) -> None:
        super().__init__(provider)
        self._raw = raw

    def request(self, method: str, url: str | bytes, *args: Any, **kwargs: Any) -> Response:
        if method.upper() == "GET" and str(url).endswith(_DISCOVERY):
            known = Response()
            known.status_code = 200
            known._content = self._raw  # noqa: SLF001 - how `requests` holds a body
            known.encoding = "utf-8"
            return known
        return super().request(method, url, *args, **kwargs)


class MsalClient:
    """MSAL: Entra, and every issuer with a path (Keycloak, Okta's custom servers, Ping)."""

    def __init__(self, provider: Provider, discovery: Discovery) -> None:
        """Take where to ask; nothing is fetched yet."""
        self._provider = provider
        self._discovery = discovery

    def begin(self, redirect_uri: str, extra: dict[str, str]) -> Begun:
        """Make the address of the provider's sign-in; raises ProviderError."""
        more = dict(extra)
        claims = more.pop("claims", None)
        flow = self._app(self._session()).initiate_auth_code_flow(
            [scope for scope in self._provider.scopes if scope not in _RESERVED],
            redirect_uri=redirect_uri,
            response_mode=self._provider.response_mode,
            claims_challenge=claims,
        )
        # MSAL knows neither acr_values nor any other parameter of a provider's own.
        url = flow["auth_uri"] + "".join(f"&{name}={quote(value, safe='')}" for name, value in more.items())
        nonce = hashlib.sha256(flow["nonce"].encode()).hexdigest()
        return Begun(url=url, state=flow["state"], memo=Memo(nonce=nonce, flow=flow))

    def redeem(self, redirect_uri: str, memo: Memo, answer: dict[str, str]) -> Tokens:
        """Get the tokens for an answer's code; raises IdentityRefused or ProviderError."""
        del redirect_uri
        session = self._session()
        try:
            result = self._app(session).acquire_token_by_auth_code_flow(dict(memo.flow), answer)
        except _STUMBLES as error:
            raise _unread(self._provider) from error
        except RuntimeError as error:
            raise IdentityRefused("wrong_nonce", _not_ours(self._provider)) from error
        return _tokens(self._provider, result, session)

    def _session(self) -> "_KnownDiscovery":
        return _KnownDiscovery(self._provider, self._discovery.published().raw)

    def _app(self, session: "_KnownDiscovery") -> Any:
        try:
            return msal.ConfidentialClientApplication(
                self._provider.client_id,
                client_credential=self._credential(),
                oidc_authority=self._provider.issuer,
                http_client=session,
                token_cache=msal.TokenCache(),
                exclude_scopes=["offline_access"],
            )
        except (ValueError, MsalError) as error:
            raise ProviderMisconfigured(f"MSAL does not take these settings: {error}") from error

    def _credential(self) -> str | dict[str, str]:
        if self._provider.client_secret_file is not None:
            return _secret(self._provider)
        certificate = self._provider.certificate_file
        public = certificate.read_text(encoding="utf-8") if certificate else ""
        return {"private_key": _secret(self._provider), "public_certificate": public}


# --- Authlib ------------------------------------------------------------------------------------------


class AuthlibClient:
    """Authlib: issuers without a path (Google, Okta's own server, Auth0)."""

    def __init__(self, provider: Provider, discovery: Discovery) -> None:
        """Take where to ask; nothing is fetched yet."""
        self._provider = provider
        self._discovery = discovery

    def begin(self, redirect_uri: str, extra: dict[str, str]) -> Begun:
        """Make the address of the provider's sign-in; raises ProviderError."""
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        with self._session(redirect_uri) as session:
            url, state = session.create_authorization_url(
                self._discovery.metadata().authorization_endpoint,
                state=secrets.token_urlsafe(32),
                code_verifier=verifier,
                nonce=nonce,
                response_mode=self._provider.response_mode,
                **extra,
            )
        return Begun(url=url, state=state, memo=Memo(nonce=nonce, flow={"verifier": verifier}))

    def redeem(self, redirect_uri: str, memo: Memo, answer: dict[str, str]) -> Tokens:
        """Get the tokens for an answer's code; raises IdentityRefused or ProviderError."""
        session = self._session(redirect_uri)
        try:
            with session:
                result = session.fetch_token(
                    self._discovery.metadata().token_endpoint,
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=memo.flow["verifier"],
                )
        except AuthlibBaseError as error:
            return _tokens(self._provider, {"error": error.error}, session)
        except _STUMBLES as error:
            raise _unread(self._provider) from error
        return _tokens(self._provider, dict(result), session)

    def _session(self, redirect_uri: str) -> "_AuthlibSession":
        return _session(self._provider, self._discovery.metadata(), redirect_uri)


class _AuthlibSession(OAuth2Session, _Answering):  # type: ignore[misc]
    """Authlib's session over our transport."""

    def __init__(self, provider: Provider, *args: Any, **kwargs: Any) -> None:
        OAuth2Session.__init__(self, *args, **kwargs)
        self.adopt(provider)


def _session(provider: Provider, metadata: Metadata, redirect_uri: str = "") -> _AuthlibSession:
    by_key = provider.private_key_file is not None
    # As MSAL does where it is used: many providers let an application prove itself in one way only.
    method = (
        "private_key_jwt" if by_key else "client_secret_post" if provider.has_path else "client_secret_basic"
    )
    session = _AuthlibSession(
        provider,
        provider.client_id,
        _secret(provider),
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        scope=" ".join(provider.scopes),
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
    )
    if by_key:
        # MSAL signs so.
        algorithm = "PS256" if provider.has_path else "RS256"
        session.register_client_auth_method(PrivateKeyJWT(metadata.token_endpoint, alg=algorithm))
    return session


# --- both ---------------------------------------------------------------------------------------------


def revoke(provider: Provider, metadata: Metadata, token: str, hint: str) -> str | None:
    """Take a token back (RFC 7009) and give the answer's number in the provider's log, or an empty text.

    None where the provider offers no way; raises ProviderError.
    """
    if metadata.revocation_endpoint is None:
        return None
    with _session(provider, metadata) as session:
        answer = session.revoke_token(metadata.revocation_endpoint, token=token, token_type_hint=hint)
    if answer.status_code != _OK:
        raise ProviderError(f"{provider.shown} answers {answer.status_code} to a revocation")
    return session.correlation


def _secret(provider: Provider) -> str:
    file = provider.client_secret_file or provider.private_key_file
    if file is None:
        raise ProviderMisconfigured("there is neither a secret nor a key for this provider")
    try:
        return read_private(file)
    except StartRefused as error:
        raise ProviderMisconfigured(str(error)) from error


def _tokens(provider: Provider, result: dict[str, Any], session: ProviderSession) -> Tokens:
    error = result.get("error")
    if error is not None:
        word = str(error)[:_LONGEST_ERROR]
        if word in _OUR_FAULT:
            raise ProviderMisconfigured(
                f"{provider.shown} does not take our secret or certificate ({word}): has it expired?"
            )
        raise IdentityRefused("code_refused", f"{provider.shown} did not accept its own answer ({word}).")
    id_token = result.get("id_token")
    if not isinstance(id_token, str):
        raise ProviderMisconfigured(f"{provider.shown} sent no ID token: the scope openid is missing there")
    return Tokens(
        id_token=id_token,
        access_token=str(result.get("access_token") or ""),
        refresh_token=str(result.get("refresh_token") or ""),
        correlation=session.correlation,
    )


def _unread(provider: Provider) -> ProviderMisconfigured:
    return ProviderMisconfigured(f"{provider.shown} gave an answer that can't be read")


def _not_ours(provider: Provider) -> str:
    return f"The answer of {provider.shown} belongs to another sign-in. Start again."


def proof_request(provider: Provider) -> dict[str, str]:
    """Give the parameters that ask a provider for a second factor."""
    rule = provider.mfa
    return _asking(rule.ask_acr, rule.ask_acrs)


def step_up_request(provider: Provider) -> dict[str, str]:
    """Give the parameters that make a provider ask somebody again, for what proves an act."""
    asked = provider.step_up.request
    claims = {"claims": asked.claims} if asked.claims else {}
    again = {"prompt": "login", "max_age": str(asked.max_age)}
    return {**_asking(asked.acr_values, asked.acrs), **claims, **again}


def _asking(acr_values: str, acrs: str) -> dict[str, str]:
    asked = {"acr_values": acr_values} if acr_values else {}
    if acrs:
        wanted = {"id_token": {"acrs": {"essential": True, "value": acrs}}}
        asked["claims"] = json.dumps(wanted, separators=(",", ":"))
    return asked
