"""Passwords of packages, from their proof until they were shown and the file is begun: in memory alone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Final

from core.times import MINUTE_US
from operations.evidence_package.asking import new_password

# How long a password waits to be shown to the session that asked.
_SHOWN_US: Final = MINUTE_US


@dataclass(slots=True)
class _Drawn:
    password: str
    at: int
    shown: bool = False


class Passwords:
    """Those of one process, by export; safe to share between threads."""

    def __init__(self) -> None:
        """Know none."""
        self._lock = Lock()
        self._drawn: dict[str, _Drawn] = {}

    def draw(self, export: str, now: int) -> None:
        """Draw one (now in µs UTC)."""
        with self._lock:
            self._drawn[export] = _Drawn(new_password(), now)

    def show(self, export: str, now: int) -> str | None:
        """Give one to be shown, within a minute and once; None from then on."""
        with self._lock:
            found = self._drawn.get(export)
            if found is None or found.shown or now >= found.at + _SHOWN_US:
                return None
            found.shown = True
            return found.password

    def of(self, exports: Collection[str]) -> Mapping[str, str]:
        """Give those that are known of these exports, for who builds them."""
        with self._lock:
            return {one: self._drawn[one].password for one in exports if one in self._drawn}

    def keep(self, waiting: Collection[str], now: int) -> None:
        """Forget those that nobody needs any more: not to build what waits, and not to be shown."""
        with self._lock:
            self._drawn = {
                name: one
                for name, one in self._drawn.items()
                if name in waiting or (not one.shown and now < one.at + _SHOWN_US)
            }


passwords: Final = Passwords()
