"""The headers that every answer carries, and those that no client may send."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from core.errors import GatehouseError
from web.addresses import PublicUrl

RawHeaders: TypeAlias = list[tuple[bytes, bytes]]
SESSION_HEADER: Final = b"x-gatehouse-session"
ADDRESS_HEADER: Final = b"x-gatehouse-address"
_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Every spelling under which a proxy or a framework would say who somebody is or where they come from.
_IDENTITY: Final = (
    b"x-gatehouse-",
    b"x-auth-",
    b"x-user",
    b"x-remote-",
    b"x-real-",
    b"x-client-",
    b"x-original-",
    b"x-email",
    b"x-groups",
    b"x-webauth-",
    b"x-ms-client-principal",
    b"x-goog-",
    b"x-amzn-oidc-",
    b"x-streamlit-",
    b"remote-",
    b"cf-",
    b"true-client-ip",
    b"x-cluster-client-ip",
)
_FORWARDED: Final = (b"x-forwarded-", b"forwarded")
# Streamlit's own sign-in cookie would put claims of a client's making beside our identity.
_FOREIGN_COOKIES: Final = ("_streamlit_user", "_streamlit_tokens")
_YEAR_S: Final = 31_536_000
# What is somebody's own is kept by no cache.
NEVER: Final = b"no-store"


def inline_script_hashes(index: Path) -> tuple[str, ...]:
    """Hash the inline scripts of Streamlit's page, which change with its version; raises GatehouseError."""
    scripts = _INLINE_SCRIPT.findall(index.read_text(encoding="utf-8"))
    if not scripts:
        raise GatehouseError(
            f"{index.name} of this Streamlit has no inline script: look at its release notes"
        )
    return tuple(script_hash(script) for script in scripts)


def script_hash(script: str) -> str:
    """Name a script that stands in a page, for a content security policy (CSP 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def content_security_policy(public: PublicUrl, script_hashes: Sequence[str]) -> str:
    """Write the policy under which Streamlit's page and our components work."""
    parts = (
        "default-src 'self'",
        " ".join(("script-src 'self'", *script_hashes)),
        # Streamlit's styling engine writes style elements at run time.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        f"connect-src 'self' {public.websocket}",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    return "; ".join(parts)


def security_headers(public: PublicUrl, policy: str) -> RawHeaders:
    """Give the headers that are added where a route has not set its own."""
    headers = [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        # "no-referrer" would make browsers send `Origin: null` with our own forms, which the gate refuses.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"),
    ]
    if public.secure:
        headers.append(("strict-transport-security", f"max-age={2 * _YEAR_S}; includeSubDomains"))
    return [(name.encode(), value.encode()) for name, value in headers]


def completed(headers: Iterable[tuple[bytes, bytes]], ours: RawHeaders, *, cache: bytes | None) -> RawHeaders:
    """Add our headers to an answer; `cache` (None: the route's own) says who may keep it, a page nobody."""
    found = list(headers)
    names = {name.lower() for name, _ in found}
    page = any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in found)
    said = NEVER if page else cache
    if said is not None:
        found = [pair for pair in found if pair[0].lower() != b"cache-control"]
        found.append((b"cache-control", said))
    return found + [pair for pair in ours if pair[0] not in names]


def cleaned(headers: Iterable[tuple[bytes, bytes]], cookie: str, *, keep_forwarded: bool) -> RawHeaders:
    """Take out what a client says of its identity, and the secrets that no route needs to see."""
    kept = []
    for name, value in headers:
        plain = name.lower().replace(b"_", b"-")
        if plain.startswith(_IDENTITY) or (plain.startswith(_FORWARDED) and not keep_forwarded):
            continue
        kept.append((name, _without_secrets(value, cookie) if plain == b"cookie" else value))
    return kept


def _without_secrets(value: bytes, cookie: str) -> bytes:
    pairs = [pair.strip() for pair in value.decode("latin-1").split(";")]
    return "; ".join(pair for pair in pairs if not _secret(pair, cookie)).encode("latin-1")


def _secret(pair: str, cookie: str) -> bool:
    name = pair.partition("=")[0].strip()
    return name == cookie or name.startswith(_FOREIGN_COOKIES)
