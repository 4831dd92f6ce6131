"""Which family reads a topic, remembered: with many families, asking each in turn costs more than reading."""

from collections.abc import Iterable
from typing import Final

from connectors.devices.family import Family, Message, Read
from core.model import Estate
from core.reports import Item

MAX_TOPICS: Final = 4_096
# A stranger's topic may have 64 KiB.
_MAX_CHARACTERS: Final = 256


class Routes:
    """The readers of the topics of one estate; a new estate starts a new memory."""

    def __init__(self, families: Iterable[Family]) -> None:
        """Take the families in the order in which they are asked."""
        self._readers: Final = tuple(family.parse for family in families)
        # Swapped whole, so that a reader in another thread sees an estate with its own topics.
        self._known: tuple[Estate, dict[str, Read]] = (Estate(), {})

    def read(self, message: Message, estate: Estate) -> tuple[Item, ...] | None:
        """Let the family read whose topic it is; None where it is nobody's."""
        known, readers = self._known
        reader = readers.get(message.topic) if known is estate else None
        if reader is not None:
            return reader(message, estate)
        return self._ask(message, estate)

    def _ask(self, message: Message, estate: Estate) -> tuple[Item, ...] | None:
        for reader in self._readers:
            items = reader(message, estate)
            if items is not None:
                self._keep(message.topic, estate, reader)
                return items
        return None

    def _keep(self, topic: str, estate: Estate, reader: Read) -> None:
        known, readers = self._known
        if known is not estate or len(readers) >= MAX_TOPICS:
            self._known = (estate, readers := {})
        if len(topic) <= _MAX_CHARACTERS:
            readers[topic] = reader
