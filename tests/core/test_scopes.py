"""What a scope never learns: it is the same whatever a policy says of others, whatever else there is."""

from hypothesis import given
from hypothesis import strategies as st

from core.permissions import GRANTS, Grant, Permission, Policy, Role, roles_at, scope_of
from tests.core.test_permissions import GROUPS, HELD, POLICIES, SITES

OTHERS = st.lists(
    st.builds(
        Grant,
        group=st.sampled_from(["o-1", "o-2"]),
        role=st.sampled_from(Role),
        sites=st.frozensets(st.sampled_from([*SITES, "*", "elsewhere"]), min_size=1),
    ),
    max_size=4,
).map(tuple)
PERMISSIONS = st.sampled_from(Permission)
IN_SERVICE = st.frozensets(st.sampled_from(SITES))


@given(POLICIES, OTHERS, HELD, PERMISSIONS, IN_SERVICE)
def test_what_others_may_changes_nothing_of_what_i_may(
    rules: Policy,
    others: tuple[Grant, ...],
    groups: frozenset[str],
    permission: Permission,
    sites: frozenset[str],
) -> None:
    crowded = Policy(version=rules.version, grants=(*others, *rules.grants))

    assert scope_of(crowded, groups, permission, sites) == scope_of(rules, groups, permission, sites)
    assert roles_at(crowded, groups) == roles_at(rules, groups)


@given(POLICIES, HELD, PERMISSIONS, IN_SERVICE)
def test_a_site_that_is_new_changes_nothing_for_those_whom_no_grant_gives_it(
    rules: Policy, groups: frozenset[str], permission: Permission, sites: frozenset[str]
) -> None:
    before = scope_of(rules, groups, permission, sites)
    after = scope_of(rules, groups, permission, sites | {"new"})

    assert after.sites - {"new"} == before.sites
    assert ("new" in after.sites) is before.organisation


@given(POLICIES, HELD, st.sampled_from(GROUPS), PERMISSIONS, IN_SERVICE)
def test_one_group_more_never_takes_anything_away(
    rules: Policy, groups: frozenset[str], joined: str, permission: Permission, sites: frozenset[str]
) -> None:
    before, after = (scope_of(rules, held, permission, sites) for held in (groups, groups | {joined}))

    assert before.sites <= after.sites
    assert before.names <= after.names
    assert before.organisation <= after.organisation


@given(POLICIES, HELD, PERMISSIONS, IN_SERVICE)
def test_a_scope_is_what_each_of_the_roles_gives_and_no_more(
    rules: Policy, groups: frozenset[str], permission: Permission, sites: frozenset[str]
) -> None:
    held = roles_at(rules, groups)
    giving = [at for role, at in held.items() if permission in GRANTS[role]]
    alone = [
        scope_of(
            Policy(version=1, grants=(Grant(group="g", role=role, sites=at),)), ["g"], permission, sites
        ).sites
        for role, at in held.items()
    ]
    scope = scope_of(rules, groups, permission, sites)

    assert scope.sites == frozenset().union(*alone)
    assert scope.empty is (not any(at & (sites | {"*"}) for at in giving))


@given(POLICIES, HELD, IN_SERVICE)
def test_nobody_is_named_where_the_log_is_not_read(
    rules: Policy, groups: frozenset[str], sites: frozenset[str]
) -> None:
    reads = scope_of(rules, groups, Permission.LOG_READ, sites)
    for permission in Permission:
        scope = scope_of(rules, groups, permission, sites)
        assert scope.names == scope.sites & reads.sites
        assert scope.sites <= scope_of(rules, groups, Permission.SELF, sites).sites
