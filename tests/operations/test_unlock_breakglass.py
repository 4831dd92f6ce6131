"""A break-glass account opens a door by a one-time code of its own, and its record names the account."""

import pytest

from auth.current import Services
from auth.local import LocalRules, sign_in
from auth.sessions import Actor
from core.acts import Means
from core.errors import ProofRefused
from core.records import Kind
from store.directory import save_account
from tests.auth.attempts import SEALED, attempt, sealed
from tests.auth.people import NOW
from tests.auth.reading import told
from tests.operations.unlocking import (
    SomeLine,
    ask,
    ask_unlock,
    by_code,
    code,
    prove_unlock,
    refused_proofs,
    unlocks,
)


@pytest.fixture
def emergency(services: Services) -> Actor:
    """Let a break-glass account be signed in, by its password and the code of now."""
    save_account(services.db, sealed(), NOW, "tests")
    who = sign_in(services.db, attempt(SEALED, code=code()), NOW, LocalRules(only_breakglass=True))
    return services.sessions.start(who, address="192.0.2.1", agent="", now=NOW)[1]


def test_a_break_glass_account_unlocks_by_its_code_and_is_named_by_the_record(
    services: Services, line: SomeLine, emergency: Actor
) -> None:
    act, means = ask_unlock(services, emergency.session, "front", "the provider is down", now=NOW)
    assert means == (Means.TOTP,)
    prove_unlock(services, emergency.session, act.id, by_code(services, code(step=1)), now=NOW + 1)

    assert unlocks(services) == [("requested", None), ("sent", None)]
    assert len(line.sent) == 1
    (asked,) = told(services.db, Kind.UNLOCK_REQUESTED)
    assert asked.private["subject"] == f"local:{SEALED}"
    assert asked.private["name"] == SEALED
    assert asked.private["why"] == "the provider is down"
    assert (asked.refs["proof"], asked.refs["session"]) == ("totp", emergency.session)


def test_the_code_by_which_a_break_glass_account_came_in_proves_nothing_more(
    services: Services, line: SomeLine, emergency: Actor
) -> None:
    pending = ask(services, emergency)
    with pytest.raises(ProofRefused):
        prove_unlock(services, emergency.session, pending, by_code(services, code()), now=NOW + 1)

    assert [one.reason for one in refused_proofs(services)] == ["code_used"]
    assert refused_proofs(services)[0].private["subject"] == f"local:{SEALED}"
    assert line.sent == []


def test_a_code_of_a_break_glass_account_opens_one_door_once(
    services: Services, line: SomeLine, emergency: Actor
) -> None:
    first, second = ask(services, emergency), ask(services, emergency, "back")
    prove_unlock(services, emergency.session, first, by_code(services, code(step=1)), now=NOW + 1)

    with pytest.raises(ProofRefused):
        prove_unlock(services, emergency.session, second, by_code(services, code(step=1)), now=NOW + 2)

    assert [one.reason for one in refused_proofs(services)] == ["code_used"]
    assert len(line.sent) == 1
