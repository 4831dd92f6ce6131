"""The frame of every page: which sites, search, what needs somebody, and who is here from where."""

from collections.abc import Collection, Mapping
from typing import Final

import streamlit as st

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import parts, sites, state
from pages.browsers import browser_of
from pages.catalogue import Page
from store.preferences import preferences
from store.sessions import session_by_ref
from store.views import SiteView

_KEY: Final = "header"
_ALL: Final = "*"
_TOUR: Final = "tour"
# Who may search anything at all.
_FINDS: Final = (Permission.LIVE_VIEW, Permission.LOG_READ)


def draw(actor: Actor, page: Page | None, mine: Mapping[str, SiteView], opened: Collection[Page]) -> None:
    """Draw the frame around a page (None: around the way home), with its sites and the pages open to me."""
    liked = preferences(the().db, actor.subject)
    scopes = scopes_for(the().db, actor, _FINDS)
    data = {
        **_person(actor),
        "clock": page is None or not page.has_clock,
        "sign_in": parts.SIGN_IN,
        "title": page.title if page else "",
        "keys": page.keys if page else (),
        "pages": [{"title": one.title, "path": one.path, "key": one.key} for one in opened],
        "sites": [{"id": one.id, "name": one.name} for one in mine.values()],
        "chosen": sorted(sites.asked() & frozenset(mine)),
        "watched": sorted(scopes[Permission.LIVE_VIEW].sites),
        "finds": not all(scope.empty for scope in scopes.values()),
        "theme": liked.get("theme", "system"),
        "tour": state.remembered(_TOUR) is not None and not liked.get("toured"),
    }
    with st.container(key="gatehouse-header"):
        parts.mount("header", key=_KEY, data=data, on_input_change=_nothing, on_sites_change=_choose)


def greet() -> None:
    """Offer the tour on the page that comes next, to who has not had it: they came by the front door."""
    state.remember(_TOUR, "offered")


def _person(actor: Actor) -> Mapping[str, str | int]:
    row = session_by_ref(the().db, actor.session)
    place = f"{row.address} · {browser_of(row.agent)}" if row else ""
    return {
        "name": actor.name,
        "roles": parts.roles_line(actor),
        "from": place,
        "since": actor.created,
    }


def _choose() -> None:
    wanted = state.triggered(_KEY, "sites")
    if wanted is not None:
        sites.choose([] if wanted == _ALL else wanted.split(","))


def _nothing() -> None:
    """Take a sign of human input: the run it causes is what the gate counts."""
