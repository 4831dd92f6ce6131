"""What another policy does to people: consistent with their roles, and nothing from nowhere."""

from hypothesis import given
from hypothesis import strategies as st

from core.memberships import at_provider, bound
from core.permissions import (
    Grant,
    Permission,
    Policy,
    Role,
    RolesByGroup,
    manages,
    may,
    roles_at,
    roles_read,
    roles_text,
)
from core.policy_changes import Change, Someone, changes, in_words, manageable, ours_alone, rewritten
from core.policy_document import parse_policy

SITES = ("berlin", "newyork", "s-1")
NAMES = ("gh", "gh-berlin", "gh-newyork", "gh-closed", "gh-*", "gh-", "gh-BERLIN", "gh-<site>")
PROVIDERS = ("", "entra", "okta")
GRANTS = st.one_of(
    st.builds(
        Grant,
        group=st.sampled_from(NAMES[:5]),
        role=st.sampled_from(Role),
        sites=st.frozensets(st.sampled_from([*SITES, "*"]), min_size=1),
        provider=st.sampled_from(PROVIDERS),
    ),
    st.builds(
        Grant,
        group=st.sampled_from(["gh-<site>", "<site>", "<site>-gh"]),
        role=st.sampled_from(Role),
        sites=st.just(frozenset({"<site>"})),
        provider=st.sampled_from(PROVIDERS),
    ),
)
POLICIES = st.builds(Policy, version=st.integers(1, 9), grants=st.lists(GRANTS, max_size=6).map(tuple))
PEOPLE = st.builds(
    lambda provider, groups, alone, usable: someone(
        provider, *(bound(provider, groups, alone=alone) if provider else groups), usable=usable
    ),
    st.sampled_from(PROVIDERS),
    st.frozensets(st.sampled_from(NAMES), max_size=4),
    st.booleans(),
    st.booleans(),
)


def someone(provider: str, *groups: str, roles: str | None = None, usable: bool = True) -> Someone:
    """Give a person with these memberships."""
    return Someone(
        subject=f"{provider or 'local'}:p",
        name="P",
        username="p",
        provider=provider,
        groups=groups,
        usable=usable,
        roles=roles,
    )


def policy(*lines: tuple[str, str, str]) -> Policy:
    text = "".join(f'[[grants]]\ngroup="{g}"\nrole="{r}"\nsites={s.split()!r}\n' for g, r, s in lines)
    return parse_policy(text, 1)


def changed(old: Policy, new: Policy, *groups: str) -> Change | None:
    return next(iter(changes(old, new, [someone("", *groups)], frozenset(SITES))), None)


# --- what must always hold ----------------------------------------------------------------------------


@given(POLICIES, POLICIES, st.lists(PEOPLE, max_size=4))
def test_a_difference_is_what_the_roles_before_and_after_differ_in(
    old: Policy, new: Policy, people: list[Someone]
) -> None:
    found = {id(one.who): one for one in changes(old, new, people, frozenset(SITES))}
    for who in people:
        for role in Role:
            for site in SITES:
                before, after = (_at(one, who, role, site) for one in (old, new))
                one = found.get(id(who))
                gained, lost = (one.gained, one.lost) if one else ({}, {})
                reached = {site, "*"}
                assert (after and not before) <= bool(reached & gained.get(role, frozenset()))
                assert (before and not after) <= bool(reached & lost.get(role, frozenset()))
                assert not (site in gained.get(role, ()) and before)
                assert not (site in lost.get(role, ()) and after)


def _at(rules: Policy, who: Someone, role: Role, site: str) -> bool:
    return bool({site, "*"} & roles_at(rules, who.groups).get(role, frozenset()))


@given(POLICIES, PEOPLE)
def test_the_same_policy_changes_nothing_and_none_at_all_gives_nothing(rules: Policy, who: Someone) -> None:
    assert changes(rules, rules, [who], frozenset(SITES)) == ()
    assert changes(Policy(), Policy(), [who], frozenset(SITES)) == ()
    assert all(not one.before for one in changes(Policy(), rules, [who], frozenset(SITES)))
    assert all(one.emptied for one in changes(rules, Policy(), [who], frozenset(SITES)))


@given(POLICIES, PEOPLE)
def test_a_policy_turned_round_gives_what_its_lines_give_one_by_one(rules: Policy, who: Someone) -> None:
    held = frozenset(who.groups)
    by_line = {
        role: sites
        for role in Role
        if (sites := frozenset[str]().union(*(g.sites_of(held) for g in rules.grants if g.role is role)))
    }

    assert RolesByGroup(rules).roles(who.groups) == by_line


@given(st.lists(GRANTS, max_size=6), st.frozensets(st.text(max_size=12), max_size=6))
def test_a_pattern_never_gives_all_sites_nor_what_is_no_id_of_a_site(
    grants: list[Grant], groups: frozenset[str]
) -> None:
    patterns = Policy(version=1, grants=tuple(grant for grant in grants if grant.pattern))
    framed = {f"gh-{group}" for group in groups} | {f"{group}-gh" for group in groups} | groups
    for sites in roles_at(patterns, framed | {"gh-*", "*", "*-gh"}).values():
        assert "*" not in sites
        assert all(
            site.isascii() and site and not set(site) - set("abcdefghijklmnopqrstuvwxyz0123456789_-")
            for site in sites
        )


@given(POLICIES, st.frozensets(st.text(max_size=20) | st.sampled_from(NAMES), max_size=6), st.booleans())
def test_a_group_of_one_provider_never_satisfies_a_grant_of_another(
    rules: Policy, groups: frozenset[str], alone: bool
) -> None:
    tricks = {at_provider("okta", group) for group in groups} | {f"okta\x1f{name}" for name in NAMES}
    mine = bound("entra", groups | tricks, alone=alone)
    others = Policy(version=1, grants=tuple(grant for grant in rules.grants if grant.provider == "okta"))
    ours = Policy(version=1, grants=tuple(grant for grant in rules.grants if not grant.provider))

    assert roles_at(others, mine) == {}
    assert alone or roles_at(ours, mine) == {}


@given(POLICIES, st.sampled_from(Permission))
def test_who_is_in_no_group_or_in_one_that_no_grant_names_may_do_nothing(
    rules: Policy, permission: Permission
) -> None:
    for groups in ((), ("unheard-of",), ("",), ("*",)):
        named = Policy(version=1, grants=tuple(one for one in rules.grants if one.group != "<site>"))
        assert not may(named, groups, permission)


@given(POLICIES, POLICIES, PEOPLE)
def test_what_is_recorded_is_the_roles_as_they_are_written(old: Policy, new: Policy, who: Someone) -> None:
    one = rewritten(old, new, [who])[0]

    assert (one.before, one.after) == tuple(roles_text(roles_at(rules, who.groups)) for rules in (old, new))


@given(POLICIES, PEOPLE)
def test_roles_that_were_written_are_read_as_they_were(rules: Policy, who: Someone) -> None:
    roles = roles_at(rules, who.groups)

    assert roles_read(roles_text(roles)) == roles


# --- what is said of it -------------------------------------------------------------------------------


def test_somebody_who_loses_everywhere_and_keeps_a_site_is_said_to_keep_it() -> None:
    one = changed(policy(("g", "agent", "*")), policy(("g", "agent", "berlin")), "g")

    assert one is not None
    assert in_words(one.lost, one.after) == "agent everywhere but at berlin"
    assert (one.gained, one.emptied) == ({}, False)


def test_all_sites_instead_of_some_is_nothing_lost() -> None:
    one = changed(policy(("g", "agent", "berlin newyork")), policy(("g", "agent", "*")), "g")

    assert one is not None
    assert (in_words(one.gained), one.lost) == ("agent everywhere", {})


def test_one_role_for_another_is_both_gained_and_lost_each_at_its_sites() -> None:
    old, new = policy(("g", "agent", "berlin newyork")), policy(("g", "supervisor", "newyork berlin"))
    one = changed(old, new, "g")

    assert one is not None
    assert in_words(one.gained) == "supervisor at berlin, newyork"
    assert in_words(one.lost, named=str.title) == "agent at Berlin, Newyork"


def test_a_site_that_is_not_in_service_is_nothing_to_gain_or_lose() -> None:
    assert changed(Policy(), policy(("gh-<site>", "agent", "<site>")), "gh-closed") is None
    assert changed(Policy(), policy(("gh-<site>", "agent", "<site>")), "gh-berlin") is not None


# --- who could manage it ------------------------------------------------------------------------------


def test_only_an_admin_everywhere_manages() -> None:
    everywhere, here = frozenset({"*"}), frozenset(SITES)

    assert manages({Role.ADMIN: everywhere})
    assert not manages({Role.ADMIN: here, Role.SUPERVISOR: everywhere, Role.AUDITOR: everywhere})


def test_groups_held_bare_from_when_there_was_one_provider_count_no_more_when_there_are_two() -> None:
    rules = policy(("g", "admin", "*"))
    who = someone("entra", *bound("entra", ["g"], alone=True))

    assert manageable(rules, [who], alone=True)
    assert not manageable(rules, [who], alone=False)
    assert manageable(rules, [someone("", "g")], alone=False)


def test_grants_for_our_own_accounts_are_named_by_number_only_where_there_are_several_providers() -> None:
    rules = policy(("g", "admin", "*"))

    assert [number for number, _ in ours_alone(rules, {"entra", "okta"})] == [1]
    assert ours_alone(rules, {"entra"}) == ()
