"""A release that two people prove: who approves it is told which doors it is about."""

from dataclasses import replace

import pytest

from auth.current import Services
from core.acts import Action
from operations.sensitive import prove, told
from store.estate import import_estate
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY
from tests.operations.moding import ModeLine, act, plan, wish
from tests.operations.unlocking import ESTATE, enter, good

SITE = {"site": "berlin"}
SITES = tuple(replace(one, persons=2) for one in ESTATE.sites)


@pytest.fixture
def line() -> ModeLine:
    return ModeLine()


def test_who_approves_a_release_is_told_its_doors_and_who_asks_is_not(services: Services) -> None:
    apply_policy(services.db, POLICY.replace('"agent"', '"supervisor"'), NOW, "tests")
    ben, ada = enter(services, "ben"), enter(services, "ada")
    import_estate(services.db, replace(ESTATE, sites=SITES), NOW, "tests")
    act(services, ben, wish(Action.LOCKDOWN, {**SITE}))
    name = plan(services, ben, wish(Action.RELEASE, {**SITE}), NOW + 2).act.id
    prove(services, ben.session, name, good, now=NOW + 3)

    shown = told(services, ada.session, name, NOW + 4)

    assert isinstance(shown.doors, tuple)
    assert sorted(one.name for one in shown.doors) == ["Back", "Front"]
    assert {(one.state, one.final, one.good) for one in shown.doors} == {("awaiting_second", False, False)}
    assert not isinstance(told(services, ben.session, name, NOW + 4).doors, tuple)
