"""What docs/identity.md has an administrator write works, at providers that are like their makers' are."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from store.policies import apply_policy
from tests.auth.people import NOW
from tests.op.kinds import CLIENT_SECRET, Account
from tests.sso.documented import rows, section
from tests.sso.documented_places import (
    SECTIONS,
    Place,
    accounts_of,
    client_of,
    every_place,
    write_secret,
)
from tests.waiting import until

pytestmark = pytest.mark.slow

# The roles of who has the group of each grant: of the first, of the second, and so on.
ROLES: Final = {
    "entra": ("admin@*", "agent@berlin"),
    "okta": ("admin@*", "agent@berlin"),
    "okta-org": ("admin@*", "agent@berlin"),
    "google": ("user@*", "agent@berlin user@*"),
    "keycloak": ("admin@*", "agent@berlin", "auditor@*"),
    "auth0": ("admin@*", "agent@berlin"),
    "ping": ("admin@*", "agent@berlin"),
    "sso": ("admin@*", "agent@berlin"),
}
ADMIN: Final = 0
AGENT: Final = 1
PROOF, OUT_THERE, OUT_HERE = 3, 4, 5


def working(column: int) -> list[str]:
    """Name the providers of which the table of what works where does not say no."""
    words = {row[1].strip("`"): row[column] for row in rows("What works where", "|")}
    return [
        name for name, one in SECTIONS.items() if not words[one.written["preset"]].startswith(("no", "never"))
    ]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    with every_place(tmp_path_factory.mktemp("places")) as places:
        yield places


@pytest.fixture
def place(places: dict[str, Place], name: str) -> Place:
    """Give the place of a section, with nobody signed in at its provider."""
    places[name].issuer.control.well()
    places[name].issuer.control.forget()
    places[name].issuer.control.accounts(*accounts_of(SECTIONS[name]))
    return places[name]


@pytest.mark.parametrize("name", SECTIONS)
def test_each_grant_gives_its_role(place: Place, name: str) -> None:
    found = []
    for grant in range(len(ROLES[name])):
        with place.person(grant, second_factor=True) as person:
            assert place.enter(person)
            found.append(place.roles)

    assert tuple(found) == ROLES[name]


def test_the_table_of_what_works_where_denies_proof_of_google_alone() -> None:
    assert set(SECTIONS) - set(working(PROOF)) == {"google"}


@pytest.mark.parametrize("name", working(PROOF))
def test_an_admin_without_a_second_factor_does_not_come_in(place: Place, name: str) -> None:
    before = len(place.console.signed_in())

    with place.person(ADMIN) as person:
        answer = person.enter(place.console.url, name)
        assert not place.is_in(person)

    assert len(place.console.signed_in()) == before
    assert "second factor" in answer.text
    # Entra keeps whom its policy asks in vain; others answer with less than was asked for.
    stays = name == "entra"
    assert str(answer.url).startswith(place.issuer.issuer.rstrip("/") if stays else place.console.url)
    assert stays or (answer.status_code, place.refusal) == (403, "not_proven")


@pytest.mark.parametrize("name", working(PROOF))
def test_who_needs_no_second_factor_is_not_asked_for_one(place: Place, name: str) -> None:
    with place.person(AGENT) as person:
        assert place.enter(person)
        assert (person.asked, place.roles) == (1, ROLES[name][AGENT])


@pytest.mark.parametrize("name", ["google"])
def test_nobody_whose_role_needs_a_second_factor_comes_in_by_google(place: Place, name: str) -> None:
    someone = SECTIONS[name].policy[AGENT]["group"]
    more = f'\n[[grants]]\nprovider = "google"\ngroup = "{someone}"\nrole = "supervisor"\nsites = ["berlin"]'
    db, known = place.console.db, frozenset({name})
    apply_policy(db, SECTIONS[name].grants + more, NOW, "tests", providers=known)

    with place.person(AGENT, second_factor=True) as person:
        assert not place.enter(person)
        assert place.refusal == "not_proven"

    apply_policy(db, SECTIONS[name].grants, NOW, "tests", providers=known)
    with place.person(AGENT) as person:
        assert place.enter(person)


@pytest.mark.parametrize("name", ["google"])
def test_google_accounts_of_other_domains_are_refused(place: Place, name: str) -> None:
    place.issuer.control.accounts(Account(sub="1", claims={"hd": "example.net"}))
    with place.somebody("1") as person:
        assert not place.enter(person)

    assert place.refusal == "wrong_domain"


def test_entras_policy_is_tried_before_it_is_attested(tmp_path: Path) -> None:
    (first,) = re.findall(r"write `(mfa = .*?)` first", section(SECTIONS["entra"].title))

    def settings(table: str) -> str:
        return re.sub(r"^mfa = .*$", lambda _: first, table, flags=re.MULTILINE)

    with every_place(tmp_path, ["entra"], settings=settings) as places:
        with places["entra"].person(ADMIN, second_factor=True) as person:
            assert not places["entra"].enter(person)
        assert places["entra"].refusal == "not_proven"
        assert places["entra"].issuer.control.sessions()[0].amr == ["pwd", "mfa"]


@pytest.mark.parametrize("name", ["entra"])
def test_entras_groups_are_asked_for_where_they_are_too_many(place: Place, name: str) -> None:
    group = SECTIONS[name].policy[ADMIN]["group"]
    others = tuple(f"00000000-0000-4000-8000-{number:012}" for number in range(205))
    place.issuer.control.accounts(Account(sub="busy", groups=(*others, group), overage=True))

    with place.somebody("busy", second_factor=True) as person:
        assert place.enter(person)

    assert place.roles == ROLES[name][ADMIN]


@pytest.mark.parametrize("name", SECTIONS)
def test_signing_out_ends_the_session_there_where_the_table_says_so(place: Place, name: str) -> None:
    with place.person(AGENT) as person:
        assert place.enter(person)
        answer = person.leave(place.console.url)

        assert not place.is_in(person)
        assert str(answer.url).startswith(f"{place.console.url}/sign-in")
        assert bool(place.issuer.control.sessions()) is (name not in working(OUT_THERE))


@pytest.mark.parametrize("name", SECTIONS)
def test_a_sign_out_there_ends_the_session_here_where_the_table_says_so(place: Place, name: str) -> None:
    told = name in working(OUT_HERE)
    with place.person(AGENT) as person:
        assert place.enter(person)

        assert [one.ok for one in place.issuer.control.end_sessions()] == ([True] if told else [])
        if told:
            until(lambda: not place.is_in(person), seconds=2)
        assert place.is_in(person) is not told


@pytest.mark.parametrize("name", ["keycloak", "sso"])
def test_a_new_secret_counts_from_the_next_sign_in_on(place: Place, name: str) -> None:
    file = place.console.data / SECTIONS[name].written["client_secret_file"]
    place.issuer.control.clients(client_of(name, place.console.url, client_secret="a-new-secret-of-tests"))
    with place.person(AGENT) as person:
        assert not place.enter(person)
        assert place.refusal == "misconfigured"

        write_secret(file, "a-new-secret-of-tests")
        assert place.enter(person)

    write_secret(file, CLIENT_SECRET)
    place.issuer.control.clients(client_of(name, place.console.url))
