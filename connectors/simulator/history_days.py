"""The ordinary days of the demo's past: work, visitors, deliveries, night rounds and small mishaps. Pure."""

import math
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Final

from connectors.simulator.history_calendar import is_workday
from connectors.simulator.history_people import (
    BUILDINGS,
    Building,
    Visit,
    Worker,
    chance,
    guards_of,
    is_away,
    night_round,
    workers_of,
)
from connectors.simulator.history_stage import Stage
from core.model import Site
from core.records import Kind
from core.times import MINUTE_US, SECOND_US

_ROUNDS: Final = (0.5, 3.2, 5.6, 22.3)
_REFUSED: Final = 0.014
_DESK: Final = (8, 17.5)
_UPDATES: Final = {(3, 8), (6, 8), (9, 8), (12, 8)}
_OFTEN_REFUSED: Final = (
    ("unauthorized", 5),
    ("not_permitted_at_this_time", 3),
    ("credential_expired", 1),
    ("invalid_pin", 3),
    ("antipassback", 2),
)
_PIN_DOORS: Final = frozenset({"berlin-vault", "berlin-servers", "singapore-lab", "newyork-network"})
_GATES: Final = frozenset({"berlin-garage", "singapore-carpark", "berlin-lobby", "newyork-lobby"})
# A bridge that is not as well hung up as the rest.
_SHAKY: Final = {"nyc-zigbee": 4, "sin-reader": 3}


class Days:
    """Plans one site's days; `gone` are people who don't come on a day, `deserted` days without a desk."""

    def __init__(self, stage: Stage, site: Site, gone: frozenset[tuple[str, date]]) -> None:
        """Take who stays away for a reason that is told elsewhere; "" is whoever answers the bells."""
        self._stage = stage
        self._site = site
        self._gone = gone
        self._workers = workers_of(site.id, stage.seed)
        self._devices = [one.id for one in stage.estate.devices.values() if one.site == site.id]
        self._weights = [_SHAKY.get(one, 1) for one in self._devices]

    def plan(self, day: date) -> None:
        """Plan all that happens on a day that is nothing out of the ordinary."""
        building = BUILDINGS.get(self._site.id)
        if building is None:
            return
        lots = self._stage.draw(self._site.id, day)
        open_ = is_workday(self._site.time_zone, day)
        for visit in self._visits(building, day, lots, open_=open_):
            self._visit(visit, day, lots)
        self._rings(building, day, lots, open_=open_)
        self._strangers(building, day, lots)
        self._mishaps(building, day, lots)

    def _visits(self, building: Building, day: date, lots: Random, *, open_: bool) -> Iterator[Visit]:
        for worker in self._workers:
            if self._comes(worker, day, lots, open_=open_):
                yield from worker.day(self._stage.draw(worker.person, day))
        guards = guards_of(self._site.id)
        guard = guards[day.isocalendar().week % len(guards)]
        for hours in _ROUNDS if open_ else (*_ROUNDS, 10.5, 15.2):
            yield from night_round(building, guard, hours + lots.uniform(0, 0.5), lots)
        if open_:
            cleaner = self._workers[-1].person
            for place, door in enumerate((*building.desks, *building.breaks)):
                yield Visit(18.6 + place * 0.55 + lots.uniform(0, 0.3), door, cleaner)

    def _comes(self, worker: Worker, day: date, lots: Random, *, open_: bool) -> bool:
        overtime = chance(lots, 0.015)
        if (worker.person, day) in self._gone:
            return False
        if not open_:
            return overtime
        return day.weekday() not in worker.home and not is_away(worker.person, day, self._stage.seed)

    def _visit(self, visit: Visit, day: date, lots: Random) -> None:
        at = self._local(day, visit.hours)
        if visit.leaving:
            self._stage.leave(visit.door, at)
            return
        if chance(lots, _REFUSED):
            self._stage.refuse(visit.door, visit.person, at, _reason(visit.door, lots))
            at += int(lots.uniform(6, 40) * SECOND_US)
        self._stage.enter(visit.door, visit.person, at)

    def _rings(self, building: Building, day: date, lots: Random, *, open_: bool) -> None:
        """Let couriers and visitors ring, most of them before noon; after hours hardly anybody answers."""
        for _ in range(_drawn(lots, 14 if open_ else 1.2)):
            door = lots.choices(list(building.bells), list(building.bells.values()))[0]
            hours = min(max(lots.gauss(11.5, 2.6), 6.5), 21.5) if open_ else lots.uniform(8, 23)
            staffed = open_ and _DESK[0] <= hours < _DESK[1] and ("", day) not in self._gone
            self._stage.ring(door, self._local(day, hours), 0.07 if staffed else 0.85)
        if open_:
            for _ in range(_drawn(lots, 0.7)):
                door = next(iter(building.bells))
                self._stage.keep_unlocked(door, self._local(day, lots.uniform(7, 15)))

    def _strangers(self, building: Building, day: date, lots: Random) -> None:
        for _ in range(_drawn(lots, 1.1)):
            door = lots.choice(building.ways_in)[0]
            at = self._local(day, min(max(lots.gauss(13, 4.5), 0.2), 23.5))
            for turn in range(lots.choice((1, 1, 2, 3))):
                self._stage.refuse(door, "", at + turn * 4 * SECOND_US, "credential_not_found")

    def _mishaps(self, building: Building, day: date, lots: Random) -> None:
        doors = sorted(building.doors)
        for _ in range(_drawn(lots, 0.8)):
            person, door = lots.choice(self._workers).person, lots.choice(doors)
            if self._stage.tells(door, Kind.DOOR_HELD_OPEN):
                self._stage.wedge(door, person, self._local(day, lots.uniform(7, 18)), (5, 140))
        for _ in range(_drawn(lots, 0.05)):
            door = lots.choice(doors)
            if self._stage.tells(door, Kind.DOOR_FORCED_OPEN):
                self._stage.force(door, self._local(day, lots.uniform(6, 22)))
        self._troubles(day, lots)

    def _troubles(self, day: date, lots: Random) -> None:
        """Let devices lose their network for minutes, be opened by technicians, and want batteries."""
        for _ in range(_drawn(lots, 0.3)):
            at = self._local(day, lots.uniform(0, 24))
            lasts = int(min(lots.lognormvariate(1.2, 1.1), 55) * MINUTE_US)
            self._stage.cut(lots.choices(self._devices, self._weights)[0], at, at + lasts)
        for _ in range(_drawn(lots, 0.02)):
            at = self._local(day, lots.uniform(8, 18))
            self._stage.happen(lots.choice(self._devices), Kind.DEVICE_TAMPERED, at)
        for _ in range(_drawn(lots, 0.04)):
            reason = lots.choice(("battery", "temperature", "power"))
            at = self._local(day, lots.uniform(0, 24))
            self._stage.happen(lots.choice(self._devices), Kind.DEVICE_FAULT, at, reason)
        if (day.month, day.day) in _UPDATES:
            self._update(day, lots)

    def _update(self, day: date, lots: Random) -> None:
        """Give every device of our own schema its quarterly firmware, one after the other at night."""
        at = self._local(day, 2)
        for name in self._devices:
            at += int(lots.uniform(60, 150) * SECOND_US)
            if self._stage.estate.devices[name].family == "gatehouse":
                self._stage.power_off(name, at, at + int(lots.uniform(30, 60) * SECOND_US))

    def _local(self, day: date, hours: float) -> int:
        return self._stage.local(self._site.id, day, hours)


def _reason(door: str, lots: Random) -> str:
    """Draw why a card is refused; PINs are asked for at few doors, and few have to be left to be entered."""
    fit = [
        (reason, weight)
        for reason, weight in _OFTEN_REFUSED
        if (reason != "invalid_pin" or door in _PIN_DOORS) and (reason != "antipassback" or door in _GATES)
    ]
    return lots.choices([reason for reason, _ in fit], [weight for _, weight in fit])[0]


def _drawn(lots: Random, mean: float) -> int:
    """Draw how often something happens that happens `mean` times a day (Knuth's way to Poisson)."""
    limit, product, times = math.exp(-mean), lots.random(), 0
    while product > limit:
        product *= lots.random()
        times += 1
    return times
