"""What a simulated device hands to its connection, and what the connection asks of any of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from connectors.simulator.spool import Key
from core.model import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One message to send; `key` is set for native events, which alone consume a number."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 1
    expiry_s: int | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Ear:
    """A topic filter that the device subscribes to when it connects."""

    topic: str
    qos: int = 1


class Speaker(Protocol):
    """A device without its network; all times are µs UTC, nothing here does I/O."""

    device: Device
    connected: bool

    @property
    def modern(self) -> bool:
        """Whether it speaks MQTT 5; most of what hangs on walls speaks 3.1.1."""

    @property
    def ears(self) -> tuple[Ear, ...]:
        """What it listens to."""

    @property
    def beat_s(self) -> int:
        """How often it has something to say unasked; 0 is never."""

    def boot(self, at: int) -> None:
        """Start anew, as after a loss of power."""

    def will(self) -> Publication | None:
        """Leave a last word with the broker, if the maker does."""

    def hello(self, at: int) -> Iterator[Publication]:
        """Say everything a fresh connection needs."""

    def beat(self, at: int) -> Iterable[Publication]:
        """Say what comes round every `beat_s`."""

    def offers(self, room: int) -> Iterator[Publication]:
        """Give what has happened and is not sent yet, at most `room` messages."""

    def states(self, at: int) -> Iterator[Publication]:
        """Give changed states, once everything before them is on its way."""

    def command(self, topic: str, payload: bytes, at: int) -> Iterable[Publication]:
        """Answer what came on one of its ears."""

    def lost(self, unacknowledged: Iterable[Key]) -> None:
        """Take back what was sent over a connection that is gone."""


def compact(words: object) -> bytes:
    """Write JSON without a needless byte, as devices do."""
    return json.dumps(words, separators=(",", ":")).encode()
