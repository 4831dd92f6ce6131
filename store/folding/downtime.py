"""How long devices were away, by the site's days: added up when one comes back, or is away otherwise."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select, text

from core.days import split_days
from store import schema

_ADD: Final = text(
    "INSERT INTO downtime (site, device, day, us) VALUES (:site, :device, :day, :us) "
    "ON CONFLICT (site, device, day) DO UPDATE SET us = downtime.us + excluded.us"
)
_ZONES: Final = select(schema.site.c.id, schema.site.c.time_zone).where(
    schema.site.c.id.in_(bindparam("names", expanding=True))
)
_NO_ZONE: Final = "UTC"


@dataclass(frozen=True, slots=True)
class Away:
    """A time that a device spent away (µs UTC)."""

    site: str
    device: str
    begin: int
    end: int


class Downtime:
    """The times away that end within one batch."""

    def __init__(self) -> None:
        """Start with none."""
        self._ended: list[Away] = []

    def over(self, away: Away) -> None:
        """Take one that has ended; a clock that went back makes none."""
        if away.begin < away.end:
            self._ended.append(away)

    def save(self, connection: Connection) -> None:
        """Add them to what the store has counted."""
        if not self._ended:
            return
        names = {away.site for away in self._ended}
        zones = {row.id: row.time_zone for row in connection.execute(_ZONES, {"names": list(names)})}
        shares: Counter[tuple[str, str, int]] = Counter()
        for away in self._ended:
            for day, us in split_days(zones.get(away.site, _NO_ZONE), away.begin, away.end):
                shares[away.site, away.device, day] += us
        connection.execute(
            _ADD,
            [
                {"site": site, "device": name, "day": day, "us": us}
                for (site, name, day), us in shares.items()
            ],
        )
