"""What another policy would do to people: who gains and loses what where, and who could still manage it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from core.memberships import bound_anew
from core.permissions import EVERYWHERE, Grant, Policy, Role, RolesByGroup, manages, roles_read, roles_text

Roles: TypeAlias = Mapping[Role, frozenset[str]]
_Name = TypeVar("_Name", bound=StrEnum)
_EVERYWHERE: Final = frozenset({EVERYWHERE})
_NOWHERE: Final = frozenset[str]()
_NOTHING: Final[Mapping[Any, frozenset[str]]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """Somebody a policy is tried on; `roles` is what they had last, None where they never came.

    `usable` says that they can be counted on to sign in again.
    """

    subject: str
    name: str
    username: str
    provider: str
    groups: tuple[str, ...]
    usable: bool
    roles: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a policy does to one person: their roles before and after, at sites in service."""

    who: Someone
    before: Roles
    after: Roles

    @property
    def gained(self) -> Roles:
        """What they have after it and did not have before."""
        return _more(self.after, self.before)

    @property
    def lost(self) -> Roles:
        """What they had before and have no more; '*' also where some of its sites are left."""
        return _more(self.before, self.after)

    @property
    def emptied(self) -> bool:
        """Whether nothing is left of what they had."""
        return bool(self.before) and not self.after


def changes(old: Policy, new: Policy, people: Iterable[Someone], sites: frozenset[str]) -> tuple[Change, ...]:
    """Try a policy on people; gives those for whom it changes anything at these sites or everywhere."""
    was, will = RolesByGroup(old), RolesByGroup(new)
    tried = (
        Change(
            who=who,
            before=_within(was.roles(who.groups), sites),
            after=_within(will.roles(who.groups), sites),
        )
        for who in people
    )
    return tuple(one for one in tried if one.before != one.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What is recorded of a person: the roles before and after, as `roles_text` writes them."""

    who: Someone
    before: str
    after: str


def rewritten(old: Policy, new: Policy, people: Iterable[Someone]) -> tuple[Rewritten, ...]:
    """Give everybody's roles before and after as they are recorded, also of those who keep theirs.

    A role that a sign-in was not proven well enough for stays out, on either side.
    """
    was, will = RolesByGroup(old), RolesByGroup(new)
    return tuple(_rewritten(was.roles(who.groups), will.roles(who.groups), who) for who in people)


def _rewritten(before: Roles, after: Roles, who: Someone) -> Rewritten:
    # Nothing is withheld from accounts of our own.
    out = before.keys() - roles_read(who.roles).keys() if who.provider and who.roles is not None else ()
    return Rewritten(
        who=who, before=roles_text(_without(before, out)), after=roles_text(_without(after, out))
    )


def _without(roles: Roles, out: Collection[Role]) -> Roles:
    return {role: sites for role, sites in roles.items() if role not in out}


def manageable(policy: Policy, people: Iterable[Someone], *, alone: bool) -> bool:
    """Whether any of these people could manage this policy at their next sign-in.

    `alone` says that there is but one provider: else groups of no provider are those of our own accounts.
    """
    will = RolesByGroup(policy)
    return any(manages(will.roles(_next(who, alone=alone))) for who in people)


def _next(who: Someone, *, alone: bool) -> tuple[str, ...]:
    return bound_anew(who.provider, who.groups, alone=alone) if who.provider else who.groups


def ours_alone(policy: Policy, providers: Collection[str]) -> tuple[tuple[int, Grant], ...]:
    """Give the grants, by number, that hold for accounts of our own only, as there are several providers."""
    if len(providers) <= 1:
        return ()
    return tuple((number, one) for number, one in enumerate(policy.grants, start=1) if not one.provider)


def in_words(
    roles: Mapping[_Name, frozenset[str]],
    left: Mapping[_Name, frozenset[str]] = _NOTHING,
    *,
    named: Callable[[str], str] = str,
) -> str:
    """Write roles with their sites for people, and which sites are `left` of what is lost everywhere."""
    return ", ".join(
        f"{role} {_where(sites, left.get(role, _NOWHERE), named)}" for role, sites in sorted(roles.items())
    )


def _where(sites: frozenset[str], left: frozenset[str], named: Callable[[str], str]) -> str:
    if EVERYWHERE not in sites:
        return f"at {', '.join(sorted(map(named, sites)))}"
    return f"everywhere but at {', '.join(sorted(map(named, left)))}" if left else "everywhere"


def _within(roles: Roles, sites: frozenset[str]) -> Roles:
    kept = {role: _EVERYWHERE if EVERYWHERE in places else places & sites for role, places in roles.items()}
    return {role: places for role, places in kept.items() if places}


def _more(roles: Roles, than: Roles) -> Roles:
    found = {
        role: sites - than.get(role, _NOWHERE)
        for role, sites in roles.items()
        if EVERYWHERE not in than.get(role, _NOWHERE)
    }
    return {role: sites for role, sites in found.items() if sites}
