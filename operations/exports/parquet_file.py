"""Parquet with typed columns, compressed by Zstandard."""

from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from operations.exports.columns import PLACE, WHAT, WHO, Batch, Reader
from operations.exports.known import Known
from store.export_rows import Chunk

_TIME: Final = pa.timestamp("us", tz="UTC")
# Each text once, and its number for each record: to find that out again costs as much as to compress it.
_CODED: Final = pa.dictionary(pa.int32(), pa.string())
_SCHEMA: Final = pa.schema(
    [
        pa.field("record", pa.int64(), nullable=False),
        pa.field("at", _TIME, nullable=False),
        pa.field("received", _TIME, nullable=False),
        *(pa.field(name, _CODED) for name in (*PLACE, *WHAT)),
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
            out,
            _SCHEMA,
            compression="zstd",
            use_dictionary=_WORDS,
            column_encoding=_NUMBERS,
            # Least and greatest: of use to who looks for a time, and not worth their cost for words.
            write_statistics=list(_NUMBERS),
            # Text is text for who reads it, however it was handed over.
            store_schema=False,
        )
        self._held: list[list[pa.Array]] = []
        self._places = Known(len(PLACE))
        self._whats = Known(len(WHAT))

    def write(self, rows: Chunk) -> None:
        """Write some records."""
        self._held.append(_columns(self._reader.batch(rows)))
        if sum(len(one[0]) for one in self._held) >= _GROUP:
            self._flush()

    def close(self) -> None:
        """Write out what is left and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(self._table())
            self._held = []

    def _table(self) -> pa.Table:
        reader = self._reader
        self._places.learn([reader.place(key) for key in reader.places.all[self._places.count :]])
        self._whats.learn([reader.what(key) for key in reader.whats.all[self._whats.count :]])
        ids, at, received, places, whats, *who = map(pa.chunked_array, zip(*self._held, strict=True))
        columns = [
            *(ids, at, received),
            *self._places.coded(places.combine_chunks()),
            *self._whats.coded(whats.combine_chunks()),
            *who,
        ]
        return pa.table(columns, schema=_SCHEMA)


def _columns(batch: Batch) -> list[pa.Array]:
    """Give a batch as Arrow holds it, which is a fifth of what it takes as objects."""
    whose = pa.array(batch.whose, pa.int32())
    return [
        pa.array(batch.ids, pa.int64()),
        pa.array(batch.at, _TIME),
        pa.array(batch.received, _TIME),
        pa.array(batch.places, pa.int32()),
        pa.array(batch.whats, pa.int32()),
        *(pa.array(one, pa.string()).take(whose) for one in zip(*batch.who, strict=True)),
    ]
