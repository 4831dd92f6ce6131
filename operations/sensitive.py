"""Every act that needs a proof, by one way: asked for, proved once, done, and told.

What an action does stands in its deed; an action without one can't be asked for.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NoReturn

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof, means_of, passkey_question
from core.acts import Act, Action, Means
from core.errors import ActRefused, GatehouseError, Invalid, NotPermitted, ProofRefused, StoreError
from core.model import Estate
from core.records import Kind
from operations.act_rules import doors_of, may_stand, persons_for, shown_of, site_of
from operations.acting import GONE, Acting, Clock, ProofOf, named
from operations.deeds import Deed, DoorPlan, DoorTold, Told, Wish
from operations.duress import reason_for_second, warn_of_refused, wishes_of
from operations.export import Export
from operations.hold import EndHold, Hold
from operations.lockdown import AtDoors
from operations.not_done import draft_of, need_as_asked, not_done
from operations.unlock import Unlock
from store.acts import (
    Noted,
    acts_waiting,
    add_act,
    await_second,
    find_act,
    find_approvable,
    note_unproved,
    refuse_act,
    use_up,
    use_up_second,
)
from store.estate import load_estate
from store.patience import hurried
from store.standing_proofs import StandingProof, find_standing, keep_standing

_AT_DOORS: Final = AtDoors()
DEEDS: Final[Mapping[Action, Deed]] = {
    Action.UNLOCK: Unlock(),
    Action.HOLD: Hold(),
    Action.END_HOLD: EndHold(),
    Action.LOCKDOWN: _AT_DOORS,
    Action.RELEASE: _AT_DOORS,
    Action.EXPORT: Export(),
}
_SAME: Final = "A second person has to approve this: it can't be the one who asked."
_OWN: Final = "To approve what somebody else has asked for takes a proof of your own."
_NONE: Final = "No proof given before serves here any more. Begin again."
_proof_of: Final = msgspec.json.Decoder(Proof).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An act that waits for its proof, and how it can be proved, the strongest way first.

    No way at all: a proof given before still serves. `question` is what passkeys are asked (JSON), `shown`
    names its door and site; `doors` say what it would do at each of several.
    """

    act: Act
    means: tuple[Means, ...]
    question: str | None
    shown: Mapping[str, str]
    doors: tuple[DoorPlan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An act that somebody else has proved, and that waits for a second person; `why` is what they read."""

    act: Act
    by: str
    since: int
    expires: int
    site: str
    shown: Mapping[str, str]
    why: str


def deed_of(action: Action) -> Deed:
    """Find what an action does; raises Invalid for one that can't be asked for here."""
    deed = DEEDS.get(action)
    if deed is None:
        raise Invalid(f"'{action.value}' can't be asked for here: no act of this kind can be done yet")
    return deed


@hurried()
def ask(services: Services, asking: str, wish: Wish, *, now: int) -> Asked:
    """Note what the person whose session asks wants, and say how it can be proved.

    Raises NotPermitted, Invalid for what can't be meant, ActRefused for what may not be now.
    """
    deed = deed_of(wish.action)
    acting = Acting.by(services, asking, now)
    try:
        return _asked(acting, deed, wish)
    except GatehouseError:
        warn_of_refused(acting, wish)
        raise


def _asked(acting: Acting, deed: Deed, wish: Wish) -> Asked:
    services = acting.services
    if wish.call and wish.action is not Action.UNLOCK:
        raise Invalid("only an unlock is asked for on a call: leave out `call`")
    planned = deed.plan(acting, wish)
    estate = load_estate(services.db)
    said = wishes_of(acting, wish, estate)
    act = replace(planned, persons=persons_for(planned, estate))
    shown = shown_of(act, estate)
    if _standing(acting, act, estate) is not None:
        acting.need_unlocked()
        add_act(services.db, act, said)
        return Asked(act=act, means=(), question=None, shown=shown)
    means, doors = acting.means(), deed.preview(acting, act) if isinstance(deed, AtDoors) else ()
    add_act(services.db, act, said)
    question = passkey_question(services, acting.actor, act)
    return Asked(act=act, means=means, question=question, shown=shown, doors=doors)


# --- proofs -------------------------------------------------------------------------------------------


@hurried()
def prove(
    services: Services, asking: str, name: str, proof_of: ProofOf, *, now: int, clock: Clock | None = None
) -> None:
    """Take the one proof of a pending act and, if it counts, do what was asked for.

    The act is used up before the proof is looked at. Where two people are needed, the second one's proof,
    from a session of their own, comes by the same way. `clock` tells how late it is once the proof has been
    looked at. Raises ProofRefused, ActRefused, NotPermitted and StoreError; then nothing was sent. That the
    store can't write is said within two seconds.
    """
    acting = Acting.by(services, asking, now)
    acting.need_counting(name)
    waiting = find_approvable(services.db, name, asking, now)
    if waiting is not None and waiting.act.session != asking:
        _approve(acting, waiting, proof_of, clock)
        return
    act = use_up(services.db, name, asking, now)
    proof = acting.prove(act, proof_of)
    if act is None:
        return
    acting = acting.since(clock)
    need_as_asked(acting, act, (proof,))
    if act.persons > 1:
        record = draft_of(Kind.OPERATOR_SECOND_AWAITED, acting, act, proofs=(proof,))
        await_second(services.db, act.id, msgspec.json.encode(proof), record)
    else:
        _do(acting, act, (proof,))
        _let_stand(acting, act, proof)


def need_open(services: Services, asking: str, name: str, *, now: int) -> None:
    """Raise ProofRefused, ActRefused or NotPermitted where this session could prove nothing of an act now."""
    Acting.by(services, asking, now).need_unlocked()
    found = told(services, asking, name, now)
    if found.state != ("pending" if found.by is UNSET else "awaiting_second"):
        raise ProofRefused("no_act", GONE)


@hurried()
def refuse_stray(services: Services, asking: str, error: ProofRefused, *, now: int) -> NoReturn:
    """Record what was shown here and belongs to another act, session or browser: no act is used up by it."""
    acting = Acting.by(services, asking, now)
    acting.need_counting()
    acting.refuse({}, error)


def note_hindrance(services: Services, asking: str, name: str, reason: str) -> None:
    """Let the screen of an act that still waits know why it could not be proved in one of its ways.

    A second person's hindrance is told to that person alone.
    """
    note_unproved(services.db, name, asking, reason)
    services.hindrances.note(name, asking, reason)


@hurried()
def prove_again(services: Services, asking: str, name: str, *, now: int) -> None:
    """Do a pending act by a proof at a provider that was given before, at this door and in this session.

    A second person has to give a proof of their own: that they show none uses nothing up.
    """
    others = _others(services, asking, name, now)
    if others is not None and others.awaits_second(now):
        raise ActRefused("no_proof", _OWN)

    def standing(actor: Actor, act: Act) -> Proof:
        acting = Acting(services=services, actor=actor, now=now)
        one = _standing(acting, act, load_estate(services.db))
        if one is None or act.session != actor.session:
            raise ProofRefused("no_proof", _NONE)
        proof = _proof_of(one.proof)
        # From when it was given, so that it is never kept for longer by being used.
        return replace(proof, told={**proof.told, "proved_act": one.act}, at=one.at)

    prove(services, asking, name, standing, now=now)


def _approve(acting: Acting, waiting: Noted, proof_of: ProofOf, clock: Clock | None) -> None:
    """Take the proof of a second person, and do what the first one has asked for and proved."""
    services, actor, act = acting.services, acting.actor, waiting.act
    if not _may(acting, act):
        acting.prove(None, proof_of)
    if act.subject == actor.subject:
        acting.refuse(named(act), ProofRefused("same_person", _SAME))
    noted = use_up_second(services.db, act.id, actor.subject, actor.session, now=acting.now)
    proof = acting.prove(None if noted is None else noted.act, proof_of)
    if noted is not None:
        _approved(acting.since(clock).again(), act, (_proof_of(noted.first), proof))


def _approved(second: Acting, act: Act, proofs: tuple[Proof, Proof]) -> None:
    """Do what two people have proved, if both still may: to look at a proof takes time."""
    need_as_asked(second, act, proofs)
    try:
        deed_of(act.action).allow(second, act)
        asker = Acting.by(second.services, act.session, second.now)
    except NotPermitted:
        not_done(second, act, "no_role", proofs)
        raise
    _do(asker, act, proofs)


def _standing(acting: Acting, act: Act, estate: Estate) -> StandingProof | None:
    if not may_stand(act, estate):
        return None
    return find_standing(acting.services.db, acting.actor.session, act.door, acting.now)


def _let_stand(acting: Acting, act: Act, proof: Proof) -> None:
    """Keep a provider's proof for further acts, where the site allows it; one that served again is kept."""
    fresh = proof.means is Means.IDP and "proved_act" not in proof.told
    if fresh and may_stand(act, load_estate(acting.services.db)):
        kept = StandingProof(
            session=act.session,
            door=act.door,
            act=act.id,
            at=min(proof.at, acting.now),
            proof=msgspec.json.encode(proof),
        )
        keep_standing(acting.services.db, kept)


def _do(acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
    try:
        deed_of(act.action).do(acting.again(), act, proofs)
    except (ActRefused, NotPermitted) as error:
        refuse_act(acting.services.db, act.id, error.reason if isinstance(error, ActRefused) else "no_role")
        raise
    except StoreError:
        with suppress(StoreError):
            refuse_act(acting.services.db, act.id, "not_recorded")
        raise


# --- what is told -------------------------------------------------------------------------------------


def told(services: Services, asking: str, name: str, now: int) -> Told:
    """Tell how far an act has come, to who asked for it and to who may be, or was, its second person.

    Raises NotPermitted for another's and for none alike.
    """
    noted = find_act(services.db, name, asking) or _others(services, asking, name, now)
    if noted is None:
        raise NotPermitted("there is no such act of this session")
    begun = deed_of(noted.act.action).told(services.db, noted.act)
    found = begun if begun is not None else _waiting(noted, now)
    if noted.act.session == asking:
        return found
    found = replace(found, by=_proof_of(noted.first).name)
    return _with_question(Acting.by(services, asking, now), noted, found)


def waiting_for(services: Services, asking: str, now: int) -> tuple[Waiting, ...]:
    """Give the acts of others that this person may approve now, oldest first; raises NotPermitted."""
    acting = Acting.by(services, asking, now)
    estate = load_estate(services.db)
    return tuple(
        Waiting(
            act=one.act,
            by=_proof_of(one.first).name,
            since=one.proved,
            expires=one.expires,
            site=site_of(one.act, estate),
            shown=shown_of(one.act, estate),
            why=reason_for_second(one.act.why, site_of(one.act, estate), estate),
        )
        for one in acts_waiting(services.db, now)
        if one.act.subject != acting.actor.subject and _may(acting, one.act)
    )


def _others(services: Services, asking: str, name: str, now: int) -> Noted | None:
    noted = find_approvable(services.db, name, asking, now)
    if noted is None or noted.second == asking:
        return noted
    acting = Acting.by(services, asking, now)
    may = noted.act.subject != acting.actor.subject and _may(acting, noted.act)
    return noted if may else None


def _may(acting: Acting, act: Act) -> bool:
    try:
        deed_of(act.action).allow(acting, act)
    except NotPermitted:
        return False
    return True


def _with_question(acting: Acting, noted: Noted, found: Told) -> Told:
    """Add how a second person can prove the act, where it waits for them."""
    if not noted.awaits_second(acting.now):
        return found
    question = passkey_question(acting.services, acting.actor, noted.act)
    proofs = tuple(one.value for one in means_of(acting.services, acting.actor))
    asked = UNSET if question is None else msgspec.Raw(question.encode())
    hindrance = acting.services.hindrances.of(noted.act.id, acting.actor.session)
    doors = _doors(acting, noted.act, found.state)
    return replace(found, proofs=proofs, passkey=asked, reason=hindrance or UNSET, doors=doors)


def _doors(acting: Acting, act: Act, state: str) -> tuple[DoorTold, ...] | UnsetType:
    """Name the doors of an act about several: who approves it has seen no dry run."""
    if act.door:
        return UNSET
    doors = doors_of(act, load_estate(acting.services.db))
    return tuple(DoorTold(door=one.id, name=one.name, state=state, final=False, good=False) for one in doors)


def _waiting(noted: Noted, now: int) -> Told:
    act, state = noted.act, _state_of(noted, now)
    return Told(
        id=act.id,
        action=act.action.value,
        state=state,
        expires_at=noted.expires,
        final=state in {"refused", "expired"},
        persons=act.persons,
        reason=noted.refused or UNSET,
    )


def _state_of(noted: Noted, now: int) -> str:
    """Say how far an act has come of which nothing was begun; one whose proof is looked at still waits."""
    if noted.used and noted.refused:
        return "refused"
    if now >= noted.expires:
        return "expired"
    return "awaiting_second" if noted.proved else "pending"
