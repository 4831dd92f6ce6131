"""The demo's past, told by its own devices in fast motion. Pure: a seed and dates tell it all."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from connectors.simulator.history_days import Days
from connectors.simulator.history_incidents import INCIDENTS, Incident
from connectors.simulator.history_operators import plan_duties
from connectors.simulator.history_stage import Heard, OperatorWord, Stage
from connectors.simulator.spool import Key
from core.model import Estate, Site

__all__ = ("Heard", "History", "OperatorWord")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ONE: Final = timedelta(days=1)


class History:
    """What the devices of an estate said, and operators did, between two moments (µs UTC)."""

    def __init__(self, estate: Estate, *, seed: int, start: int, end: int) -> None:
        """Plan the incidents that fit in; ordinary days are planned as they come."""
        self._stage = Stage(estate, seed, start, end)
        self._deserted: frozenset[date] = frozenset()
        told = self.incidents()
        gone = frozenset(one for incident, day in told.items() for one in incident.away(day))
        for incident, day in told.items():
            incident.play(self._stage, day)
        for site in estate.sites.values():
            here = frozenset((who, day) for who, day in gone if who or site.id == "berlin")
            self._day(Days(self._stage, site, here), site, _local_date(site, start), here)

    def incidents(self) -> Mapping[Incident, date]:
        """Give what is worth finding and began after the story did, with its day at the site."""
        stage, found = self._stage, {}
        for one in INCIDENTS:
            site = stage.estate.sites.get(one.site)
            if site is not None:
                day = one.day(_local_date(site, stage.end), site.time_zone)
                if stage.local(site.id, day - _ONE, 0) >= stage.start:
                    found[one] = day
        return found

    def heard(self) -> Iterator[Heard]:
        """Give everything in the order in which it came."""
        return self._stage.heard()

    def numbered(self) -> Mapping[str, Key]:
        """Give how each device that numbers its events has ended, once all is told: its boot and number."""
        return self._stage.numbered()

    def _day(self, days: Days, site: Site, day: date, gone: frozenset[tuple[str, date]]) -> None:
        """Plan a day of a site, and at its end the next."""
        days.plan(day)
        plan_duties(self._stage, site.id, day, deserted=("", day) in gone)
        tomorrow = day + _ONE
        self._stage.plan(
            self._stage.local(site.id, tomorrow, 0), lambda _: self._day(days, site, tomorrow, gone)
        )


def _local_date(site: Site, at: int) -> date:
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(site.time_zone)).date()
