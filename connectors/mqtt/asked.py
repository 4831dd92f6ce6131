"""The answers that we wait for: each command of ours gets one through, whatever else its device sends."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from core.reports import CommandReply

# Device and act.
Asked: TypeAlias = tuple[str, str]


class Answers:
    """Tells an answer to a command of ours from one that nobody asked for; one connection's at a time.

    A command is in the log before it is sent, so a look at the log after a message was read finds what the
    message answers. One look is enough for all that was read together.
    """

    def __init__(self, waiting: Callable[[], Iterable[Asked]]) -> None:
        """Take how to ask which commands wait for an answer."""
        self._waiting = waiting
        self._known: frozenset[Asked] | None = None
        self._given: frozenset[Asked] = frozenset()

    def look_again(self) -> None:
        """Take what is known for old: more was read."""
        self._known = None

    def forget(self) -> None:
        """Wait for every answer again: what was not stored comes once more."""
        self._known, self._given = None, frozenset()

    def is_one(self, reply: CommandReply) -> bool:
        """Whether this is the answer to a command of ours, which is so once a command."""
        if self._known is None:
            self._known = frozenset(self._waiting())
            self._given &= self._known
        found = next((one for one in self._known - self._given if _fits(reply, one)), None)
        if found is not None:
            self._given |= {found}
        return found is not None


def _fits(reply: CommandReply, asked: Asked) -> bool:
    device, act = asked
    return reply.device == device and reply.act in {"", act}
