"""The policy's history, and its record in the same transaction."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from core.errors import PolicyInvalid
from core.memberships import bound
from core.permissions import Policy, Role
from core.records import Kind
from core.times import DAY_US
from store.candidates import SEEN_WITHIN_US
from store.database import Database
from store.directory import save_account
from store.known import KnownPerson, known_people, note_person
from store.policies import apply_policy, current_policy, policy_text, try_document
from tests.auth.people import NOW, POLICY, account, add_sites
from tests.auth.reading import told
from tests.stores import new_store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = new_store(tmp_path / "data")
    add_sites(database, "berlin", "newyork")
    yield database
    database.close()


def test_before_the_first_policy_nobody_may_do_anything(db: Database) -> None:
    assert current_policy(db) == Policy()
    assert policy_text(db).startswith("# No policy yet")
    with pytest.raises(PolicyInvalid):
        try_document(db, policy_text(db), NOW)


def test_each_policy_is_a_version_and_a_record(db: Database) -> None:
    first = apply_policy(db, POLICY, NOW, "local:ada")
    second = apply_policy(db, POLICY + "# the same, with a word\n", NOW + 1, "local:ada")

    assert (first.version, second.version, current_policy(db)) == (1, 2, second)
    assert policy_text(db).endswith("# the same, with a word\n")
    assert [one.refs["version"] for one in told(db, Kind.POLICY_CHANGED)] == [1, 2]


def test_a_policy_that_is_refused_leaves_no_trace(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "local:ada")
    with pytest.raises(PolicyInvalid, match="no site is called 'paris'"):
        apply_policy(db, POLICY.replace("berlin", "paris"), NOW, "local:ada")
    with pytest.raises(PolicyInvalid, match="nobody could change"):
        apply_policy(db, POLICY.replace('role = "admin"', 'role = "user"'), NOW, "local:ada")

    assert current_policy(db).version == 1
    assert len(told(db, Kind.POLICY_CHANGED)) == 1


# --- on whom it is tried ------------------------------------------------------------------------------

ENTRA = frozenset({"entra"})
GUARDS = POLICY.replace('"agent"', '"supervisor"')
ADMIN_TOO = '[[grants]]\ngroup = "g-audit"\nrole = "admin"\nsites = ["*"]\n'


def came(
    db: Database,
    name: str,
    *groups: str,
    roles: str,
    provider: str = "entra",
    last: int = NOW,
    alone: bool = True,
) -> None:
    """Let somebody of a provider have signed in."""
    who = KnownPerson(
        subject=f"{provider or 'local'}:{name}",
        provider=provider,
        name=name.title(),
        username=name,
        groups=bound(provider, groups, alone=alone),
        roles=roles,
        last=last,
    )
    with db.write() as connection:
        note_person(connection, who)


def roles_known(db: Database) -> dict[str, str]:
    return {one.subject: one.roles for one in known_people(db)}


def test_a_document_is_tried_on_who_ever_came_and_on_the_accounts_that_can(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    for name in ("ada", "ben"):
        save_account(db, account(name), NOW, "tests")
    save_account(db, replace(account("dan"), groups=("g-berlin",), disabled=NOW), NOW, "tests")
    came(db, "eva", "g-berlin", roles="agent@berlin")
    trial = try_document(db, GUARDS, NOW)

    assert trial.tried == 3
    berlin = frozenset({"berlin"})
    assert {one.who.subject: (one.gained, one.lost) for one in trial.changes} == {
        subject: ({Role.SUPERVISOR: berlin}, {Role.AGENT: berlin}) for subject in ("local:ben", "entra:eva")
    }
    assert trial.managed
    assert current_policy(db).version == 1


def test_each_whose_roles_change_has_a_record_and_the_others_have_none(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    came(db, "ada", "g-admin", roles="admin@*")
    came(db, "eva", "g-berlin", roles="agent@berlin")
    save_account(db, account("ben"), NOW, "tests")
    apply_policy(db, GUARDS, NOW + 1, "tests", providers=ENTRA)

    changed = told(db, Kind.OPERATOR_ROLES_CHANGED)
    assert [(one.private["subject"], one.private["name"]) for one in changed] == [
        ("local:ben", "Ben"),
        ("entra:eva", "Eva"),
    ]
    assert {tuple(one.refs.items()) for one in changed} == {
        (("after", "supervisor@berlin"), ("before", "agent@berlin"), ("cause", "policy"), ("policy", 2))
    }
    assert roles_known(db) == {"entra:ada": "admin@*", "entra:eva": "supervisor@berlin"}


def test_a_role_that_waits_for_a_second_factor_is_not_recorded_as_had(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    came(db, "ada", "g-admin", "g-berlin", roles="agent@berlin")
    apply_policy(db, GUARDS, NOW + 1, "tests", providers=ENTRA)

    assert roles_known(db) == {"entra:ada": "supervisor@berlin"}
    assert [one.refs["after"] for one in told(db, Kind.OPERATOR_ROLES_CHANGED)] == ["supervisor@berlin"]


def test_the_groups_of_an_account_of_ours_are_those_of_now(db: Database) -> None:
    apply_policy(db, POLICY, NOW, "tests")
    came(db, "ben", "g-berlin", roles="agent@berlin", provider="")
    save_account(db, replace(account("ben"), groups=("g-audit",)), NOW, "tests")
    apply_policy(db, POLICY.replace('"auditor"', '"user"') + ADMIN_TOO, NOW + 1, "tests")

    assert roles_known(db)["local:ben"] == "admin@* user@*"
    assert [one.refs["before"] for one in told(db, Kind.OPERATOR_ROLES_CHANGED)] == ["auditor@*"]


def test_many_people_are_as_few_statements_as_one(db: Database) -> None:
    said: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    apply_policy(db, POLICY, NOW, "tests")
    counts = []
    for document, number, roles in ((GUARDS, 1, "agent@berlin"), (POLICY, 300, "supervisor@berlin")):
        for one in range(number):
            came(db, f"p{number}-{one}", "g-berlin", "g-admin", roles=f"admin@* {roles}")
        said.clear()
        apply_policy(db, document, NOW + number, "tests", providers=ENTRA)
        counts.append(len(said))

    assert len(told(db, Kind.OPERATOR_ROLES_CHANGED)) == 302
    assert counts[0] == counts[1]


# --- what is refused ----------------------------------------------------------------------------------


def test_a_policy_that_no_enabled_account_could_change_again_is_refused(db: Database) -> None:
    save_account(db, account("ben"), NOW, "tests")
    save_account(db, replace(account("ada"), disabled=NOW), NOW, "tests")
    with pytest.raises(PolicyInvalid, match="nobody could change this policy again: none of the 1 who"):
        apply_policy(db, POLICY, NOW, "tests")
    assert current_policy(db).version == 0

    save_account(db, account("ada"), NOW, "tests")
    assert apply_policy(db, POLICY, NOW, "tests").version == 1


def test_where_there_are_providers_only_break_glass_accounts_are_counted_on(db: Database) -> None:
    save_account(db, account("ada"), NOW, "tests")
    came(db, "ben", "g-berlin", roles="")
    with pytest.raises(PolicyInvalid, match="by entra in the last 90 days"):
        try_document(db, POLICY, NOW, ENTRA)

    save_account(db, replace(account("ada"), breakglass=True), NOW, "tests")
    assert try_document(db, POLICY, NOW, ENTRA).managed


@pytest.mark.parametrize(
    ("provider", "last", "counts"),
    [("entra", NOW - SEEN_WITHIN_US, True), ("entra", NOW - SEEN_WITHIN_US - 1, False), ("okta", NOW, False)],
)
def test_who_came_long_ago_or_by_a_provider_that_is_none_any_more_is_not_counted_on(
    db: Database, provider: str, last: int, counts: bool
) -> None:
    came(db, "ada", "g-admin", roles="", provider=provider, last=last)
    came(db, "ben", "g-berlin", roles="", last=NOW - DAY_US)
    if counts:
        assert try_document(db, POLICY, NOW, ENTRA).managed
    else:
        with pytest.raises(PolicyInvalid, match="none of the 1 who"):
            try_document(db, POLICY, NOW, ENTRA)


def test_where_nobody_is_known_a_first_policy_is_taken_and_said_to_be_untried(db: Database) -> None:
    trial = try_document(db, POLICY, NOW, ENTRA)

    assert (trial.tried, trial.managed, trial.changes) == (0, False, ())


def test_with_a_second_provider_a_grant_that_names_none_lets_nobody_of_theirs_manage(db: Database) -> None:
    came(db, "ada", "g-admin", roles="")
    both = ENTRA | {"okta"}
    with pytest.raises(PolicyInvalid, match="by entra, okta"):
        try_document(db, POLICY, NOW, both)
    named = POLICY.replace('group = "g-admin"', 'group = "g-admin"\nprovider = "entra"')
    trial = try_document(db, named, NOW, both)

    assert trial.managed
    assert [(number, one.group) for number, one in trial.ours] == [(2, "g-berlin"), (3, "g-audit")]
    assert try_document(db, POLICY, NOW, ENTRA).ours == ()


def test_a_grant_of_a_provider_that_is_none_is_refused_where_any_is_known(db: Database) -> None:
    strange = POLICY.replace('group = "g-berlin"', 'group = "g-berlin"\nprovider = "entar"')
    with pytest.raises(
        PolicyInvalid, match=r"grant 2 \(g-berlin\): no provider is called 'entar'; write.*entra"
    ):
        try_document(db, strange, NOW, ENTRA)

    assert try_document(db, strange, NOW).policy.grants[1].provider == "entar"


def test_a_policy_that_another_came_before_is_not_applied_unseen(db: Database) -> None:
    shown = try_document(db, POLICY, NOW).policy.version
    apply_policy(db, POLICY, NOW, "tests", as_version=shown)
    with pytest.raises(PolicyInvalid, match="look at the difference again"):
        apply_policy(db, POLICY, NOW, "tests", as_version=shown)
