"""The tail: how long from a commit of another process to the row in hand, and what waiting costs.

Run with `.venv/bin/python -m bench.tail`.
"""

import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench.figures import percentiles
from bench.writing import fill_estate, writer
from store.database import Database
from store.opening import open_database
from store.tail import Batch, Tail
from store.touch import hear

_BEATS_A_SECOND: Final = 2


def run(rate: float = 50, seconds: float = 10) -> dict[str, Any]:
    """Measure latency (ms) at this many commits a second, and CPU (% of a core) idle and at work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill_estate(folder)
        db = open_database(folder)
        idle = _cpu(db, seconds, beats=0)
        beaten = _cpu(db, seconds, beats=_BEATS_A_SECOND)
        busy = _latency(db, folder, rate, seconds)
        db.close()
    return {"idle_cpu_percent": idle, "idle_with_heartbeats_cpu_percent": beaten, **busy}


def _cpu(db: Database, seconds: float, beats: int) -> float:
    tail = Tail(db)
    tail.start()
    # The first second still polls at the pace of work.
    time.sleep(1.5)
    spent = 0.0
    begin = time.monotonic()
    used = time.process_time()
    while time.monotonic() - begin < seconds:
        time.sleep(1 / beats if beats else seconds)
        if beats:
            before = time.thread_time()
            hear(db, {"panel-00": time.time_ns() // 1_000})
            spent += time.thread_time() - before
    used = time.process_time() - used - spent
    took = time.monotonic() - begin
    tail.stop()
    return round(100 * used / took, 2)


def _latency(db: Database, folder: Path, rate: float, seconds: float) -> dict[str, Any]:
    seen: dict[int, int] = {}

    def note(batch: Batch) -> None:
        at = time.monotonic_ns()
        seen.update({row.id: at for row in batch.rows})

    tail = Tail(db)
    tail.subscribe(note)
    tail.start()
    with writer(folder, rate, int(rate * seconds)) as other:
        begin, used = time.monotonic(), time.process_time()
        other.go()
        assert other.done(seconds * 3 + 10)
        used, took = time.process_time() - used, time.monotonic() - begin
        told = other.told()
    time.sleep(0.2)
    tail.stop()
    assert set(seen) >= {head for head, _, _ in told}, "records were missed"
    return {
        "records": len(told),
        "busy_cpu_percent": round(100 * used / took, 2),
        "from_append_ms": percentiles([seen[head] - before for head, before, _ in told]),
        "from_commit_ms": percentiles([seen[head] - after for head, _, after in told]),
    }


def main() -> None:
    """Print the figures."""
    for name, figure in run().items():
        print(f"{name:34} {figure}")


if __name__ == "__main__":
    main()
