"""Who may pass the gate: a pure function of the request, the route table and the session."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import quote

from web.addresses import PublicUrl, local_path
from web.routes_table import Access, Route, route_of, stays_when_idle

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Holder(StrEnum):
    """What is known of the browser that asks."""

    NOBODY = "nobody"
    ACTIVE = "active"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request as the gate sees it; `headers` have lower-case names, without repetition."""

    path: str
    method: str
    headers: Mapping[str, str]
    query: str = ""
    websocket: bool = False

    @property
    def safe(self) -> bool:
        """Whether it only reads."""
        return self.method in SAFE_METHODS and not self.websocket

    @property
    def html(self) -> bool:
        """Whether a person waits for a page."""
        return self.safe and "text/html" in self.headers.get("accept", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to answer: pass it on (status 0), send it elsewhere, or refuse it."""

    status: int = 0
    error: str = ""
    message: str = ""
    location: str = ""

    @property
    def passes(self) -> bool:
        """Whether the request goes on to its route."""
        return self.status == 0


PASS: Final = Verdict()
NOT_FOUND: Final = Verdict(status=404, error="not_found", message="There is nothing here.")
_BAD_PATH: Final = Verdict(status=400, error="bad_path", message="This path can't be meant.")
_NO_SOCKET: Final = Verdict(status=404, error="not_found", message="There is no websocket here.")
_SIGN_IN: Final = Verdict(status=401, error="signed_out", message="Sign in first.")
_IDLE: Final = Verdict(
    status=401, error="idle", message="Nobody touched this browser for long: sign in again."
)
_BAD_TOKEN: Final = Verdict(status=401, error="bad_token", message="Send the bearer token of this interface.")
_CROSS_SITE: Final = Verdict(status=403, error="cross_site", message="Another site may not ask this.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the gate holds to; `tokens` are the SHA-256 of bearer tokens by the path they open."""

    public: PublicUrl
    tokens: Mapping[str, bytes] = field(default_factory=dict)


def decide(ask: Ask, holder: Holder, rules: Rules) -> Verdict:
    """Decide a request by the line of the route table that covers its path."""
    if ask.path.startswith("//") or "\\" in ask.path or not ask.path.startswith("/"):
        return _BAD_PATH
    route = route_of(ask.path)
    if not route.any_host and ask.headers.get("host", "").lower() != rules.public.host:
        return _elsewhere(ask, rules.public)
    return _by_access(ask, holder, rules, route)


def _by_access(ask: Ask, holder: Holder, rules: Rules, route: Route) -> Verdict:
    match route.access:
        case Access.BLOCKED:
            return NOT_FOUND
        case Access.PUBLIC | Access.CALLBACK:
            return _NO_SOCKET if ask.websocket else PASS
        case Access.SIGN_IN:
            return PASS if ask.safe or _ours(ask, rules.public) else _origin_refused(rules.public)
        case Access.BEARER:
            return _bearer(ask, rules.tokens.get(route.path))
        case Access.SESSION:
            return _session(ask, holder, rules.public)


def _elsewhere(ask: Ask, public: PublicUrl) -> Verdict:
    if ask.html:
        return Verdict(status=307, location=public.origin + _target(ask))
    return Verdict(status=421, error="wrong_host", message=f"Gatehouse is at {public.origin}.")


def _target(ask: Ask) -> str:
    return local_path(f"{ask.path}?{ask.query}" if ask.query else ask.path)


def _ours(ask: Ask, public: PublicUrl) -> bool:
    return ask.headers.get("origin") == public.origin


def _origin_refused(public: PublicUrl) -> Verdict:
    message = f"This may only be asked by a page of {public.origin}."
    return Verdict(status=403, error="wrong_origin", message=message)


def _bearer(ask: Ask, wanted: bytes | None) -> Verdict:
    if wanted is None or ask.websocket:
        return NOT_FOUND
    scheme, _, token = ask.headers.get("authorization", "").partition(" ")
    given = sha256(token.strip().encode()).digest()
    return PASS if scheme.lower() == "bearer" and hmac.compare_digest(given, wanted) else _BAD_TOKEN


def _session(ask: Ask, holder: Holder, public: PublicUrl) -> Verdict:
    if ask.safe:
        if _cross_site(ask):
            return _CROSS_SITE
    elif not _ours(ask, public):
        return _origin_refused(public)
    if holder is Holder.NOBODY:
        return _to_sign_in(ask, "") if ask.html else _SIGN_IN
    if holder is Holder.IDLE and not _stays(ask):
        return _to_sign_in(ask, "reason=idle&") if ask.html else _IDLE
    return PASS


def _cross_site(ask: Ask) -> bool:
    """Whether another site asks, other than by a link or address that a person followed."""
    if ask.headers.get("sec-fetch-site") != "cross-site":
        return False
    mode, target = ask.headers.get("sec-fetch-mode"), ask.headers.get("sec-fetch-dest")
    return not (ask.method == "GET" and mode == "navigate" and target == "document")


def _stays(ask: Ask) -> bool:
    return stays_when_idle(ask.path) and (ask.safe or ask.websocket)


def _to_sign_in(ask: Ask, reason: str) -> Verdict:
    target = quote(_target(ask), safe="/")
    return Verdict(status=303, location=f"/sign-in?{reason}next={target}")
