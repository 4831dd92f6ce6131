"""The policy's history, and its record in the same transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import PolicyInvalid
from core.permissions import Policy
from core.records import Kind
from store.database import Database
from store.policies import apply_policy, check_document, current_policy, policy_text
from tests.auth.people import NOW, POLICY, add_sites
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
        check_document(db, policy_text(db))


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
