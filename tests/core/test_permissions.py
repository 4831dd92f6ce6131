"""Who may do what: the table of the design, written out once more, and scopes that never reach too far."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PolicyInvalid
from core.permissions import GRANTS, READS, Grant, Permission, Policy, Role, check_policy, may, scope_of
from core.records import Class

# Design, section 5: Admin, Supervisor, Agent, User, Auditor.
TABLE = """
live.view          yes yes yes -   -
call.handle        yes yes yes -   -
door.unlock        yes yes yes -   -
door.hold          yes yes -   -   -
door.lockdown      yes yes -   -   -
alarm.handle       yes yes -   -   -
log.read           yes yes -   -   yes
analytics.view     yes yes -   -   yes
recording.view     yes yes -   -   yes
recording.export   yes yes -   -   yes
log.export         yes yes -   -   yes
audit.read         yes -   -   -   yes
policy.explain     yes -   -   -   yes
estate.manage      yes -   -   -   -
people.manage      yes -   -   -   -
policy.manage      yes -   -   -   -
self               yes yes yes yes yes
"""
ROLES = (Role.ADMIN, Role.SUPERVISOR, Role.AGENT, Role.USER, Role.AUDITOR)
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()}
SITES = ("berlin", "newyork", "singapore")
GROUPS = ("g-1", "g-2", "g-3")
POLICIES = st.builds(
    Policy,
    version=st.integers(1, 9),
    grants=st.lists(
        st.builds(
            Grant,
            group=st.sampled_from(GROUPS),
            role=st.sampled_from(Role),
            sites=st.frozensets(st.sampled_from([*SITES, "*", "closed"]), min_size=1),
        ),
        max_size=6,
    ).map(tuple),
)
HELD = st.frozensets(st.sampled_from([*GROUPS, "g-unknown"]))


def policy(*grants: tuple[str, Role, Iterable[str]]) -> Policy:
    return Policy(
        version=3,
        grants=tuple(Grant(group=group, role=role, sites=frozenset(s)) for group, role, s in grants),
    )


def test_the_table_names_every_permission_and_every_role() -> None:
    assert set(ROWS) == {permission.value for permission in Permission}
    assert set(ROLES) == set(Role) == set(GRANTS)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_design_says_and_nothing_else(role: Role, permission: Permission) -> None:
    allowed = ROWS[permission.value][ROLES.index(role)] == "yes"

    assert (permission in GRANTS[role]) is allowed
    assert may(policy(("g", role, ["berlin"])), ["g"], permission, "berlin") is allowed


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize(
    ("rules", "groups"),
    [
        (Policy(), ("g",)),
        (policy(("g", Role.ADMIN, ["*"])), ()),
        (policy(("g", Role.ADMIN, ["*"])), ("G", "g ", "*", "")),
    ],
    ids=["no policy", "no group", "no such group"],
)
def test_whoever_no_grant_names_may_do_nothing(
    permission: Permission, rules: Policy, groups: tuple[str, ...]
) -> None:
    scope = scope_of(rules, groups, permission, SITES)

    assert scope.empty
    assert not scope.names
    assert not may(rules, groups, permission)
    assert not may(rules, groups, permission, "berlin")


def test_everywhere_is_every_site_in_service_and_the_organisation() -> None:
    scope = scope_of(policy(("g", Role.AUDITOR, ["*"])), ["g"], Permission.LOG_READ, SITES)

    assert scope.sites == frozenset(SITES)
    assert scope.organisation
    assert scope.policy_version == 3


def test_a_role_at_every_single_site_does_not_reach_the_organisation() -> None:
    scope = scope_of(policy(("g", Role.ADMIN, SITES)), ["g"], Permission.AUDIT_READ, SITES)

    assert scope.sites == frozenset(SITES)
    assert not scope.organisation


def test_a_site_out_of_service_is_in_no_scope() -> None:
    scope = scope_of(policy(("g", Role.AGENT, ["berlin", "closed"])), ["g"], Permission.LIVE_VIEW, SITES)

    assert scope.sites == {"berlin"}


def test_several_roles_are_added_up_each_at_its_own_sites() -> None:
    rules = policy(("g-1", Role.AUDITOR, ["berlin"]), ("g-2", Role.AGENT, ["newyork"]))
    groups = ("g-1", "g-2")

    assert scope_of(rules, groups, Permission.LOG_READ, SITES).sites == {"berlin"}
    assert scope_of(rules, groups, Permission.LIVE_VIEW, SITES).sites == {"newyork"}
    assert scope_of(rules, groups, Permission.SELF, SITES).sites == {"berlin", "newyork"}
    assert not may(rules, groups, Permission.DOOR_UNLOCK, "berlin")


def test_one_role_from_two_groups_holds_at_the_sites_of_both() -> None:
    rules = policy(("g-1", Role.AGENT, ["berlin"]), ("g-2", Role.AGENT, ["newyork"]))

    assert scope_of(rules, ["g-1", "g-2"], Permission.LIVE_VIEW, SITES).sites == {"berlin", "newyork"}


def test_cardholders_are_named_only_where_the_log_may_be_read_too() -> None:
    rules = policy(("g-1", Role.AGENT, ["berlin", "newyork"]), ("g-2", Role.AUDITOR, ["newyork"]))

    assert scope_of(rules, ["g-1"], Permission.LIVE_VIEW, SITES).names == frozenset()
    assert scope_of(rules, ["g-1", "g-2"], Permission.LIVE_VIEW, SITES).names == {"newyork"}


def test_what_operators_did_is_read_by_audit_read_alone() -> None:
    readers = {
        permission
        for permission, classes in READS.items()
        if classes & {Class.OPERATOR, Class.ORGANISATION, Class.LEDGER}
    }

    assert readers == {Permission.AUDIT_READ}


@given(POLICIES, HELD, st.sampled_from(Permission), st.frozensets(st.sampled_from(SITES)))
def test_a_scope_never_holds_a_site_that_no_grant_of_the_person_names(
    rules: Policy, groups: frozenset[str], permission: Permission, in_service: frozenset[str]
) -> None:
    mine = [g for g in rules.grants if g.group in groups]
    giving = [g.sites for g in mine if ROWS[permission.value][ROLES.index(g.role)] == "yes"]
    naming = [g.sites for g in mine if ROWS["log.read"][ROLES.index(g.role)] == "yes"]
    scope = scope_of(rules, groups, permission, in_service)

    assert scope.sites == {site for site in in_service if any({site, "*"} & sites for sites in giving)}
    assert scope.organisation == any("*" in sites for sites in giving)
    assert scope.names == {site for site in scope.sites if any({site, "*"} & sites for sites in naming)}
    assert {site for site in in_service if may(rules, groups, permission, site)} == scope.sites


def test_a_policy_that_names_an_unknown_site_is_refused_with_what_to_write() -> None:
    rules = policy(("g", Role.ADMIN, ["*"]), ("desk", Role.AGENT, ["berlin", "atlantis"]))

    with pytest.raises(PolicyInvalid, match=r"grant 2 \(desk\): no site is called 'atlantis'.*berlin"):
        check_policy(rules, SITES)


@pytest.mark.parametrize(
    "rules",
    [Policy(), policy(("g", Role.ADMIN, SITES)), policy(("g", Role.AUDITOR, ["*"]))],
    ids=["empty", "admin of sites only", "no admin"],
)
def test_a_policy_that_nobody_could_change_again_is_refused(rules: Policy) -> None:
    with pytest.raises(PolicyInvalid, match="nobody could change"):
        check_policy(rules, SITES)


def test_a_policy_with_known_sites_and_an_admin_everywhere_is_fine() -> None:
    check_policy(policy(("g", Role.ADMIN, ["*"]), ("desk", Role.AGENT, ["berlin"])), SITES)
