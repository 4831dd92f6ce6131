"""Who asks, for something of their own or for others."""

from typing import Final

from auth.access import permitted
from auth.current import Services
from auth.sessions import Actor
from core.errors import NotPermitted
from core.permissions import EVERYWHERE, Permission
from operations.page_refusal import refuse_page

_PEOPLE: Final = "people"


def awake(services: Services, ref: str, now: int) -> Actor:
    """Give the person whose session this is; raises NotPermitted where it may do nothing (any more)."""
    actor = services.sessions.by_ref(ref, now)
    if actor is None or actor.idle(now) or not permitted(services.db, actor, Permission.SELF):
        raise NotPermitted("sign in again first")
    return actor


def managing(services: Services, ref: str, what: str, *, address: str, now: int) -> Actor:
    """Give the administrator of everybody whose session this is; `what` they want to do.

    `address` is where they come from. Raises NotPermitted, which is recorded.
    """
    actor = awake(services, ref, now)
    if not permitted(services.db, actor, Permission.PEOPLE_MANAGE, EVERYWHERE):
        refuse_page(services.db, actor, _PEOPLE, now)
        raise NotPermitted(f"your roles do not let you {what}")
    if not services.networks.allows(_PEOPLE, address):
        refuse_page(services.db, actor, _PEOPLE, now, elsewhere=address)
        raise NotPermitted("this may not be done from the network that you come from")
    return actor
