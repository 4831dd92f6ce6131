"""A person without a browser: follows redirects, fills the provider's page in, and sends forms by hand."""

import base64
import hashlib
import html
import re
import secrets
import ssl
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx

from tests.op.provider import Issuer

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

    def __init__(self, issuer: Issuer, context: ssl.SSLContext) -> None:
        self.issuer = issuer
        self.asked = 0
        self._client = httpx.Client(verify=context, trust_env=False, timeout=20)
        self.about: dict[str, Any] = self._client.get(issuer.discovery).raise_for_status().json()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def authorize(self, wish: Wish, username: str, *, second_factor: bool = False) -> dict[str, str]:
        """Ask, signing in where that is wanted; gives the form that would be posted to the client."""
        where = self.about["authorization_endpoint"]
        answer = self._client.get(where, params=wish.parameters(self.issuer.client_id))
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
        """Call the token endpoint as the issuer's first client."""
        answer = self._client.post(self.about["token_endpoint"], data=form, auth=self.credentials)
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

    @property
    def credentials(self) -> tuple[str, str]:
        """What the first client proves itself by."""
        return self.issuer.client_id, self.issuer.client_secret


def _form(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _INPUT.findall(text)}
