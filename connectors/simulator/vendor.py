"""A device of another maker without its network: what it would publish for what happens at its doors. Pure.

Unlike a native device it numbers nothing and keeps nothing: what happens while it has no connection is lost,
unless its family remembers it. What a family has no words for happens all the same, and nobody hears of it.
It obeys what our tables of commands send it, as its maker does, and believes whom its maker lets it believe.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import ClassVar, TypeGuard

from connectors.simulator.doors import DoorWords
from connectors.simulator.relays import Relays
from connectors.simulator.speaking import Ear, Publication
from connectors.simulator.spool import Key
from core.model import Device, Door, Estate
from core.records import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that happens: when (µs UTC), at which door, and by whom; `card` is the end of a number."""

    kind: Kind
    at: int
    door: Door | None = None
    person: str = ""
    card: str = ""
    reason: str = ""
    mode: str = ""

    @property
    def slot(self) -> int:
        """The number of a person in a device's own memory; 0 is nobody."""
        digits = self.person.rpartition("-")[2]
        return int(digits) if digits.isdigit() else 0


class VendorDevice:
    """One device, gateway or bridge; families say what it publishes. Not thread-safe, its loop's own."""

    modern = False
    says: ClassVar[frozenset[Kind]] = frozenset()

    def __init__(self, device: Device, estate: Estate, random: Random) -> None:
        self.device = device
        self.doors: Mapping[str, Door] = {door.number: door for door in estate.doors_of(device.id)}
        self.connected = False
        self.random = random
        self.zone = device.time_zone or estate.sites[device.site].time_zone
        self.booted = 0
        self._states = {number: DoorWords() for number in self.doors}
        self._queue: deque[Publication] = deque()
        self.relays = Relays(self.words, self.event)

    @property
    def ears(self) -> tuple[Ear, ...]:
        """What it listens to; some take no commands."""
        return ()

    @property
    def beat_s(self) -> int:
        """How often it says that it is there."""
        return self.device.heartbeat_s

    @property
    def bells(self) -> frozenset[str]:
        """The doors that can be rung at."""
        return frozenset()

    def tells(self, kind: Kind) -> bool:
        """Whether the maker has words for it."""
        return kind in self.says

    def boot(self, at: int) -> None:
        """Start anew; doors stay as they are."""
        self.booted = at

    def will(self) -> Publication | None:
        """Leave no last word, as makers do who don't know of wills."""
        return None

    def greeting(self, at: int) -> Iterator[Publication]:
        """Say what the maker says at each connection."""
        raise NotImplementedError

    def told(self, act: Act) -> Iterator[Publication]:
        """Say what the maker says of an act; the door is already as the act leaves it."""
        raise NotImplementedError

    def beat(self, at: int) -> Iterable[Publication]:
        """Say that it is there, where the maker does."""
        del at
        return ()

    def command(self, topic: str, payload: bytes, at: int) -> Iterable[Publication]:
        """Answer nothing."""
        del topic, payload, at
        return ()

    def hello(self, at: int) -> Iterator[Publication]:
        """Take up a connection."""
        self.connected = True
        yield from self.greeting(at)

    def event(self, kind: Kind, at: int, door: str | None = None, **words: object) -> None:
        """Let something happen."""
        if door is not None:
            self._states[door].fold(kind, words)
        told = list(self.told(_act(kind, at, None if door is None else self.doors[door], words)))
        if self.connected:
            self._queue.extend(told)

    def call(self, kind: Kind, at: int, door: str, call: str) -> None:
        """Let a call come so far; its name is ours, and no maker's."""
        del call
        self.event(kind, at, door)

    def offers(self, room: int) -> Iterator[Publication]:
        """Give what is to be sent, in order."""
        for _ in range(min(room, len(self._queue))):
            yield self._queue.popleft()

    @property
    def waiting(self) -> int:
        """How many messages wait for room on the connection."""
        return len(self._queue)

    def states(self, at: int) -> Iterator[Publication]:
        """Say no states apart: they go out as they change."""
        del at
        yield from ()

    def lost(self, unacknowledged: Iterable[Key]) -> None:
        """Forget what did not get out."""
        del unacknowledged
        self.connected = False
        self._queue.clear()

    def words(self, door: str) -> dict[str, str]:
        """Give a door's state as it is."""
        return dict(self._states[door].words)

    def is_open(self, door: str) -> bool:
        """Whether the door stands open."""
        return self._states[door].words["position"] == "open"

    def is_unlocked(self, door: str) -> bool:
        """Whether the bolt is drawn, the strike released or the magnet off."""
        return self._states[door].words["lock"] == "unlocked"


def answerable(topic: object) -> TypeGuard[str]:
    """Whether an answer can be published there: who asks says where, and could say anything."""
    return isinstance(topic, str) and topic.isprintable() and topic != "" and not {"+", "#"} & set(topic)


def asked(payload: bytes) -> Mapping[str, object]:
    """Read what a device is asked, nothing where that is no object."""
    try:
        words = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return words if isinstance(words, dict) else {}


def _act(kind: Kind, at: int, door: Door | None, words: Mapping[str, object]) -> Act:
    credential = words.get("credential")
    masked = credential.get("masked", "") if isinstance(credential, dict) else ""
    return Act(
        kind=kind,
        at=at,
        door=door,
        person=str(words.get("person", "")),
        card=str(masked).lstrip("*"),
        reason=str(words.get("reason", "")),
        mode=str(words.get("mode", "")),
    )
