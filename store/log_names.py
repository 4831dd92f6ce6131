"""The names of what records are about, in service or not: the log is older than the estate."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from core.permissions import Scope
from store.database import Database
from store.projections import sites_of
from store.schema import device, door
from store.views import SiteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A door or device by name; `retired`: it is no more in service, but its records are."""

    id: str
    site: str
    name: str
    retired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNames:
    """The sites, doors and devices of one scope, by id, in the order of their names."""

    sites: Mapping[str, SiteView]
    doors: Mapping[str, Named]
    devices: Mapping[str, Named]


def log_names(db: Database, scope: Scope) -> LogNames:
    """Give what records of this scope may be about."""
    found = []
    with db.read() as connection:
        for table in (door, device):
            query = (
                select(table.c.id, table.c.site, table.c.name, table.c.retired)
                .where(table.c.site.in_(scope.sites))
                .order_by(table.c.name, table.c.id)
            )
            rows = connection.execute(query).all()
            found.append(
                {
                    row.id: Named(id=row.id, site=row.site, name=row.name, retired=row.retired is not None)
                    for row in rows
                }
            )
        sites = {one.id: one for one in sites_of(connection, scope.sites)}
    doors, devices = found
    return LogNames(sites=sites, doors=doors, devices=devices)
