"""CSV (RFC 4180) that a spreadsheet opens and computes nothing of; times are ISO 8601 with the site's offset.

Lines are put together by Arrow, some thousand at once: written one by one in Python they cost three times as
much.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from core.spreadsheet import cell
from core.times import MINUTE_US, SECOND_US
from operations.exports.columns import COLUMNS, WHO, Reader
from operations.exports.known import Known
from store.export_rows import Raw

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOBODY: Final = "," * (len(WHO) - 1)
# No zone has had offsets that are no whole quarters of an hour since there are records.
_QUARTER_US: Final = 15 * MINUTE_US
# More quarters than there will be: what is above is the number of a zone.
_ZONE: Final = 2**40
_MOST_QUARTERS: Final = 50_000


class Clock:
    """Writes times as ISO 8601 on the clocks of zones, which are given by number."""

    def __init__(self) -> None:
        """Know no zone yet."""
        self._zones: list[ZoneInfo] = []
        self._numbers: dict[str, int] = {}
        self._offsets: dict[int, tuple[int, str]] = {}

    def number(self, zone: str) -> int:
        """Give a zone's number."""
        if zone not in self._numbers:
            self._numbers[zone] = len(self._zones)
            self._zones.append(ZoneInfo(zone))
        return self._numbers[zone]

    def texts(self, at: pa.Array, zones: pa.Array) -> tuple[pa.Array, pa.Array]:
        """Write times (µs UTC), and apart from them the offsets behind them."""
        quarters = pc.add(pc.divide(at, _QUARTER_US), pc.multiply(zones, _ZONE)).dictionary_encode()
        offsets = [self._offset(one) for one in quarters.dictionary.to_pylist()]
        shifts = pa.array([shift for shift, _ in offsets], pa.int64()).take(quarters.indices)
        behind = pa.array([text for _, text in offsets], pa.string()).take(quarters.indices)
        local = pc.add(at, shifts).cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_replace_slice(local, 10, 11, "T"), behind

    def _offset(self, key: int) -> tuple[int, str]:
        found = self._offsets.get(key)
        if found is None:
            if len(self._offsets) >= _MOST_QUARTERS:
                self._offsets.clear()
            zone, quarter = divmod(key, _ZONE)
            begins = (_EPOCH + timedelta(minutes=15 * quarter)).astimezone(self._zones[zone])
            shift = begins.utcoffset() or timedelta()
            found = (int(shift.total_seconds()) * SECOND_US, begins.isoformat()[19:])
            self._offsets[key] = found
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
        out.write((",".join(COLUMNS) + "\r\n").encode())

    def write(self, rows: Sequence[Raw]) -> None:
        """Write some records."""
        batch = self._reader.batch(rows)
        self._learn()
        zones = pa.array(self._zones, pa.int64()).take(pa.array(batch.places, pa.int32()))
        at, behind = self._clock.texts(pa.array(batch.at, pa.int64()), zones)
        received, behind_that = self._clock.texts(pa.array(batch.received, pa.int64()), zones)
        lines = pc.binary_join_element_wise(
            pa.array(batch.ids, pa.int64()).cast(pa.string()),
            pc.binary_join_element_wise(at, behind, ""),
            pc.binary_join_element_wise(received, behind_that, ""),
            *self._places.take(batch.places),
            *self._whats.take(batch.whats),
            pa.array([_NOBODY if one is None else _cells(one) for one in batch.who], pa.string()),
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


def _joined(lines: pa.Array) -> bytes:
    """Take the lines as they lie in memory, one behind the other."""
    ended = pc.binary_join_element_wise(lines, "", "\r\n")
    whole: bytes = (
        pc.binary_join(pa.ListArray.from_arrays([0, len(ended)], ended), "")[0].as_buffer().to_pybytes()
    )
    return whole
