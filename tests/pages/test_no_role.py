"""What somebody is told who is signed in and has no role anywhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.sessions import Actor, Person, Sessions
from core.memberships import bound
from core.permissions import Role
from pages import state
from store import clock
from tests.auth.people import LIMITS
from tests.pages.conftest import vouching, words

Visit = Callable[..., AppTest]
Enter = Callable[..., None]


@pytest.fixture
def come(services: Services, monkeypatch: pytest.MonkeyPatch) -> Enter:
    """Give the function that signs somebody of a provider in, where administrators need a second factor."""

    def enter(*groups: str, lacking: str = "") -> None:
        strict = Sessions(services.db, LIMITS, frozenset({Role.ADMIN}))
        set_services(replace(services, sessions=strict, providers=vouching("entra", "Example *Ltd*")))
        who = Person(
            subject="entra:t|eva",
            name="Eva",
            groups=bound("entra", groups, alone=True),
            provider="entra",
            lacking=lacking,
        )
        _, actor = strict.start(who, address="192.0.2.7", agent="", now=clock.now_us())
        monkeypatch.setattr(state, "session_ref", lambda: actor.session)

    return enter


def again(app: AppTest) -> list[str]:
    return [one.proto.url for one in app.get("link_button")]


def test_the_claim_that_was_expected_is_named_with_the_provider(come: Enter, visit: Visit) -> None:
    come(lacking="groups")
    app = visit("")

    assert "Example *Ltd* did not say which groups you are in" in words(app)
    assert "your provider Example *Ltd* sent no claim 'groups'." in words(app)
    assert again(app) == ["/auth/entra/login?next=/"]


def test_all_claims_are_named_of_which_one_was_expected(come: Enter, visit: Visit) -> None:
    come(lacking="groups, realm_access.roles")

    assert "sent no claim 'groups' or 'realm_access.roles'." in words(visit(""))


def test_a_page_that_is_not_open_says_why_not_one_is(come: Enter, visit: Visit) -> None:
    come(lacking="groups")
    app = visit("log")

    assert "Log is not open to you" in words(app)
    assert "sent no claim 'groups'." in words(app)


def test_who_is_in_no_group_is_told_so_and_not_of_a_claim(come: Enter, visit: Visit) -> None:
    come()
    app = visit("")

    assert "Example *Ltd* says that you are in no group." in words(app)
    assert "claim" not in words(app)


def test_who_has_groups_without_a_role_can_tell_which(come: Enter, visit: Visit) -> None:
    come(*(f"g-{number}" for number in range(9)))

    assert "Tell which groups you are in: g-0 (of entra), g-1 (of entra), " in words(visit(""))
    assert "g-7 (of entra) and 1 more." in words(visit(""))


def test_a_role_that_waits_for_a_second_factor_is_named(come: Enter, visit: Visit) -> None:
    come("g-admin")
    app = visit("")

    assert "Your role needs a second factor" in words(app)
    assert "without which you may not be Admin." in words(app)
    assert again(app) == ["/auth/entra/login?next=/"]


def test_an_account_of_ours_has_no_provider_to_go_back_to(
    sign_in: Callable[[str], Actor], visit: Visit
) -> None:
    sign_in("dan")
    app = visit("")

    assert "Tell which groups you are in: g-nobody." in words(app)
    assert again(app) == []
