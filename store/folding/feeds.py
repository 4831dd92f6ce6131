"""The projection of sequences: what each device has numbered, and the gaps in what has come."""

from dataclasses import dataclass, replace
from typing import Final

import msgspec
from sqlalchemy import Connection, Text, bindparam, func, select, text, union

from core.feeds import OPEN_END, Boot, Range, arrived, count, given_up, known_to_exist, within
from core.leaf import Draft, Scalar
from core.records import Kind
from core.reports import BackfillReport
from store.emission import Emission
from store.schema import device, feed, gap

# More than that and a device that reboots at every word would slow every append down.
MAX_OPEN_GAPS: Final = 64
# Nobody keeps more than so many events to be asked for: a number that leaps further is a fault or a lie.
MAX_MISSING: Final = 1_000_000
# More holes than that in one boot, and what is kept of it would grow with every event.
MAX_MISSING_RANGES: Final = 1_000
decode_boot: Final = msgspec.json.Decoder(Boot).decode
_encode: Final = msgspec.json.Encoder().encode
_SAVE_BOOT: Final = text(
    "INSERT INTO feed (device, boot, state) VALUES (:device, :boot, :state) "
    "ON CONFLICT (device, boot) DO UPDATE SET state = excluded.state"
)
_SAVE_GAP: Final = text(
    "INSERT INTO gap (id, device, boot, first, last, lost, opened, closed_id) "
    "VALUES (:id, :device, :boot, :first, :last, :lost, :opened, :closed_id) "
    "ON CONFLICT (id) DO UPDATE SET last = excluded.last, lost = excluded.lost, "
    "closed_id = excluded.closed_id"
)
_NAMES: Final = bindparam("names", expanding=True, type_=Text)
# A device that reboots all day has thousands of boots: those spoken of and the last of each are sought.
_EARLIER: Final = feed.alias("earlier")
_LAST: Final = (
    select(func.max(_EARLIER.c.boot))
    .where(_EARLIER.c.device == device.c.id)
    .correlate(device)
    .scalar_subquery()
)
_READ_BOOTS: Final = union(
    select(feed).where(
        feed.c.device.in_(_NAMES), feed.c.boot.in_(bindparam("boots", expanding=True, type_=Text))
    ),
    select(feed)
    .select_from(device.join(feed, (feed.c.device == device.c.id) & (feed.c.boot == _LAST)))
    .where(device.c.id.in_(_NAMES)),
).order_by(feed.c.boot)
_READ_GAPS: Final = select(gap).where(gap.c.device.in_(_NAMES), gap.c.closed_id.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An open gap: `id` is the record that opened it, `last` is OPEN_END while only the device knows it."""

    id: int
    device: str
    boot: str
    first: int
    last: int
    lost: int
    opened: int
    closed_id: int | None = None

    def covers(self, first: int, last: int) -> bool:
        """Whether this gap already tells of all of [first, last]."""
        return self.first <= first and last <= self.last


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a word came from: the device, its site, and when we received it."""

    device: str
    site: str | None
    received: int


class Feeds:
    """The sequences and gaps of the devices in a batch, read once and written once."""

    def __init__(self, connection: Connection, devices: set[str], boots: set[str]) -> None:
        """Read these boots and the last of each device in the caller's transaction."""
        self._boots: dict[tuple[str, str], Boot] = {}
        self._newest: dict[str, str] = {}
        self._gaps: dict[int, Gap] = {}
        self._touched: set[tuple[str, str]] = set()
        self._touched_gaps: set[int] = set()
        if devices:
            names = {"names": list(devices)}
            rows = connection.execute(_READ_BOOTS, names | {"boots": list(boots)}).all()
            self._boots = {(row.device, row.boot): decode_boot(row.state) for row in rows}
            self._newest = {row.device: row.boot for row in rows}
            gaps = connection.execute(_READ_GAPS, names)
            self._gaps = {row.id: Gap(**row._asdict()) for row in gaps}

    def knows(self, device: str, boot: str) -> bool:
        """Whether this boot was ever heard of."""
        return (device, boot) in self._boots

    def newest(self, device: str) -> str | None:
        """Name the last boot of a device that was heard of."""
        return self._newest.get(device)

    def meet(self, origin: Origin, boot: str, emission: Emission, *, before_first: int = 0) -> None:
        """Hear of a boot, perhaps for the first time; what was made up to `before_first` is not ours to miss.

        Nobody has told how the older of two boots ended, so its end is in doubt.
        """
        if self.knows(origin.device, boot):
            return
        newest = self.newest(origin.device)
        self._set(origin.device, boot, Boot(before_first))
        if newest is not None:
            self.doubt(origin, min(newest, boot), "rebooted", emission)

    def before(self, origin: Origin, boot: str, seq: int, emission: Emission) -> None:
        """Record the gap that event `seq` shows, so that the gap's record stands before the event's."""
        self.meet(origin, boot, emission)
        high = self._boots[origin.device, boot].high
        if seq > high + 1:
            self._miss(origin, boot, (high + 1, seq - 1), emission)

    def arrived(self, origin: Origin, boot: str, seq: int, emission: Emission) -> bool:
        """Take event `seq` in, which now is a record; a gap that it fills is closed behind it.

        False when it was neither new nor missing: what was given up has come after all, or never was true.
        """
        old = self._boots[origin.device, boot]
        new = arrived(old, seq)
        if len(new.missing) > MAX_MISSING_RANGES:
            new = self._give_up_first(origin, boot, new)
        self._set(origin.device, boot, new)
        if new.high == old.high:
            self._settle(origin, boot, emission)
        return new != old

    def _give_up_first(self, origin: Origin, boot: str, state: Boot) -> Boot:
        """Take the oldest hole of too many for lost: each is read and written with every event."""
        first, last = state.missing[0]
        self._lose(origin.device, boot, (first, last), state)
        return given_up(state, first, last)

    def quoted(self, origin: Origin, boot: str, seq: int, emission: Emission) -> None:
        """Take a report's word that events up to `seq` were made."""
        self.meet(origin, boot, emission)
        old = self._boots[origin.device, boot]
        if seq > old.high:
            self._miss(origin, boot, (old.high + 1, seq), emission)
            self._set(origin.device, boot, known_to_exist(self._boots[origin.device, boot], seq))

    def _miss(self, origin: Origin, boot: str, missing: Range, emission: Emission) -> None:
        """Open a gap for numbers that must have been given; more than any device keeps are lost at once."""
        first, last = missing
        self._open(origin, boot, missing, reason="sequence", emission=emission)
        if last - first < MAX_MISSING:
            return
        self._set(origin.device, boot, Boot(last, self._boots[origin.device, boot].missing))
        for one in self._open_gaps(origin.device, boot):
            if one.last == last and one.first <= first:
                self._close(replace(one, lost=one.lost + last - first + 1), origin, emission)

    def limited(self, origin: Origin, boot: str, over: Range, emission: Emission) -> bool:
        """Miss the events `over` that came while the device was over its limit; the gap grows with them.

        False where they are not to be believed before the device is calm: each new boot and each leap makes
        records, and a flood must not. The next event that is recorded tells of what is missing then.
        """
        if boot != self.newest(origin.device):
            return False
        first, last = self._boots[origin.device, boot].high + 1, over[1]
        if last - first >= MAX_MISSING:
            return False
        if last < first:
            return True
        before = [one for one in self._open_gaps(origin.device, boot) if one.last == first - 1]
        if before:
            self._keep_gap(replace(before[0], last=last))
        else:
            self._open(origin, boot, (first, last), reason="limited", emission=emission)
        self._set(origin.device, boot, known_to_exist(self._boots[origin.device, boot], last))
        return True

    def doubt(self, origin: Origin, boot: str, reason: str, emission: Emission) -> None:
        """Open a gap whose end only the device knows: something may have been made after what came."""
        old = self._boots.get((origin.device, boot), Boot())
        self._set(origin.device, boot, old)
        self._open(origin, boot, (old.high + 1, OPEN_END), reason=reason, emission=emission)

    def answered(self, report: BackfillReport, origin: Origin, emission: Emission) -> None:
        """Take a device's answer to a replay request, after its events have been taken in."""
        ends = [report.last, *(last for _, last in report.lost)]
        # A device that has forgotten the boot hands the open end back; it is no number of an event.
        self.quoted(origin, report.boot, max((end for end in ends if end < OPEN_END), default=0), emission)
        boot = self._boots[report.device, report.boot]
        for first, last in report.lost:
            self._lose(report.device, report.boot, (first, last), boot)
            boot = given_up(boot, first, last)
        self._set(report.device, report.boot, boot)
        ended = not report.more and self._end_known(report, boot.high)
        self._settle(origin, report.boot, emission)
        if report.next_boot is not None:
            self._followed(origin, report.next_boot, ended=ended, emission=emission)

    def _end_known(self, report: BackfillReport, high: int) -> bool:
        """Give open-ended gaps their end; an answer to an older gap's request says nothing of it."""
        ended = [
            one
            for one in self._open_gaps(report.device, report.boot)
            if one.last == OPEN_END and report.first >= one.first
        ]
        for one in ended:
            self._keep_gap(replace(one, last=max(high, one.first - 1)))
        return bool(ended)

    def _followed(self, origin: Origin, boot: str, *, ended: bool, emission: Emission) -> None:
        """Hear of a boot from the answer for the one before it, whose end that answer may have told."""
        if not ended:
            self.meet(origin, boot, emission)
        elif not self.knows(origin.device, boot):
            self.doubt(origin, boot, "rebooted", emission)

    def _open(self, origin: Origin, boot: str, missing: Range, *, reason: str, emission: Emission) -> None:
        first, last = missing
        if any(one.covers(first, last) for one in self._open_gaps(origin.device, boot)):
            return
        refs: dict[str, Scalar] = {"boot": boot, "first": first}
        if last != OPEN_END:
            refs |= {"last": last, "missing": last - first + 1}
        self._make_room(origin, emission)
        number = emission.emit(_draft(Kind.FEED_GAP, origin, refs, reason))
        self._keep_gap(
            Gap(
                id=number,
                device=origin.device,
                boot=boot,
                first=first,
                last=last,
                lost=0,
                opened=origin.received,
            )
        )

    def _make_room(self, origin: Origin, emission: Emission) -> None:
        """Give the oldest gap up where a device has too many: each is read and asked for again and again."""
        mine = [one for one in self._gaps.values() if one.device == origin.device and one.closed_id is None]
        if len(mine) < MAX_OPEN_GAPS:
            return
        oldest = min(mine, key=lambda one: one.id)
        boot = self._boots.get((oldest.device, oldest.boot))
        if boot is not None:
            self._set(oldest.device, oldest.boot, given_up(boot, oldest.first, oldest.last))
        self._close(replace(oldest, lost=oldest.lost + 1), origin, emission)

    def _close(self, one: Gap, origin: Origin, emission: Emission) -> None:
        kind = Kind.FEED_GAP_LOST if one.lost else Kind.FEED_GAP_FILLED
        refs: dict[str, Scalar] = {"boot": one.boot, "first": one.first}
        refs |= {} if one.last == OPEN_END else {"last": one.last}
        refs |= {"lost": one.lost} if one.lost else {}
        self._keep_gap(replace(one, closed_id=emission.emit(_draft(kind, origin, refs, None))))

    def _lose(self, device: str, boot: str, lost: Range, state: Boot) -> None:
        first, last = lost
        for one in self._open_gaps(device, boot):
            low, high = max(first, one.first), min(last, one.last)
            if low <= high:
                missing = within(state.missing, low, high)
                self._keep_gap(
                    replace(one, lost=one.lost + (count(missing) or (1 if high == OPEN_END else 0)))
                )

    def _settle(self, origin: Origin, boot: str, emission: Emission) -> None:
        missing = self._boots.get((origin.device, boot), Boot()).missing
        for one in self._open_gaps(origin.device, boot):
            if one.last == OPEN_END or within(missing, one.first, one.last):
                continue
            self._close(one, origin, emission)

    def _open_gaps(self, device: str, boot: str) -> list[Gap]:
        if not self._gaps:
            return []
        return [
            g for g in self._gaps.values() if g.device == device and g.boot == boot and g.closed_id is None
        ]

    def _set(self, device: str, boot: str, state: Boot) -> None:
        self._boots[device, boot] = state
        self._newest[device] = max(boot, self._newest.get(device, boot))
        self._touched.add((device, boot))

    def _keep_gap(self, one: Gap) -> None:
        self._gaps[one.id] = one
        self._touched_gaps.add(one.id)

    def save(self, connection: Connection) -> None:
        """Write what has changed."""
        boots = [
            {"device": device, "boot": boot, "state": _encode(self._boots[device, boot])}
            for device, boot in self._touched
        ]
        if boots:
            connection.execute(_SAVE_BOOT, boots)
        gaps = [_gap_row(self._gaps[number]) for number in self._touched_gaps]
        if gaps:
            connection.execute(_SAVE_GAP, gaps)


def _draft(kind: Kind, origin: Origin, refs: dict[str, Scalar], reason: str | None) -> Draft:
    return Draft(
        kind=kind, received=origin.received, site=origin.site, device=origin.device, refs=refs, reason=reason
    )


def _gap_row(one: Gap) -> dict[str, object]:
    return {
        "id": one.id,
        "device": one.device,
        "boot": one.boot,
        "first": one.first,
        "last": one.last,
        "lost": one.lost,
        "opened": one.opened,
        "closed_id": one.closed_id,
    }
