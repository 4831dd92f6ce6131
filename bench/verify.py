"""(p) What the ledger costs: sealing beside ingest under a steady load; verifying all of the kept log.

Run with `.venv/bin/python -m bench verify`; the log is a copy of the largest in `bench/kept/` (built by
`python -m bench.kept`), or a small one made for this.
"""

import random
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auth.ledger_keys import LedgerKeys
from bench.kept import END, FOLDER, build
from bench.load import Load
from bench.stand.processes import ROOT
from bench.stand.stand import Stand, wait_for
from store.database import FILE_NAME, Database
from store.ledger import open_ledger, reading
from store.opening import open_database
from store.sealed import PART
from store.sealer import Sealer
from store.touch import parts
from store.verifying import verify

RATE: Final = 500
SECONDS: Final = 20
PROOFS: Final = 500
_SMALL: Final = 100_000


@dataclass(frozen=True, slots=True)
class Result:
    """What sealing takes of ingest's CPU (%), CPU of a record, and the time of a proof in so many records."""

    records: int
    sealing: float
    seal_us: float
    verify_us: float
    proof_ms: float


def run() -> Result:
    """Measure all of it."""
    share = _sealing()
    with tempfile.TemporaryDirectory(dir=ROOT / "bench") as name:
        data = Path(name) / "data"
        data.mkdir()
        shutil.copy(_log() / FILE_NAME, data / FILE_NAME)
        db, ledger, keys = open_database(data), open_ledger(data), LedgerKeys(data, "https://bench.example")
        try:
            records, seal_us = _seal(db, ledger, keys)
            began = time.thread_time()
            verdict = verify(db, ledger, keys.folder)
            verify_us = (time.thread_time() - began) * 1e6 / records
            assert verdict.findings == []
            assert verdict.counts.records == records
            return Result(records, share, seal_us, verify_us, _proof(ledger, records))
        finally:
            db.close()
            ledger.close()


def _log() -> Path:
    there = [path for path in FOLDER.glob("*") if (path / FILE_NAME).exists()]
    return max(there, key=lambda path: int(path.name)) if there else build(_SMALL)


def _seal(db: Database, ledger: Database, keys: LedgerKeys) -> tuple[int, float]:
    keys.ensure()
    sealer = Sealer(db, ledger, keys, lambda _: None)
    began = time.thread_time()
    sealer.open(END)
    while sealer.turn(END):
        pass
    sealer.close()
    return sealer.size, (time.thread_time() - began) * 1e6 / sealer.size


def _proof(ledger: Database, records: int) -> float:
    draw, times = random.Random(7), []
    for _ in range(PROOFS):
        record = draw.randrange(1, records)
        began = time.perf_counter()
        with reading(ledger) as tree:
            assert tree.inclusion(record) is not None
        times.append(time.perf_counter() - began)
    return sorted(times)[PROOFS * 99 // 100] * 1_000


def _sealing() -> float:
    """Give the sealer's share of what the ingest process costs, in %, while records come steadily."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data") as stand:
        stand.start_broker()
        ingest = stand.start_ingest()
        before, cpu = _sealer_us(stand), ingest.cpu_us()
        head = stand.head()
        Load(stand.account(), RATE, RATE * SECONDS, 0).run()
        wait_for("all of it is stored", lambda: stand.head() >= head + RATE * SECONDS, 30)
        spent = _sealer_us(stand) - before
        return 100 * spent / (ingest.cpu_us() - cpu)


def _sealer_us(stand: Stand) -> int:
    """Say what the sealer's thread has cost, by its own word."""
    said = next(one for one in parts(stand.db) if one.name == PART)
    return int(said.info["cpu_ms"]) * 1_000


if __name__ == "__main__":
    print(run())
