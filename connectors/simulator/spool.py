"""A device's memory of its events: a ring over all boots, and the pages it answers a replay with. Pure."""

import json
from typing import Final, TypeAlias

SPOOL_EVENTS: Final = 10_000
PAGE_BYTES: Final = 32 * 1024
BOOTS_KEPT: Final = 64
_FRAME_BYTES: Final = 512  # all of a page but its events
Key: TypeAlias = tuple[str, int]


class Spool:
    """The last events of a device in the order they were made; `boot` and `seq` name the newest."""

    def __init__(self, limit: int = SPOOL_EVENTS) -> None:
        self._limit = limit
        self._events: dict[Key, bytes] = {}
        self._last: dict[str, int] = {}
        self._bare: set[str] = set()
        self.boot = ""

    @property
    def seq(self) -> int:
        """The last number given out in this boot; 0 before the first."""
        return self._last.get(self.boot, 0)

    @property
    def oldest(self) -> Key | None:
        """The first event that can still be replayed."""
        return next(iter(self._events), None)

    def start(self, boot: str) -> None:
        """Begin a boot; numbers start again from 1, what was made before stays."""
        self.boot = boot
        self._last[boot] = 0
        while len(self._last) > BOOTS_KEPT:
            del self._last[next(iter(self._last))]

    def remember(self, boot: str, seq: int) -> None:
        """Know of an earlier boot how many events it made, though none is kept; before the first `start`."""
        self._last[boot] = seq
        self._bare.add(boot)

    def add(self, payload: bytes) -> Key:
        """Keep the event numbered `seq` + 1, and forget the oldest where there is no room."""
        key = (self.boot, self.seq + 1)
        self._last[self.boot] = key[1]
        self._events[key] = payload
        if len(self._events) > self._limit:
            del self._events[next(iter(self._events))]
        return key

    def get(self, key: Key) -> bytes | None:
        """Give an event as it was first written, or None when it is forgotten."""
        return self._events.get(key)

    def page(self, boot: str, first: int, last: int) -> bytes:
        """Answer one request with one page of at most 32 KiB; `more` asks to be asked again from `to` + 1."""
        known = self._last.get(boot)
        if known is None:
            return self._write(boot, first, last, lost=[[first, last]])
        end = min(last, known)
        begin = max(first, self._first_kept(boot, known))
        lost = [[first, min(begin - 1, end)]] if begin > first <= end else []
        events = self._fitting(boot, begin, end)
        covered = begin + len(events) - 1 if events else end
        return self._write(boot, first, covered, events=events, lost=lost, more=covered < end)

    def _first_kept(self, boot: str, known: int) -> int:
        """Find where a boot begins by now: the ring forgets from its front."""
        if boot in self._bare:
            return known + 1
        oldest = self.oldest
        boots = list(self._last)
        if oldest is None or oldest[0] not in boots or boots.index(boot) > boots.index(oldest[0]):
            return 1
        return oldest[1] if oldest[0] == boot else known + 1

    def _fitting(self, boot: str, begin: int, end: int) -> list[bytes]:
        fitting: list[bytes] = []
        room = PAGE_BYTES - _FRAME_BYTES
        for seq in range(begin, end + 1):
            event = self._events[boot, seq]
            room -= len(event) + 1
            if room < 0:
                break
            fitting.append(event)
        return fitting

    def _write(
        self,
        boot: str,
        first: int,
        last: int,
        *,
        events: list[bytes] | None = None,
        lost: list[list[int]] | None = None,
        more: bool = False,
    ) -> bytes:
        frame: dict[str, object] = {"boot": boot, "from": first, "to": last, "lost": lost or [], "more": more}
        following = self._after(boot)
        if following is not None and not more:
            frame["next_boot"] = following
        head = json.dumps(frame, separators=(",", ":"))
        # The events go out byte for byte as they were first written.
        return head[:-1].encode() + b',"events":[' + b",".join(events or []) + b"]}"

    def _after(self, boot: str) -> str | None:
        return next((one for one in self._last if one > boot), None)


def read_request(payload: bytes) -> tuple[str, int, int] | None:
    """Read `cmd/backfill`: boot, first, last; None for what is no request."""
    try:
        request = json.loads(payload)
        asked = request["boot"], int(request["from"]), int(request["to"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    return asked if isinstance(asked[0], str) and asked[1] >= 1 else None
