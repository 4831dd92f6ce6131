"""Large messages that nobody can read, from one who is over the limit of such: counted without being read.

To find out why 64 KiB can't be understood takes a millisecond; a thousand a second of them would hold up all
others. Pure; of one connection after another.
"""

from collections.abc import Sequence
from typing import Final

from connectors.devices import Message
from connectors.mqtt.limits import Limits, bucket_of
from core.leaf import Draft
from core.records import Kind
from core.reports import Bucket, Item

LARGE_BYTES: Final = 4 * 1024
MOST_TOPICS: Final = 256


class Heavy:
    """The topics that bring what is large and can't be read, by who speaks there."""

    def __init__(self, limits: Limits) -> None:
        """Judge by these limits."""
        self._limits = limits
        self._topics: dict[str, tuple[str | None, str | None]] = {}

    def note(self, message: Message, items: Sequence[Item]) -> None:
        """Remember the topic of a message over a limit, if it was large and nothing in it could be read."""
        if len(message.payload) <= LARGE_BYTES or len(self._topics) >= MOST_TOPICS:
            return
        drafts = [item for item in items if isinstance(item, Draft) and bucket_of(item) is Bucket.UNREAD]
        if len(drafts) == len(items) == 1:
            self._topics[message.topic] = drafts[0].site, drafts[0].device

    def unread(self, message: Message) -> tuple[Item, ...] | None:
        """Give what stands for a large message on such a topic; None: read it."""
        if len(message.payload) <= LARGE_BYTES or message.topic not in self._topics:
            return None
        site, device = self._topics[message.topic]
        if not self._limits.is_over(device or "", Bucket.UNREAD):
            del self._topics[message.topic]
            return None
        return (
            Draft(
                kind=Kind.FEED_UNMAPPED,
                received=message.received,
                site=site,
                device=device,
                reason="unread",
                backfilled=message.retain,
            ),
        )
