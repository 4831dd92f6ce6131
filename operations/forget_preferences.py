"""Forget what a person has chosen for their screens."""

from auth.access import permitted
from auth.current import Services
from core.errors import NotPermitted
from core.permissions import Permission
from store.preferences import forget_preferences


def forget_own_preferences(services: Services, asking: str, now: int) -> None:
    """Let the person whose session asks begin as on the first day; raises NotPermitted."""
    actor = services.sessions.by_ref(asking, now)
    if actor is None or actor.idle(now) or not permitted(services.db, actor, Permission.SELF):
        raise NotPermitted("sign in again first")
    forget_preferences(services.db, actor.subject)
