"""/policy: what is in force, why somebody may do something, and what each version changed for whom."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services
from auth.sessions import Actor, Person
from core.memberships import bound
from pages import policy as page
from store import clock
from store.database import Database
from store.policies import apply_policy
from store.schema_people import policy
from tests.auth.people import POLICY, person
from tests.pages.conftest import words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
GUARDS = POLICY.replace('"agent"', '"supervisor"')


def elsewhere(services: Services, who: Person) -> None:
    services.sessions.start(who, address="198.51.100.9", agent="", now=clock.now_us())


def apply(db: Database, document: str) -> None:
    apply_policy(db, document, clock.now_us(), "cli:ada")


def documents(app: AppTest) -> list[str]:
    return [one.value for one in app.code]


def test_the_document_in_force_is_shown_with_since_when_by_whom_and_how_to_change_it(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    apply(db, GUARDS + "# \u202eA word.\u2028[[grants]]\r\n")
    sign_in("cleo")
    app = visit("policy")

    assert "Version 2 is in force, with 3 grants, since" in words(app)
    assert "by cli:ada." in words(app)
    how, shown, *_ = documents(app)
    assert shown.splitlines()[:3] == ["[[grants]]", 'group = "g-admin"', 'role = "admin"']
    assert shown.endswith("# ⟨U+202E⟩A word.⟨U+2028⟩[[grants]]")
    assert "gatehouse.py policy apply" in how


def test_before_the_first_version_it_is_said_that_there_is_none(
    sign_in: Enter, visit: Visit, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in("cleo")
    monkeypatch.setattr(page, "policy_versions", lambda *_args, **_named: ())

    assert "No policy yet: nobody may do anything." in words(visit("policy"))


def test_each_version_says_whose_roles_it_changed(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    elsewhere(services, person("ben"))
    apply(db, GUARDS)
    apply(db, GUARDS + "# the same\n")
    sign_in("cleo")
    app = visit("policy")

    assert [one.label.split(",")[0] for one in app.expander] == [
        "How to change it",
        "Version 3",
        "Version 2",
        "Version 1",
    ]
    said = words(app)
    assert "It changed the roles of 1 person.\n· Ben: Agent at berlin → Supervisor at berlin" in said
    assert said.count("It changed nobody's roles.") == 2
    assert documents(app)[-2:] == [GUARDS.strip(), POLICY.strip()]


def test_many_versions_are_read_page_by_page(sign_in: Enter, visit: Visit, db: Database) -> None:
    for number in range(12):
        apply(db, f"{POLICY}# {number}\n")
    sign_in("cleo")
    app = visit("policy")
    assert len(app.expander) == 1 + page.PAGE
    app.button("page-after").click().run()

    assert [one.label.split(",")[0] for one in app.expander][1:] == ["Version 3", "Version 2", "Version 1"]


# --- why ----------------------------------------------------------------------------------------------


def test_somebody_is_found_and_explained(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, person("ben"))
    sign_in("cleo")
    app = visit("policy")
    app.text_input("policy.find").set_value("ben").run()
    app.button("explain:local:ben").click().run()

    assert app.query_params["who"] == "local:ben"
    said = words(app)
    assert "Groups: g-berlin\n" in said
    assert "Grant 2, to g-berlin: Agent at berlin" in said
    assert "▪ door.unlock: yes, at berlin" in said
    assert "◇ log.read: no, it needs admin, supervisor or auditor" in said
    assert "By version 1 of the policy." in said
    app.button("explain-close").click().run()
    assert "Groups:" not in words(app)


def test_an_address_opens_the_explanation_and_a_strange_one_says_that_nobody_is_known(
    sign_in: Enter, visit: Visit
) -> None:
    sign_in("ada")

    assert "▪ policy.manage: yes, everywhere" in words(visit("policy", who="local:ada"))
    assert "Nobody is known by that name" in words(visit("policy", who="local:quokka"))


def test_a_group_of_a_provider_is_named_with_it_and_a_pattern_by_the_group_it_found(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    pattern = '[[grants]]\nprovider = "entra"\ngroup = "gh-<site>"\nrole = "user"\nsites = ["<site>"]\n'
    apply(db, POLICY + pattern)
    groups = bound("entra", ["gh-berlin", "gh-closed", "gh-newyork"], alone=False)
    elsewhere(services, replace(person("ben"), subject="entra:eva", name="Eva", groups=groups))
    sign_in("cleo")
    said = words(visit("policy", who="entra:eva"))

    assert "Grant 4, to gh-berlin (of entra), gh-closed (of entra), gh-newyork (of entra): User at" in said
    assert "User at berlin, newyork\n" in said
    assert "▪ self: yes, at berlin, newyork" in said


def test_who_is_in_no_group_that_counts_is_told_so(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, person("dan"))
    sign_in("cleo")
    said = words(visit("policy", who="local:dan"))

    assert "No grant of the policy names one of these groups: nothing is allowed." in said
    assert "▪" not in said


def test_a_document_of_a_later_gatehouse_that_this_one_can_not_read_is_said_in_words(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    sign_in("cleo")
    visit("policy")
    with db.write() as connection:
        row = {"version": 9, "document": b"[[grants]]\nnew = 1", "at": 1, "by": "x"}
        connection.execute(policy.insert(), row)

    assert "Grant 1 needs group, role and sites" in visit("policy").error[0].value
