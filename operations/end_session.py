"""End sessions of one's own: another one, all others, or all."""

from auth.current import Services
from core.errors import NotPermitted
from operations.asking import awake

_REASON = "ended_by_self"
_EVERYWHERE = "ended_everywhere"


def end_session(services: Services, asking: str, target: str, now: int) -> bool:
    """End one session of the person whose session asks; False when it had ended already.

    Both are given by their public names; raises NotPermitted for somebody else's and for none alike.
    """
    actor = awake(services, asking, now)
    if target not in {row.ref for row in services.sessions.of(actor.subject)}:
        raise NotPermitted("there is no such session of yours")
    return services.sessions.end(target, _REASON, now)


def end_other_sessions(services: Services, asking: str, now: int) -> int:
    """End every session of the person but the one that asks; gives how many; raises NotPermitted."""
    actor = awake(services, asking, now)
    return len(services.sessions.end_all(actor.subject, _REASON, now, except_ref=actor.session))


def end_every_session(services: Services, asking: str, now: int) -> int:
    """End every session of the person, the one that asks last; gives how many; raises NotPermitted."""
    actor = awake(services, asking, now)
    others = services.sessions.end_all(actor.subject, _EVERYWHERE, now, except_ref=actor.session)
    services.sessions.end(actor.session, "signed_out", now)
    return len(others) + 1
