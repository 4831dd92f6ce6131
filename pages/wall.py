"""/live: the doors of my sites and what happens there, drawn by a component from the live stream."""

from typing import Final

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import log_words, parts, sites
from pages.abilities import abilities
from store.places import places
from store.preferences import preferences

STREAM: Final = "/live/stream"
KEYS: Final = (
    ("a", "Only abnormal doors, or all"),
    ("u", "Unlock the open door"),
    ("p", "Pin the open door, or let it go"),
    ("q", "Silence what sounds now"),
    ("f", "Full screen"),
    ("+ -", "Larger or smaller tiles"),
    ("← ↑ ↓ →", "Walk the doors"),
    ("Enter", "Open a door beside the wall"),
)
_KEPT: Final = ("density", "pinned", "sound")


def render(actor: Actor) -> None:
    """Mount the wall; it draws itself, and runs of this page tell it no more than which sites are chosen."""
    db = the().db
    kept = preferences(db, actor.subject)
    scopes = scopes_for(db, actor, (Permission.LIVE_VIEW, Permission.LOG_READ))
    data = {
        "stream": STREAM,
        "sign_in": parts.SIGN_IN,
        "sites": sorted(sites.chosen(places(db, scopes[Permission.LIVE_VIEW]))),
        "readable": sorted(scopes[Permission.LOG_READ].sites),
        "reasons": log_words.reasons(),
        **abilities(actor),
        "preferences": {name: kept[name] for name in _KEPT if name in kept},
    }
    parts.mount("wall", key="wall", data=data)
