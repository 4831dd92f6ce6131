"""Entra's groups where they are too many for a token: Microsoft Graph, `getMemberObjects`, page by page."""

from typing import Final

import msgspec

from auth.providers import Provider
from auth.transport import ProviderSession
from core.errors import IdentityRefused, ProviderError

# Graph gives up to 2,046 at once; a person in more groups than this is a mistake or an attack.
_MOST_PAGES: Final = 10
_OK: Final = 200


class _Page(msgspec.Struct):
    value: tuple[str, ...]
    more: str = msgspec.field(default="", name="@odata.nextLink")


def member_objects(provider: Provider, access_token: str) -> tuple[str, ...]:
    """Ask for the ids of all groups of whom the token is for; raises IdentityRefused: no answer, no groups.

    The address comes from our settings and never from the token, so that none can send the token elsewhere.
    """
    found: list[str] = []
    url = f"{provider.graph.rstrip('/')}/me/getMemberObjects"
    try:
        with ProviderSession(provider) as session:
            session.headers["Authorization"] = f"Bearer {access_token}"
            for _ in range(_MOST_PAGES):
                page = _page(session, url, first=not found and url.endswith("/getMemberObjects"))
                found += page.value
                if not page.more:
                    return tuple(found)
                url = _within(provider, page.more)
    except (ProviderError, msgspec.DecodeError) as error:
        raise _unavailable(provider) from error
    raise _unavailable(provider)


def _page(session: ProviderSession, url: str, *, first: bool) -> _Page:
    # The first is an act with a body, the next ones are links (OData 4, section 11.2.6.7).
    answer = session.post(url, json={"securityEnabledOnly": False}) if first else session.get(url)
    if answer.status_code != _OK:
        raise ProviderError(f"Graph answers {answer.status_code}")
    return msgspec.json.decode(answer.content, type=_Page)


def _within(provider: Provider, url: str) -> str:
    if not url.startswith(f"{provider.graph.rstrip('/')}/"):
        raise ProviderError("Graph leads elsewhere")
    return url


def _unavailable(provider: Provider) -> IdentityRefused:
    return IdentityRefused(
        "groups_unavailable",
        f"{provider.shown} did not tell your groups, without which nobody knows what you may do. "
        "Try again in a moment; if it stays so, tell your administrator: the application lacks a permission.",
    )
