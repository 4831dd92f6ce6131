"""What life needs of a device that it is played at, whoever made it."""

from collections.abc import Mapping
from typing import Protocol

from core.model import Device, Door
from core.records import Kind


class Player(Protocol):
    """A device with its doors; it says what its maker lets it say, and is silent on all else."""

    device: Device

    @property
    def doors(self) -> Mapping[str, Door]:
        """Its doors by its own names for them."""

    @property
    def bells(self) -> frozenset[str]:
        """The doors that can be rung at, by its own names for them."""

    def tells(self, kind: Kind) -> bool:
        """Whether it has words for such a thing."""

    def event(self, kind: Kind, at: int, door: str | None = None, **words: object) -> object:
        """Let something happen at a door, or to the device itself (µs UTC)."""

    def call(self, kind: Kind, at: int, door: str, call: str) -> object:
        """Let a call come so far."""

    def words(self, door: str) -> dict[str, str]:
        """Give a door's state as it is, whether or not the device can tell."""
