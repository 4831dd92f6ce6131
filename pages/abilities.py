"""What a screen that acts at doors is told of its person: who they are there, and what they may do where."""

from collections.abc import Mapping
from typing import Final

from auth.access import scopes_for
from auth.current import the
from auth.sessions import Actor
from core.handles import handle_of
from core.permissions import Permission
from store.places import presets_of

_MAY: Final[Mapping[str, Permission]] = {
    "unlock": Permission.DOOR_UNLOCK,
    "hold": Permission.DOOR_HOLD,
    "lockdown": Permission.DOOR_LOCKDOWN,
    "call": Permission.CALL_HANDLE,
    "alarm": Permission.ALARM_HANDLE,
}


def abilities(actor: Actor) -> dict[str, object]:
    """Give `me`, what stands for this person in the stream; `may` and the reasons to offer, by site."""
    scopes = scopes_for(the().db, actor, _MAY.values())
    may: dict[str, list[str]] = {}
    for word, permission in _MAY.items():
        for site in sorted(scopes[permission].sites):
            may.setdefault(site, []).append(word)
    presets = presets_of(the().db, scopes[Permission.DOOR_UNLOCK])
    return {"me": handle_of(actor.subject), "may": may, "presets": presets}
