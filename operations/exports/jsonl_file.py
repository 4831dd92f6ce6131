"""JSON Lines: each record's leaf byte for byte as it was sealed, and its detail where it may be shown."""

from typing import BinaryIO

from operations.exports.columns import Reader
from store.export_rows import Chunk, Raw


class JsonLinesFile:
    """Writes one file: an object `{record, leaf, detail?}` a line."""

    def __init__(self, out: BinaryIO, reader: Reader) -> None:
        """Begin an empty file."""
        self._out = out
        self._reader = reader

    def write(self, rows: Chunk) -> None:
        """Write some records."""
        self._out.write(b"".join([_line(row, named=named) for row, named in self._reader.shown(rows)]))

    def close(self) -> None:
        """Write nothing more: a line is whole when it is written."""


def _line(row: Raw, *, named: bool) -> bytes:
    number, leaf, detail = row
    shown = b',"detail":' + detail if named and detail is not None else b""
    return b'{"record":%d,"leaf":%b%b}\n' % (number, leaf, shown)
