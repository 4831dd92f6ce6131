"""Finding people among thousands, and who may."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.permissions import Permission, Scope, scope_of
from store.database import Database
from store.directory import save_account
from store.known import KnownPerson, note_person
from store.known_views import find_people, own_username, person_known
from store.policies import current_policy
from tests.auth.people import NOW, account, peopled_store

NAMES = ("Zoë Müller", "Björn Ångström", "Ann <b>Lee</b>")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = peopled_store(tmp_path / "data")
    with opened.write() as connection:
        for place, name in enumerate(NAMES):
            note_person(connection, someone(name, f"entra:{place}", provider="entra", last=NOW + place))
        note_person(connection, someone("Ben", "local:ben"))
    yield opened
    opened.close()


def someone(name: str, subject: str, *, provider: str = "", last: int = NOW - 1) -> KnownPerson:
    return KnownPerson(
        subject=subject,
        provider=provider,
        name=name,
        username=name.split(maxsplit=1)[0].lower(),
        groups=("g-old",),
        roles="agent@berlin",
        last=last,
    )


def scope(db: Database, *groups: str, permission: Permission = Permission.AUDIT_READ) -> Scope:
    return scope_of(current_policy(db), groups, permission, ["berlin", "newyork"])


def found(db: Database, words: str) -> list[str]:
    people = find_people(db, scope(db, "g-audit"), words, skip=0, most=10)
    assert (len(people.shown), people.known) == (people.fitting, 4)
    return [one.name for one in people.shown]


def test_who_is_not_of_the_whole_organisation_finds_nobody(db: Database) -> None:
    everything = scope(db, "g-admin", permission=Permission.LOG_READ)
    of_a_site = replace(scope(db, "g-audit"), organisation=False)
    for one in (everything, of_a_site, scope(db, "g-berlin"), scope(db)):
        assert find_people(db, one, "", skip=0, most=10).known == 0
        assert find_people(db, one, "ben", skip=0, most=10).shown == ()
        assert person_known(db, one, "local:ben") is None


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["Ann <b>Lee</b>", "Björn Ångström", "Zoë Müller", "Ben"]),
        ("mueller", ["Zoë Müller"]),
        ("MULLER zoe", ["Zoë Müller"]),
        ("angstrom", ["Björn Ångström"]),
        ("entra", ["Ann <b>Lee</b>", "Björn Ångström", "Zoë Müller"]),
        ("local:ben", ["Ben"]),
        ("<b>", ["Ann <b>Lee</b>"]),
        ("%", []),
        ("nobody", []),
    ],
)
def test_people_are_found_by_words_however_they_are_spelled_who_came_last_first(
    db: Database, words: str, names: list[str]
) -> None:
    assert found(db, words) == names


@pytest.mark.parametrize("words", ["", "e"])
def test_pages_follow_each_other_without_a_gap(db: Database, words: str) -> None:
    seen = [
        one.name
        for skip in range(4)
        for one in find_people(db, scope(db, "g-audit"), words, skip=skip, most=1).shown
    ]

    assert seen == found(db, words)


def test_an_account_of_ours_has_its_groups_of_now_and_says_that_it_is_disabled(db: Database) -> None:
    before = person_known(db, scope(db, "g-audit"), "local:ben")
    save_account(db, replace(account("ben"), groups=("g-new",), disabled=NOW, breakglass=True), NOW, "tests")
    after = person_known(db, scope(db, "g-audit"), "local:ben")

    assert before is not None
    assert after is not None
    assert (before.groups, before.disabled, before.breakglass) == (("g-berlin",), False, False)
    assert (after.groups, after.disabled, after.breakglass) == (("g-new",), True, True)


def test_a_person_of_a_provider_is_never_taken_for_an_account_of_the_same_name(db: Database) -> None:
    with db.write() as connection:
        note_person(connection, someone("Eve", "entra:ben", provider="entra"))
    eve = person_known(db, scope(db, "g-audit"), "entra:ben")

    assert eve is not None
    assert eve.groups == ("g-old",)


def test_ones_own_username_is_for_oneself(db: Database) -> None:
    mine = scope(db, "g-berlin", permission=Permission.SELF)

    assert own_username(db, mine, "local:ben") == "ben"
    assert own_username(db, mine, "local:nobody") == ""
    assert own_username(db, scope(db, "g-audit"), "local:ben") == ""
