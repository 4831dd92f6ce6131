"""A small estate, scopes and records for the tests of the store and of the stream."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import insert

from core.leaf import Draft
from core.permissions import READS, Permission, Scope
from core.records import Kind
from store import schema
from store.database import Database
from store.log import append
from store.people import save_people

NOW = 1_790_000_000_000_000
HEARTBEAT_S = 30


def build_estate(db: Database, sites: Iterable[str] = ("berlin", "paris", "rome"), doors: int = 2) -> None:
    """Write sites with one device and some doors each: `<site>-door-<n>` on `<site>-dev`."""
    with db.write() as connection:
        for site in sites:
            zone = {"id": site, "name": site.title(), "time_zone": "Europe/Berlin"}
            connection.execute(insert(schema.site), zone)
            device = {
                "id": f"{site}-dev",
                "site": site,
                "family": "gatehouse",
                "name": "",
                "heartbeat_s": HEARTBEAT_S,
            }
            connection.execute(insert(schema.device), device)
            rows = [
                {
                    "id": f"{site}-door-{n}",
                    "site": site,
                    "device": f"{site}-dev",
                    "number": str(n),
                    "name": f"Door {n}",
                    "sensor": True,
                }
                for n in range(1, doors + 1)
            ]
            connection.execute(insert(schema.door), rows)


def name_person(db: Database, number: str, name: str) -> None:
    save_people(db, {number: name})


def draft(kind: Kind, site: str | None = "berlin", at: int = NOW, door: int | None = 1, **more: Any) -> Draft:
    """Make a record of a site's device, or of the organisation (site None)."""
    plain = Draft(kind=kind, received=at, **more)
    if site is None:
        return plain
    return replace(
        plain, site=site, device=f"{site}-dev", door=None if door is None else f"{site}-door-{door}"
    )


def swipe(site: str = "berlin", person: str = "u-1", at: int = NOW, door: int = 1) -> Draft:
    private = {"person": person, "credential": "****1234"}
    return draft(Kind.ACCESS_GRANTED, site, at, door, private=private)


def write(db: Database, *drafts: Draft) -> Sequence[int | None]:
    return append(db, drafts).ids


def scope(
    *sites: str,
    permission: Permission = Permission.LIVE_VIEW,
    names: Iterable[str] = (),
    organisation: bool = False,
) -> Scope:
    return Scope(
        permission=permission,
        sites=frozenset(sites),
        organisation=organisation,
        classes=READS[permission],
        names=frozenset(names),
        policy_version=1,
    )
