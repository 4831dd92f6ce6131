"""End every session of somebody else, at once: what an administrator does when one has been stolen."""

from typing import Final

from auth.access import permitted
from auth.current import Services
from core.errors import NotPermitted
from core.permissions import EVERYWHERE, Permission
from operations.asking import awake
from operations.page_refusal import refuse_page
from store.sessions import end_sessions_for as end_in_store

_REASON: Final = "ended_by_admin"
_PAGE: Final = "people"


def end_sessions_for(services: Services, asking: str, subject: str, *, address: str, now: int) -> int:
    """End every session of a person, each with a record of who did it; gives how many.

    `address` is where the one who asks comes from. Raises NotPermitted, which is recorded.
    """
    actor = awake(services, asking, now)
    if not permitted(services.db, actor, Permission.PEOPLE_MANAGE, EVERYWHERE):
        refuse_page(services.db, actor, _PAGE, now)
        raise NotPermitted("your roles do not let you end the sessions of others")
    if not services.networks.allows(_PAGE, address):
        refuse_page(services.db, actor, _PAGE, now, elsewhere=address)
        raise NotPermitted("this may not be done from the network that you come from")
    ended = end_in_store(services.db, subject, _REASON, now, by=actor.subject)
    for ref in ended:
        services.sessions.forget(ref)
    return len(ended)
