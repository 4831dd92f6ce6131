"""The one verifier: nothing else turns a provider's token into claims.

OpenID Connect Core 1.0, section 3.1.3.7 (ID tokens) and Back-Channel Logout 1.0, section 2.6 (logout tokens).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import Key

from core.errors import TokenRefused

SKEW_S: Final = 60
# A token that comes in time is younger. One that counts once is remembered for longer (store/logouts.py).
OLDEST_S: Final = 86_400
# 200 groups of Entra take 9 kB.
_LONGEST: Final = 65_536
_PARTS: Final = 3
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPE: Final = "logout+jwt"
_ID_TYPES: Final = frozenset({"", "JWT"})
Claims: TypeAlias = Mapping[str, Any]
FindKey: TypeAlias = Callable[[str | None], Key]
_REASONS: Final = {"iss": "wrong_issuer", "aud": "wrong_audience", "nonce": "wrong_nonce"}


class _Registry(jws.JWSRegistry):
    max_header_length = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a token must say; `algorithms` are those that this provider may use, and no others are."""

    issuer: str
    client_id: str
    algorithms: tuple[str, ...]
    strict_logout_type: bool = True


def verify_id_token(token: str, find_key: FindKey, expected: Expected, *, nonce: str, now: int) -> Claims:
    """Give the claims of an ID token (`now`: seconds, UTC); raises TokenRefused and what `find_key` does."""
    header, claims = _signed(token, find_key, expected)
    if str(header.get("typ", "")).removeprefix("application/").upper() not in _ID_TYPES:
        raise TokenRefused("wrong_type", f"the token is a {header['typ']}, no ID token")
    _check(_rules(expected, now, nonce={"essential": True}, sub={"essential": True}), claims)
    _check_audience(claims, expected.client_id)
    # Not by the rules, which take a list that holds it for it.
    if claims["nonce"] != nonce:
        raise TokenRefused("wrong_nonce", "the token's nonce is not what it must be")
    return claims


def verify_logout_token(token: str, find_key: FindKey, expected: Expected, *, now: int) -> Claims:
    """Give the claims of a logout token (`now`: seconds, UTC); raises TokenRefused.

    That its `jti` comes once is for the caller to see to.
    """
    header, claims = _signed(token, find_key, expected)
    kind = str(header.get("typ", "")).removeprefix("application/").lower()
    if kind != _LOGOUT_TYPE and (expected.strict_logout_type or kind not in {"", "jwt"}):
        raise TokenRefused("wrong_type", f"the token is a '{kind}', no {_LOGOUT_TYPE}")
    _check(_rules(expected, now, jti={"essential": True}), claims)
    _check_audience(claims, expected.client_id)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("no_logout_event", "the token tells of no sign-out")
    if "nonce" in claims:
        raise TokenRefused("wrong_type", "a logout token holds no nonce: this is an ID token")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise TokenRefused("missing_claim", "the token names neither a person nor a session")
    if not all(str(claims.get(name, "")).isprintable() for name in ("jti", "sub", "sid")):
        raise TokenRefused("unreadable", "the token's names can't be kept")
    return claims


def _signed(token: str, find_key: FindKey, expected: Expected) -> tuple[Claims, Claims]:
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != _PARTS - 1:
        raise TokenRefused("unreadable", "this is no signed token")
    try:
        header = jws.extract_compact(token.encode(), registry=_Registry()).headers()
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("unreadable", "this is no signed token") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in expected.algorithms:
        allowed = ", ".join(expected.algorithms)
        raise TokenRefused("bad_algorithm", f"the token is signed by {algorithm!r}; allowed is {allowed}")
    if kid is not None and not isinstance(kid, str):
        raise TokenRefused("unreadable", "the token's key id is no text")
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        decoded = jwt.decode(token, find_key(kid), algorithms=[algorithm], registry=registry)
    except BadSignatureError as error:
        raise TokenRefused("bad_signature", "the provider has not signed this token") from error
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenRefused("bad_signature", f"the token can't be checked ({type(error).__name__})") from error
    return header, decoded.claims


def _rules(expected: Expected, now: int, **more: jwt.ClaimsOption) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=now,
        leeway=SKEW_S,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        exp={"essential": True},
        iat={"essential": True},
        **more,
    )


def _check(rules: jwt.JWTClaimsRegistry, claims: Claims) -> None:
    try:
        rules.validate(dict(claims))
    except ExpiredTokenError as error:
        raise TokenRefused("expired", "the token has expired; look at both clocks") from error
    except MissingClaimError as error:
        raise TokenRefused("missing_claim", f"the token lacks {error.claim}") from error
    except InvalidClaimError as error:
        reason = _REASONS.get(error.claim)
        if reason is None and error.claim in {"iat", "nbf"}:
            reason = "not_yet_valid"
        raise TokenRefused(
            reason or "missing_claim", f"the token's {error.claim} is not what it must be"
        ) from error
    except (TypeError, ValueError, OverflowError) as error:
        raise TokenRefused("unreadable", "the token's times are no numbers") from error
    if claims["iat"] < rules.now - OLDEST_S:
        raise TokenRefused("expired", "the token was made too long ago; look at both clocks")


def _check_audience(claims: Claims, client_id: str) -> None:
    audience, party = claims["aud"], claims.get("azp")
    if isinstance(audience, list) and audience != [client_id] and party is None:
        raise TokenRefused("wrong_audience", "the token is for several, and does not say who asked for it")
    if party is not None and party != client_id:
        raise TokenRefused("wrong_audience", "the token was made for another application")
