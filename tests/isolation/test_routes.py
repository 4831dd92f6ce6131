"""Routes and stream frames: nobody is sent a word of a site that is not theirs, nor told that it exists."""

import re
from collections.abc import Iterator, Mapping

import pytest

from core.permissions import Role
from tests.isolation.asking import Asked, Console
from tests.isolation.cases import ABSENT, FOREIGN, HOSTILE, READERS, ROUTES, Route, Value, value
from tests.isolation.world import (
    CONTENT,
    HOME,
    PERSON,
    SITES,
    WATCHES_HERE_READS_THERE,
    Someone,
    World,
    foreign_to,
    heard_of,
    names_of,
)

SCOPED = {path: case for path, case in ROUTES.items() if not case.open}
SNAPSHOT, WITH_BEAT = 1, 2
# Of what tells nothing of sites, one site's people are enough.
EVERYBODY = [
    (path, role, site)
    for path, case in SCOPED.items()
    for role in Role
    for site in (SITES if case.shows else [HOME])
]


def answers(
    console: Console,
    who: Someone | None,
    path: str,
    names: Mapping[str, str],
    frames: int = SNAPSHOT,
) -> Iterator[Asked]:
    """Ask a route by each of its methods, with these names in its path and query."""
    case = ROUTES[path]
    query = {name: names[name] for name in case.query if name in names}
    named = {name: names.get(name) or case.names.get(name, ABSENT) for name in case.path}
    target = re.sub(r":[a-z]+}", "}", path).format(**named)
    if case.socket:
        yield console.watch(who, query, frames)
        return
    # Reading comes last: it shows what was written.
    writes = case.sent is None or "sent" in names
    for method in sorted(case.methods - case.once if writes else {"GET"}, reverse=True):
        body = case.body(names["sent"]) if case.sent and method != "GET" else None
        yield console.ask(who, target, method=method, query=query, body=body)


def naming(world: World, case: Route, site: str) -> dict[str, str]:
    named = {name: value(world, kind, site) for name, kind in {**case.path, **case.query}.items()}
    return {**named, "sent": value(world, case.sent, site)} if case.sent else named


def ways(world: World, case: Route, site: str) -> Iterator[dict[str, str]]:
    """Name a site's things in each way that the route knows, and at last nothing."""
    named = naming(world, case, site)
    yield named
    for name, kind in case.tries():
        if kind in case.more:
            yield {**named, name: value(world, kind, site)}
    yield {}


def told(console: Console, who: Someone | None, path: str, names: Mapping[str, str]) -> str:
    return "\n".join(one.text for one in answers(console, who, path, names, WITH_BEAT))


@pytest.mark.parametrize(("path", "role", "site"), EVERYBODY)
def test_a_route_tells_of_ones_own_site_and_of_no_other(
    crowd: World, crowd_console: Console, path: str, role: Role, site: str
) -> None:
    case, who = ROUTES[path], crowd.people[names_of(role, site)]
    own = "\n".join(told(crowd_console, who, path, names) for names in ways(crowd, case, site))
    assert heard_of(own, foreign_to(site)) == []
    shown = [word for word in CONTENT if f"{site}{word}" in own.lower()]
    assert bool(shown) is (role in case.shows), shown
    if role not in READERS:
        assert heard_of(own, [PERSON]) == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", SCOPED)
def test_what_is_foreign_is_answered_as_what_is_not(
    crowd: World, crowd_console: Console, path: str, role: Role
) -> None:
    case, who = ROUTES[path], crowd.people[names_of(role, HOME)]
    for name, kind in case.tries():
        if kind in {Value.OURS, Value.PLACE}:
            continue
        asked = [{**naming(crowd, case, HOME), name: value(crowd, kind, site)} for site in (FOREIGN, ABSENT)]
        foreign, absent = (
            [_without(one, names[name]) for one in answers(crowd_console, who, path, names)]
            for names in asked
        )
        assert foreign == absent
        assert heard_of(str(foreign), foreign_to(HOME)) == []


def _without(answer: Asked, word: str) -> tuple[int, str]:
    status, text = answer.comparable
    # Only where it stands by itself: hashes of scripts, in the policy and in addresses, may hold a number.
    alone = re.compile(rf"(?<![\w+/]){re.escape(word)}(?![\w+/])")
    return status, alone.sub("…", text).replace(f"content-length: {len(text)}", "")


@pytest.mark.parametrize("path", SCOPED)
def test_no_word_in_an_address_opens_more(crowd: World, crowd_console: Console, path: str) -> None:
    case, who = ROUTES[path], crowd.people[names_of(Role.ADMIN, HOME)]
    for name in case.query:
        for word in HOSTILE:
            names = {**naming(crowd, case, HOME), name: word}
            text = told(crowd_console, who, path, names).replace(word, "…")
            assert heard_of(text, foreign_to(HOME)) == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", SCOPED)
def test_every_answer_is_what_it_would_be_if_the_other_sites_were_not(
    crowd: World,
    alone: World,
    crowd_console: Console,
    alone_console: Console,
    path: str,
    role: Role,
) -> None:
    case, name = ROUTES[path], names_of(role, HOME)
    for names in ways(crowd, case, HOME):
        both = [
            [one.comparable for one in answers(console, world.people[name], path, names)]
            for world, console in ((crowd, crowd_console), (alone, alone_console))
        ]
        assert both[0] == both[1]


@pytest.mark.parametrize("path", [path for path, case in ROUTES.items() if case.open])
def test_what_is_open_to_anybody_tells_everybody_the_same(
    crowd: World, crowd_console: Console, path: str
) -> None:
    asking = (None, crowd.people[names_of(Role.USER, HOME)], crowd.people[names_of(Role.ADMIN, "*")])
    found = [[one.comparable for one in answers(crowd_console, who, path, {})] for who in asking]

    assert found[0] == found[1] == found[2]
    assert heard_of(str(found), SITES) == []


@pytest.mark.parametrize("path", [path for path, case in SCOPED.items() if not case.socket])
def test_nothing_that_is_told_to_one_person_is_kept_on_the_way(
    crowd: World, crowd_console: Console, path: str
) -> None:
    who = crowd.people[names_of(Role.ADMIN, HOME)]
    answered = answers(crowd_console, who, path, naming(crowd, ROUTES[path], HOME))

    assert [one.text for one in answered if "cache-control: no-store" not in one.text] == []


@pytest.mark.parametrize("path", SCOPED)
def test_without_a_role_or_a_session_no_route_tells_anything(
    crowd: World, crowd_console: Console, path: str
) -> None:
    for who in (None, crowd.people["nobody"]):
        text = told(crowd_console, who, path, naming(crowd, ROUTES[path], HOME))
        for word in filter(None, naming(crowd, ROUTES[path], HOME).values()):
            text = text.replace(word, "…")
        assert heard_of(text, SITES) == []


@pytest.mark.parametrize("path", SCOPED)
def test_what_one_may_at_one_site_gives_nothing_at_another(
    crowd: World, crowd_console: Console, path: str
) -> None:
    who = crowd.people[WATCHES_HERE_READS_THERE]
    case = ROUTES[path]
    # Reads, and may name people, where nothing may be watched; and the other way round.
    for site in (HOME, FOREIGN):
        text = told(crowd_console, who, path, naming(crowd, case, site))
        assert heard_of(text, [*foreign_to(HOME, FOREIGN), f"{HOME}-{PERSON}"]) == []
        if Role.AUDITOR not in case.shows:
            named = value(crowd, next(iter(case.path.values()), Value.OURS), FOREIGN)
            assert heard_of(text.replace(named or "\0", "…"), [f"{FOREIGN}{word}" for word in CONTENT]) == []
