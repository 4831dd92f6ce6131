"""Acts that were asked for, or proved, and are not done: withdrawn, or not allowed any more."""

from typing import Final

import msgspec

from auth.current import Services
from auth.step_up import Proof
from core.acts import Act
from core.errors import ActRefused, NotPermitted
from core.leaf import Draft
from core.records import Kind
from operations.act_rules import persons_for, site_of
from operations.acting import GONE, Acting
from operations.evidence import personal, proved_as
from store.acts import find_act, refuse_act
from store.estate import load_estate
from store.log import append
from store.withdrawing import WITHDRAWN, withdraw_act

_TAKEN_BACK: Final = "It was withdrawn meanwhile: nothing was sent."
_MORE: Final = "More people have to prove this now than when you asked for it. Nothing was sent: begin again."
_proof_of: Final = msgspec.json.Decoder(Proof).decode


def withdraw(services: Services, asking: str, name: str, *, now: int) -> None:
    """Take an act back of which nothing was begun: no proof of it counts any more, whoever shows it.

    Raises NotPermitted for another session's and for none alike, ActRefused for what is over or under way.
    """
    acting = Acting.by(services, asking, now)
    noted = find_act(services.db, name, asking)
    if noted is None:
        raise NotPermitted("there is no such act of this session")
    if noted.used and noted.refused == WITHDRAWN:
        return
    first = (_proof_of(noted.first),) if noted.first else ()
    record = draft_of(Kind.OPERATOR_ACT_NOT_DONE, acting, noted.act, reason=WITHDRAWN, proofs=first)
    if not withdraw_act(services.db, name, asking, record):
        raise ActRefused("no_act", GONE)


def need_as_asked(acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
    """Refuse what was proved where it was withdrawn meanwhile, or now takes more people; that is recorded.

    Raises ActRefused.
    """
    noted = find_act(acting.services.db, act.id, act.session)
    if noted is not None and noted.refused:
        not_done(acting, act, noted.refused, proofs)
        raise ActRefused(noted.refused, _TAKEN_BACK)
    if persons_for(act, load_estate(acting.services.db)) > act.persons:
        not_done(acting, act, "rules_changed", proofs)
        raise ActRefused("rules_changed", _MORE)


def not_done(acting: Acting, act: Act, reason: str, proofs: tuple[Proof, ...]) -> None:
    """Let the screens of an act know, and record, why it was proved and not done."""
    refuse_act(acting.services.db, act.id, reason)
    record = draft_of(Kind.OPERATOR_ACT_NOT_DONE, acting, act, reason=reason, proofs=proofs)
    append(acting.services.db, [record])


def draft_of(
    kind: Kind, acting: Acting, act: Act, *, reason: str | None = None, proofs: tuple[Proof, ...] = ()
) -> Draft:
    """Write a record of an act of which nothing was begun; without proofs, of who acts now."""
    estate = load_estate(acting.services.db)
    one = estate.doors.get(act.door)
    facts = proved_as(acting, act, proofs) if proofs else {}
    asker = {"subject": act.subject, "name": proofs[0].name} if proofs else acting.who
    return Draft(
        kind=kind,
        received=acting.now,
        site=site_of(act, estate) or None,
        door=None if one is None else one.id,
        device=None if one is None else one.device,
        reason=reason,
        refs={"act": act.id, "session": act.session, "action": act.action.value, **facts},
        private=personal(asker, act, proofs, whole=bool(proofs)),
    )
