"""(n) What it costs to export a million records, beside a plain program that reads the same columns.

The plain program is `sqlite3` and `csv.writer`: one statement with its joins, no scope, no formats, nothing
kept from a spreadsheet. Each runs in a process of its own, by turns.
"""

import csv
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bench.filters import EVERYWHERE
from bench.kept import build
from core.exports import Format
from core.log_filter import ANYTHING
from operations.exports.columns import Reader
from operations.exports.files import file_of
from store.database import FILE_NAME
from store.export_rows import Extract, chunks_of, names_of
from store.log_names import log_names
from store.opening import open_database

RECORDS: Final = 1_000_000
LOG: Final = 10_000_000
ROUNDS: Final = 3
PLAIN: Final = "plain"
_PAGE: Final = resource.getpagesize()
_COLUMNS: Final = """
SELECT l.id, l.at, l.received, l.site, s.name, l.door, o.name, l.device, v.name, l.kind, l.reason,
  json_extract(l.leaf, '$.backfilled'), json_extract(l.leaf, '$.outcome'),
  coalesce(json_extract(d.body, '$.private.person'), json_extract(d.body, '$.private.subject')),
  coalesce(p.name, json_extract(d.body, '$.private.name')), json_extract(d.body, '$.private.credential'),
  json_extract(l.leaf, '$.refs.call'), json_extract(l.leaf, '$.refs.act'),
  json_extract(l.leaf, '$.refs.session'), json_extract(d.body, '$.private.why')
FROM leaf l LEFT JOIN detail d ON d.id = l.id LEFT JOIN person p ON p.id = d.person
  LEFT JOIN site s ON s.id = l.site LEFT JOIN door o ON o.id = l.door LEFT JOIN device v ON v.id = l.device
WHERE l.id <= ? ORDER BY l.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one file took: processor and wall time (s), growth of memory (MB), and its records and bytes."""

    cpu: float
    wall: float
    grown_mb: float
    rows: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All runs, by what wrote the file."""

    costs: Mapping[str, list[Cost]]

    def median(self, who: str, what: str) -> float:
        """Give the median of the runs."""
        return float(median(getattr(one, what) for one in self.costs[who]))

    def ratio(self, who: str, what: str = "cpu") -> float:
        """Give the median of its runs, a record, in times of the plain program's beside them."""
        pairs = zip(self.costs[who], self.costs[PLAIN], strict=True)
        return float(median(getattr(a, what) / a.rows / (getattr(b, what) / b.rows) for a, b in pairs))


def run(records: int = RECORDS, rounds: int = ROUNDS, log: int = LOG) -> Found:
    """Build the log unless it is there, and write each kind of file by turns."""
    folder = build(log)
    names = (PLAIN, Format.CSV.value, Format.PARQUET.value, Format.JSONL.value)
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            costs[name].append(_in_process(folder, name, records))
    return Found(costs=costs)


def _in_process(folder: Path, name: str, records: int) -> Cost:
    command = (sys.executable, "-m", "bench.export", str(folder), name, str(records))
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Cost(**json.loads(told))


def _plain(folder: Path, out: Path, records: int) -> int:
    with (
        closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as db,
        out.open("w") as file,
    ):
        csv.writer(file).writerows(db.execute(_COLUMNS, (records,)))
    return records


def _ours(folder: Path, out: Path, records: int, *, kind: Format, peak: Callable[[], None]) -> int:
    db = open_database(folder)
    rows = 0
    with out.open("wb", 256 * 1024) as file:
        reader = Reader(scope=EVERYWHERE, names=log_names(db, EVERYWHERE), people=partial(names_of, db))
        writer = file_of(kind, file, reader)
        for chunk in chunks_of(db, Extract(scope=EVERYWHERE, wanted=ANYTHING, upto=records)):
            writer.write(chunk)
            rows += len(chunk)
            peak()
        writer.close()
    db.close()
    return rows


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE / 1e6


def main(arguments: list[str]) -> None:
    """Write one file and print what that took."""
    folder, name, records = Path(arguments[0]), arguments[1], int(arguments[2])
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / name
        before = highest = _resident_mb()

        def peak() -> None:
            nonlocal highest
            highest = max(highest, _resident_mb())

        begin, used = time.perf_counter(), time.process_time()
        if name == PLAIN:
            rows = _plain(folder, out, records)
        else:
            rows = _ours(folder, out, records, kind=Format(name), peak=peak)
        cost = {
            "cpu": time.process_time() - used,
            "wall": time.perf_counter() - begin,
            "grown_mb": highest - before,
            "rows": rows,
            "size": out.stat().st_size,
        }
    os.write(1, json.dumps(cost).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
