"""A simulated device in the past: what it publishes is noted, with when it would have come. Pure.

It is the live demo's own device, without its connection: what happens while it has none, it keeps or loses as
its maker's does.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from connectors.simulator.device import NativeDevice
from connectors.simulator.speaking import Publication, compact
from connectors.simulator.vendor import VendorDevice
from core.feeds import OPEN_END
from core.model import STALE_AFTER_HEARTBEATS, Device, Door
from core.records import Kind
from core.reports import Silence
from core.times import SECOND_US

Simulated: TypeAlias = NativeDevice | VendorDevice
_ALL: Final = 1_000_000
# A gateway that was away feeds what it remembers a little at a time; so often, and it has fed everything.
FEED_EVERY_US: Final = 31 * SECOND_US
_FEEDS_OF_ALL: Final = 32


Say: TypeAlias = Callable[[int, Publication | Silence], None]


class PastDevice:
    """A device and its network and power; `say` takes what it publishes and when that comes."""

    def __init__(self, model: Simulated, say: Say, lag: int) -> None:
        """Take how long (µs) its words are under way."""
        self.device: Device = model.device
        self.doors: Mapping[str, Door] = model.doors
        self.clock_off = 0
        self._model: Final = model
        self._say = say
        self._lag = lag
        self._powered = True
        self._bells = model.bells
        self._left = ("", 0)

    @property
    def bells(self) -> frozenset[str]:
        """The doors that can be rung at."""
        return self._bells

    @property
    def connected(self) -> bool:
        """Whether what it says comes at once."""
        return self._model.connected

    def tells(self, kind: Kind) -> bool:
        """Whether it has words for such a thing."""
        return self._model.tells(kind)

    def words(self, door: str) -> dict[str, str]:
        """Give a door's state as it is."""
        return self._model.words(door)

    def event(self, kind: Kind, at: int, door: str | None = None, **words: object) -> None:
        """Let something happen; without power nobody notices."""
        if self._powered:
            self._model.event(kind, at + self.clock_off, door, **words)
            self._publish(at)

    def call(self, kind: Kind, at: int, door: str, call: str) -> None:
        """Let a call come so far."""
        if self._powered:
            self._model.call(kind, at + self.clock_off, door, call)
            self._publish(at)
            if self.connected:
                self._tell(at, self._model.states(at + self.clock_off))

    def start(self, at: int) -> None:
        """Be switched on for the first time."""
        self._model.boot(at)
        self._tell(at, self._model.hello(at))

    def cut(self, at: int) -> int | None:
        """Lose the network; gives when its silence shows (µs UTC), if no will of its tells of it."""
        if not self.connected:
            return None
        self._catch_up(at)
        self._left = self.numbered
        self._model.lost(())
        will = self._model.will()
        if will is not None:
            self._say(at + self._lag, will)
            return None
        beat_s = self.device.heartbeat_s
        return at + (STALE_AFTER_HEARTBEATS * beat_s + 1) * SECOND_US if beat_s else None

    def silent(self, at: int) -> None:
        """Be missed by who waits for its word, if it is still away."""
        if not self.connected:
            self._say(at, Silence(device=self.device.id, received=at))

    def back(self, at: int) -> None:
        """Have the network again: what was kept meanwhile is asked for and comes late."""
        if not self.connected and self._powered:
            self._tell(at, self._model.hello(at + self.clock_off))
            _, seq = self.numbered
            self._hand_over(at, seq)

    def power_off(self, at: int) -> int | None:
        """Lose the power; gives when its silence shows, as `cut` does."""
        self._powered = False
        return self.cut(at)

    def power_on(self, at: int) -> None:
        """Boot and connect; how the last boot ended is asked for too."""
        self._powered = True
        self._model.boot(at + self.clock_off)
        self._tell(at, self._model.hello(at + self.clock_off))
        self._hand_over(at, OPEN_END)

    def feed(self, at: int) -> None:
        """Let a gateway say some more of what it kept: ours has handed over everything."""
        if self.connected and isinstance(self._model, VendorDevice):
            self._tell(at, self._model.beat(at))

    @property
    def numbered(self) -> tuple[str, int]:
        """The boot and number of its newest event; other makers' devices number nothing that we ask for."""
        if isinstance(self._model, NativeDevice):
            return self._model.spool.boot, self._model.spool.seq
        return "", 0

    def _catch_up(self, at: int) -> None:
        """Let a gateway have fed what it has said live, or that would come once more when it is back."""
        if isinstance(self._model, VendorDevice):
            for turn in range(_FEEDS_OF_ALL):
                list(self._model.beat(at + turn * FEED_EVERY_US))

    def _hand_over(self, at: int, last: int) -> None:
        """Answer the request for what was made since the connection was lost, page by page."""
        boot, seq = self._left
        asked = f"gatehouse/v1/{self.device.site}/{self.device.id}/cmd/backfill"
        while boot and seq < last:
            request = compact({"boot": boot, "from": seq + 1, "to": last})
            (page,) = self._model.command(asked, request, at)
            self._say(at + 2 * self._lag, page)
            told = json.loads(page.payload)
            if not told["more"]:
                return
            seq = told["to"]

    def _publish(self, at: int) -> None:
        if self.connected:
            self._tell(at, self._model.offers(_ALL))

    def _tell(self, at: int, words: Iterable[Publication]) -> None:
        for word in words:
            self._say(at + self._lag, word)
