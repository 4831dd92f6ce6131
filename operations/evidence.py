"""What the record of an act holds so that it can be shown later: what was proved, how, and by which rule.

An act's row is gone after a day; from then on its record alone can tell to what a proof was bound.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from auth.access import roles_of
from auth.sessions import Actor
from auth.step_up import Proof, approved_by, shown_by
from core.acts import Act
from core.leaf import Scalar
from core.model import USUAL_REASONS, Door, Estate
from core.permissions import EVERYWHERE, roles_text
from core.times import SECOND_US
from operations.act_rules import doors_of, rule_of
from operations.acting import Acting
from store.estate import load_estate
from store.modes import seen_before
from store.policies import current_policy

_MS: Final = SECOND_US // 1_000
_PREFIXES: Final = ("", "second_")


def proved_as(
    acting: Acting, act: Act, proofs: Sequence[Proof], *, sites: frozenset[str] | None = None
) -> dict[str, Scalar]:
    """Write what an act's references hold of its proofs, of who gave them, and of what demanded them.

    `challenge` is the hash of the act that its proof is bound to, `second_challenge` the second person's.
    `sites` is where it is, if its target does not tell.
    """
    estate = load_estate(acting.services.db)
    return {
        "policy": current_policy(acting.services.db).version,
        "rule": rule_of(act, estate),
        "persons": act.persons,
        "why_from": _why_from(act, estate),
        **({"call": act.call} if act.call else {}),
        **shown_by(proofs),
        **_by_each(acting, act, proofs, _sites(act, estate) if sites is None else sites),
    }


def personal(
    who: Mapping[str, str], act: Act, proofs: Sequence[Proof], *, whole: bool = True
) -> dict[str, str]:
    """Write what an act's record holds of people: who, why and, once an act (`whole`), the text of its hash.

    That names the person and the reason, and its nonce would let somebody guess both from the hash: so it
    is deleted with them.
    """
    bound = {"bound": act.bound.decode()} if whole else {}
    return {**who, **approved_by(proofs), "why": act.why, **bound}


def seen_there(acting: Acting, door: Door) -> dict[str, Scalar]:
    """Write how a door was before anything was sent to it, and how old that is: its device's last word."""
    facets, heard = seen_before(acting.services.db, door.id, door.device)
    age = {"before_age_ms": max(0, acting.now - heard) // _MS} if heard else {}
    return {"before": f"{facets.position}/{facets.lock}/{facets.mode}", **age}


def _by_each(acting: Acting, act: Act, proofs: Sequence[Proof], sites: frozenset[str]) -> dict[str, Scalar]:
    """Say of each who proved it by which roles they did, what they signed, and how old their proof was."""
    found: dict[str, Scalar] = {}
    for prefix, proof in zip(_PREFIXES, proofs, strict=False):
        session = proof.session or act.session
        challenge = act.challenge_for(proof.subject or act.subject, session)
        found[f"{prefix}challenge"] = challenge.hex()
        if (person := _person(acting, session)) is not None:
            found |= {f"{prefix}{name}": value for name, value in standing(acting, person, sites).items()}
        if proof.at:
            found[f"{prefix}proof_age_ms"] = max(0, acting.now - proof.at) // _MS
    return found


def _person(acting: Acting, session: str) -> Actor | None:
    if session == acting.actor.session:
        return acting.actor
    return acting.services.sessions.by_ref(session, acting.now)


def standing(acting: Acting, person: Actor, sites: frozenset[str]) -> dict[str, Scalar]:
    """Say by which roles somebody is here, and from which network; what they are elsewhere is left out.

    Networks are named by what gatehouse.toml lets people do from them only: an address is personal and goes
    with the detail, this stays.
    """
    held = roles_of(acting.services.db, person)
    here = {role: places & (sites | {EVERYWHERE}) for role, places in held.items()}
    network = acting.services.networks.holding(person.address)
    return {
        "roles": roles_text({role: places for role, places in here.items() if places}),
        **({} if network is None else {"network": network}),
    }


def _sites(act: Act, estate: Estate) -> frozenset[str]:
    whole: Iterable[str] = {str(act.target["site"])} if "site" in act.target else ()
    return frozenset({one.site for one in doors_of(act, estate)}.union(whole))


def _why_from(act: Act, estate: Estate) -> str:
    """Say whether a reason is one that each of its sites offers, or somebody's own words."""
    sites = [estate.sites[one] for one in _sites(act, estate) if one in estate.sites]
    offered = sites and all(act.why in (one.reasons or USUAL_REASONS) for one in sites)
    return "preset" if offered else "text"
