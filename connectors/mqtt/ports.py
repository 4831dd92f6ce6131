"""What ingest needs of the world around it, given to it by who starts it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.feeds import Missing
from core.model import Estate
from core.records import Kind
from core.reports import Bucket, Item, LastWords


class Log(Protocol):
    """The store as ingest sees it; every call is made from ingest's one thread and may raise StoreError."""

    def append(self, items: Sequence[Item], *, queued: bool = False) -> frozenset[Kind]:
        """Store items durably; answers the kinds that were written, derived ones included.

        What waited for us at the broker (`queued`) says nothing of how a device is now.
        """

    def hear(self, words: Mapping[str, int]) -> None:
        """Note when devices were last heard, µs UTC."""

    def floods(self) -> Sequence[tuple[str, Bucket]]:
        """Give who is over which limit, by what the log has been told."""

    def contended(self) -> bool:
        """Whether somebody waits for an act that is being written; costs microseconds."""

    def awaited(self) -> Collection[tuple[str, str]]:
        """Name each command that waits for an answer, by device and act."""

    def missing(self) -> Sequence[Missing]:
        """Give every open gap."""

    def estate(self) -> Estate:
        """Give what is in service."""

    def stale_devices(self, now: int, since: int) -> Sequence[str]:
        """Give the devices that count as online and were not heard in time by one who listens since then."""

    def lead(self, now: int) -> bool:
        """Take or renew the lease of the one ingest process."""

    def stand_down(self) -> None:
        """Give the lease back."""

    def had_session(self, client_id: str) -> bool:
        """Whether this client id has had a session at this broker before; notes that it has one now."""

    def report(self, state: str, info: Mapping[str, str | int], now: int) -> None:
        """Say how ingest is (ok, starting, degraded, down), for the health page."""

    def keep_words(self, rows: Sequence[LastWords]) -> None:
        """Replace what is kept of the last words of devices."""

    def watch_disk(self, now: int) -> None:
        """Look at the room for records, show it and tell when it gets short."""

    def make_room(self) -> None:
        """Give up the reserve: there was no room for a record."""

    def close_acts(self, now: int) -> None:
        """Close what ran out at doors: what nobody sent, answered or showed in time."""

    def tidy(self, now: int) -> None:
        """Delete raw words whose time is up."""
