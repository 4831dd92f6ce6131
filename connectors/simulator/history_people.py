"""Who works in the demo's buildings, by which doors, and what each does on a working day. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from connectors.simulator.estate import staff_of

_GUARDS_LAST: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A site's doors by what they are for; `rooms` are opened by few, `ways_in` lead from the street.

    `bells` tell how much more often one is rung than another.
    """

    ways_in: tuple[tuple[str, ...], ...]
    desks: tuple[str, ...]
    breaks: tuple[str, ...]
    rooms: Mapping[str, tuple[str, ...]]
    bells: Mapping[str, int]
    rounds: tuple[str, ...]

    @property
    def doors(self) -> frozenset[str]:
        """Every door of the building."""
        ways = (door for way in self.ways_in for door in way)
        return frozenset((*ways, *self.desks, *self.breaks, *self.rooms, *self.bells, *self.rounds))


BUILDINGS: Final[Mapping[str, Building]] = {
    "berlin": Building(
        ways_in=(("berlin-main", "berlin-lobby"), ("berlin-garage",), ("berlin-bikes",)),
        desks=("berlin-office-1", "berlin-office-2"),
        breaks=("berlin-canteen",),
        rooms={
            "berlin-post": ("u-3", "u-9", "u-15"),
            "berlin-servers": ("u-7", "u-12", "u-14"),
            "berlin-vault": ("u-5", "u-20"),
        },
        bells={"berlin-main": 6, "berlin-gate": 4, "berlin-delivery": 1},
        rounds=("berlin-garage", "berlin-lobby", "berlin-post", "berlin-bikes"),
    ),
    "newyork": Building(
        ways_in=(("newyork-main", "newyork-lobby"), ("newyork-main", "newyork-reception")),
        desks=("newyork-trading", "newyork-reception"),
        breaks=("newyork-gym", "newyork-lobby"),
        rooms={
            "newyork-archive": ("u-24", "u-30", "u-33"),
            "newyork-network": ("u-27", "u-36"),
            "newyork-freight": ("u-22", "u-26", "u-35"),
            "newyork-roof": ("u-26",),
        },
        bells={"newyork-main": 3, "newyork-dock": 2},
        rounds=("newyork-lobby", "newyork-freight", "newyork-trading", "newyork-dock"),
    ),
    "singapore": Building(
        ways_in=(("singapore-main",), ("singapore-carpark",)),
        desks=("singapore-level-3", "singapore-level-4"),
        breaks=("singapore-pantry",),
        rooms={
            "singapore-store": ("u-41", "u-46", "u-50"),
            "singapore-lab": ("u-40", "u-43", "u-45", "u-48", "u-51"),
            "singapore-cold": ("u-40", "u-45", "u-51"),
        },
        bells={"singapore-main": 1},
        rounds=("singapore-carpark", "singapore-level-3", "singapore-lab", "singapore-main"),
    ),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a door, at a site's local time in hours from midnight; leaving needs no card."""

    hours: float
    door: str
    person: str
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The habits of a person; times in hours, `home` are weekdays (Monday is 0) spent elsewhere."""

    person: str
    building: Building
    way: tuple[str, ...]
    desk: str
    starts: float
    stays: float
    home: frozenset[int]
    rooms: tuple[str, ...]

    def day(self, random: Random) -> Iterator[Visit]:
        """Live through a working day."""
        came = self.starts + random.gauss(0, 0.22)
        goes = came + self.stays + abs(random.gauss(0, 0.4)) + (2.2 if chance(random, 0.04) else 0)
        yield from self._arrive(came, random)
        if chance(random, 0.5):
            yield from self._pause(came + random.uniform(1.3, 2.2), random, 0.15)
        yield from self._lunch(came + random.uniform(3.4, 4.6), random)
        for room in self.rooms:
            if chance(random, 0.55):
                yield Visit(came + random.uniform(0.5, self.stays - 0.3), room, self.person)
        if chance(random, 0.45):
            yield Visit(came + random.uniform(1, 7), random.choice(self.building.desks), self.person)
        yield Visit(goes, self.way[0], self.person, leaving=True)

    def _arrive(self, at: float, random: Random) -> Iterator[Visit]:
        for door in (*self.way, self.desk):
            yield Visit(at, door, self.person)
            at += random.uniform(0.008, 0.03)

    def _pause(self, at: float, random: Random, hours: float) -> Iterator[Visit]:
        yield Visit(at, random.choice(self.building.breaks), self.person)
        yield Visit(at + hours * random.uniform(0.7, 1.4), self.desk, self.person)

    def _lunch(self, at: float, random: Random) -> Iterator[Visit]:
        if chance(random, 0.6):
            yield from self._pause(at, random, 0.6)
            return
        yield Visit(at, self.way[0], self.person, leaving=True)
        yield from self._arrive(at + random.uniform(0.5, 1), random)


def guards_of(site: str) -> tuple[str, ...]:
    """Name those who go their rounds when nobody else is there, a week each in turn."""
    return staff_of(site)[-_GUARDS_LAST:]


def workers_of(site: str, seed: int) -> tuple[Worker, ...]:
    """Give everybody with a desk at a site; nobody works where the demo knows no building."""
    building = BUILDINGS.get(site)
    if building is None:
        return ()
    return tuple(_worker(building, person, seed) for person in staff_of(site)[:-_GUARDS_LAST])


def _worker(building: Building, person: str, seed: int) -> Worker:
    lots = Random(f"{seed} {person}")  # noqa: S311 - a story, no secret
    return Worker(
        person=person,
        building=building,
        way=lots.choices(building.ways_in, weights=range(len(building.ways_in) + 1, 1, -1))[0],
        desk=lots.choice(building.desks),
        starts=lots.choice((6.6, 7.4, 8.1, 8.4, 8.8, 9, 9.2, 9.6, 10.4)),
        stays=lots.uniform(7.6, 9.3),
        home=frozenset(lots.sample(range(5), lots.choice((0, 0, 1, 1, 2)))),
        rooms=tuple(room for room, who in building.rooms.items() if person in who),
    )


def night_round(building: Building, guard: str, at: float, random: Random) -> Iterator[Visit]:
    """Walk past the doors that a guard looks behind, one after the other."""
    for door in random.sample(building.rounds, len(building.rounds)):
        yield Visit(at, door, guard)
        at += random.uniform(0.06, 0.14)


def is_away(person: str, day: date, seed: int) -> bool:
    """Whether a person is on holiday this week, or ill."""
    year, week, _ = day.isocalendar()
    lots = Random(f"{seed} {person} {year}")  # noqa: S311 - a story, no secret
    weeks = {*lots.sample(range(2, 51), 3), lots.randrange(27, 35), lots.choice((1, 52))}
    ill = Random(f"{seed} {person} {day.isoformat()} ill")  # noqa: S311 - a story, no secret
    return week in weeks or chance(ill, 0.025)


def chance(lots: Random, share: float) -> bool:
    """Draw whether something happens that does so this often, 0 to 1."""
    return lots.random() < share
