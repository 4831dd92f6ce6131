"""(h) How fast a past is written: told by the simulator, read by the families, appended.

Run with `.venv/bin/python -m bench.history`.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commands.history import write
from connectors.simulator.estate import DEMO_ESTATE, DEMO_POLICY, PEOPLE
from core.times import DAY_US
from store.estate import import_estate, parse_estate
from store.opening import open_database
from store.people import save_people
from store.policies import apply_policy

DAYS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A history that was written."""

    records: int
    seconds: float
    cpu_seconds: float
    megabytes: float

    @property
    def per_second(self) -> float:
        """Give how many records were written in a second."""
        return self.records / self.seconds


def run(days: int = DAYS) -> Written:
    """Write the demo's last days into an empty store."""
    end = time.time_ns() // 1_000
    start = end - days * DAY_US
    with tempfile.TemporaryDirectory() as name:
        db = open_database(Path(name))
        import_estate(db, parse_estate(DEMO_ESTATE), start, "bench")
        apply_policy(db, DEMO_POLICY, start, "bench")
        save_people(db, PEOPLE)
        begin, cpu = time.monotonic(), time.process_time()
        records = write(db, start, end, str).head
        seconds, cpu = time.monotonic() - begin, time.process_time() - cpu
        db.close()
        size = sum(file.stat().st_size for file in Path(name).iterdir())
    return Written(records=records, seconds=seconds, cpu_seconds=cpu, megabytes=size / 1e6)


def main() -> None:
    """Print the figures."""
    found = run()
    print(f"{found.records:,} records in {found.seconds:.1f} s: {found.per_second:,.0f} a second")
    print(f"{found.records / found.cpu_seconds:,.0f} for each second of CPU, {found.megabytes:.0f} MB")


if __name__ == "__main__":
    main()
