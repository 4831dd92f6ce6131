"""CSV (RFC 4180) that a spreadsheet opens and computes nothing of; times are ISO 8601 with the site's offset.

Lines are put together by Arrow, some thousand at once: written one by one in Python they cost three times as
much.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final, TypeAlias
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from core.spreadsheet import cell
from core.times import DAY_US, MINUTE_US, SECOND_US
from operations.exports.columns import COLUMNS, Reader, Who
from operations.exports.known import Known
from store.export_rows import Chunk

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Zones change their offset at a whole quarter of an hour, on a few days of the year.
_QUARTER_US: Final = 15 * MINUTE_US
# More stretches than there will be: what is above is the number of a zone.
_ZONE: Final = 2**40
_MOST_STRETCHES: Final = 10_000
_MOST_ENDS: Final = 25_000
# An offset in µs, and as it is written behind a time.
Offset: TypeAlias = tuple[int, str]


class Clock:
    """Writes times as ISO 8601 on the clocks of zones, which are given by number."""

    def __init__(self) -> None:
        """Know no zone yet."""
        self._zones: list[ZoneInfo] = []
        self._numbers: dict[str, int] = {}
        self._offsets: dict[tuple[int, int], Offset | None] = {}

    def number(self, zone: str) -> int:
        """Give a zone's number."""
        if zone not in self._numbers:
            self._numbers[zone] = len(self._zones)
            self._zones.append(ZoneInfo(zone))
        return self._numbers[zone]

    def texts(self, at: pa.Array, zones: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Write times (µs UTC), and apart from them the offsets behind them."""
        found = self._by(DAY_US, at, zones) or self._by(_QUARTER_US, at, zones)
        if found is None:
            raise ValueError("a zone changes its offset within a quarter of an hour")
        shifts, behind = found
        local = pc.add(at, shifts).cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_replace_slice(local, 10, 11, "T"), behind

    def _by(self, length: int, at: pa.Array, zones: pa.Array) -> tuple[pa.Array, pa.Array] | None:
        """Look the offsets up by stretches of this length; None where one changes within a stretch."""
        keys = pc.add(pc.divide(at, length), pc.multiply(zones, _ZONE)).dictionary_encode()
        offsets = [self._offset(one, length) for one in keys.dictionary.to_pylist()]
        known = [one for one in offsets if one is not None]
        if len(known) < len(offsets):
            return None
        shifts = pa.array([shift for shift, _ in known], pa.int64()).take(keys.indices)
        return shifts, pa.array([text for _, text in known], pa.string()).take(keys.indices)

    def _offset(self, key: int, length: int) -> Offset | None:
        if (key, length) not in self._offsets:
            if len(self._offsets) >= _MOST_STRETCHES:
                self._offsets.clear()
            zone, number = divmod(key, _ZONE)
            begins, ends = (self._at(zone, at) for at in (number * length, (number + 1) * length - SECOND_US))
            self._offsets[key, length] = begins if begins == ends else None
        return self._offsets[key, length]

    def _at(self, zone: int, at: int) -> Offset:
        there = (_EPOCH + timedelta(microseconds=at)).astimezone(self._zones[zone])
        shift = there.utcoffset() or timedelta()
        return int(shift.total_seconds()) * SECOND_US, there.isoformat()[19:]


class Ends(dict[Who, str]):
    """Ends of lines, which tell who it was: people come again."""

    def __missing__(self, who: Who) -> str:
        """Write one out."""
        if len(self) >= _MOST_ENDS:
            self.clear()
        found = self[who] = f"{_cells(who)}\r\n"
        return found


class CsvFile:
    """Writes one file; the header is there from the beginning."""

    def __init__(self, out: BinaryIO, reader: Reader) -> None:
        """Write the header."""
        self._out = out
        self._reader = reader
        self._places = Known(1)
        self._whats = Known(1)
        self._zones: list[int] = []
        self._clock = Clock()
        self._ends = Ends()
        out.write((",".join(COLUMNS) + "\r\n").encode())

    def write(self, rows: Chunk) -> None:
        """Write some records."""
        batch = self._reader.batch(rows)
        self._learn()
        ends = self._ends
        zones = pa.array(self._zones, pa.int64()).take(pa.array(batch.places, pa.int32()))
        at, behind = self._clock.texts(pa.array(batch.at, pa.int64()), zones)
        received, behind_that = self._clock.texts(pa.array(batch.received, pa.int64()), zones)
        lines = pc.binary_join_element_wise(
            pa.array(batch.ids, pa.int64()).cast(pa.string()),
            pc.binary_join_element_wise(at, behind, ""),
            pc.binary_join_element_wise(received, behind_that, ""),
            *self._places.take(batch.places),
            *self._whats.take(batch.whats),
            pa.array([ends[one] for one in batch.who], pa.string()).take(pa.array(batch.whose, pa.int32())),
            ",",
        )
        self._out.write(_joined(lines))

    def close(self) -> None:
        """Write nothing more: a line is whole when it is written."""

    def _learn(self) -> None:
        """Write out what the reader has met since."""
        places = self._reader.places.all[self._places.count :]
        self._zones += [self._clock.number(self._reader.zone(key)) for key in places]
        self._places.learn([(_cells(self._reader.place(key)),) for key in places])
        whats = self._reader.whats.all[self._whats.count :]
        self._whats.learn([(_cells(self._reader.what(key)),) for key in whats])


def _cells(texts: Sequence[str | None]) -> str:
    return ",".join([cell(one) if one else "" for one in texts])


def _joined(lines: pa.Array) -> memoryview:
    """Take the lines as they lie in memory, one behind the other: they are whole, and none is missing."""
    _, ends, values = lines.buffers()
    first, last = (
        int.from_bytes(ends[at * 4 : at * 4 + 4], "little")
        for at in (lines.offset, lines.offset + len(lines))
    )
    return memoryview(values)[first:last]
