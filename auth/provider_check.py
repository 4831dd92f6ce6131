"""What a provider's answers say of it and of our settings, judged one check after the other. Pure.

Each check gives a finding: a sentence, and what to do. `auth.provider_contact` asks, this judges.
"""

import html
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import msgspec

from auth.providers import Provider
from auth.remedies import remedy_of
from auth.trust_health import CLOCK_STEPS, DRIFT_ALARMS_MS, DRIFT_WARNS_MS

Published: TypeAlias = Mapping[str, Any]
_MIN_RSA_BITS: Final = 2048
_NEEDED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_ENDPOINTS: Final = (*_NEEDED[1:], "end_session_endpoint", "revocation_endpoint", "userinfo_endpoint")
_SHORT: Final = 120
_OK, _ELSEWHERE, _NO, _TOO_OFTEN, _TROUBLE = 200, 300, 400, 429, 500


class Level(Enum):
    """How good a finding is, and its sign: `WRONG` alone makes a check fail."""

    FINE = "✓"
    NOTE = "▲"
    WRONG = "✗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, in a sentence, and what to do about it."""

    level: Level
    check: str
    said: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names are small letters, `drift_s` is the sender's clock minus ours."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drift_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That nothing came back: why, from which host, and what the system says of it."""

    why: Literal["name", "refused", "stranger", "stale", "other_host", "no_tls", "late", "broken"]
    host: str
    detail: str = ""


def fine(check: str, said: str, remedy: str = "") -> Finding:
    """Say that a check found what it should."""
    return Finding(level=Level.FINE, check=check, said=said, remedy=remedy)


def note(check: str, said: str, remedy: str = "") -> Finding:
    """Say what somebody should know."""
    return Finding(level=Level.NOTE, check=check, said=said, remedy=remedy)


def wrong(check: str, said: str, remedy: str = "") -> Finding:
    """Say that sign-in does not work so."""
    return Finding(level=Level.WRONG, check=check, said=said, remedy=remedy)


def short(value: object) -> str:
    """Keep what a provider says short enough for a line."""
    text = str(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


# --- reached ------------------------------------------------------------------------------------------

_SILENCES: Final = {
    "name": (
        "the name {host} is not known",
        "Look for a slip in issuer, and at how this machine looks up names.",
    ),
    "refused": ("nobody listens at {host}", "Look at the host and port in issuer, and at firewalls."),
    "stranger": (
        "the certificate of {host} is not trusted ({detail})",
        (
            "If an authority of your own signed it, give that authority's PEM file as ca_file. If none did, "
            "find out who answers there: a proxy that opens TLS?"
        ),
    ),
    "stale": (
        "the certificate of {host} does not hold now ({detail})",
        "Look at this machine's clock; if it is right, tell whoever runs the provider.",
    ),
    "other_host": (
        "the certificate of {host} is for another name ({detail})",
        "Look at the host in issuer, and at who answers there.",
    ),
    "no_tls": ("{host} does not speak TLS ({detail})", "Look at the port in issuer."),
    "late": ("{host} did not answer in time", remedy_of("unreachable")),
    "broken": ("{host} can't be reached ({detail})", remedy_of("unreachable")),
}


def silent(check: str, silence: Silence) -> Finding:
    """Say that nothing came back, and what may help."""
    words, remedy = _SILENCES[silence.why]
    return wrong(check, f"{words.format(host=silence.host, detail=silence.detail)}.", remedy)


def judge_reached(url: str, answer: Answer | Silence) -> tuple[Finding, Published | None]:
    """Say whether a provider publishes how it is to be spoken to, and give that."""
    check = "Reached"
    if isinstance(answer, Silence):
        return silent(check, answer), None
    if (refused := _refused(check, url, answer)) is not None:
        return refused, None
    published = json_of(answer.body)
    if published is None:
        kind = short(answer.headers.get("content-type", "something without a type"))
        words = f"{url} answers with {kind} that is no JSON."
        return wrong(check, words, "Look at issuer, and at what stands between: a proxy's page?"), None
    lacking = [name for name in _NEEDED if not isinstance(published.get(name), str)]
    if lacking:
        words = f"what {url} publishes names no {' and no '.join(lacking)}."
        return wrong(check, words, "See that issuer is one of OpenID Connect, and not of OAuth alone."), None
    return fine(check, f"{url} answers."), published


def _refused(check: str, url: str, answer: Answer) -> Finding | None:
    status = answer.status
    if status == _OK:
        return None
    if _ELSEWHERE <= status < _NO:
        onwards = short(answer.headers.get("location", "nowhere"))
        return wrong(check, f"{url} leads elsewhere: {onwards}.", "Write the issuer that is published there.")
    if status >= _TROUBLE or status == _TOO_OFTEN:
        return wrong(check, f"{url} answers {status}: it is in trouble, or asked too often.", "Try again.")
    remedy = "Look at issuer: a realm, tenant or authorization server in its path may be misspelt."
    return wrong(check, f"{url} answers {status}.", remedy)


def json_of(body: bytes) -> dict[str, Any] | None:
    """Read a JSON object; None where it is none."""
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None


def judge_issuer(provider: Provider, published: Published) -> Finding:
    """Compare both names of the issuer to the letter."""
    ours, theirs = provider.issuer, str(published["issuer"])
    if ours == theirs:
        return fine("Issuer", f"'{ours}', to the letter.")
    differ = "They differ"
    if ours.rstrip("/") == theirs.rstrip("/"):
        differ = "They differ in the '/' at the end"
    elif ours.lower() == theirs.lower():
        differ = "They differ in small and capital letters"
    return wrong(
        "Issuer",
        f"the provider calls itself '{short(theirs)}', the settings '{ours}'. {differ}.",
        f'Write issuer = "{short(theirs)}" under [providers.{provider.name}], if that is your provider.',
    )


def judge_endpoints(published: Published) -> Finding:
    """See that nothing is sent in the clear."""
    told = {name: str(published[name]) for name in _ENDPOINTS if published.get(name) is not None}
    plain = [name for name, url in told.items() if not url.startswith("https://")]
    if plain:
        words = f"not https: {', '.join(f'{name} {short(told[name])}' for name in plain)}."
        return wrong("Endpoints", words, "Let the provider publish https addresses (its public address).")
    return fine("Endpoints", "all are https.")


# --- keys and clock -----------------------------------------------------------------------------------


def judge_keys(provider: Provider, published: Published, answer: Answer | Silence) -> Finding:
    """See that the provider publishes a key for one of the algorithms that are allowed."""
    check, allowed = "Keys", ", ".join(provider.algorithms)
    if isinstance(answer, Silence):
        return silent(check, answer)
    listed = (json_of(answer.body) or {}).get("keys")
    if answer.status != _OK or not isinstance(listed, list):
        words = f"{short(published['jwks_uri'])} answers {answer.status} and gives no keys."
        return wrong(check, words, remedy_of("unreachable"))
    fitting = {alg: _count(listed, alg) for alg in provider.algorithms}
    says = published.get("id_token_signing_alg_values_supported")
    if isinstance(says, list) and not set(map(str, says)) & set(provider.algorithms):
        words = f"it signs tokens by {short(', '.join(map(str, says)))}; allowed is {allowed}."
        return wrong(check, words, remedy_of("bad_algorithm"))
    if not any(fitting.values()):
        words = f"none of the {len(listed)} keys that it publishes signs by {allowed}."
        return wrong(check, words, remedy_of("bad_algorithm"))
    told = ", ".join(f"{count} for {alg}" for alg, count in fitting.items() if count)
    return fine(check, f"it publishes keys that sign: {told}.")


def _count(listed: Sequence[object], algorithm: str) -> int:
    return sum(isinstance(one, dict) and _signs(one, algorithm) for one in listed)


def _signs(jwk: Mapping[str, Any], algorithm: str) -> bool:
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        return False
    if algorithm.startswith("ES"):
        return jwk.get("kty") == "EC" and jwk.get("crv") == {"ES256": "P-256", "ES384": "P-384"}[algorithm]
    return jwk.get("kty") == "RSA" and _bits(jwk.get("n")) >= _MIN_RSA_BITS


def _bits(modulus: object) -> int:
    try:
        return int.from_bytes(urlsafe_b64decode(f"{modulus}=="), "big").bit_length()
    except ValueError:
        return 0


def judge_clock(samples: Sequence[float]) -> Finding:
    """Judge the Dates of answers, each known to half a second at best."""
    check = "Clock"
    if not samples:
        return note(check, "its answers have no Date, so nobody knows what its clock says.")
    drift = sum(samples) / len(samples)
    seconds, how = f"{abs(drift):.1f} s", "ahead of" if drift > 0 else "behind"
    words = f"by {len(samples)} answers it is {seconds} {how} ours, to about half a second"
    if abs(drift) * 1_000 > DRIFT_ALARMS_MS:
        return wrong(check, f"{words}: more than 30 s.", " ".join(CLOCK_STEPS))
    if abs(drift) * 1_000 > DRIFT_WARNS_MS:
        return note(check, f"{words}: more than 5 s.", " ".join(CLOCK_STEPS))
    return fine(check, f"{words}.")


# --- the way back -------------------------------------------------------------------------------------

# What a provider answers that would have to ask somebody, which prompt=none forbids.
_WOULD_ASK: Final = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)
_FORM: Final = re.compile(r"<form\b[^>]*\baction\s*=\s*[\"']([^\"']+)[\"']", re.IGNORECASE)
_INPUT: Final = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_NAME: Final = re.compile(r"\bname\s*=\s*[\"']error[\"']", re.IGNORECASE)
_VALUE: Final = re.compile(r"\bvalue\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
_LONGEST_PAGE: Final = 65_536
# What the providers' pages of errors name; a parameter in a link of theirs is not meant.
_URI_NAMED: Final = re.compile(r"redirect[_ ]uri(?!s?\"?\s*[=:&%])|callback url|aadsts50011", re.IGNORECASE)
_SCOPE_NAMED: Final = re.compile(r"invalid_scope", re.IGNORECASE)
_CLIENT_NAMED: Final = re.compile(
    r"invalid_client|client not found|unknown client|aadsts700016", re.IGNORECASE
)
_ENTRA: Final = re.compile(r"AADSTS\d{5,7}")


def judge_redirect(provider: Provider, uri: str, answer: Answer | Silence) -> Finding:
    """Judge what came of asking for somebody without asking them: back to us is good, a page is not."""
    check, register = "Redirect URI", f"Register exactly this one there: {uri}"
    if isinstance(answer, Silence):
        return note(check, f"nobody knows: {silent(check, answer).said}", register)
    back = _back(uri, answer)
    if back is not None:
        return _came_back(provider, uri, back)
    text = _text(answer)
    entra = _ENTRA.search(text)
    if answer.status >= _TROUBLE:
        return note(check, f"nobody knows: the provider answers {answer.status}.", register)
    strays = "error" in answer.headers.get("location", "").partition("?")[0]
    if answer.status >= _NO or entra or strays:
        return _page(provider, uri, text, entra[0] if entra else str(answer.status))
    return note(
        check,
        "nobody knows: the provider shows a page of its own, though it was told to ask nobody. If it is its "
        "sign-in page, the redirect URI is right.",
        register,
    )


def _back(uri: str, answer: Answer) -> str | None:
    """Give the error with which an answer leads back to us, '' for none; None where it does not."""
    location = answer.headers.get("location", "")
    if location.partition("?")[0].partition("#")[0] == uri:
        parts = urlsplit(location)
        return dict(parse_qsl(parts.query or parts.fragment)).get("error", "")
    text = _text(answer)
    if uri not in (html.unescape(action) for action in _FORM.findall(text)):
        return None
    fields = (one for one in _INPUT.findall(text) if _NAME.search(one))
    values = (found[1] for one in fields if (found := _VALUE.search(one)))
    return html.unescape(next(values, ""))


def _text(answer: Answer) -> str:
    return answer.body[:_LONGEST_PAGE].decode(errors="replace")


def _came_back(provider: Provider, uri: str, error: str) -> Finding:
    check, registered = "Redirect URI", f"{uri} is registered"
    if error in _WOULD_ASK or not error:
        return fine(check, f"{registered}.")
    words = f"{registered}, but the provider answers {short(error)}."
    if error == "invalid_scope":
        return wrong(check, words, _scopes(provider))
    if error in {"unauthorized_client", "unsupported_response_type"}:
        return wrong(check, words, "Allow the application the authorization code flow.")
    if error == "invalid_request":
        return wrong(check, words, "Look at response_mode: not every provider knows form_post.")
    return note(check, words, remedy_of("refused_there"))


def _page(provider: Provider, uri: str, text: str, how: str) -> Finding:
    check = "Redirect URI"
    words = f"the provider shows a page of its own ({how}) instead of coming back to {uri}"
    register = f"Register exactly this redirect URI there: {uri}"
    if _URI_NAMED.search(text):
        return wrong(check, f"{words}; it names the redirect URI.", register)
    if _CLIENT_NAMED.search(text):
        remedy = f"Compare client_id with the application there; it is '{provider.client_id}' here."
        return wrong(check, f"{words}; it does not know the application.", remedy)
    if _SCOPE_NAMED.search(text):
        return wrong(check, f"{words}; it does not allow a scope.", _scopes(provider))
    remedy = f"{register} (if it is, compare client_id, which is '{provider.client_id}' here)."
    return wrong(check, f"{words}: most often it is not registered.", remedy)


def _scopes(provider: Provider) -> str:
    return f"Allow the application these scopes, or name fewer: {' '.join(provider.scopes)}"


def judge_way_back(provider: Provider, published: Published) -> Finding:
    """See that the provider sends its answer in the way that it is asked to."""
    mode, modes = provider.response_mode, published.get("response_modes_supported")
    if not isinstance(modes, list):
        return note("Answers", f"the provider does not say which ways it knows; {mode} is asked for.")
    if mode in modes:
        return fine("Answers", f"it can send them by {mode}.")
    remedy = f'Write response_mode = "query" under [providers.{provider.name}].' if "query" in modes else ""
    known = short(", ".join(map(str, modes)))
    return wrong("Answers", f"it can't send them by {mode}, only by {known}.", remedy)


def judge_pkce(published: Published) -> Finding:
    """See whether the provider binds its codes to us."""
    methods = published.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" in methods:
        return fine("PKCE", "it binds its codes to who asked for them (S256).")
    return note(
        "PKCE",
        "it does not say that it binds its codes to who asked for them (S256). They are bound by state and "
        "nonce in any case.",
    )


# --- what we prove ourselves by -----------------------------------------------------------------------


def proof_of(provider: Provider) -> Literal["Secret", "Certificate"]:
    """Name what we prove ourselves by."""
    return "Certificate" if provider.private_key_file else "Secret"


def judge_secret(provider: Provider, error: str) -> Finding:
    """Judge what the provider says of a made-up code: that the code is wrong, so what we showed is right."""
    check = proof_of(provider)
    if error == "invalid_grant":
        return fine(check, "the provider takes it: of a made-up code it says that the code is wrong.")
    if error in {"invalid_client", "unauthorized_client"}:
        file = provider.client_secret_file
        remedy = f"Write the secret's value, not its id, into {file}; if it has ended, make a new one."
        if provider.private_key_file:
            remedy = f"Add {provider.certificate_file} to the application there."
        said = f"the provider does not take it for {provider.client_id} ({error})."
        return wrong(check, said, f"{remedy} client_id has to be right as well.")
    return note(check, f"nobody knows whether the provider takes it: {short(error)}.")
