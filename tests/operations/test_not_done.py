"""Acts that were asked for, or proved, and are not done: what changed while a proof was looked at counts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError, Lock

import pytest

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import LIVES_US, MOST_WAITING, SECOND_PERSON_US, Act
from core.errors import ActRefused, NotPermitted, ProofRefused, StoreFull
from core.records import Kind
from core.refusals import MOST_REFUSED
from core.times import HOUR_US
from operations import unlock as unlocking
from operations.acting import ProofOf
from operations.not_done import withdraw
from operations.sensitive import prove, prove_again, waiting_for
from operations.sensitive import told as told_of
from store.estate import import_estate
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY
from tests.auth.reading import Told, told
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
    unlocks,
)


@pytest.fixture
def ben(services: Services) -> Actor:
    return enter(services, "ben")


@pytest.fixture
def ada(services: Services) -> Actor:
    return enter(services, "ada")


def need_two(services: Services) -> None:
    doors = tuple(replace(one, persons=2) for one in ESTATE.doors)
    import_estate(services.db, replace(ESTATE, doors=doors), NOW, "tests")


def half(services: Services, actor: Actor) -> str:
    need_two(services)
    name = ask(services, actor)
    prove_unlock(services, actor.session, name, good, now=NOW + 1)
    return name


def after(change: Callable[[], object]) -> ProofOf:
    """Give a good proof that takes so long that something changes meanwhile."""

    def slow(actor: Actor, act: Act) -> Proof:
        change()
        return good(actor, act)

    return slow


def told_at(services: Services, actor: Actor, name: str, at: int = NOW + 3) -> tuple[str, object]:
    found = told_of(services, actor.session, name, at)
    return found.state, found.reason


def not_done(services: Services) -> list[Told]:
    return told(services.db, Kind.OPERATOR_ACT_NOT_DONE)


def lock(services: Services, actor: Actor) -> None:
    """Let so much be shown in a session that counts for nothing that its acts are locked."""
    for _ in range(MOST_REFUSED):
        with pytest.raises(ProofRefused):
            prove_unlock(services, actor.session, "01any", good, now=NOW + 2)


# --- what changes while a proof is looked at ----------------------------------------------------------


def test_a_second_person_whose_session_ends_while_their_proof_is_looked_at_opens_nothing(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(services, ben)
    slow = after(lambda: services.sessions.end(ada.session, "ended_by_admin", NOW + 2))

    with pytest.raises(NotPermitted):
        prove_unlock(services, ada.session, name, slow, now=NOW + 2)

    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "no_role")
    (record,) = not_done(services)
    assert record.reason == "no_role"
    expected = {"act": name, "session": ben.session, "action": "unlock", "second_session": ada.session}
    proved = {"policy", "rule", "persons", "why_from", "proof", "challenge", "roles"}
    proved |= {"second_proof", "second_challenge", "second_roles"}
    assert {key: value for key, value in record.refs.items() if key not in proved} == expected
    assert proved <= record.refs.keys()
    assert record.private["subject"] == "local:ben"
    assert record.private["second_subject"] == "local:ada"


def test_a_second_person_who_loses_the_role_while_their_proof_is_looked_at_opens_nothing(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(services, ada)
    policy = POLICY.replace('"g-berlin"', '"g-other"')

    slow = after(lambda: apply_policy(services.db, policy, NOW + 2, "tests"))

    with pytest.raises(NotPermitted):
        prove_unlock(services, ben.session, name, slow, now=NOW + 2)

    assert line.sent == []
    assert [one.reason for one in not_done(services)] == ["no_role"]


@pytest.mark.parametrize("persons", [1, 2])
def test_who_is_locked_out_while_their_proof_is_looked_at_opens_nothing_and_stays_so(
    services: Services, line: SomeLine, ben: Actor, ada: Actor, persons: int
) -> None:
    name, who = (ask(services, ada), ada) if persons == 1 else (half(services, ben), ada)

    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, who.session, name, after(lambda: lock(services, who)), now=NOW + 2)

    assert line.sent == []
    with pytest.raises(ActRefused, match="locked"):
        ask(services, who)
    asker = ada if persons == 1 else ben
    assert told_at(services, asker, name) == ("refused", "locked_out")


def test_a_session_that_runs_out_while_a_provider_is_asked_opens_nothing(
    services: Services, line: SomeLine, ben: Actor
) -> None:
    name, late = ask(services, ben), NOW + 24 * HOUR_US
    listen(services, at=late)

    with pytest.raises(NotPermitted):
        prove(services, ben.session, name, good, now=NOW + 1, clock=lambda: late)

    assert line.sent == []
    assert unlocks(services) == [("refused", "no_role")]


def test_who_asked_and_is_gone_when_the_second_proof_was_looked_at_leaves_a_record(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(services, ben)
    slow = after(lambda: services.sessions.end(ben.session, "signed_out", NOW + 2))

    with pytest.raises(NotPermitted):
        prove_unlock(services, ada.session, name, slow, now=NOW + 2)

    assert line.sent == []
    (record,) = not_done(services)
    assert (record.reason, record.refs["session"]) == ("no_role", ben.session)
    assert (record.private["name"], record.private["second_name"]) == ("Ben", "Ada")


def test_one_person_opens_nothing_where_two_were_demanded_since_they_asked(
    services: Services, line: SomeLine, ben: Actor
) -> None:
    name = ask(services, ben)
    need_two(services)

    with pytest.raises(ActRefused, match="More people"):
        prove_unlock(services, ben.session, name, good, now=NOW + 1)

    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "rules_changed")
    assert [one.reason for one in not_done(services)] == ["rules_changed"]


def test_a_store_that_fails_is_told_as_that_and_not_as_a_missing_role(
    services: Services, line: SomeLine, ben: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise StoreFull("no room")

    name = ask(services, ben)
    monkeypatch.setattr(unlocking, "begin_flight", full)

    with pytest.raises(StoreFull):
        prove_unlock(services, ben.session, name, good, now=NOW + 1)

    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "not_recorded")


# --- withdrawn ----------------------------------------------------------------------------------------


def test_what_is_withdrawn_can_be_proved_no_more(services: Services, line: SomeLine, ben: Actor) -> None:
    name = ask(services, ben)

    for _ in range(2):
        withdraw(services, ben.session, name, now=NOW + 1)
    with pytest.raises(ProofRefused) as refused:
        prove_unlock(services, ben.session, name, good, now=NOW + 2)

    assert refused.value.reason == "no_act"
    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "withdrawn")
    assert not_done(services) == []


def test_what_a_second_person_is_waited_for_can_be_withdrawn_and_that_is_recorded(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(services, ben)

    withdraw(services, ben.session, name, now=NOW + 2)

    assert waiting_for(services, ada.session, NOW + 3) == ()
    with pytest.raises(NotPermitted):
        told_of(services, ada.session, name, NOW + 3)
    with pytest.raises(ProofRefused):
        prove_unlock(services, ada.session, name, good, now=NOW + 3)
    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "withdrawn")
    (record,) = not_done(services)
    assert (record.reason, record.private["subject"]) == ("withdrawn", "local:ben")


@pytest.mark.parametrize("persons", [1, 2])
def test_what_is_withdrawn_while_its_proof_is_looked_at_is_not_done(
    services: Services, line: SomeLine, ben: Actor, ada: Actor, persons: int
) -> None:
    name, who = (ask(services, ben), ben) if persons == 1 else (half(services, ben), ada)
    slow = after(lambda: withdraw(services, ben.session, name, now=NOW + 2))

    with pytest.raises(ActRefused) as refused:
        prove_unlock(services, who.session, name, slow, now=NOW + 2)

    assert refused.value.reason == "withdrawn"
    assert line.sent == []
    assert told_at(services, ben, name) == ("refused", "withdrawn")
    assert {one.reason for one in not_done(services)} == {"withdrawn"}


def test_nobody_withdraws_what_another_session_asked_for(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    elsewhere, name = enter(services, "ben"), half(services, ben)

    for who in (ada, elsewhere):
        for one in (name, "01nothing"):
            with pytest.raises(NotPermitted):
                withdraw(services, who.session, one, now=NOW + 2)
    prove_unlock(services, ada.session, name, good, now=NOW + 2)

    assert len(line.sent) == 1


def test_what_was_sent_is_withdrawn_by_nobody(services: Services, line: SomeLine, ben: Actor) -> None:
    name = ask(services, ben)
    prove_unlock(services, ben.session, name, good, now=NOW + 1)

    with pytest.raises(ActRefused) as refused:
        withdraw(services, ben.session, name, now=NOW + 2)

    assert refused.value.reason == "no_act"
    assert told_at(services, ben, name)[0] == "sent"


@pytest.mark.parametrize("two", [False, True])
def test_what_has_lapsed_stays_lapsed(services: Services, ben: Actor, two: bool) -> None:
    name = half(services, ben) if two else ask(services, ben)
    late = NOW + 1 + (SECOND_PERSON_US if two else LIVES_US)

    with pytest.raises(ActRefused):
        withdraw(services, ben.session, name, now=late)

    assert told_at(services, ben, name, late)[0] == "expired"


# --- too many, and too fast ---------------------------------------------------------------------------


def test_a_second_person_who_shows_no_proof_uses_nothing_up(
    services: Services, line: SomeLine, ben: Actor, ada: Actor
) -> None:
    name = half(services, ben)

    with pytest.raises(ActRefused) as refused:
        prove_again(services, ada.session, name, now=NOW + 2)

    assert refused.value.reason == "no_proof"
    assert refused_proofs(services) == []
    prove_unlock(services, ada.session, name, good, now=NOW + 2)
    assert len(line.sent) == 1


def test_who_may_not_approve_is_told_of_no_act_when_they_show_no_proof(
    services: Services, ben: Actor
) -> None:
    cleo, name = enter(services, "cleo"), half(services, ben)

    with pytest.raises(ProofRefused) as refused:
        prove_again(services, cleo.session, name, now=NOW + 2)

    assert refused.value.reason == "no_act"


@pytest.mark.parametrize("withdrawn", [False, True])
def test_one_session_has_only_so_many_acts_that_wait(services: Services, ben: Actor, withdrawn: bool) -> None:
    other = enter(services, "ben")
    for _ in range(MOST_WAITING):
        name = ask(services, ben)
        if withdrawn:
            withdraw(services, ben.session, name, now=NOW + 1)

    with pytest.raises(ActRefused) as refused:
        ask(services, ben)

    assert refused.value.reason == "too_many_acts"
    ask(services, other)
    listen(services, at=NOW + LIVES_US)
    ask(services, ben, at=NOW + LIVES_US)


def test_what_was_proved_waits_no_more(services: Services, line: SomeLine, ben: Actor) -> None:
    line.delivery = line.delivery.NOBODY
    for _ in range(MOST_WAITING + 1):
        prove_unlock(services, ben.session, ask(services, ben), good, now=NOW + 1)

    assert len(line.sent) == MOST_WAITING + 1


@pytest.mark.usefixtures("patient")
def test_guesses_shown_at_once_are_looked_at_five_times_and_no_more(
    services: Services, line: SomeLine, ben: Actor
) -> None:
    names = [ask(services, ben) for _ in range(MOST_WAITING)]
    looked: list[str] = []
    guard, together = Lock(), Barrier(len(names))

    def guess(actor: Actor, act: Act) -> Proof:
        with guard:
            looked.append(act.id)
        with suppress(BrokenBarrierError):
            together.wait(0.05)
        return bad(actor, act)

    def show(name: str) -> None:
        with suppress(ActRefused, ProofRefused):
            prove_unlock(services, ben.session, name, guess, now=NOW + 1)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(show, names))

    assert len(looked) == MOST_REFUSED
    assert len(told(services.db, Kind.OPERATOR_ACTS_LOCKED)) == 1
