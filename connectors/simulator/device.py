"""A native device without its network: what it knows, what it would say. Pure; times are µs UTC.

It sends an event while it is connected, offers again what the broker has not acknowledged, and keeps what
happens meanwhile in its spool until it is asked. Nothing is ever sent under another number.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.simulator.doors import DoorWords
from connectors.simulator.obeying import Obedience
from connectors.simulator.relays import Relays
from connectors.simulator.speaking import Ear, Publication, compact
from connectors.simulator.spool import SPOOL_EVENTS, Key, Spool, read_request
from core.model import Device, Door
from core.records import Kind
from core.times import iso_us
from core.ulid import CHANCE_BITS, ulid

CALL_EXPIRY_S: Final = 120
FIRMWARE: Final = "sim-1.0"


@dataclass(slots=True)
class _Call:
    state: str
    door: str
    line: int


class NativeDevice:
    """One device of family `gatehouse` with its doors; not thread-safe, its loop's own."""

    modern = True

    def __init__(
        self,
        device: Device,
        doors: Iterable[Door],
        random: Random,
        *,
        spool: int = SPOOL_EVENTS,
        keys: Sequence[bytes] = (),
    ) -> None:
        """Take a device and its doors; it obeys commands that are signed with any of `keys`."""
        self.device = device
        self.doors = {door.number: door for door in doors}
        self.root = f"gatehouse/v1/{device.site}/{device.id}"
        self.spool = Spool(spool)
        self.connected = False
        self._random = random
        self._states = {number: DoorWords() for number in self.doors}
        self._calls: dict[str, _Call] = {}
        self._stale: dict[str, None] = {}
        self._unsent: deque[Key] = deque()
        self._booted = 0
        self.obedience = Obedience((device.site, device.id), keys, self.words, self.event)

    @property
    def relays(self) -> Relays:
        """What it moves at its doors."""
        return self.obedience

    @property
    def ears(self) -> tuple[Ear, ...]:
        """Its own commands."""
        return (Ear(f"{self.root}/cmd/#"),)

    @property
    def beat_s(self) -> int:
        """How often it says that it is there."""
        return self.device.heartbeat_s

    @property
    def bells(self) -> frozenset[str]:
        """The first door of an intercom has a bell."""
        intercom = "intercom" in f"{self.device.id} {self.device.name}".lower()
        return frozenset(list(self.doors)[:1]) if intercom else frozenset()

    def tells(self, kind: Kind) -> bool:
        """Have words for everything."""
        return kind in Kind

    def boot(self, at: int) -> None:
        """Start: a new, greater boot id, numbers from 1, doors as they are, no calls."""
        self._booted = max(at, self._booted + 1000)
        self.spool.start(ulid(self._booted, self._random.getrandbits(CHANCE_BITS)))
        self._calls.clear()
        self._stale.clear()

    def event(self, kind: Kind, at: int, door: str | None = None, **words: object) -> Key:
        """Make an event: numbered, kept, and queued if there is a connection to send it by."""
        name = {"door": door} if door is not None else {}
        payload = {
            "v": 1,
            "id": ulid(at, self._random.getrandbits(CHANCE_BITS)),
            "boot": self.spool.boot,
            "seq": self.spool.seq + 1,
            "ts": iso_us(at),
            "kind": str(kind),
            **name,
            **{key: value for key, value in words.items() if value is not None},
        }
        key = self.spool.add(compact(payload))
        if self.connected:
            self._unsent.append(key)
        if door is not None and self._states[door].fold(kind, words):
            self._stale[f"door {door}"] = None
        return key

    def call(self, kind: Kind, at: int, door: str, call: str) -> Key:
        """Make an event of a call and remember its state."""
        key = self.event(kind, at, door, call=call)
        lines = list(self.doors)
        self._calls[call] = _Call(kind.partition(".")[2], door, lines.index(door) + 1)
        self._stale[f"call {call}"] = None
        return key

    def lost(self, unacknowledged: Iterable[Key]) -> None:
        """Take back what was sent and not acknowledged: it goes first when the connection is back."""
        self.connected = False
        again = sorted({*unacknowledged, *self._unsent})
        self._unsent = deque(again)

    def hello(self, at: int) -> Iterator[Publication]:
        """Say everything a fresh connection needs, in order: old offers, status, each state."""
        self.connected = True
        self._stale = dict.fromkeys(
            [*(f"door {one}" for one in self.doors), *(f"call {one}" for one in self._calls)]
        )
        yield from self.offers()
        yield self.status(at)
        yield from self.states(at)

    def offers(self, room: int | None = None) -> Iterator[Publication]:
        """Give events to send now, at most `room`; those forgotten since are the spool's loss."""
        left = len(self._unsent) if room is None else min(room, len(self._unsent))
        for _ in range(left):
            key = self._unsent.popleft()
            payload = self.spool.get(key)
            if payload is not None:
                yield Publication(topic=f"{self.root}/event", payload=payload, key=key)

    @property
    def waiting(self) -> int:
        """How many events wait for room on the connection."""
        return len(self._unsent)

    def states(self, at: int) -> Iterator[Publication]:
        """Give the retained states that have changed, once every event before them is on its way."""
        if self._unsent:
            return
        stale, self._stale = self._stale, {}
        for name in stale:
            what, _, which = name.partition(" ")
            yield self._door_state(which, at) if what == "door" else self._call_state(which, at)

    def status(self, at: int) -> Publication:
        """Say that we are here, the last number sent and the first that can be replayed."""
        words: dict[str, object] = {
            "online": True,
            "boot": self.spool.boot,
            "seq": self._quoted(),
            "ts": iso_us(at),
            "fw": FIRMWARE,
            "heartbeat": self.device.heartbeat_s,
        }
        if self.spool.oldest is not None:
            words["oldest"] = dict(zip(("boot", "seq"), self.spool.oldest, strict=True))
        return self._retained("status", words)

    def will(self) -> Publication:
        """Say what the broker says for us when we are gone."""
        return self._retained("status", {"online": False})

    def beat(self, at: int) -> Iterator[Publication]:
        """Say once more that we are here."""
        yield self.status(at)

    def command(self, topic: str, payload: bytes, at: int) -> Iterator[Publication]:
        """Answer a command; what can't be read, or names no act, is not answered."""
        verb = topic.removeprefix(f"{self.root}/cmd/")
        if verb in {"unlock", "mode"}:
            yield from self._obey(verb, payload, at)
        request = read_request(payload) if topic == f"{self.root}/cmd/backfill" else None
        if request is not None:
            yield Publication(topic=f"{self.root}/backfill/data", payload=self.spool.page(*request))

    def _obey(self, verb: str, payload: bytes, at: int) -> Iterator[Publication]:
        verdict = self.obedience.obey(verb, payload, list(self.doors), at)
        if verdict is not None:
            words = {"id": verdict.act, "result": verdict.result, "reason": verdict.reason, "ts": iso_us(at)}
            told = {name: word for name, word in words.items() if word}
            yield Publication(topic=f"{self.root}/reply/{verdict.act}", payload=compact(told))

    def words(self, door: str) -> dict[str, str]:
        """Give a door's state as the device knows it."""
        return dict(self._states[door].words)

    def _quoted(self) -> int:
        """Quote no number whose event still waits here, or the log would miss what is on its way."""
        waiting = [seq for boot, seq in self._unsent if boot == self.spool.boot]
        return waiting[0] - 1 if waiting else self.spool.seq

    def _door_state(self, door: str, at: int) -> Publication:
        return self._retained(f"door/{door}/state", {**self._stamp(at), **self._states[door].words})

    def _call_state(self, call: str, at: int) -> Publication:
        one = self._calls[call]
        if one.state in {"ended", "missed"}:
            del self._calls[call]
        words = {"call": call, "state": one.state, "door": one.door, **self._stamp(at)}
        return self._retained(f"call/{one.line}/state", words, CALL_EXPIRY_S)

    def _stamp(self, at: int) -> dict[str, object]:
        return {"boot": self.spool.boot, "seq": self.spool.seq, "ts": iso_us(at)}

    def _retained(self, path: str, words: dict[str, object], expiry_s: int | None = None) -> Publication:
        topic = f"{self.root}/{path}"
        return Publication(topic=topic, payload=compact(words), retain=True, expiry_s=expiry_s)
