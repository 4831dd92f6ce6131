"""How many messages of a device were not understood, forged or over its limit, by reason."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from core.records import NOT_BELIEVED
from core.reports import Limited
from store.emission import Emission

# The reason under which messages over a limit are counted that were understood.
LIMITED: Final = "limited"
# Under which a live event is counted that has a number which came before, and is not recorded again.
DUPLICATE: Final = "duplicate"
# Under which an event is counted that is recorded though its number was neither new nor missed.
WENT_BACK: Final = "sequence_back"
# Under which an answer is counted to a command that nobody has sent, or whose answer came before.
UNASKED: Final = "unasked"
_ADD: Final = text(
    "INSERT INTO feed_count (device, reason, n, last) VALUES (:device, :reason, :n, :last) "
    "ON CONFLICT (device, reason) DO UPDATE SET n = feed_count.n + excluded.n, last = excluded.last"
)


class Counts:
    """The counts of one batch; what was recorded is counted when it is written."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._n: Counter[tuple[str, str]] = Counter()
        self._last: dict[tuple[str, str], int] = {}

    def add(self, item: Limited) -> None:
        """Count what was over a limit: each message once, by why it was not understood if it was not."""
        understood = item.count - sum(item.reasons.values())
        reasons: Mapping[str, int] = {**item.reasons, LIMITED: understood}
        for reason, n in reasons.items():
            if n > 0:
                self.count(item.device, reason, item.received, n)

    def count(self, device: str, reason: str, at: int, n: int = 1) -> None:
        """Count messages of a device (empty: nobody's) under a reason."""
        self._n[device, reason] += n
        self._last[device, reason] = at

    def save(self, connection: Connection, emission: Emission) -> None:
        """Add to what the store has counted."""
        for draft in emission.drafts:
            if draft.kind in NOT_BELIEVED:
                self.count(draft.device or "", draft.reason or "other", draft.received)
        if self._n:
            rows = [
                {"device": device, "reason": reason, "n": n, "last": self._last[device, reason]}
                for (device, reason), n in self._n.items()
            ]
            connection.execute(_ADD, rows)
