"""/people: who is known, where they are signed in, and how an administrator ends that."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.networks import Networks
from auth.sessions import Actor, Person
from core.memberships import bound
from core.records import Kind
from pages import people, state
from store import clock
from store.database import Database
from store.directory import save_account
from store.known import KnownPerson, note_person
from store.policies import apply_policy
from tests.auth.people import POLICY, account, person
from tests.auth.reading import told
from tests.pages.conftest import vouching, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
HOSTILE = "![x](http://evil.example/a.png) <b>*Eve*</b> \u202e"


def elsewhere(services: Services, who: Person, agent: str = "Chrome/140 Windows") -> Actor:
    _, actor = services.sessions.start(who, address="198.51.100.9", agent=agent, now=clock.now_us())
    return actor


def of_entra(name: str, *groups: str, lacking: str = "") -> Person:
    return Person(
        subject=f"entra:t|{name}",
        name=name.title(),
        username=f"{name}@example.org",
        groups=bound("entra", groups, alone=True),
        provider="entra",
        lacking=lacking,
    )


def known(db: Database, count: int) -> None:
    with db.write() as connection:
        for one in range(count):
            who = KnownPerson(
                subject=f"entra:{one}",
                provider="entra",
                name=f"Person {one:04}",
                username=f"p{one}",
                groups=(),
                roles="",
                last=1_000 + one,
            )
            note_person(connection, who)


def keys(app: AppTest) -> set[str]:
    return {one.key for one in app.button if one.key and one.key.startswith("end-for:")}


def test_i_see_who_is_known_with_roles_way_and_where_they_are_signed_in(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    elsewhere(services, of_entra("eva", "g-berlin"))
    elsewhere(services, of_entra("eva", "g-berlin"), "Firefox/130 Linux")
    sign_in("cleo")
    said = words(visit("people"))

    assert "2 people have signed in here." in said
    assert "\neva@example.org, by entra\n" in said
    assert "Agent at berlin" in said
    assert "Auditor everywhere" in said
    assert "Signed in with 2 browsers\n· Firefox on Linux at 198.51.100.9, last used" in said
    assert "· Chrome on Windows at 198.51.100.9" in said


def test_a_provider_is_called_by_its_title(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, of_entra("eva", lacking="groups"))
    set_services(replace(services, providers=vouching("entra", "Example Ltd")))
    sign_in("cleo")
    said = words(visit("people"))

    assert "eva@example.org, by Example Ltd" in said
    assert "Example Ltd did not tell their groups: “groups” was missing." in said
    assert "No role" in said


def test_what_comes_from_outside_is_read_as_text_and_hides_nothing(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    elsewhere(services, replace(of_entra("eve"), name=HOSTILE, username="*eve*"))
    sign_in("ada")
    app = visit("people")
    read_as_markdown = [str(one.value) for one in (*app.subheader, *app.caption, *app.markdown)]
    read_as_markdown += [one.label for one in app.button]

    assert any("evil" in one for one in read_as_markdown)
    for one in read_as_markdown:
        assert "![" not in one
        assert "<b>" not in one
        assert "*Eve" not in one.replace("\\*", "")
        assert "\u202e" not in one


def test_somebody_is_found_by_words_and_the_address_says_which(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    elsewhere(services, of_entra("eva"))
    sign_in("cleo")
    app = visit("people")
    app.text_input("people.find").set_value("EVA").run()

    assert app.query_params["find"] == "EVA"
    assert "1 fits “EVA”." in words(app)
    assert [one.value for one in app.subheader] == ["Eva"]
    assert "Nobody fits" in words(visit("people", find="nobody"))


def test_thousands_are_read_page_by_page(db: Database, sign_in: Enter, visit: Visit) -> None:
    known(db, 60)
    sign_in("cleo")
    app = visit("people", find="person")
    assert app.button("page-before").disabled
    app.button("page-after").click().run()
    second = [one.value for one in app.subheader]
    app.button("page-after").click().run()

    assert second == [f"Person {one:04}" for one in range(34, 9, -1)]
    assert [one.value for one in app.subheader] == [f"Person {one:04}" for one in range(9, -1, -1)]
    assert app.button("page-after").disabled
    assert app.query_params["find"] == "person"
    app.button("page-before").click().run()
    assert [one.value for one in app.subheader] == second


@pytest.mark.parametrize("skip", ["-1", "9" * 400, "x", "1.5", "٣"])
def test_a_strange_place_in_the_address_is_the_beginning(sign_in: Enter, visit: Visit, skip: str) -> None:
    sign_in("cleo")

    assert [one.value for one in visit("people", skip=skip).subheader] == ["Cleo"]


def test_beyond_the_end_is_nobody_and_a_way_back(db: Database, sign_in: Enter, visit: Visit) -> None:
    known(db, 30)
    sign_in("cleo")
    app = visit("people", skip="9999999")
    assert "Nobody fits" in words(app)
    app.button("page-before").click().run()

    assert len(app.subheader) > 0


def test_an_account_says_that_it_is_disabled_or_for_an_emergency(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    elsewhere(services, person("ben"))
    save_account(db, replace(account("ben"), disabled=1, breakglass=True), 1, "tests")
    sign_in("cleo")
    said = words(visit("people", find="ben"))

    assert "The account is disabled." in said
    assert "A break-glass account" in said
    assert "Signed in nowhere." in said


@pytest.mark.parametrize("path", ["people", "policy"])
@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_who_is_an_auditor_or_administrator_of_single_sites_sees_nobody_and_no_policy(
    services: Services, sign_in: Enter, visit: Visit, db: Database, path: str, role: str
) -> None:
    elsewhere(services, of_entra("eva"))
    sites = f'[[grants]]\ngroup = "g-nobody"\nrole = "{role}"\nsites = ["berlin", "newyork"]\n'
    apply_policy(db, POLICY + sites, clock.now_us(), "tests")
    sign_in("dan")
    app = visit(path)

    assert "It shows the whole organisation, so a role at single sites is not enough." in words(app)
    assert "Eva" not in words(app)
    assert list(app.code) == []


# --- to sign somebody out everywhere ------------------------------------------------------------------


def test_who_only_reads_is_offered_nothing_to_press(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, person("ben"))
    sign_in("cleo")

    assert keys(visit("people")) == set()


def test_an_administrator_signs_somebody_out_everywhere_and_it_is_said_whom(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    ben, _ = elsewhere(services, person("ben")), elsewhere(services, person("ben"))
    ada = sign_in("ada")
    app = visit("people")
    assert keys(app) == {"end-for:local:ben", "end-for:local:ada"}
    assert "This ends 2 sessions of Ben, who comes by a password kept in Gatehouse, at once." in words(app)
    app.button("end-for:local:ben").click().run()

    assert "Ben\\: 2 sessions ended." in words(app)
    assert services.sessions.of(ben.subject) == []
    assert len(services.sessions.of(ada.subject)) == 1
    assert {one.private["by"] for one in told(db, Kind.OPERATOR_SESSION_ENDED)} == {"local:ada"}
    assert keys(app) == {"end-for:local:ada"}


def test_a_press_after_the_role_was_taken_away_ends_nothing(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    ben = elsewhere(services, person("ben"))
    sign_in("ada")
    app = visit("people")
    save_account(db, replace(account("cleo"), groups=("g-new",)), 1, "tests")
    apply_policy(db, POLICY.replace('"g-admin"', '"g-new"'), clock.now_us(), "tests")
    app.button("end-for:local:ben").click().run()

    assert len(services.sessions.of(ben.subject)) == 1
    assert "People is not open to you" in words(app)


def test_a_press_from_another_network_ends_nothing(
    services: Services, sign_in: Enter, visit: Visit, monkeypatch: pytest.MonkeyPatch, db: Database
) -> None:
    ben = elsewhere(services, person("ben"))
    sign_in("ada")
    app = visit("people")
    set_services(replace(services, networks=Networks.of({"people": ["10.0.0.0/8"]})))
    monkeypatch.setattr(state, "address", lambda: "203.0.113.9")
    app.button("end-for:local:ben").click().run()

    assert len(services.sessions.of(ben.subject)) == 1
    assert [one.reason for one in told(db, Kind.OPERATOR_PAGE_REFUSED)] == ["wrong_network"]


def test_a_page_of_people_is_as_many_as_one_reads() -> None:
    assert people.PAGE <= 50
