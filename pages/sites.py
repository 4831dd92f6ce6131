"""Which of my sites the pages show: chosen in the header, kept in each page's address as `site=`."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import state
from store.places import Places, site_names
from store.views import SiteView

PARAMETER: Final = "site"
# They name things of one site, so a change of the site drops them.
_OF_A_SITE: Final = ("door", "device", "record", "before", "after")


def chosen(there: Places) -> frozenset[str]:
    """Give the ids of the sites to show; empty means all that this scope has."""
    return asked() & frozenset(there.sites)


def reachable(actor: Actor, permissions: Iterable[Permission]) -> Mapping[str, SiteView]:
    """Give the sites where this person has any of these permissions, by id, in the order of their names."""
    scopes = scopes_for(the().db, actor, permissions).values()
    return site_names(the().db, frozenset[str]().union(*(scope.sites for scope in scopes)))


def asked() -> frozenset[str]:
    """Give the words of the address, of which nobody has said yet that they are sites of mine."""
    return _words(state.query(PARAMETER))


def settle(mine: Collection[str]) -> bool:
    """Bring the address and what was chosen on other pages together, at the start of a run.

    An address that says anything at all says all it wants; a bare one, on another page than before, takes
    over what was chosen there. Gives whether the address names only sites of mine.
    """
    remembered = _words(state.remembered(PARAMETER)) & frozenset(mine)
    if state.arrived() and state.bare() and remembered:
        state.change_query(**{PARAMETER: _written(remembered)})
        return True
    # A page without the remembered site must not make the other pages forget it.
    if not (state.arrived() and state.bare()):
        state.remember(PARAMETER, _written(asked()))
    return asked() <= frozenset(mine)


def choose(sites: Collection[str]) -> None:
    """Show these sites from now on, or all of mine if there are none; the rest of the address stays."""
    written = _written(sites)
    state.remember(PARAMETER, written)
    state.change_query(**{PARAMETER: written, **dict.fromkeys(_OF_A_SITE)})


def _words(text: str | None) -> frozenset[str]:
    return frozenset(word for word in (text or "").split(",") if word)


def _written(sites: Collection[str]) -> str | None:
    return ",".join(sorted(sites)) or None
