"""Signing out here and at the provider (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec
from starlette.responses import RedirectResponse, Response

from auth.arrivals import Kept
from auth.identity import Identity
from auth.providers import Provider
from auth.sessions import Actor
from core.errors import ProviderError
from store.database import Database
from store.held_tokens import tokens_of
from web.plain_pages import leaving_page

SIGNED_OUT: Final = "/sign-in?reason=signed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Where a provider's own session is ended, and by which token it knows whose."""

    provider: Provider
    url: str
    hint: str = field(repr=False)


def farewell_of(db: Database, identity: Identity, actor: Actor) -> Farewell | None:
    """Find where to sign somebody out as well; None where there is nowhere, or the provider is away.

    To be asked before the session ends: afterwards its tokens are taken back.
    """
    provider = identity.oidc.providers.get(actor.provider)
    if provider is None or provider.sign_out == "none":
        return None
    try:
        url = identity.oidc.discoveries[provider.name].metadata().end_session_endpoint
    except ProviderError:
        return None
    sealed = tokens_of(db, actor.session)
    opened = identity.seal.open(sealed) if sealed else None
    hint = msgspec.json.decode(opened, type=Kept).id_token if opened else ""
    return Farewell(provider=provider, url=url, hint=hint) if url else None


def leave(farewell: Farewell | None, public_url: str) -> Response:
    """Lead a browser that is signed out here to the provider's sign-out, or to our sign-in.

    The token is posted and never stands in an address; a provider that takes no POST is not shown it.
    """
    if farewell is None:
        return RedirectResponse(SIGNED_OUT, status_code=303)
    provider, parts = farewell.provider, urlsplit(farewell.url)
    fields = dict(parse_qsl(parts.query))
    fields |= {"client_id": provider.client_id, "post_logout_redirect_uri": f"{public_url}/sign-out"}
    if provider.sign_out == "post" and farewell.hint:
        fields["id_token_hint"] = farewell.hint
    values = {
        "url": urlunsplit(parts._replace(query="")),
        "method": provider.sign_out,
        "provider": provider.shown,
    }
    return leaving_page(values, fields)
