"""Who asks for something of their own."""

from auth.access import permitted
from auth.current import Services
from auth.sessions import Actor
from core.errors import NotPermitted
from core.permissions import Permission


def awake(services: Services, ref: str, now: int) -> Actor:
    """Give the person whose session this is; raises NotPermitted where it may do nothing (any more)."""
    actor = services.sessions.by_ref(ref, now)
    if actor is None or actor.idle(now) or not permitted(services.db, actor, Permission.SELF):
        raise NotPermitted("sign in again first")
    return actor
