"""Short scenes at one door: who comes, what the door does, and when. Pure."""

from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.simulator.agenda import Agenda
from connectors.simulator.playing import Player
from core.model import Door
from core.records import Kind
from core.ulid import CHANCE_BITS, ulid

DENIALS: Final = (
    "credential_expired",
    "credential_not_found",
    "not_permitted_at_this_time",
    "unauthorized",
    "invalid_pin",
    "antipassback",
)
_STRANGER: Final = "credential_not_found"
_OPENS_S: Final = (0.8, 2.0)
_STAYS_S: Final = (2.0, 5.0)
_LOCKS_S: Final = 0.6
_UNUSED_S: Final = 5.0
_CHANGES_MIND: Final = 0.05
_HELD_AFTER_S: Final = 15.0
_MISSED_AFTER_S: Final = 25.0
_MISSED: Final = 1 / 3
_WEDGED_S: Final = (10.0, 30.0)
_FORCED_S: Final = (8.0, 20.0)


@dataclass(slots=True, eq=False)
class SceneDoor:
    """A door and whether a scene is being played at it: two at once would contradict each other."""

    model: Player
    door: Door
    taken: bool = False
    ringing: bool = False

    def tell(self, kind: Kind, at: int, **words: object) -> None:
        """Make an event at this door."""
        self.model.event(kind, at, self.door.number, **words)


class Scenes:
    """Plays scenes by way of an agenda; one that finds its door taken does not happen."""

    def __init__(self, agenda: Agenda, random: Random) -> None:
        self._agenda = agenda
        self._random = random

    def enter(self, place: SceneDoor, person: str, at: int) -> None:
        """Let a person in; one in twenty does not open after all."""
        if self._take(place):
            place.tell(Kind.ACCESS_GRANTED, at, person=person, credential=card(person))
            self._release(place, at)

    def leave(self, place: SceneDoor, at: int) -> None:
        """Let somebody out by the button."""
        if self._take(place):
            place.tell(Kind.EXIT_REQUESTED, at)
            self._release(place, at)

    def let_in(self, place: SceneDoor, at: int) -> None:
        """Open for somebody without a card, who rang."""
        if self._take(place):
            self._release(place, at)

    def go_in(self, place: SceneDoor, at: int) -> None:
        """Let somebody through a door that is released already, and locks again by itself."""
        if not place.door.sensor or not self._take(place):
            return
        opens = self._random.uniform(*_OPENS_S)
        self._agenda.after(at, opens, lambda then: place.tell(Kind.DOOR_OPENED, then))

        def shut(then: int) -> None:
            place.tell(Kind.DOOR_CLOSED, then)
            place.taken = False

        self._agenda.after(at, opens + self._random.uniform(*_STAYS_S), shut)

    def refuse(self, place: SceneDoor, person: str, at: int, reason: str | None = None) -> None:
        """Turn somebody away, known or not; without a reason, one is drawn."""
        reason = reason or self._random.choice(DENIALS)
        if place.taken:
            return
        if reason == _STRANGER:
            place.tell(Kind.ACCESS_DENIED, at, reason=reason, credential=card(f"x{self._random.random()}"))
        else:
            place.tell(Kind.ACCESS_DENIED, at, reason=reason, person=person, credential=card(person))

    def hold_open(
        self, place: SceneDoor, person: str, at: int, seconds: tuple[float, float] = _WEDGED_S
    ) -> None:
        """Let somebody in who wedges the door; so long after the alarm a colleague closes it."""
        if not self._take(place):
            return
        place.tell(Kind.ACCESS_GRANTED, at, person=person, credential=card(person))
        place.tell(Kind.DOOR_UNLOCKED, at)
        after = self._agenda.after
        after(at, 1.2, lambda then: place.tell(Kind.DOOR_OPENED, then))
        after(at, 1.2 + _HELD_AFTER_S, lambda then: place.tell(Kind.DOOR_HELD_OPEN, then))
        after(at, 1.2 + _HELD_AFTER_S + self._random.uniform(*seconds), lambda then: self._shut(place, then))

    def force(self, place: SceneDoor, at: int, seconds: tuple[float, float] = _FORCED_S) -> None:
        """Open a locked door without leave, for so long."""
        if self._take(place):
            place.tell(Kind.DOOR_FORCED_OPEN, at)
            self._agenda.after(at, self._random.uniform(*seconds), lambda then: self._shut(place, then))

    def keep_unlocked(self, place: SceneDoor, at: int) -> None:
        """Hold a door unlocked for a while, as for a delivery."""
        if not self._take(place):
            return
        place.tell(Kind.DOOR_MODE_CHANGED, at, mode="held")
        place.tell(Kind.DOOR_UNLOCKED, at)

        def end(then: int) -> None:
            place.tell(Kind.DOOR_MODE_CHANGED, then, mode="normal")
            self._lock(place, then)

        self._agenda.after(at, self._random.uniform(20, 50), end)

    def ring(self, place: SceneDoor, at: int, *, missed: float = _MISSED) -> float | None:
        """Ring; gives after how many seconds it is answered, or None.

        `missed` is how often nobody answers. A bell that is rung already is not rung anew.
        """
        if place.ringing:
            return None
        place.ringing = True
        call = ulid(at, self._random.getrandbits(CHANCE_BITS))
        place.model.call(Kind.CALL_RINGING, at, place.door.number, call)
        if self._random.random() < missed:
            self._agenda.after(
                at, _MISSED_AFTER_S, lambda then: _hang_up(place, Kind.CALL_MISSED, then, call)
            )
            return None
        answered, talked = self._random.uniform(3, 12), self._random.uniform(6, 20)
        door, model = place.door.number, place.model
        self._agenda.after(at, answered, lambda then: model.call(Kind.CALL_ANSWERED, then, door, call))
        self._agenda.after(at, answered + talked, lambda then: _hang_up(place, Kind.CALL_ENDED, then, call))
        return answered

    def _take(self, place: SceneDoor) -> bool:
        free = not place.taken
        place.taken = True
        return free

    def _release(self, place: SceneDoor, at: int) -> None:
        place.tell(Kind.DOOR_UNLOCKED, at)
        if not place.door.sensor or self._random.random() < _CHANGES_MIND:
            self._agenda.after(at, _UNUSED_S, lambda then: self._lock(place, then))
            return
        opens = self._random.uniform(*_OPENS_S)
        self._agenda.after(at, opens, lambda then: place.tell(Kind.DOOR_OPENED, then))
        stays = opens + self._random.uniform(*_STAYS_S)
        self._agenda.after(at, stays, lambda then: self._shut(place, then))

    def _shut(self, place: SceneDoor, at: int) -> None:
        place.tell(Kind.DOOR_CLOSED, at)
        self._agenda.after(at, _LOCKS_S, lambda then: self._lock(place, then))

    def _lock(self, place: SceneDoor, at: int) -> None:
        # A forced door was never unlocked: it shuts on its bolt and has nothing to say.
        if place.model.words(place.door.number)["lock"] == "unlocked":
            place.tell(Kind.DOOR_LOCKED, at)
        place.taken = False


def _hang_up(place: SceneDoor, kind: Kind, at: int, call: str) -> None:
    place.model.call(kind, at, place.door.number, call)
    place.ringing = False


def card(person: str) -> dict[str, str]:
    """Give a person's card, already masked as a device masks it."""
    digits = sum(ord(character) * (index + 7) * 131 for index, character in enumerate(person)) % 10_000
    return {"type": "card", "masked": f"****{digits:04d}"}
