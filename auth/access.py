"""What a signed-in person may do, by the policy in force at this moment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auth.sessions import Actor
from core.permissions import Grant, Permission, Policy, Role, Scope, may, roles_at, scope_of
from store.database import Database
from store.policies import current_policy, policy_and_sites


def scope_for(db: Database, actor: Actor, permission: Permission) -> Scope:
    """Work out what this person may read or do under one permission."""
    policy, sites = policy_and_sites(db)
    return scope_of(policy.without(actor.withheld), actor.groups, permission, sites)


def scopes_for(db: Database, actor: Actor, permissions: Iterable[Permission]) -> Mapping[Permission, Scope]:
    """Work out several scopes by one policy, read once."""
    policy, sites = policy_and_sites(db)
    mine = policy.without(actor.withheld)
    return {one: scope_of(mine, actor.groups, one, sites) for one in permissions}


def permitted(db: Database, actor: Actor, permission: Permission, site: str | None = None) -> bool:
    """Decide one act: at a site, or (None) at any site at all."""
    return may(_policy(db, actor), actor.groups, permission, site)


def roles_of(db: Database, actor: Actor) -> Mapping[Role, frozenset[str]]:
    """Give the roles this person holds now, each with its sites ('*': everywhere)."""
    return roles_at(_policy(db, actor), actor.groups)


def grants_of(db: Database, actor: Actor) -> tuple[Grant, ...]:
    """Give the lines of the policy that this person has their roles from, in its order, with sites."""
    held = frozenset(actor.groups)
    given = ((grant, grant.sites_of(held)) for grant in _policy(db, actor).grants)
    return tuple(replace(grant, sites=sites) for grant, sites in given if sites)


def _policy(db: Database, actor: Actor) -> Policy:
    return current_policy(db).without(actor.withheld)
