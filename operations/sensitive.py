"""Every act that needs a proof, by one way: asked for, proved once, done, and told.

What an action does stands in its deed; an action without one can't be asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from auth.current import Services
from auth.step_up import Proof
from core.acts import Act, Action, Means
from core.errors import ActRefused, GatehouseError, Invalid, NotPermitted
from operations.acting import Acting, ProofOf
from operations.deeds import Deed, Told, Wish
from operations.unlock import Unlock
from store.acts import Noted, add_act, find_act, refuse_act, use_up

DEEDS: Final[Mapping[Action, Deed]] = {Action.UNLOCK: Unlock()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An act that waits for its proof, and how it can be proved, the strongest way first."""

    act: Act
    means: tuple[Means, ...]


def deed_of(action: Action) -> Deed:
    """Find what an action does; raises Invalid for one that can't be asked for here."""
    deed = DEEDS.get(action)
    if deed is None:
        raise Invalid(f"'{action.value}' can't be asked for here: no act of this kind can be done yet")
    return deed


def ask(services: Services, asking: str, wish: Wish, *, now: int) -> Asked:
    """Note what the person whose session asks wants, and say how it can be proved.

    Raises NotPermitted, Invalid for what can't be meant, ActRefused for what may not be now.
    """
    deed = deed_of(wish.action)
    acting = Acting.by(services, asking, now)
    act = deed.plan(acting, wish)
    means = acting.means()
    add_act(services.db, act)
    return Asked(act=act, means=means)


def prove(services: Services, asking: str, name: str, proof_of: ProofOf, *, now: int) -> None:
    """Take the one proof of a pending act and, if it counts, do what was asked for.

    The act is used up before the proof is looked at. Raises NotPermitted, ProofRefused, ActRefused and
    StoreError; then nothing was sent.
    """
    acting = Acting.by(services, asking, now)
    acting.need_unlocked()
    act = use_up(services.db, name, acting.actor.session, now)
    proof = acting.prove(act, proof_of)
    if act is not None:
        _do(acting, act, (proof,))


def told(services: Services, asking: str, name: str, now: int) -> Told:
    """Tell how far an act of this session has come; raises NotPermitted for another's and for none alike."""
    noted = find_act(services.db, name, asking)
    if noted is None:
        raise NotPermitted("there is no such act of this session")
    begun = deed_of(noted.act.action).told(services.db, noted.act)
    return begun if begun is not None else _waiting(noted, now)


def _do(acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
    try:
        deed_of(act.action).do(acting, act, proofs)
    except GatehouseError as error:
        refuse_act(acting.services.db, act.id, error.reason if isinstance(error, ActRefused) else "no_role")
        raise


def _waiting(noted: Noted, now: int) -> Told:
    act = noted.act
    over = noted.used or now >= act.expires
    state = "refused" if noted.used else "expired" if over else "pending"
    return Told(
        id=act.id,
        action=act.action.value,
        state=state,
        expires_at=act.expires,
        final=bool(over),
        persons=act.persons,
        reason=noted.refused or UNSET,
    )
