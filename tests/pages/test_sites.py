"""The choice of sites: the address says it, it goes along to the next page, and is never wider than mine."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auth.access import scope_for
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import health, me, sites, state
from store.places import places
from tests.pages.conftest import page_hash, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
Seen = list[frozenset[str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Note what health and me, which draw nothing else here, would show of sites."""
    found: Seen = []

    def draw(*_: object, **__: object) -> None:
        actor = state.actor()
        assert actor is not None
        found.append(sites.chosen(places(the().db, scope_for(the().db, actor, Permission.SELF))))

    monkeypatch.setattr(health, "live", draw)
    monkeypatch.setattr(me, "_sessions", draw)
    return found


def go(app: AppTest, path: str, **query: str) -> AppTest:
    """Open another page in the same browser's tab, as its navigation does."""
    app._page_hash = page_hash(path)
    app.query_params.clear()
    app.query_params.update(query)
    return app.run()


def test_an_address_without_a_site_shows_all_of_mine(sign_in: Enter, visit: Visit, seen: Seen) -> None:
    sign_in("ada")
    visit("health")

    assert seen == [frozenset()]


def test_the_address_chooses_one_site_or_several(sign_in: Enter, visit: Visit, seen: Seen) -> None:
    sign_in("ada")
    visit("health", site="berlin")
    visit("health", site="newyork,berlin")

    assert seen == [frozenset({"berlin"}), frozenset({"berlin", "newyork"})]


def test_a_choice_goes_along_to_a_page_that_is_opened_bare(sign_in: Enter, visit: Visit, seen: Seen) -> None:
    sign_in("ada")
    app = go(visit("health", site="berlin"), "me")

    assert seen == [frozenset({"berlin"})] * 2
    assert app.query_params["site"] == "berlin"


def test_a_link_that_says_something_else_says_it_for_all_sites(
    sign_in: Enter, visit: Visit, seen: Seen
) -> None:
    sign_in("ada")
    go(visit("health", site="berlin"), "me", person="4711")

    assert seen[-1] == frozenset()


def test_what_the_page_itself_took_away_stays_away(sign_in: Enter, visit: Visit, seen: Seen) -> None:
    sign_in("ada")
    app = go(visit("health", site="berlin"), "health")
    go(app, "me")

    assert seen == [frozenset({"berlin"}), frozenset(), frozenset()]


@pytest.mark.parametrize("name", ["newyork", "nowhere", "berlin,newyork", "../etc"])
def test_a_foreign_site_and_one_that_is_none_are_the_same(
    sign_in: Enter, visit: Visit, seen: Seen, name: str
) -> None:
    sign_in("ben")
    app = visit("health", site=name)

    assert "There is no such site" in words(app)
    assert "newyork" not in words(app)
    assert seen == []


def test_a_page_that_is_not_open_says_so_whatever_site_is_asked_for(sign_in: Enter, visit: Visit) -> None:
    sign_in("ben")
    app = visit("log", site="newyork")

    assert "Log is not open to you" in words(app)
