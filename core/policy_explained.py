"""Why somebody may do what they may: the grants that hold for their groups, and what these give."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.permissions import GRANTS, Grant, Permission, Policy, Role, needed_for, roles_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant that holds for somebody: its place in the document, and the sites that it gives them."""

    number: int
    grant: Grant
    sites: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What a policy gives to some groups; `permissions` has all, those not held with no site."""

    version: int
    grants: tuple[Held, ...]
    roles: Mapping[Role, frozenset[str]]
    permissions: Mapping[Permission, frozenset[str]]


def explained(policy: Policy, groups: Iterable[str]) -> Explained:
    """Explain what a person with these groups may do."""
    held = frozenset(groups)
    roles = roles_at(policy, held)
    given = (
        Held(number=number, grant=grant, sites=grant.sites_of(held))
        for number, grant in enumerate(policy.grants, start=1)
    )
    places = {
        one: frozenset[str]().union(*(sites for role, sites in roles.items() if one in GRANTS[role]))
        for one in Permission
    }
    return Explained(
        version=policy.version,
        grants=tuple(one for one in given if one.sites),
        roles=roles,
        permissions=places,
    )


def asked_for(permission: Permission) -> str:
    """Say which role somebody needs for a permission."""
    names = [role.value for role in needed_for(permission)]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
