"""(a) What storing a message costs: ingest drains a prefilled queue beside consumers that store nothing."""

import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.consumer import FILTER
from bench.stand.estate import Life
from bench.stand.processes import ROOT, Process, python
from bench.stand.stand import Stand, wait_for
from bench.stand.wire import Wire

COUNT: Final = 20_000
# Counted from here, so that starting the process is not part of the cost.
FIRST: Final = 2_000
ROUNDS: Final = 3
PEERS: Final = ("paho", "session")
_DRAIN_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Drain:
    """One drain of a queue."""

    cpu_us: float
    per_second: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """The drains of every round, by who drained."""

    drains: dict[str, list[Drain]]

    def median(self, who: str, what: str) -> float:
        """Give the median of a figure over the rounds."""
        return float(statistics.median(getattr(one, what) for one in self.drains[who]))

    @property
    def ratio(self) -> float:
        """Give the CPU of a stored record in units of paho's manual-ack no-op, median of paired rounds."""
        pairs = zip(self.drains["ingest"], self.drains["paho"], strict=True)
        return statistics.median(ours.cpu_us / theirs.cpu_us for ours, theirs in pairs)


def run(count: int = COUNT, rounds: int = ROUNDS) -> Result:
    """Drain the same messages by each, in turned order, round by round."""
    drains: dict[str, list[Drain]] = {who: [] for who in ("ingest", *PEERS)}
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data") as stand:
        stand.start_broker()
        stand.start_ingest().stop()
        life = Life()
        for turn in range(rounds):
            _open_sessions(stand)
            events = ((one.topic, one.payload) for one in life.take(count))
            with stand.wire("load") as wire:
                wire.publish(events)
            names = list(drains)
            for who in names[turn % 3 :] + names[: turn % 3]:
                drains[who].append(_ingest(stand, count) if who == "ingest" else _peer(stand, who, count))
    return Result(drains)


def _open_sessions(stand: Stand) -> None:
    for who in PEERS:
        with Wire(stand.account(), f"noop-{who}", clean=True, expiry_s=3_600) as wire:
            wire.subscribe(FILTER)


def _ingest(stand: Stand, count: int) -> Drain:
    with stand.watch() as watch:
        begin = watch.head()
        process = stand.start_ingest(ready=False)
        wait_for("the first records", lambda: watch.head() >= begin + FIRST, _DRAIN_S, 0.001)
        first, cpu, moment = watch.head(), process.cpu_us(), time.monotonic()
        wait_for("all records", lambda: watch.head() >= begin + count, _DRAIN_S, 0.002)
        done, cpu, seconds = watch.head() - first, process.cpu_us() - cpu, time.monotonic() - moment
        drain = Drain(cpu / done, done / seconds, process.rss_mb())
        process.stop()
    return drain


def _peer(stand: Stand, who: str, count: int) -> Drain:
    account = stand.account()
    command = python("-m", "bench.consumer", who, account.host, str(account.port), account.username)
    popen = subprocess.Popen(
        [*command, f"noop-{who}", str(count), str(FIRST)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert popen.stdin is not None
    assert popen.stdout is not None
    popen.stdin.write(f"{account.password}\n".encode())
    popen.stdin.flush()
    process = Process(popen, Path())
    assert popen.stdout.readline() == b"first\n"
    cpu, moment = process.cpu_us(), time.monotonic()
    assert popen.stdout.readline() == b"last\n"
    cpu, seconds = process.cpu_us() - cpu, time.monotonic() - moment
    drain = Drain(cpu / (count - FIRST), (count - FIRST) / seconds, process.rss_mb())
    popen.stdin.close()
    popen.stdout.close()
    popen.wait(10)
    return drain
