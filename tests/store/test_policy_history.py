"""The policy's versions, and what each did to whom."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.permissions import Permission, Scope, scope_of
from store.database import Database
from store.policies import apply_policy, current_policy
from store.policy_history import effect_of, policy_versions
from store.schema import detail
from tests.auth.people import NOW, POLICY, peopled_store

GUARDS = POLICY.replace('"agent"', '"supervisor"')


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = peopled_store(tmp_path / "data")
    apply_policy(opened, GUARDS, NOW + 1, "cli:ada")
    # In the same moment, as a test of what tells them apart.
    apply_policy(opened, POLICY, NOW + 1, "cli:cleo")
    yield opened
    opened.close()


def scope(db: Database, permission: Permission, *groups: str) -> Scope:
    return scope_of(current_policy(db), groups or ("g-audit",), permission, ["berlin", "newyork"])


def test_the_newest_version_comes_first_with_who_and_when(db: Database) -> None:
    mine = scope(db, Permission.POLICY_EXPLAIN)
    found = policy_versions(db, mine, skip=0, most=2)

    assert [(one.version, one.by, one.at, one.document) for one in found] == [
        (3, "cli:cleo", NOW + 1, POLICY),
        (2, "cli:ada", NOW + 1, GUARDS),
    ]
    assert [one.version for one in policy_versions(db, mine, skip=2, most=2)] == [1]


def test_who_may_not_read_the_policy_of_everywhere_is_given_none(db: Database) -> None:
    mine = scope(db, Permission.POLICY_EXPLAIN)
    for one in (replace(mine, organisation=False), scope(db, Permission.LOG_READ, "g-admin")):
        assert policy_versions(db, one, skip=0, most=9) == ()


def test_each_version_says_for_whom_it_changed_what(db: Database) -> None:
    mine = scope(db, Permission.AUDIT_READ)
    effects = {
        one.version: effect_of(db, mine, one, most=9)
        for one in policy_versions(db, scope(db, Permission.POLICY_MANAGE, "g-admin"), skip=0, most=9)
    }

    assert [effects[version].people for version in (1, 2, 3)] == [0, 1, 1]
    assert [(one.name, one.before, one.after) for one in effects[2].named] == [
        ("Ben", "agent@berlin", "supervisor@berlin")
    ]
    assert [(one.subject, one.before) for one in effects[3].named] == [("local:ben", "supervisor@berlin")]


def test_who_may_not_read_what_operators_did_is_told_nothing_of_anybody(db: Database) -> None:
    newest = policy_versions(db, scope(db, Permission.POLICY_EXPLAIN), skip=0, most=1)[0]

    assert effect_of(db, scope(db, Permission.LOG_READ), newest, most=9).people == 0


def test_a_deleted_detail_leaves_what_changed_without_who(db: Database) -> None:
    newest = policy_versions(db, scope(db, Permission.POLICY_EXPLAIN), skip=0, most=1)[0]
    with db.write() as connection:
        connection.execute(detail.delete())
    named = effect_of(db, scope(db, Permission.AUDIT_READ), newest, most=9).named

    assert [(one.name, one.subject, one.after) for one in named] == [("", "", "agent@berlin")]
