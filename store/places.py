"""Sites and doors by name, for those who may see them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from core.model import USUAL_REASONS
from core.permissions import Scope
from store.database import Database
from store.projections import sites_of
from store.schema import door, site
from store.views import SiteView


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorName:
    """A door in service, as a list names it."""

    id: str
    site: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The sites and doors of one scope, by id, in the order of their names."""

    sites: Mapping[str, SiteView]
    doors: Mapping[str, DoorName]


def site_names(db: Database, sites: frozenset[str]) -> Mapping[str, SiteView]:
    """Give these sites by id, in the order of their names, without their doors."""
    with db.read() as connection:
        return {one.id: one for one in sites_of(connection, sites)}


def places(db: Database, scope: Scope) -> Places:
    """Give what this scope may see, and only what is in service."""
    query = (
        select(door.c.id, door.c.site, door.c.name)
        .where(door.c.site.in_(scope.sites), door.c.retired.is_(None))
        .order_by(door.c.name, door.c.id)
    )
    with db.read() as connection:
        doors = [DoorName(id=row.id, site=row.site, name=row.name) for row in connection.execute(query)]
        sites = sites_of(connection, scope.sites)
    return Places(sites={site.id: site for site in sites}, doors={one.id: one for one in doors})


def presets_of(db: Database, scope: Scope) -> dict[str, list[str]]:
    """Give the reasons that each site of a scope offers to whoever opens a door; ours where it has none."""
    query = select(site.c.id, site.c.reasons).where(site.c.id.in_(scope.sites), site.c.retired.is_(None))
    with db.read() as connection:
        return {row.id: list(row.reasons or USUAL_REASONS) for row in connection.execute(query)}
