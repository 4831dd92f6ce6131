"""What was said last on topics that only make sense together, such as an entity's several availabilities.

Families are pure, so whoever listens remembers for them. What is retained comes again with each subscription,
so nothing of this is stored.
"""

from collections.abc import Iterable
from typing import Final

from connectors.devices.family import Family, Message
from core.model import Estate

# A word of presence, or a small object with one in it.
MAX_BYTES: Final = 4_096


class Memory:
    """The last words of one connection, on the topics that families ask for; one thread's own."""

    def __init__(self, families: Iterable[Family]) -> None:
        """Take those who may ask for it."""
        self._listens: Final = tuple(family.together for family in families)
        self._estate = Estate()
        self._topics: frozenset[str] = frozenset()
        self._words: dict[str, bytes] = {}

    def forget(self) -> None:
        """Forget all words: after a new connection what still holds is said again."""
        self._words.clear()

    def recall(self, message: Message, estate: Estate) -> Message:
        """Remember a message, and give it together with what was said beside it, where that is asked for."""
        if estate is not self._estate:
            self._learn(estate)
        topic, payload = message.topic, message.payload
        if topic not in self._topics:
            return message
        if payload and len(payload) <= MAX_BYTES:
            self._words[topic] = payload
        else:
            self._words.pop(topic, None)
        return Message(topic, payload, message.retain, message.received, dict(self._words))

    def _learn(self, estate: Estate) -> None:
        self._estate = estate
        self._topics = frozenset(topic for listen in self._listens for topic in listen(estate))
        self._words = {topic: word for topic, word in self._words.items() if topic in self._topics}
