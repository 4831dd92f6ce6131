"""The projection of floods: who is over a limit now, and by how much."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, Text, bindparam, delete, select, text

from core.leaf import Draft, Scalar
from core.records import Kind
from core.reports import Calm, Limited
from store.emission import Emission
from store.folding.feeds import Feeds, Origin
from store.schema import flood

_SAVE: Final = text(
    "INSERT INTO flood (device, bucket, since, n, numbered, opened_id) "
    "VALUES (:device, :bucket, :since, :n, :numbered, :opened_id) "
    "ON CONFLICT (device, bucket) DO UPDATE SET n = excluded.n, numbered = excluded.numbered"
)
_READ: Final = select(flood).where(flood.c.device.in_(bindparam("names", expanding=True, type_=Text)))
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """A device over one of its limits: since when, by how many messages, how many of them can be replayed."""

    device: str
    bucket: str
    since: int
    n: int
    numbered: int
    opened_id: int


class Floods:
    """The floods of the devices in a batch; read only when one of them is spoken of."""

    def __init__(self, connection: Connection, devices: set[str]) -> None:
        """Read the open floods of these devices in the caller's transaction."""
        rows = connection.execute(_READ, {"names": list(devices)}).mappings() if devices else ()
        self._open: dict[_Key, Flood] = {(row["device"], row["bucket"]): Flood(**row) for row in rows}
        self._changed: set[_Key] = set()

    def limited(self, item: Limited, origin: Origin, feeds: Feeds, emission: Emission) -> None:
        """Count what was over the limit, tell of its beginning once, and miss what was numbered."""
        key = (item.device, item.bucket.value)
        one = self._open.get(key) or self._begin(item, origin, emission)
        numbered = sum(
            last - first + 1
            for boot, first, last in item.ranges
            if feeds.limited(origin, boot, (first, last), emission)
        )
        self._open[key] = replace(one, n=one.n + item.count, numbered=one.numbered + numbered)
        self._changed.add(key)

    def _begin(self, item: Limited, origin: Origin, emission: Emission) -> Flood:
        return Flood(
            device=item.device,
            bucket=item.bucket.value,
            since=item.received,
            n=0,
            numbered=0,
            opened_id=emission.emit(_draft(origin, item.bucket.value, {}, "limited")),
        )

    def calm(self, item: Calm, origin: Origin, emission: Emission) -> None:
        """Tell how many messages were not recorded one by one, and how many of them no replay will bring."""
        one = self._open.pop((item.device, item.bucket.value), None)
        if one is None:
            return
        self._changed.add((item.device, item.bucket.value))
        refs: dict[str, Scalar] = {"messages": one.n, "lost": one.n - one.numbered, "begun": one.opened_id}
        emission.emit(_draft(origin, one.bucket, refs, "calm"))

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        kept = [self._open[key] for key in self._changed if key in self._open]
        if kept:
            connection.execute(_SAVE, [_row(one) for one in kept])
        for device, bucket in self._changed - self._open.keys():
            connection.execute(delete(flood).where(flood.c.device == device, flood.c.bucket == bucket))


def _draft(origin: Origin, reason: str, refs: dict[str, Scalar], outcome: str) -> Draft:
    return Draft(
        kind=Kind.FEED_LIMITED,
        received=origin.received,
        site=origin.site,
        device=origin.device or None,
        reason=reason,
        refs=refs,
        outcome=outcome,
    )


def _row(one: Flood) -> dict[str, object]:
    names = ("device", "bucket", "since", "n", "numbered", "opened_id")
    return {name: getattr(one, name) for name in names}
