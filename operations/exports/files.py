"""Each kind of file, by its format."""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from core.exports import Format
from operations.exports.columns import Reader
from operations.exports.csv_file import CsvFile
from operations.exports.jsonl_file import JsonLinesFile
from operations.exports.parquet_file import ParquetFile
from store.export_rows import Chunk

# Some thousand records at a time are nothing to share among threads, and what Arrow's own allocator keeps for
# later would be the most of what a builder holds.
pa.set_memory_pool(pa.system_memory_pool())
pa.set_cpu_count(1)
pa.set_io_thread_count(1)
# Its functions are set up at the first call, which takes as much memory as an import does.
pc.add(pa.array([1]), 1)


class File(Protocol):
    """A file that is written from its beginning to its end."""

    def write(self, rows: Chunk) -> None:
        """Write some records."""

    def close(self) -> None:
        """Write what is left."""


# Whoever offers another format adds what writes it here, and to `core.exports.PLAIN`.
_FILES: Final[Mapping[Format, Callable[[BinaryIO, Reader], File]]] = {
    Format.CSV: CsvFile,
    Format.JSONL: JsonLinesFile,
    Format.PARQUET: ParquetFile,
}


def file_of(kind: Format, out: BinaryIO, reader: Reader) -> File:
    """Begin a file of this format; raises KeyError for a package."""
    return _FILES[kind](out, reader)
