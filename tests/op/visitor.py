"""A person without a browser: follows redirects, fills the provider's page in, and sends forms by hand."""

import base64
import hashlib
import html
import re
import secrets
import ssl
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.op.kinds import Client
from tests.op.provider import Issuer

_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_INPUT: Final = re.compile(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_ACTION: Final = re.compile(r'<form[^>]*action="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a client asks an issuer for, and what it must remember until the answer."""

    redirect_uri: str
    more: dict[str, str] = field(default_factory=dict)
    scope: str = "openid profile email"
    state: str = field(default_factory=secrets.token_urlsafe)
    nonce: str = field(default_factory=secrets.token_urlsafe)
    verifier: str = field(default_factory=secrets.token_urlsafe)

    def parameters(self, client_id: str) -> dict[str, str]:
        """Write it for the authorization endpoint."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return {
            "client_id": client_id,
            "response_type": "code",
            "response_mode": "form_post",
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        } | self.more


class Visitor:
    """Keeps an issuer's cookies; what it was asked is in `asked`."""

    def __init__(
        self,
        issuer: Issuer,
        context: ssl.SSLContext,
        client: Client | None = None,
        key: rsa.RSAPrivateKey | None = None,
    ) -> None:
        self.issuer = issuer
        self.client = client or issuer.spec.clients[0]
        self._key = key
        self.asked = 0
        self._client = httpx.Client(verify=context, trust_env=False, timeout=20)
        self.about: dict[str, Any] = self._client.get(issuer.discovery).raise_for_status().json()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def sign_out(self, id_token: str, back_to: str) -> httpx.Response:
        """Go where a client sends those who sign out, as far as this leads at the provider."""
        hint = {"id_token_hint": id_token, "post_logout_redirect_uri": back_to, "state": "out"}
        answer = self._client.get(self.about["end_session_endpoint"], params=hint)
        return self._next(answer, "", second_factor=False)

    def authorize(self, wish: Wish, username: str, *, second_factor: bool = False) -> dict[str, str]:
        """Ask, signing in where that is wanted; gives the form that would be posted to the client."""
        where = self.about["authorization_endpoint"]
        answer = self._client.get(where, params=wish.parameters(self.client.client_id))
        while not answer.text or f'action="{wish.redirect_uri}"' not in answer.text:
            answer = self._next(answer, username, second_factor=second_factor)
        return _form(answer.text)

    def _next(self, answer: httpx.Response, username: str, *, second_factor: bool) -> httpx.Response:
        if answer.is_redirect:
            return self._client.get(urljoin(str(answer.url), answer.headers["location"]))
        assert answer.status_code == 200, answer.text
        if 'name="username"' in answer.text:
            self.asked += 1
            filled = {"username": username, "answer": "yes"} | (
                {"second_factor": "on"} if second_factor else {}
            )
            return self._client.post(answer.url, data=filled)
        action = _ACTION.search(answer.text)
        assert action is not None, answer.text
        return self._client.post(html.unescape(action[1]), data=_form(answer.text))

    def redeem(self, wish: Wish, code: str) -> dict[str, Any]:
        """Give the code back for tokens."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": wish.redirect_uri,
            "code_verifier": wish.verifier,
        }
        return self.token(form)

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Call the token endpoint as the client."""
        answer = self._client.post(self.about["token_endpoint"], **self.proven(form))
        found: dict[str, Any] = answer.json()
        return found

    def tokens(self, wish: Wish, username: str, *, second_factor: bool = False) -> dict[str, Any]:
        """Sign in and fetch the tokens."""
        form = self.authorize(wish, username, second_factor=second_factor)
        assert "code" in form, form
        return self.redeem(wish, form["code"])

    def get(self, url: str, **headers: str) -> httpx.Response:
        """Fetch with the authority's trust."""
        return self._client.get(url, headers=headers)

    def post(self, url: str, **how: Any) -> httpx.Response:
        """Post with the authority's trust."""
        return self._client.post(url, **how)

    def revoke(self, token: str, hint: str) -> httpx.Response:
        """Want a token to be of no use any more."""
        form = {"token": token, "token_type_hint": hint}
        return self._client.post(self.about["revocation_endpoint"], **self.proven(form))

    def checked(self, token: str) -> dict[str, Any]:
        """Check a token as a client should, by a library that Gatehouse does not use."""
        keys = jwt.PyJWKSet.from_dict(self.get(self.about["jwks_uri"]).json())
        key = keys[jwt.get_unverified_header(token)["kid"]].key
        return jwt.decode(
            token,
            key,
            algorithms=[self.client.id_token_alg],
            audience=self.client.client_id,
            issuer=self.issuer.issuer,
        )

    def proven(self, form: dict[str, str]) -> dict[str, Any]:
        """Give what to post, with the client's proof in the way it is registered for."""
        client_id, secret = self.client.client_id, self.client.client_secret
        match self.client.auth:
            case "client_secret_basic":
                return {"data": form, "auth": (client_id, secret)}
            case "client_secret_post":
                return {"data": form | {"client_id": client_id, "client_secret": secret}}
            case "private_key_jwt":
                proof = {"client_assertion_type": _BEARER, "client_assertion": self._assertion()}
                return {"data": form | proof}

    def _assertion(self) -> str:
        assert self._key is not None
        now, name = int(time.time()), self.client.client_id
        said = {"iss": name, "sub": name, "aud": self.issuer.issuer, "jti": secrets.token_hex()}
        algorithm = self.client.assertion_alg or "RS256"
        return jwt.encode(said | {"iat": now, "exp": now + 60}, self._key, algorithm)


def _form(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _INPUT.findall(text)}
