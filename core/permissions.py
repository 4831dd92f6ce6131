"""Who may do what: roles per site from group ids, by one versioned policy; deny by default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import PolicyInvalid
from core.memberships import at_provider
from core.model import ID_PATTERN
from core.records import Class

EVERYWHERE: Final = "*"
# Stands in a group's name for the id of a site, and among the sites for the one that was found there.
ANY_SITE: Final = "<site>"


class Role(StrEnum):
    """What a person is at a site."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    USER = "user"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """One thing that can be allowed."""

    LIVE_VIEW = "live.view"
    CALL_HANDLE = "call.handle"
    DOOR_UNLOCK = "door.unlock"
    DOOR_HOLD = "door.hold"
    DOOR_LOCKDOWN = "door.lockdown"
    ALARM_HANDLE = "alarm.handle"
    LOG_READ = "log.read"
    ANALYTICS_VIEW = "analytics.view"
    RECORDING_VIEW = "recording.view"
    RECORDING_EXPORT = "recording.export"
    LOG_EXPORT = "log.export"
    AUDIT_READ = "audit.read"
    POLICY_EXPLAIN = "policy.explain"
    ESTATE_MANAGE = "estate.manage"
    PEOPLE_MANAGE = "people.manage"
    POLICY_MANAGE = "policy.manage"
    SELF = "self"


_P = Permission
_DESK: Final = frozenset({_P.LIVE_VIEW, _P.CALL_HANDLE, _P.DOOR_UNLOCK, _P.SELF})
_GUARD: Final = _DESK | {_P.DOOR_HOLD, _P.DOOR_LOCKDOWN, _P.ALARM_HANDLE}
_READER: Final = frozenset(
    {_P.LOG_READ, _P.ANALYTICS_VIEW, _P.RECORDING_VIEW, _P.RECORDING_EXPORT, _P.LOG_EXPORT, _P.SELF}
)
_AUDIT: Final = frozenset({_P.AUDIT_READ, _P.POLICY_EXPLAIN})
_MANAGE: Final = frozenset({_P.ESTATE_MANAGE, _P.PEOPLE_MANAGE, _P.POLICY_MANAGE})
GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.ADMIN: _GUARD | _READER | _AUDIT | _MANAGE,
    Role.SUPERVISOR: _GUARD | _READER,
    Role.AGENT: _DESK,
    Role.USER: frozenset({_P.SELF}),
    Role.AUDITOR: _READER | _AUDIT,
}

_SITE_CLASSES: Final = frozenset(
    {Class.MOVEMENT, Class.DOOR, Class.CALL, Class.DEVICE, Class.FEED, Class.CAMERA}
)
READS: Final[Mapping[Permission, frozenset[Class]]] = {
    Permission.LIVE_VIEW: _SITE_CLASSES,
    Permission.LOG_READ: _SITE_CLASSES,
    Permission.ANALYTICS_VIEW: _SITE_CLASSES,
    Permission.AUDIT_READ: frozenset({Class.OPERATOR, Class.ORGANISATION, Class.LEDGER}),
    Permission.ALARM_HANDLE: frozenset({Class.DURESS}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of the policy: members of this group have this role at these sites ('*': everywhere).

    With a provider, only those whom that provider says are members. A group whose name holds `<site>` is one
    for each site, at which its members have the role.
    """

    group: str
    role: Role
    sites: frozenset[str]
    provider: str = ""

    @property
    def pattern(self) -> bool:
        """Whether the group's name holds the site."""
        return ANY_SITE in self.group

    def sites_of(self, groups: frozenset[str]) -> frozenset[str]:
        """Give the sites at which a person with these groups has the role by this line."""
        wanted = at_provider(self.provider, self.group)
        if not self.pattern:
            return self.sites if wanted in groups else frozenset()
        before, _, after = wanted.partition(ANY_SITE)
        around = len(before) + len(after)
        framed = (
            one for one in groups if one.startswith(before) and one.endswith(after) and len(one) > around
        )
        inner = (one[len(before) : len(one) - len(after)] for one in framed)
        return frozenset(site for site in inner if ID_PATTERN.fullmatch(site))

    def names(self, sites: frozenset[str]) -> tuple[str, ...]:
        """Give the memberships by which somebody has the role at these sites."""
        named = (
            [self.group.replace(ANY_SITE, site) for site in sorted(sites)] if self.pattern else [self.group]
        )
        return tuple(at_provider(self.provider, group) for group in named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The mapping in force; `version` grows by one with each change, 0 grants nothing."""

    version: int = 0
    grants: tuple[Grant, ...] = ()

    def without(self, roles: frozenset[Role]) -> "Policy":
        """Give the policy as it is for somebody who may not have these roles now."""
        if not roles:
            return self
        left = tuple(grant for grant in self.grants if grant.role not in roles)
        return Policy(version=self.version, grants=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one permission lets a person read; every read of the store takes one.

    `sites` are ids in service; `organisation` is held only by a role mapped at '*';
    `names` are the sites where cardholders may be named.
    """

    permission: Permission
    sites: frozenset[str]
    organisation: bool
    classes: frozenset[Class]
    names: frozenset[str]
    policy_version: int

    @property
    def empty(self) -> bool:
        """Whether nothing at all can be read."""
        return not self.sites and not self.organisation


def roles_read(text: str) -> Mapping[Role, frozenset[str]]:
    """Read what `roles_text` wrote."""
    named = (one.partition("@") for one in text.split())
    return {Role(role): frozenset(sites.split(",")) for role, _, sites in named}


class RolesByGroup:
    """A policy turned round, to ask it for many people: which roles each group gives, and where."""

    def __init__(self, policy: Policy) -> None:
        """Turn it round once."""
        self._named: dict[str, list[tuple[Role, frozenset[str]]]] = {}
        self._patterns: list[Grant] = []
        for grant in policy.grants:
            if grant.pattern:
                self._patterns.append(grant)
            else:
                group = at_provider(grant.provider, grant.group)
                self._named.setdefault(group, []).append((grant.role, grant.sites))

    def roles(self, groups: Iterable[str]) -> Mapping[Role, frozenset[str]]:
        """Map a person's groups to roles, each with its sites ('*' kept as it stands)."""
        held = frozenset(groups)
        given = [one for group in held & self._named.keys() for one in self._named[group]]
        given += ((grant.role, grant.sites_of(held)) for grant in self._patterns)
        found: dict[Role, frozenset[str]] = {}
        for role, sites in given:
            if sites:
                found[role] = found.get(role, frozenset()) | sites
        return found


def roles_at(policy: Policy, groups: Iterable[str]) -> Mapping[Role, frozenset[str]]:
    """Map a person's group ids to roles, each with its sites ('*' kept as it stands)."""
    return RolesByGroup(policy).roles(groups)


def roles_text(roles: Mapping[Role, frozenset[str]]) -> str:
    """Write roles with their sites as records keep them: `agent@berlin,paris auditor@*`."""
    return " ".join(f"{role}@{','.join(sorted(sites))}" for role, sites in sorted(roles.items()))


def _places(policy: Policy, groups: Iterable[str], permission: Permission) -> frozenset[str]:
    held = roles_at(policy, groups)
    return frozenset().union(*(sites for role, sites in held.items() if permission in GRANTS[role]))


def scope_of(policy: Policy, groups: Iterable[str], permission: Permission, sites: Iterable[str]) -> Scope:
    """Work out what a person with these groups may read or do under one permission at these sites."""
    held = frozenset(groups)
    every = frozenset(sites)
    places = _places(policy, held, permission)
    log = _places(policy, held, Permission.LOG_READ)
    within = every if EVERYWHERE in places else places & every
    classes = READS.get(permission, frozenset())
    if permission is Permission.AUDIT_READ and not _places(policy, held, Permission.DOOR_UNLOCK):
        # Only who can't be made to open a door is shown, among all else, that somebody was.
        classes |= {Class.DURESS}
    return Scope(
        permission=permission,
        sites=within,
        organisation=EVERYWHERE in places,
        classes=classes,
        names=within if EVERYWHERE in log else within & log,
        policy_version=policy.version,
    )


def may(policy: Policy, groups: Iterable[str], permission: Permission, site: str | None = None) -> bool:
    """Decide one act: at a site, or (None) at any site at all."""
    places = _places(policy, groups, permission)
    return bool(places) if site is None else EVERYWHERE in places or site in places


def needed_for(permission: Permission) -> tuple[Role, ...]:
    """Name the roles that give a permission."""
    return tuple(role for role in Role if permission in GRANTS[role])


def manages(roles: Mapping[Role, frozenset[str]]) -> bool:
    """Whether somebody with these roles could put another policy in force."""
    return any(
        EVERYWHERE in sites for role, sites in roles.items() if Permission.POLICY_MANAGE in GRANTS[role]
    )


def check_policy(policy: Policy, sites: Iterable[str], providers: frozenset[str] = frozenset[str]()) -> None:
    """Refuse a policy that names unknown sites or leaves nobody to change it; raises PolicyInvalid.

    So is one that names an unknown provider, where any is known.
    """
    known = frozenset(sites) | {EVERYWHERE}
    for number, grant in enumerate(policy.grants, start=1):
        _check_provider(number, grant, providers)
        unknown = sorted(grant.sites - known - ({ANY_SITE} if grant.pattern else frozenset()))
        if unknown:
            remedy = f"write one of {sorted(known)}"
            raise PolicyInvalid(f"grant {number} ({grant.group}): no site is called '{unknown[0]}'; {remedy}")
    if not any(grant.role is Role.ADMIN and EVERYWHERE in grant.sites for grant in policy.grants):
        message = "nobody could change this policy again: give one group the role 'admin' at sites = [\"*\"]"
        raise PolicyInvalid(message)


def _check_provider(number: int, grant: Grant, providers: frozenset[str]) -> None:
    if grant.provider and providers and grant.provider not in providers:
        remedy = f"write one of {sorted(providers)}"
        raise PolicyInvalid(
            f"grant {number} ({grant.group}): no provider is called '{grant.provider}'; {remedy}"
        )
