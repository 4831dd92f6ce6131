"""Take a call for oneself, give it back, or leave it to the others: what every desk sees at once.

None of these touches the device: who stands at the door hears nothing of it.
"""

from typing import NoReturn

from auth.access import permitted
from auth.current import Services
from core.calls import Call
from core.errors import CallRefused, NotPermitted
from core.permissions import Permission
from operations.asking import awake
from store.claims import Answer, Outcome, Taker, claim_call, decline_call, find_call, release_call


def claim(
    services: Services, asking: str, call: tuple[str, str], *, now: int, take_over: bool = False
) -> None:
    """Claim a call, named by its device and its own name there; raises NotPermitted and CallRefused.

    With `take_over` it is taken from whoever has it.
    """
    found, who = _find(services, asking, call, now)
    _settle(claim_call(services.db, found, who, now, take_over=take_over))


def release(services: Services, asking: str, call: tuple[str, str], *, now: int) -> None:
    """Give a call of one's own back to all; raises NotPermitted and CallRefused."""
    found, who = _find(services, asking, call, now)
    _settle(release_call(services.db, found, who, now))


def decline(services: Services, asking: str, call: tuple[str, str], *, now: int) -> None:
    """Take a call off one's own desk: it rings on for the others; raises NotPermitted and CallRefused."""
    found, who = _find(services, asking, call, now)
    _settle(decline_call(services.db, found, who, now))


def _find(services: Services, asking: str, call: tuple[str, str], now: int) -> tuple[Call, Taker]:
    actor = awake(services, asking, now)
    found = find_call(services.db, *call)
    if found is None or not permitted(services.db, actor, Permission.CALL_HANDLE, found.site):
        raise NotPermitted("there is no such call to handle")
    return found, Taker(subject=actor.subject, name=actor.name, session=actor.session)


def _settle(outcome: Outcome) -> None:
    match outcome.answer:
        case Answer.OVER:
            _refuse("call_over", "This call is over.")
        case Answer.TAKEN:
            _refuse("claimed_by_other", f"{outcome.name} has this call.")
        case Answer.DONE:
            return


def _refuse(reason: str, text: str) -> NoReturn:
    raise CallRefused(reason, text)
