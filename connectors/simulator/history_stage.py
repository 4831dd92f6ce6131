"""The stage of the demo's past: its doors and devices, and what a story can let happen at them. Pure.

Everything is planned for a moment (µs UTC) and done in the order of these; what devices publish is noted with
the moment at which it would have come.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from connectors.simulator.agenda import Act, Agenda
from connectors.simulator.history_calendar import moment
from connectors.simulator.history_devices import FEED_EVERY_US, PastDevice
from connectors.simulator.scenes import SceneDoor, Scenes
from connectors.simulator.simulation import devices
from connectors.simulator.speaking import Publication
from connectors.simulator.spool import Key
from core.model import Estate
from core.records import Kind
from core.reports import Silence
from core.times import MINUTE_US, SECOND_US

# Nothing begins so shortly before the end: every scene is over by then, and every door closed.
CALM_US: Final = 3 * MINUTE_US
_QUEUE_S: Final = (6.0, 9.0)
_PATIENCE: Final = 4
_GREETED_S: Final = (4.0, 9.0)
_LAG_US: Final = (30_000, 250_000)
_FEEDS_AFTER: Final = 10
_SECONDS: Final = (10.0, 30.0)
_SENSED: Final = frozenset({Kind.DOOR_HELD_OPEN, Kind.DOOR_FORCED_OPEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorWord:
    """What somebody does at the console who signs in or out there, or is not let in."""

    kind: Kind
    username: str
    address: str
    agent: str = ""
    session: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that Gatehouse would have heard or found, and when (µs UTC)."""

    at: int
    word: Publication | Silence | OperatorWord


class Stage:
    """Doors, devices and an agenda; what is planned before `start` or too near to `end` does not happen."""

    def __init__(self, estate: Estate, seed: int, start: int, end: int) -> None:
        """Switch every device on within the first seconds."""
        self.estate: Final = estate
        self.seed: Final = seed
        self.start: Final = start
        self.end: Final = end
        self._random = Random(seed)  # noqa: S311 - a story, no secret
        self._heard: list[Heard] = []
        self._agenda = Agenda()
        self._scenes = Scenes(self._agenda, self._random)
        self._devices: dict[str, PastDevice] = {}
        for model in devices(estate, seed):
            device = PastDevice(model, self._hear, self._random.randrange(*_LAG_US))
            self._devices[device.device.id] = device
            self._agenda.after(start, self._random.uniform(1, 20), device.start)
        self._places = {
            door.id: SceneDoor(device, door)
            for device in self._devices.values()
            for door in device.doors.values()
        }

    def heard(self) -> Iterator[Heard]:
        """Let everything happen and give what is heard of it, in order."""
        while (due := self._agenda.next_at) is not None and due <= self.end:
            self._agenda.run(due)
            yield from self._heard
            self._heard.clear()

    def numbered(self) -> Mapping[str, Key]:
        """Give boot and number of the newest event of each device that numbers them."""
        numbered = ((name, one.numbered) for name, one in self._devices.items())
        return {name: key for name, key in numbered if key[0]}

    def plan(self, at: int, act: Act) -> None:
        """Let something happen then."""
        if self.spans(at):
            self._agenda.at(at, act)

    def spans(self, at: int, until: int | None = None) -> bool:
        """Whether this is within the story, the time until then included."""
        return self.start + MINUTE_US <= at <= (until or at) < self.end - CALM_US

    def draw(self, *names: object) -> Random:
        """Give the lots of one thing alone, so that nothing else changes how it goes."""
        return Random(" ".join(map(str, (self.seed, *names))))  # noqa: S311 - a story, no secret

    def local(self, site: str, day: date, hours: float) -> int:
        """Give a site's local time as µs UTC."""
        return moment(self.estate.sites[site].time_zone, day, hours)

    def tells(self, door: str, kind: Kind) -> bool:
        """Whether anybody would hear of such a thing at this door."""
        place = self._places[door]
        return place.model.tells(kind) and (place.door.sensor or kind not in _SENSED)

    def device_of(self, door: str) -> str:
        """Name the device that serves a door."""
        return self._places[door].door.device

    # --- At doors -----------------------------------------------------------------------------------------

    def enter(self, door: str, person: str, at: int) -> None:
        """Let a person in, behind whoever is just going through."""
        self._queue(self._places[door], at, lambda place, then: self._scenes.enter(place, person, then))

    def leave(self, door: str, at: int) -> None:
        """Let somebody out by the button."""
        self._queue(self._places[door], at, self._scenes.leave)

    def refuse(self, door: str, person: str, at: int, reason: str) -> None:
        """Turn a person away; of a card that is not known, nobody knows whose it is."""
        place = self._places[door]
        self.plan(at, lambda then: self._scenes.refuse(place, person, then, reason))

    def wedge(self, door: str, person: str, at: int, seconds: tuple[float, float] = _SECONDS) -> None:
        """Let a person in who keeps the door open, so long after the alarm."""
        place = self._places[door]
        self.plan(at, lambda then: self._scenes.hold_open(place, person, then, seconds))

    def force(self, door: str, at: int, seconds: tuple[float, float] = _SECONDS) -> None:
        """Open a locked door without leave, for so long."""
        place = self._places[door]
        self.plan(at, lambda then: self._scenes.force(place, then, seconds))

    def keep_unlocked(self, door: str, at: int) -> None:
        """Hold a door unlocked for a short while, by its schedule."""
        place = self._places[door]
        self.plan(at, lambda then: self._scenes.keep_unlocked(place, then))

    def ring(self, door: str, at: int, missed: float) -> None:
        """Ring; who answers lets them in. `missed` is how likely nobody does."""
        place = self._places[door]

        def ring(then: int) -> None:
            answered = self._scenes.ring(place, then, missed=missed)
            if answered is not None:
                wait = answered + self._random.uniform(*_GREETED_S)
                self._agenda.after(then, wait, lambda later: self._scenes.let_in(place, later))

        self.plan(at, ring)

    def duress(self, door: str, person: str, at: int) -> None:
        """Let a person in who types the code that calls for help unseen."""
        place = self._places[door]
        self.plan(at, lambda then: place.tell(Kind.ACCESS_DURESS, then, person=person))
        self.enter(door, person, at + SECOND_US // 2)

    def _queue(self, place: SceneDoor, at: int, act: Callable[[SceneDoor, int], None]) -> None:
        def go(then: int, patience: int = _PATIENCE) -> None:
            if not place.taken:
                act(place, then)
            elif patience:
                wait = self._random.uniform(*_QUEUE_S)
                self._agenda.after(then, wait, lambda later: go(later, patience - 1))

        self.plan(at, go)

    # --- To devices ---------------------------------------------------------------------------------------

    def happen(self, device: str, kind: Kind, at: int, reason: str | None = None) -> None:
        """Let something befall a device itself, if it has words for it."""
        one = self._devices[device]
        if one.tells(kind):
            self.plan(at, lambda then: one.event(kind, then, reason=reason))

    def cut(self, device: str, at: int, until: int) -> None:
        """Take the network away for a while."""
        one = self._devices[device]
        self._away(one, (at, until), one.cut, one.back)

    def power_off(self, device: str, at: int, until: int) -> None:
        """Take the power away for a while."""
        one = self._devices[device]
        self._away(one, (at, until), one.power_off, one.power_on)

    def set_clock(self, device: str, at: int, off: float) -> None:
        """Let a device's clock be so many seconds off from then on."""
        one = self._devices[device]

        def change(_then: int) -> None:
            one.clock_off = int(off * SECOND_US)

        self.plan(at, change)

    def _away(
        self,
        one: PastDevice,
        times: tuple[int, int],
        leave: Callable[[int], int | None],
        come: Callable[[int], None],
    ) -> None:
        if not self.spans(*times):
            return

        def go(then: int) -> None:
            silent = leave(then)
            if silent is not None:
                self._agenda.at(silent, one.silent)

        def back(then: int) -> None:
            come(then)
            for turn in range(1, _FEEDS_AFTER + 1):
                self._agenda.at(then + turn * FEED_EVERY_US, one.feed)

        self._agenda.at(times[0], go)
        self._agenda.at(times[1], back)

    # --- At the console -----------------------------------------------------------------------------------

    def operate(self, at: int, word: OperatorWord) -> None:
        """Let somebody do something at the console."""
        self.plan(at, lambda then: self._heard.append(Heard(then, word)))

    def _hear(self, at: int, word: Publication | Silence) -> None:
        self._heard.append(Heard(at, word))
