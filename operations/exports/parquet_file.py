"""Parquet with typed columns, compressed by Zstandard."""

from collections.abc import Sequence
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from operations.exports.columns import PLACE, WHAT, WHO, Reader
from operations.exports.known import Known
from store.export_rows import Raw

_TIME: Final = pa.timestamp("us", tz="UTC")
_SCHEMA: Final = pa.schema(
    [
        pa.field("record", pa.int64(), nullable=False),
        pa.field("at", _TIME, nullable=False),
        pa.field("received", _TIME, nullable=False),
        *(pa.field(name, pa.string()) for name in PLACE),
        *(pa.field(name, pa.string()) for name in WHAT),
        *(pa.field(name, pa.string()) for name in WHO),
    ]
)
_WORDS: Final = [*PLACE, *WHAT, *WHO]
_NUMBERS: Final = dict.fromkeys(("record", "at", "received"), "DELTA_BINARY_PACKED")
# Records of one row group: what is in memory until it is full.
_GROUP: Final = 10_000


class ParquetFile:
    """Writes one file; what is not written out yet is lost with it."""

    def __init__(self, out: BinaryIO, reader: Reader) -> None:
        """Begin a file without records."""
        self._reader = reader
        self._writer = pq.ParquetWriter(
            out, _SCHEMA, compression="zstd", use_dictionary=_WORDS, column_encoding=_NUMBERS
        )
        self._held: list[pa.RecordBatch] = []
        self._places = Known(len(PLACE))
        self._whats = Known(len(WHAT))

    def write(self, rows: Sequence[Raw]) -> None:
        """Write some records."""
        self._held.append(self._batch(rows))
        if sum(one.num_rows for one in self._held) >= _GROUP:
            self._flush()

    def close(self) -> None:
        """Write out what is left and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, _SCHEMA))
            self._held = []

    def _batch(self, rows: Sequence[Raw]) -> pa.RecordBatch:
        batch, reader = self._reader.batch(rows), self._reader
        self._places.learn([reader.place(key) for key in reader.places.all[self._places.count :]])
        self._whats.learn([reader.what(key) for key in reader.whats.all[self._whats.count :]])
        who = [[None if one is None else one[number] for one in batch.who] for number in range(len(WHO))]
        columns = [
            pa.array(batch.ids, pa.int64()),
            pa.array(batch.at, _TIME),
            pa.array(batch.received, _TIME),
            *self._places.take(batch.places),
            *self._whats.take(batch.whats),
            *(pa.array(one, pa.string()) for one in who),
        ]
        return pa.record_batch(columns, _SCHEMA)
