"""What keeps somebody from approving an act in one of the ways they have, for as long as the act waits.

Only a hint for their screen, so it is kept in this process: without it they see the words in the window.
"""

from collections import OrderedDict
from threading import Lock
from typing import Final

_MOST: Final = 1_000


class Hindrances:
    """Act and session → reason, the newest of them; safe to call from any thread."""

    def __init__(self) -> None:
        self._reasons = OrderedDict[tuple[str, str], str]()
        self._lock = Lock()

    def note(self, act: str, session: str, reason: str) -> None:
        """Note a reason; empty: there is none any more."""
        with self._lock:
            self._reasons.pop((act, session), None)
            if reason:
                self._reasons[act, session] = reason
            while len(self._reasons) > _MOST:
                self._reasons.popitem(last=False)

    def of(self, act: str, session: str) -> str:
        """Give what was noted, empty for nothing."""
        with self._lock:
            return self._reasons.get((act, session), "")
