"""Pages: what is drawn for somebody of one site holds no word of another, and no sum with another in it."""

import json
import re
from collections.abc import Mapping
from functools import partial

import pytest

from core.permissions import GRANTS, Role
from pages import catalogue
from tests.isolation.cases import ABSENT, FOREIGN, HOSTILE, PAGES, READERS, Value, value
from tests.isolation.conftest import Look, enter
from tests.isolation.drawing import Screen
from tests.isolation.world import (
    CONTENT,
    HOME,
    PERSON,
    SITES,
    WATCHES_HERE_READS_THERE,
    World,
    foreign_to,
    heard_of,
    names_of,
)

NAMED = {(path, name): kind for path, page in PAGES.items() for name, kind in page.query.items()}
# Two at once, and what would open a query if it were not bound.
TRIED = HOSTILE[4:6]
# Where a page is refused, one site's people are enough.
EVERYBODY = [
    (page.path, role, site)
    for page in catalogue.PAGES
    for role in Role
    for site in (SITES if GRANTS[role].intersection(page.permission) else [HOME])
]


def home(world: World, path: str) -> dict[str, str]:
    """Give an address that names the home site's things in all the ways that a page knows."""
    names = {name: value(world, kind, HOME) for name, kind in PAGES[path].query.items()}
    return {name: word for name, word in names.items() if word}


@pytest.mark.parametrize(("path", "role", "site"), EVERYBODY)
def test_a_page_shows_ones_own_site_and_no_other(
    crowd: World, look: Look, path: str, role: Role, site: str
) -> None:
    drawn = look(crowd, names_of(role, site), path)

    assert heard_of(drawn, foreign_to(site)) == []
    shown = [word for word in CONTENT if f"{site}{word}" in drawn.lower()]
    assert bool(shown) is (role in PAGES[path].shows), shown
    if role not in READERS:
        assert heard_of(drawn, [PERSON]) == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", ["", *PAGES])
def test_every_page_is_what_it_would_be_if_the_other_sites_were_not(
    crowd: World, alone: World, look: Look, path: str, role: Role
) -> None:
    who = names_of(role, HOME)

    assert look(crowd, who, path) == look(alone, who, path)


@pytest.mark.parametrize("path", PAGES)
def test_an_address_of_ones_own_shows_the_same_with_the_other_sites_and_without(
    crowd: World, alone: World, look: Look, path: str
) -> None:
    names = home(crowd, path)
    who = names_of(Role.ADMIN, HOME)
    for name, word in names.items():
        drawn = look(crowd, who, path, {name: word})
        assert drawn == look(alone, who, path, {name: word})
        assert heard_of(drawn, foreign_to(HOME)) == []


@pytest.mark.parametrize(("path", "name"), [pair for pair, kind in NAMED.items() if kind is not Value.OURS])
def test_what_is_foreign_looks_like_what_is_not(crowd: World, look: Look, path: str, name: str) -> None:
    kind = PAGES[path].query[name]
    besides = [{}, {"site": HOME}] if kind in {Value.DOOR, Value.DEVICE} else [{}]
    for beside in besides:
        draw = partial(look, crowd, names_of(Role.ADMIN, HOME), path)
        foreign, absent = (
            _without(draw({**beside, name: word}), word)
            for word in (value(crowd, kind, FOREIGN), value(crowd, kind, ABSENT))
        )
        assert foreign == absent
        assert heard_of(foreign, foreign_to(HOME)) == []


def _without(drawn: str, word: str) -> str:
    """Leave out the word that was asked for, and the marks by which Streamlit tells elements apart."""
    lines = (line for line in drawn.splitlines() if not line.strip().startswith(("hash:", "id:")))
    return re.sub(rf"\b({re.escape(word)})\b", "…", "\n".join(lines))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_no_word_in_an_address_shows_more(crowd: World, look: Look, path: str, name: str) -> None:
    for word in TRIED if NAMED[path, name] is not Value.OURS else TRIED[:1]:
        drawn = look(crowd, names_of(Role.ADMIN, HOME), path, {name: word})
        # As it is written in JSON, and in what Streamlit sends.
        asked = (word, json.dumps(word)[1:-1], word.replace("\0", "\\000"))
        for one in asked:
            drawn = drawn.replace(one, "…")
        assert heard_of(drawn, foreign_to(HOME)) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_word_of_a_component_shows_more(crowd: World, screen: Screen, path: str) -> None:
    enter(crowd)
    who = crowd.people[names_of(Role.ADMIN, HOME)].actor
    for kind, form in ((Value.SITE, "{}"), (Value.DOOR, "door={}"), (Value.RECORD, "{}")):
        word = value(crowd, kind, FOREIGN)
        drawn = screen.say(who, path, form.format(word)).replace(word, "…")
        assert heard_of(drawn, foreign_to(HOME)) == []


@pytest.mark.parametrize("path", PAGES)
def test_who_has_no_role_is_shown_no_word_of_any_site(crowd: World, look: Look, path: str) -> None:
    drawn = look(crowd, "nobody", path, {"site": "…"})

    assert heard_of(drawn, [*SITES, *CONTENT]) == []


def test_what_one_may_at_one_site_shows_nothing_of_another(crowd: World, look: Look) -> None:
    def of(path: str, query: Mapping[str, str] | None = None) -> str:
        return look(crowd, WATCHES_HERE_READS_THERE, path, query).lower()

    log = of("log")
    assert f"{FOREIGN}-{PERSON}" in log
    assert [word for word in CONTENT if f"{HOME}{word}" in log] == []
    assert [path for path in PAGES if f"{HOME}-{PERSON}" in of(path)] == []


def test_every_page_shows_something_to_those_who_may(crowd: World, look: Look) -> None:
    wide = [look(crowd, names_of(Role.ADMIN, "*"), page.path).lower() for page in catalogue.PAGES]

    assert [word for word in SITES if not any(word in drawn for drawn in wide)] == []
