"""/desk: the calls of my sites, each with its door, drawn by a component from the live stream."""

from typing import Final

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import log_words, parts, sites
from pages.abilities import abilities
from pages.wall import STREAM
from store.places import places
from store.preferences import preferences

CALLS: Final = "/desk/calls"
KEYS: Final = (
    ("↑ ↓", "Walk the calls"),
    ("c", "Claim the call in the middle, or the one that has rung longest"),
    ("u", "Unlock the door on the desk"),
    ("x", "Decline: it rings on for the others"),
    ("r", "Give the call back"),
    ("1 - 9", "Bring a favourite door to the middle"),
    ("q", "Silence what sounds now"),
)
_KEPT: Final = ("favourites", "sound")


def render(actor: Actor) -> None:
    """Mount the desk; it draws itself, and runs of this page tell it no more than who is here."""
    db = the().db
    kept = preferences(db, actor.subject)
    scopes = scopes_for(db, actor, (Permission.CALL_HANDLE, Permission.LOG_READ))
    able = abilities(actor)
    data = {
        "stream": STREAM,
        "calls": CALLS,
        "sign_in": parts.SIGN_IN,
        "sites": sorted(sites.chosen(places(db, scopes[Permission.CALL_HANDLE]))),
        "readable": sorted(scopes[Permission.LOG_READ].sites),
        **able,
        # The same under both names: what is offered to say, and on the wall what codes of reasons mean.
        "reasons": able["presets"],
        "words": log_words.reasons(),
        "preferences": {name: kept[name] for name in _KEPT if name in kept},
    }
    parts.mount("desk", key="desk", data=data)
