"""End every session of somebody else, at once: what an administrator does when one has been stolen."""

from typing import Final

from auth.current import Services
from operations.asking import managing
from store.sessions import end_sessions_for as end_in_store

_REASON: Final = "ended_by_admin"


def end_sessions_for(services: Services, asking: str, subject: str, *, address: str, now: int) -> int:
    """End every session of a person, each with a record of who did it; gives how many.

    `address` is where the one who asks comes from. Raises NotPermitted, which is recorded.
    """
    actor = managing(services, asking, "end the sessions of others", address=address, now=now)
    ended = end_in_store(services.db, subject, _REASON, now, by=actor.subject)
    for ref in ended:
        services.sessions.forget(ref)
    return len(ended)
