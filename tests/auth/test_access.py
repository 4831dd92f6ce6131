"""Access follows the policy in force at the moment of asking."""

import pytest

from auth.access import permitted, roles_of, scope_for
from auth.sessions import Actor, Sessions
from core.permissions import Permission, Role
from store.database import Database
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY, person


def actor(sessions: Sessions, who: str) -> Actor:
    return sessions.start(person(who), address="", agent="", now=NOW)[1]


def test_a_scope_holds_the_sites_of_the_role_and_no_others(db: Database, sessions: Sessions) -> None:
    ben = scope_for(db, actor(sessions, "ben"), Permission.LIVE_VIEW)
    ada = scope_for(db, actor(sessions, "ada"), Permission.LOG_READ)

    assert (ben.sites, ben.organisation, ben.names) == (frozenset({"berlin"}), False, frozenset())
    assert (ada.sites, ada.organisation) == (frozenset({"berlin", "newyork"}), True)
    assert scope_for(db, actor(sessions, "dan"), Permission.LIVE_VIEW).empty


@pytest.mark.parametrize(
    ("who", "permission", "site", "answer"),
    [
        ("ben", Permission.DOOR_UNLOCK, "berlin", True),
        ("ben", Permission.DOOR_UNLOCK, "newyork", False),
        ("ben", Permission.LOG_READ, None, False),
        ("cleo", Permission.AUDIT_READ, None, True),
        ("cleo", Permission.LIVE_VIEW, "berlin", False),
        ("dan", Permission.SELF, None, False),
    ],
)
def test_an_act_is_allowed_only_where_the_role_is_held(
    db: Database, sessions: Sessions, who: str, permission: Permission, site: str | None, answer: bool
) -> None:
    assert permitted(db, actor(sessions, who), permission, site) is answer


def test_a_new_policy_bites_at_the_next_question(db: Database, sessions: Sessions) -> None:
    ben = actor(sessions, "ben")
    assert roles_of(db, ben) == {Role.AGENT: frozenset({"berlin"})}

    apply_policy(db, POLICY.replace('"g-berlin"', '"g-others"'), NOW + 1, "tests")

    assert roles_of(db, ben) == {}
    assert not permitted(db, ben, Permission.LIVE_VIEW)
