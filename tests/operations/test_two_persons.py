"""Two people: the second is another person, in another session, with the same right there, and in time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from msgspec import UNSET
from msgspec.structs import replace as changed

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import SECOND_PERSON_US, Act, Action
from core.errors import ActRefused, NotPermitted, ProofRefused
from core.leaf import Scalar
from core.model import Estate
from core.records import Kind
from operations.act_rules import persons_for
from operations.sensitive import note_hindrance, waiting_for
from operations.sensitive import told as told_of
from store.acts import find_act
from store.estate import import_estate
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY, person
from tests.auth.reading import told
from tests.operations.unlocking import (
    ESTATE,
    SomeLine,
    ask,
    bad,
    enter,
    good,
    listen,
    prove_unlock,
    refused_proofs,
)

DOORS = tuple(replace(one, persons=2 if one.id == "front" else 1) for one in ESTATE.doors)


@pytest.fixture
def guarded(services: Services) -> Services:
    import_estate(services.db, replace(ESTATE, doors=DOORS), NOW, "tests")
    return services


@pytest.fixture
def ben(guarded: Services) -> Actor:
    return enter(guarded, "ben")


@pytest.fixture
def ada(guarded: Services) -> Actor:
    return enter(guarded, "ada")


def half(services: Services, actor: Actor) -> str:
    name = ask(services, actor)
    prove_unlock(services, actor.session, name, good, now=NOW + 1)
    return name


def state(services: Services, actor: Actor, name: str, now: int = NOW + 2) -> str:
    return told_of(services, actor.session, name, now).state


def test_the_first_proof_sends_nothing_and_the_second_one_does(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(guarded, ben)
    assert (line.sent, state(guarded, ben, name)) == ([], "awaiting_second")
    (waiting,) = waiting_for(guarded, ada.session, NOW + 2)
    assert (waiting.act.id, waiting.by, waiting.site) == (name, "Ben", "berlin")
    assert told_of(guarded, ada.session, name, NOW + 2).by == "Ben"

    prove_unlock(guarded, ada.session, name, good, now=NOW + 2)

    assert len(line.sent) == 1
    assert state(guarded, ben, name) == state(guarded, ada, name) == "sent"
    assert waiting_for(guarded, ada.session, NOW + 3) == ()
    (awaited,) = told(guarded.db, Kind.OPERATOR_SECOND_AWAITED)
    first = {"act": name, "session": ben.session, "action": "unlock", "proof": "passkey", "persons": 2}
    assert awaited.refs | first == awaited.refs
    assert awaited.refs["rule"] == "door"
    (requested,) = told(guarded.db, Kind.UNLOCK_REQUESTED)
    assert requested.private["subject"] == "local:ben"
    assert requested.private["second_subject"] == "local:ada"
    assert (requested.refs["session"], requested.refs["second_session"]) == (ben.session, ada.session)
    assert (requested.refs["proof"], requested.refs["second_proof"]) == ("passkey", "passkey")


def test_a_site_can_demand_two_people_at_each_of_its_doors(services: Services, line: SomeLine) -> None:
    sites = tuple(replace(one, persons=2) for one in ESTATE.sites)
    import_estate(services.db, replace(ESTATE, sites=sites), NOW, "tests")
    ben = enter(services)

    name = ask(services, ben, "back")
    prove_unlock(services, ben.session, name, good, now=NOW + 1)

    assert state(services, ben, name) == "awaiting_second"
    assert line.sent == []


def test_nobody_is_their_own_second_person(guarded: Services, line: SomeLine, ben: Actor) -> None:
    elsewhere, name = enter(guarded, "ben"), half(guarded, ben)

    for session in (ben.session, elsewhere.session):
        with pytest.raises(ProofRefused):
            prove_unlock(guarded, session, name, good, now=NOW + 2)

    assert [one.reason for one in refused_proofs(guarded)] == ["no_act", "same_person"]
    assert line.sent == []
    assert waiting_for(guarded, elsewhere.session, NOW + 2) == ()
    with pytest.raises(NotPermitted):
        told_of(guarded, elsewhere.session, name, NOW + 2)


def test_who_signs_in_elsewhere_as_the_same_subject_is_the_same_person(
    guarded: Services, line: SomeLine, ben: Actor
) -> None:
    other = replace(person("ben"), name="Somebody Else", groups=("g-admin",))
    _, disguised = guarded.sessions.start(other, address="198.51.100.7", agent="x", now=NOW)
    name = half(guarded, ben)

    with pytest.raises(ProofRefused) as refused:
        prove_unlock(guarded, disguised.session, name, good, now=NOW + 2)

    assert refused.value.reason == "same_person"
    assert line.sent == []


def test_who_may_not_unlock_there_is_told_nothing_of_it(
    guarded: Services, line: SomeLine, ben: Actor
) -> None:
    cleo, name = enter(guarded, "cleo"), half(guarded, ben)

    assert waiting_for(guarded, cleo.session, NOW + 2) == ()
    with pytest.raises(NotPermitted):
        told_of(guarded, cleo.session, name, NOW + 2)
    with pytest.raises(ProofRefused) as refused:
        prove_unlock(guarded, cleo.session, name, good, now=NOW + 2)
    assert refused.value.reason == "no_act"
    assert line.sent == []


def test_a_second_proof_is_in_time_or_none(guarded: Services, line: SomeLine, ben: Actor, ada: Actor) -> None:
    name, end = half(guarded, ben), NOW + 1 + SECOND_PERSON_US
    listen(guarded, at=end)

    with pytest.raises(ProofRefused) as refused:
        prove_unlock(guarded, ada.session, name, good, now=end)

    assert refused.value.reason == "no_act"
    assert state(guarded, ben, name, end) == "expired"
    assert line.sent == []


def test_a_bad_second_proof_ends_the_act(guarded: Services, line: SomeLine, ben: Actor, ada: Actor) -> None:
    name = half(guarded, ben)

    for proof in (bad, good):
        with pytest.raises(ProofRefused):
            prove_unlock(guarded, ada.session, name, proof, now=NOW + 2)

    assert [one.reason for one in refused_proofs(guarded)] == ["wrong_code", "no_act"]
    assert told_of(guarded, ben.session, name, NOW + 2).reason == "wrong_code"
    assert line.sent == []


def test_before_the_first_proof_there_is_nothing_to_approve(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = ask(guarded, ben)

    with pytest.raises(ProofRefused):
        prove_unlock(guarded, ada.session, name, good, now=NOW + 1)

    assert waiting_for(guarded, ada.session, NOW + 1) == ()
    assert state(guarded, ben, name) == "pending"
    assert line.sent == []


def test_a_session_that_ended_meanwhile_opens_nothing(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(guarded, ben)
    guarded.sessions.end(ben.session, "signed_out", NOW + 2)

    with pytest.raises(ProofRefused) as refused:
        prove_unlock(guarded, ada.session, name, good, now=NOW + 3)

    assert refused.value.reason == "no_act"
    assert line.sent == []


def test_who_asked_and_lost_the_role_meanwhile_opens_nothing(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(guarded, ben)
    apply_policy(guarded.db, POLICY.replace('"g-berlin"', '"g-other"'), NOW + 2, "tests")

    with pytest.raises(NotPermitted):
        prove_unlock(guarded, ada.session, name, good, now=NOW + 3)

    assert told_of(guarded, ada.session, name, NOW + 3).reason == "no_role"
    assert line.sent == []


def test_a_third_person_comes_too_late(guarded: Services, line: SomeLine, ben: Actor, ada: Actor) -> None:
    name, third = half(guarded, ben), enter(guarded, "ada")
    prove_unlock(guarded, ada.session, name, good, now=NOW + 2)

    with pytest.raises((ProofRefused, ActRefused)):
        prove_unlock(guarded, third.session, name, good, now=NOW + 3)
    with pytest.raises(NotPermitted):
        told_of(guarded, third.session, name, NOW + 3)

    assert len(line.sent) == 1


def test_an_act_whose_second_proof_is_looked_at_still_waits(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(guarded, ben)
    seen: list[str] = []

    def slow(actor: Actor, act: Act) -> Proof:
        seen.extend(state(guarded, one, act.id) for one in (ben, ada))
        return good(actor, act)

    prove_unlock(guarded, ada.session, name, slow, now=NOW + 2)

    assert seen == ["awaiting_second"] * 2
    assert state(guarded, ben, name) == "sent"


@pytest.mark.parametrize(
    ("action", "target", "persons"),
    [
        (Action.UNLOCK, {"door": "front"}, 2),
        (Action.UNLOCK, {"door": "back"}, 1),
        (Action.HOLD, {"door": "front"}, 2),
        (Action.RELEASE, {"doors": "back,front"}, 2),
        (Action.RELEASE, {"site": "berlin"}, 2),
        (Action.RELEASE, {"site": "newyork"}, 1),
        (Action.END_HOLD, {"door": "front"}, 1),
        (Action.LOCKDOWN, {"site": "berlin"}, 1),
    ],
)
def test_what_lets_somebody_in_needs_two_and_what_secures_a_door_never_does(
    action: Action, target: dict[str, Scalar], persons: int
) -> None:
    estate = Estate.of(ESTATE.sites, ESTATE.devices, DOORS)
    act = Act(
        id="01a",
        subject="local:ben",
        session="s",
        action=action,
        target=target,
        seconds=5,
        why="a visitor",
        nonce=b"n" * 32,
        created=NOW,
    )

    assert persons_for(act, estate) == persons
    assert persons_for(changed(act, persons=2), estate) == 2


def test_what_hinders_a_second_person_is_told_to_them_alone_and_takes_no_way_from_them(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name, third = half(guarded, ben), enter(guarded, "ada")

    note_hindrance(guarded, ada.session, name, "unreachable")

    (told_ada, told_third, told_ben) = (
        told_of(guarded, one.session, name, NOW + 2) for one in (ada, third, ben)
    )
    assert (told_ada.state, told_ada.reason) == ("awaiting_second", "unreachable")
    assert told_third.reason is told_ben.reason is UNSET
    prove_unlock(guarded, ada.session, name, good, now=NOW + 2)
    assert told_of(guarded, ada.session, name, NOW + 2).reason is UNSET
    assert len(line.sent) == 1


def test_a_hindrance_of_ones_own_act_is_told_while_it_waits(guarded: Services, ben: Actor) -> None:
    name = ask(guarded, ben)

    note_hindrance(guarded, ben.session, name, "unreachable")

    found = told_of(guarded, ben.session, name, NOW + 1)
    assert (found.state, found.reason) == ("pending", "unreachable")


@pytest.mark.usefixtures("patient")
def test_eight_approvals_at_once_are_one_command(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(guarded, ben)
    sessions = [ada.session, *(enter(guarded, "ada").session for _ in range(7))]
    together = Barrier(len(sessions))

    def approve(session: str) -> str:
        together.wait()
        try:
            prove_unlock(guarded, session, name, good, now=NOW + 2)
        except ProofRefused as error:
            return error.reason
        return "sent"

    with ThreadPoolExecutor(len(sessions)) as pool:
        ends = sorted(pool.map(approve, sessions))

    assert ends == ["no_act"] * 7 + ["sent"]
    assert len(line.sent) == 1


@pytest.mark.parametrize("who", ["ben", "ada"])
def test_a_session_that_ends_while_the_second_proof_is_looked_at_opens_nothing(
    guarded: Services, line: SomeLine, ben: Actor, ada: Actor, who: str
) -> None:
    name, gone = half(guarded, ben), {"ben": ben, "ada": ada}[who]

    def slow(actor: Actor, act: Act) -> Proof:
        guarded.sessions.end(gone.session, "ended_by_admin", NOW + 2)
        return good(actor, act)

    with pytest.raises(NotPermitted):
        prove_unlock(guarded, ada.session, name, slow, now=NOW + 2)

    assert line.sent == []
    noted = find_act(guarded.db, name, ben.session)
    assert noted is not None
    assert noted.refused == "no_role"
