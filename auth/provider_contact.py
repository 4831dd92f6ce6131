"""Speaks to a provider to find out what is wrong: discovery, keys, a sign-in of nobody, a made-up code.

Nothing of it is kept, and no session can come of it.
"""

import re
import secrets
import socket
import ssl
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests.exceptions import RequestException, Timeout

from auth.code_flow import client_for
from auth.discovery import Discovery
from auth.expiry import credential_of, read_certificate
from auth.private_files import read_private
from auth.provider_check import (
    Answer,
    Finding,
    Level,
    Published,
    Silence,
    fine,
    judge_clock,
    judge_endpoints,
    judge_issuer,
    judge_keys,
    judge_pkce,
    judge_reached,
    judge_redirect,
    judge_secret,
    judge_way_back,
    note,
    proof_of,
    wrong,
)
from auth.provider_rules import judge_end, judge_groups, judge_proof, judge_sign_out, judge_step_up
from auth.providers import Provider
from auth.transport import ProviderSession
from core.errors import GatehouseError, IdentityRefused, ProviderError, StartRefused
from core.permissions import Role
from store.trust import TrustState

_EXPIRED: Final = frozenset({9, 10})
_OTHER_NAME: Final = frozenset({62, 63, 64})
_MADE_UP: Final = "gatehouse-identity-check-"
_WORD: Final = re.compile(r"\(([a-z_]+)\)")
_ASK_NOBODY: Final = {"prompt": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is checked: a provider, with what else is known; `strong` roles need a second factor."""

    provider: Provider
    public_url: str
    now: int
    state: TrustState = field(default_factory=TrustState)
    strong: Collection[Role] = ()

    @property
    def redirect_uri(self) -> str:
        """Give the address that has to be registered for sign-in."""
        return f"{self.public_url}/auth/{self.provider.name}/callback"


def check(case: Case) -> Iterator[Finding]:
    """Make every check, in order, and give each finding as it comes; never raises."""
    ready = yield from _settings(case.provider)
    published = yield from _contact(case, ready=ready)
    yield judge_end(case.provider, credential_of(case.provider), case.now)
    if published is not None:
        yield from judge_sign_out(case.provider, published, case.public_url)
    yield from judge_groups(case.provider, published, case.state)
    yield judge_proof(case.provider, published or {}, case.strong)
    yield judge_step_up(case.provider, published or {})


# --- our side -----------------------------------------------------------------------------------------


def _settings(provider: Provider) -> Generator[Finding, None, bool]:
    """Read what the settings name; gives whether the provider can be spoken to by it."""
    found = [one for one in (_bad_authority(provider), _bad_secret(provider)) if one is not None]
    yield from found
    if not found:
        yield fine("Settings", f"read: issuer {provider.issuer}, client_id {provider.client_id}.")
    return not found


def _bad_authority(provider: Provider) -> Finding | None:
    try:
        ssl.create_default_context(cafile=provider.ca_file)
    except OSError:
        words = f"{provider.ca_file} (ca_file) holds no certificate in PEM."
        return wrong(
            "Settings", words, "Put the certificate of the authority there that signed the provider's."
        )
    return None


def _bad_secret(provider: Provider) -> Finding | None:
    file = provider.client_secret_file or provider.private_key_file
    try:
        secret = read_private(file) if file else ""
    except StartRefused as error:
        return wrong("Settings", f"{error}.")
    return _bad_key(provider, secret) if provider.private_key_file else None


def _bad_key(provider: Provider, secret: str) -> Finding | None:
    try:
        public = load_pem_private_key(secret.encode(), None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        words = f"{provider.private_key_file} holds no private key in PEM without a passphrase."
        return wrong("Settings", words)
    try:
        fits = (
            provider.certificate_file is None
            or read_certificate(provider.certificate_file).public_key() == public
        )
    except ValueError as error:
        return wrong("Settings", f"{error}.")
    words = f"{provider.certificate_file} is not the certificate of {provider.private_key_file}."
    return (
        None
        if fits
        else wrong("Settings", words, "Put a key and the certificate that was made for it there.")
    )


# --- their side ---------------------------------------------------------------------------------------


def _contact(case: Case, *, ready: bool) -> Generator[Finding, None, Published | None]:
    """Ask the provider for all that it tells; gives what it publishes, if that can be relied on."""
    provider = case.provider
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    answer = ask(provider, url)
    reached, published = judge_reached(url, answer)
    yield reached
    if published is None:
        return None
    issuer, endpoints = judge_issuer(provider, published), judge_endpoints(published)
    yield issuer
    yield endpoints
    keys = ask(provider, published["jwks_uri"])
    yield judge_keys(provider, published, keys)
    yield judge_clock(
        [one.drift_s for one in (answer, keys) if isinstance(one, Answer) and one.drift_s is not None]
    )
    sound = ready and Level.WRONG not in {issuer.level, endpoints.level}
    discovery = Discovery(provider)
    yield _redirect(case, discovery) if sound else _untried("Redirect URI", case)
    yield judge_way_back(provider, published)
    yield judge_pkce(published)
    yield (
        judge_secret(provider, _of_made_up_code(case, discovery))
        if sound
        else _untried(proof_of(provider), case)
    )
    return published


def _untried(check: str, case: Case) -> Finding:
    remedy = f"The redirect URI to register is {case.redirect_uri}" if check == "Redirect URI" else ""
    return note(check, "not tried before what is wrong above is right.", remedy)


def _redirect(case: Case, discovery: Discovery) -> Finding:
    """Ask for a sign-in of nobody, and look at where that leads without going there."""
    try:
        url = client_for(case.provider, discovery).begin(case.redirect_uri, dict(_ASK_NOBODY)).url
    except GatehouseError as error:
        return note(
            "Redirect URI", f"nobody knows: {error}.", f"Register exactly this one there: {case.redirect_uri}"
        )
    return judge_redirect(case.provider, case.redirect_uri, ask(case.provider, url))


def _of_made_up_code(case: Case, discovery: Discovery) -> str:
    """Try to redeem a code that the provider never gave; gives what it calls that, in its words or ours."""
    client = client_for(case.provider, discovery)
    try:
        begun = client.begin(case.redirect_uri, {})
        answer = {"code": _MADE_UP + secrets.token_urlsafe(), "state": begun.state}
        client.redeem(case.redirect_uri, begun.memo, answer)
    except (IdentityRefused, ProviderError) as error:
        # The provider's own word comes last; its title may hold brackets too.
        named = _WORD.findall(str(error))
        return str(named[-1]) if named else str(error)
    except RequestException as error:
        status = getattr(error.response, "status_code", "nothing")
        return f"of a made-up code it answers {status}"
    return "it gave tokens for a made-up code"


# --- one request --------------------------------------------------------------------------------------


def ask(provider: Provider, url: str) -> Answer | Silence:
    """Fetch one address by https, following nothing."""
    host = (url.split("/", 3) + [""] * 2)[2]
    if not url.startswith("https://"):
        return Silence(why="no_tls", host=host, detail="its address is not https")
    try:
        with ProviderSession(provider) as session:
            response = session.get(url)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(
                status=response.status_code, headers=headers, body=response.content, drift_s=session.drift_s
            )
    except (ProviderError, OSError, ValueError) as error:
        return silence_of(host, error)


def silence_of(host: str, error: BaseException) -> Silence:
    """Say why nothing came back, by what lies under an error."""
    under = list(_under(error))
    for one in under:
        match one:
            case ssl.SSLCertVerificationError():
                return Silence(why=_distrust(one.verify_code), host=host, detail=one.verify_message)
            case ssl.SSLError():
                return Silence(why="no_tls", host=host, detail=str(getattr(one, "reason", one)))
            case Timeout():
                return Silence(why="late", host=host)
            case socket.gaierror():
                return Silence(why="name", host=host)
            case ConnectionRefusedError():
                return Silence(why="refused", host=host)
            case _:
                pass
    return Silence(why="broken", host=host, detail=type(under[-1]).__name__)


def _distrust(code: int) -> Literal["stale", "other_host", "stranger"]:
    return "stale" if code in _EXPIRED else "other_host" if code in _OTHER_NAME else "stranger"


def _under(error: BaseException) -> Iterator[BaseException]:
    """Give an error and those that it came of, as the libraries below pass them on."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, getattr(one, "reason", None), *one.args]
