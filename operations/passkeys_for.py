"""What an administrator does for the passkeys of others: remove one, and let somebody enrol by a code."""

from auth.access import scope_for
from auth.current import Services
from auth.enrolment import issue_code
from auth.sessions import Actor
from core.errors import Invalid, NotPermitted
from core.permissions import Permission
from operations.asking import managing
from store.disk import need_room
from store.known_views import PersonView, person_known
from store.passkeys import remove_passkey


def remove_passkey_for(
    services: Services, asking: str, subject: str, ref: str, *, address: str, now: int
) -> None:
    """Remove a passkey of a person for ever, with a record of who did it; raises NotPermitted, recorded."""
    actor = managing(services, asking, "remove passkeys of others", address=address, now=now)
    private = {"name": _known(services, actor, subject).name, "by": actor.subject, "address": address}
    if not remove_passkey(services.db, subject, ref, now=now, private=private):
        raise NotPermitted("there is no such passkey any more")


def issue_passkey_code(services: Services, asking: str, subject: str, *, address: str, now: int) -> str:
    """Make the one-time code by which somebody else may enrol a passkey; it is given this once.

    Raises NotPermitted, which is recorded, and Invalid for oneself: a stolen password must not be enough.
    """
    actor = managing(services, asking, "make codes for others", address=address, now=now)
    if subject == actor.subject:
        raise Invalid("nobody makes a code for themselves: ask another administrator")
    need_room(services.db)
    return issue_code(
        services.db, subject, name=_known(services, actor, subject).name, by=actor.subject, now=now
    )


def _known(services: Services, actor: Actor, subject: str) -> PersonView:
    scope = scope_for(services.db, actor, Permission.PEOPLE_MANAGE)
    one = person_known(services.db, scope, subject)
    if one is None:
        raise NotPermitted("nobody is known by this name any more")
    return one
