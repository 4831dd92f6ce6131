"""What is taken away while a proof is looked at is missing when the act is done: nothing is sent."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from auth.current import Services
from auth.sessions import Actor
from auth.step_up import Proof
from core.acts import Act
from core.errors import NotPermitted
from operations.sensitive import prove, told
from store.directory import find_account, save_account
from store.policies import apply_policy
from store.sessions import end_sessions
from tests.auth.people import NOW, POLICY
from tests.operations.unlocking import SomeLine, ask, enter, good, unlocks

MEMBERS = POLICY.replace("g-berlin", "g-others")


def role(services: Services, _ben: Actor) -> None:
    apply_policy(services.db, MEMBERS, NOW + 1, "tests")


def groups(services: Services, _ben: Actor) -> None:
    account = find_account(services.db, "ben")
    assert account is not None
    save_account(services.db, replace(account, groups=("g-others",)), NOW + 1, "tests")


def account(services: Services, _ben: Actor) -> None:
    found = find_account(services.db, "ben")
    assert found is not None
    save_account(services.db, replace(found, disabled=NOW + 1), NOW + 1, "tests")


def session(services: Services, ben: Actor) -> None:
    end_sessions(services.db, [ben.session], "ended_by_admin", NOW + 1)


@pytest.mark.parametrize("take_away", [role, groups, account, session])
def test_who_may_not_any_more_when_the_proof_is_good_opens_nothing(
    services: Services, line: SomeLine, take_away: Callable[[Services, Actor], None]
) -> None:
    ben = enter(services)
    act = ask(services, ben)

    def proof(person: Actor, pending: Act) -> Proof:
        take_away(services, ben)
        return good(person, pending)

    with pytest.raises(NotPermitted):
        prove(services, ben.session, act, proof, now=NOW + 1)

    assert line.sent == []
    assert unlocks(services) == [("refused", "no_role")]
    assert told(services, ben.session, act, NOW + 2).state == "refused"
