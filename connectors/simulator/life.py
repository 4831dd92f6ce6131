"""Believable life at the doors of an estate, drawn from a seed. Pure: it is told the time and steps to it."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from connectors.simulator.agenda import Agenda
from connectors.simulator.estate import staff_of
from connectors.simulator.playing import Player
from connectors.simulator.scenes import SceneDoor, Scenes
from core.model import Site
from core.records import Kind

# How busy each hour of a working day is, from midnight, site-local. It never falls to nothing: a demo must
# move at any hour, and somebody cleans, guards or stays late in every building.
_HOURS: Final = (
    0.25, 0.25, 0.25, 0.25, 0.25, 0.3, 0.45, 0.8, 1.0, 0.9, 0.7, 0.7,
    1.0, 0.9, 0.7, 0.65, 0.75, 1.0, 0.8, 0.55, 0.4, 0.35, 0.3, 0.25,
)  # fmt: skip
_ROTATION: Final = 97  # a prime: neighbours in the table of doors are not alike
_VISIT_S: Final = 45.0  # between two visits of an average door in its busiest hour
_FIRST_VISIT_S: Final = 60.0  # even at night, whoever has just started the demo sees every door in use
_SENSED: Final = frozenset({Kind.DOOR_HELD_OPEN, Kind.DOOR_FORCED_OPEN})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Hands(Protocol):
    """What life does to a device's network and power; the loop does it, a test only watches."""

    def cut(self, device: str, until: int) -> None:
        """Take the network away until then (µs UTC)."""

    def restart(self, device: str, until: int) -> None:
        """Take the power away; the device boots again and is back then (µs UTC)."""


@dataclass(frozen=True, slots=True)
class _Incident:
    """Something out of the daily run: mean seconds between two, and when the first comes."""

    act: Callable[[int], object]
    mean: float
    first: float


class Life:
    """Drives every device of an estate; `step` may be called at any pace."""

    def __init__(
        self,
        sites: Mapping[str, Site],
        devices: Sequence[Player],
        hands: Hands,
        *,
        seed: int,
        now: int,
        speed: float = 1.0,
        still: Collection[str] = (),
    ) -> None:
        """Begin at `now` (µs UTC); to the devices in `still`, and at their doors, nothing happens."""
        self._random = Random(seed)  # noqa: S311 - a story, no secret
        self._sites = sites
        self._devices = [one for one in devices if one.device.id not in still]
        self._hands = hands
        self._agenda = Agenda(speed)
        self._speed = speed
        self._scenes = Scenes(self._agenda, self._random)
        self._doors = [SceneDoor(model, door) for model in self._devices for door in model.doors.values()]
        self._places = {(one.door.device, one.door.number): one for one in self._doors}
        for number, place in enumerate(self._doors):
            weight = 0.6 + (number * _ROTATION % 10) / 10
            self._plan_visit(place, weight, now, within=_FIRST_VISIT_S)
        for incident in self._incidents() if self._devices else ():
            self._agenda.after(now, incident.first, self._recurring(incident))

    @property
    def next_at(self) -> int | None:
        """When something happens next (µs UTC)."""
        return self._agenda.next_at

    def let_in(self, device: str, number: str, now: int) -> None:
        """Let whoever waits at a door go in, which its device has just released for somebody afar."""
        place = self._places.get((device, number))
        if place is not None:
            self._scenes.go_in(place, now)

    def step(self, now: int) -> None:
        """Let everything happen until `now` (µs UTC)."""
        self._agenda.run(now)

    def _plan_visit(self, place: SceneDoor, weight: float, now: int, *, within: float = math.inf) -> None:
        mean = _VISIT_S / weight / busy(self._sites[place.door.site].time_zone, now)

        def visit(at: int) -> None:
            self._visit(place, at)
            self._plan_visit(place, weight, at)

        wait = self._random.expovariate(1 / mean)
        self._agenda.after(now, wait if wait < within else self._random.uniform(0, within), visit)

    def _visit(self, place: SceneDoor, at: int) -> None:
        person = self._random.choice(staff_of(place.door.site))
        match self._random.choices(("enter", "refuse", "leave"), weights=(80, 8, 12))[0]:
            case "enter":
                self._scenes.enter(place, person, at)
            case "refuse":
                self._scenes.refuse(place, person, at)
            case _:
                self._scenes.leave(place, at)

    def _incidents(self) -> tuple[_Incident, ...]:
        """List what befalls a building; the first ones come soon, so that a visitor need not wait."""
        return (
            _Incident(self._ring, 35, 4),
            _Incident(self._held, 150, 20),
            _Incident(self._forced, 420, 75),
            _Incident(self._drop, 200, 45),
            _Incident(self._mode, 300, 110),
            _Incident(self._reboot, 600, 240),
            _Incident(self._tamper, 900, 330),
            _Incident(self._fault, 1100, 500),
        )

    def _recurring(self, incident: _Incident) -> Callable[[int], None]:
        def happen(at: int) -> None:
            incident.act(at)
            # Never twice at once, never forgotten: between a third and three times the mean.
            wait = self._random.expovariate(1 / incident.mean)
            wait = min(max(wait, incident.mean / 3), incident.mean * 3)
            self._agenda.after(at, wait, happen)

        return happen

    def _any_door(self, kind: Kind) -> SceneDoor:
        """Choose a door whose device can tell of it; what is seen by a sensor needs one."""
        fit = [one for one in self._doors if one.door.sensor or kind not in _SENSED]
        return self._random.choice([one for one in fit if one.model.tells(kind)] or self._doors)

    def _any_device(self, kind: Kind) -> Player:
        return self._random.choice([one for one in self._devices if one.tells(kind)] or self._devices)

    def _ring(self, at: int) -> None:
        callers = [one for one in self._doors if one.door.number in one.model.bells] or self._doors
        self._scenes.ring(self._random.choice(callers), at)

    def _held(self, at: int) -> None:
        place = self._any_door(Kind.DOOR_HELD_OPEN)
        self._scenes.hold_open(place, self._random.choice(staff_of(place.door.site)), at)

    def _forced(self, at: int) -> None:
        self._scenes.force(self._any_door(Kind.DOOR_FORCED_OPEN), at)

    def _mode(self, at: int) -> None:
        self._scenes.keep_unlocked(self._any_door(Kind.DOOR_MODE_CHANGED), at)

    def _drop(self, at: int) -> None:
        until = at + int(self._random.uniform(12, 40) * 1_000_000 / math.sqrt(self._speed))
        self._hands.cut(self._random.choice(self._devices).device.id, until)

    def _reboot(self, at: int) -> None:
        self._hands.restart(self._random.choice(self._devices).device.id, at + 6_000_000)

    def _tamper(self, at: int) -> None:
        self._any_device(Kind.DEVICE_TAMPERED).event(Kind.DEVICE_TAMPERED, at)

    def _fault(self, at: int) -> None:
        reason = self._random.choice(("battery", "temperature", "power"))
        self._any_device(Kind.DEVICE_FAULT).event(Kind.DEVICE_FAULT, at, reason=reason)


def busy(time_zone: str, at: int) -> float:
    """Say how busy a site is, 0.25 to 1, between its hours in a straight line."""
    local = (_EPOCH + timedelta(microseconds=at)).astimezone(ZoneInfo(time_zone))
    part = local.minute / 60
    return _HOURS[local.hour] * (1 - part) + _HOURS[(local.hour + 1) % 24] * part
