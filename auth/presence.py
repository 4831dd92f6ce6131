"""Which screens of a session are open in this process, so that they can be ended at once."""

import logging
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TypeAlias

_log = logging.getLogger("gatehouse.auth")
Closer: TypeAlias = Callable[[str], None]


class Presence:
    """Session → open sockets, streams and pages; safe to call from any thread.

    A closer gets the reason, is called at most once, and must only signal: it may run on any thread.
    """

    def __init__(self) -> None:
        self._closers: dict[str, list[Closer]] = {}
        self._pages: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def register(self, ref: str, closer: Closer) -> Callable[[], None]:
        """Note an open socket or stream; gives the function that forgets it."""
        with self._lock:
            self._closers.setdefault(ref, []).append(closer)

        def unregister() -> None:
            with self._lock:
                self._drop(ref, closer)

        return unregister

    def _drop(self, ref: str, closer: Closer) -> None:
        closers = self._closers.get(ref, [])
        with suppress(ValueError):
            closers.remove(closer)
        if not closers:
            self._closers.pop(ref, None)
            self._pages.pop(ref, None)

    def register_page(self, ref: str, page_id: str, path: str = "") -> None:
        """Note which page a Streamlit session of this person shows now; called on each run of the script."""
        with self._lock:
            self._pages.setdefault(ref, {})[page_id] = path

    def pages(self, ref: str) -> dict[str, str]:
        """Give the Streamlit sessions of a session, with the path each shows."""
        with self._lock:
            return dict(self._pages.get(ref, {}))

    def forget_page(self, ref: str, page_id: str) -> None:
        """Note that a Streamlit session is gone."""
        with self._lock:
            self._pages.get(ref, {}).pop(page_id, None)

    def refs(self) -> list[str]:
        """Give every session that has something open here."""
        with self._lock:
            return list(self._closers)

    def count(self) -> int:
        """Count the open sockets and streams."""
        with self._lock:
            return sum(map(len, self._closers.values()))

    def end(self, ref: str, reason: str) -> None:
        """Close everything a session has open here."""
        with self._lock:
            closers = self._closers.pop(ref, [])
            self._pages.pop(ref, None)
        for closer in closers:
            _close(closer, reason)


def _close(closer: Closer, reason: str) -> None:
    try:
        closer(reason)
    except RuntimeError:
        # The loop of a socket that is going away anyway; the others must still be closed.
        _log.warning("a screen could not be told that its session has ended", exc_info=True)
