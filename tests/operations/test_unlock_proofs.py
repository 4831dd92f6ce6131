"""What proves an unlock, once, in its session and its minute; and whose proofs are refused."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof, prove_by_code
from core.acts import LIVES_US, Act
from core.errors import (
    ActRefused,
    ProofRefused,
)
from core.handles import handle_of
from core.records import Kind
from core.times import SECOND_US
from operations.sensitive import prove
from operations.sensitive import told as told_of
from store.acts import find_flight
from store.directory import save_account
from tests.auth.people import NOW, account, person
from tests.auth.reading import told
from tests.operations.unlocking import (
    SECRET,
    SomeLine,
    ask,
    bad,
    by_code,
    code,
    enter,
    good,
    listen,
    prove_unlock,
    refused_proofs,
)


@pytest.mark.usefixtures("patient")
def test_twenty_presses_by_two_people_at_once_are_one_command(services: Services, line: SomeLine) -> None:
    people = [enter(services, name) for name in ("ben", "ada")]
    pending = [(people[n % 2], ask(services, people[n % 2])) for n in range(20)]
    together = Barrier(20)

    lost: list[tuple[Actor, ActRefused]] = []

    def press(one: tuple[Actor, str]) -> str:
        together.wait()
        try:
            prove_unlock(services, one[0].session, one[1], good, now=NOW + 1)
        except ActRefused as error:
            lost.append((one[0], error))
            return error.reason
        return "sent"

    with ThreadPoolExecutor(20) as pool:
        ends = sorted(pool.map(press, pending))

    assert ends == ["in_progress"] * 19 + ["sent"]
    assert len(line.sent) == 1
    (winner,) = told(services.db, Kind.UNLOCK_REQUESTED)
    subject, name = winner.private["subject"], winner.private["name"]
    taken = {"by": handle_of(subject), "name": name, "action": "unlock", "since": NOW + 1}
    assert [error.told for _, error in lost] == [{"taken": taken}] * 19
    for actor, error in lost:
        whose = "You are" if actor.subject == subject else f"{name} is"
        assert str(error).startswith(f"{whose} sending a command to this door already")


def test_an_act_is_used_up_by_a_wrong_proof(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, by_code(services, "000000"), now=NOW + 1)
    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, by_code(services, code()), now=NOW + 2)

    assert [one.reason for one in refused_proofs(services)] == ["wrong_code", "no_act"]
    assert refused_proofs(services)[0].refs == {"session": ben.session, "act": pending, "door": "front"}
    assert line.sent == []


def test_a_code_proves_one_act(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    first, second = ask(services, ben), ask(services, ben, "back")
    prove_unlock(services, ben.session, first, by_code(services, code()), now=NOW + 1)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, second, by_code(services, code()), now=NOW + 2)

    assert [one.reason for one in refused_proofs(services)] == ["code_used"]
    assert len(line.sent) == 1


def test_a_proof_in_another_session_of_the_same_person_counts_for_nothing(
    services: Services, line: SomeLine
) -> None:
    ben, elsewhere = enter(services), enter(services)
    pending = ask(services, ben)

    with pytest.raises(ProofRefused):
        prove_unlock(services, elsewhere.session, pending, good, now=NOW + 1)
    assert line.sent == []
    prove_unlock(services, ben.session, pending, good, now=NOW + 1)

    assert len(line.sent) == 1


def test_a_proof_after_a_minute_is_too_late(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    listen(services, at=NOW + LIVES_US)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, good, now=NOW + LIVES_US)

    assert line.sent == []


def test_who_signed_in_at_a_provider_has_no_codes_here(services: Services) -> None:
    _, actor = services.sessions.start(
        replace(person("ben"), provider="entra"), address="192.0.2.1", agent="", now=NOW
    )
    with pytest.raises(ProofRefused) as refused:
        prove_by_code(services.db, actor, code(), NOW)

    assert refused.value.reason == "no_proof"


def test_a_disabled_account_proves_nothing(services: Services) -> None:
    ben = enter(services)
    save_account(services.db, replace(account("ben"), totp_secret=SECRET, disabled=NOW), NOW, "tests")
    with pytest.raises(ProofRefused):
        prove_by_code(services.db, ben, code(), NOW)


def test_five_refused_proofs_lock_the_acts_of_that_session_alone_and_warn(
    services: Services, line: SomeLine
) -> None:
    ben, other = enter(services), enter(services)
    for _ in range(5):
        with pytest.raises(ProofRefused):
            prove_unlock(services, ben.session, ask(services, ben), bad, now=NOW + 1)

    with pytest.raises(ActRefused, match="locked"):
        ask(services, ben)
    with pytest.raises(ActRefused, match="locked"):
        prove_unlock(services, ben.session, "01any", good, now=NOW + 1)
    (locked,) = told(services.db, Kind.OPERATOR_ACTS_LOCKED)
    assert locked.refs == {"session": ben.session}

    prove_unlock(services, other.session, ask(services, other), good, now=NOW + 1)
    assert len(line.sent) == 1


def test_a_good_proof_forgives_the_wrong_ones_before_it(services: Services) -> None:
    ben = enter(services)
    for door in ("front", "back"):
        for _ in range(4):
            with pytest.raises(ProofRefused):
                prove_unlock(services, ben.session, ask(services, ben, door), bad, now=NOW + 1)
        prove_unlock(services, ben.session, ask(services, ben, door), good, now=NOW + 1)

    assert told(services.db, Kind.OPERATOR_ACTS_LOCKED) == []


def test_a_command_lives_from_when_its_proof_was_good_and_not_from_when_it_was_shown(
    services: Services, line: SomeLine
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    late = NOW + 9 * SECOND_US
    listen(services, at=late)

    prove(services, ben.session, pending, good, now=NOW + 1, clock=lambda: late)

    flight = find_flight(services.db, pending)
    assert flight is not None
    assert flight.requested == late
    assert len(line.sent) == 1


def test_who_is_not_heard_any_more_after_the_proof_sends_nothing(services: Services, line: SomeLine) -> None:
    ben = enter(services)
    pending = ask(services, ben)

    with pytest.raises(ActRefused, match="does not hear"):
        prove(services, ben.session, pending, good, now=NOW + 1, clock=lambda: NOW + 9 * SECOND_US)

    assert line.sent == []


def test_an_act_whose_proof_is_looked_at_still_waits(services: Services, line: SomeLine) -> None:
    ben, seen = enter(services), []
    pending = ask(services, ben)

    def slow(actor: Actor, act: Act) -> Proof:
        seen.append(told_of(services, actor.session, act.id, NOW + 1))
        return good(actor, act)

    prove_unlock(services, ben.session, pending, slow, now=NOW + 1)

    assert [(one.state, one.final) for one in seen] == [("pending", False)]
    assert told_of(services, ben.session, pending, NOW + 2).state == "sent"
