"""What a topic means, remembered: to find that out for each message anew costs more than to read it."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from connectors.devices.family import Family, Message, Read
from core.model import Estate
from core.reports import Item

MAX_TOPICS: Final = 4_096
# A stranger's topic may have 64 KiB.
_MAX_CHARACTERS: Final = 256
_Meaning = TypeVar("_Meaning")


def remembered(
    find: Callable[[str, Estate], _Meaning | None],
) -> Callable[[str, Estate], _Meaning | None]:
    """Remember what a topic means in one estate, unless it means nothing; a new estate starts anew.

    Threads may share it: the memory is swapped whole, so that each sees an estate with its own topics.
    """
    memory: tuple[Estate, dict[str, _Meaning]] = (Estate(), {})

    def look_up(topic: str, estate: Estate) -> _Meaning | None:
        known, meanings = memory
        meaning = meanings.get(topic) if known is estate else None
        return find_out(topic, estate) if meaning is None else meaning

    def find_out(topic: str, estate: Estate) -> _Meaning | None:
        nonlocal memory
        found = find(topic, estate)
        known, meanings = memory
        if known is not estate or len(meanings) >= MAX_TOPICS:
            memory = (estate, meanings := {})
        if found is not None and len(topic) <= _MAX_CHARACTERS:
            meanings[topic] = found
        return found

    return look_up


class Routes:
    """Which family reads a topic."""

    def __init__(self, families: Iterable[Family]) -> None:
        """Take the families in the order in which they are asked."""
        self._readers: Final = tuple(family.parse for family in families)
        # Swapped whole, as above.
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
