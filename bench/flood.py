"""(g) What a storm of one device costs the others: their waits beside their own in quiet, in the same run.

`python -m bench.flood HOST PORT USERNAME WHO RATE COUNT AFTER` publishes as `others` or as the `storm`,
reads the password from its standard input, and writes {event id: ns UTC when it was sent} to its output.
"""

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.figures import percentiles
from bench.stand.estate import Event, Life
from bench.stand.processes import ROOT, python
from bench.stand.stand import Stand, wait_for
from bench.stand.wire import Account, Wire

PAIRS: Final = 5
OTHERS: Final = 20
OTHERS_A_SECOND: Final = 100
STORM_A_SECOND: Final = 1_000
SECONDS: Final = 5
_STORM: Final = 0
_LOOK_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Pair:
    """The others' waits, publish to stored, in ms: in quiet and under the storm."""

    quiet: dict[str, float]
    storm: dict[str, float]

    @property
    def ratio(self) -> float:
        """Say how many times as long the slowest twentieth waits."""
        return self.storm["p95"] / self.quiet["p95"]


@dataclass(frozen=True, slots=True)
class Result:
    """All pairs, and what of the storm was recorded as it came."""

    pairs: list[Pair]
    stormed: int
    recorded: int

    def median(self, which: str) -> float:
        """Give the median of the pairs' p95, `quiet` or `storm`."""
        return float(statistics.median(getattr(one, which)["p95"] for one in self.pairs))

    @property
    def ratio(self) -> float:
        """Give the median of the pairs' ratios."""
        return statistics.median(one.ratio for one in self.pairs)


@dataclass(slots=True)
class _Looks:
    """When the log's head was first seen to be there."""

    heads: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def at(self, number: int) -> int:
        return self.times[bisect_left(self.heads, number)]


def run(pairs: int = PAIRS, seconds: int = SECONDS) -> Result:
    """Measure pair by pair: quiet, then storm, with calm between."""
    found: list[Pair] = []
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data") as stand:
        stand.start_broker()
        stand.start_ingest()
        _waits(stand, seconds, 0, storm=None)
        for turn in range(pairs):
            quiet = _waits(stand, seconds, 2 * turn + 1, storm=None)
            storm = _waits(stand, seconds, 2 * turn + 2, storm=turn)
            found.append(Pair(quiet, storm))
            wait_for("the storm is over", lambda: not stand.count("SELECT count(*) FROM flood"), 30)
        recorded = stand.count("SELECT count(*) FROM leaf WHERE device = 'panel-00' AND kind < 300")
    return Result(found, pairs * seconds * STORM_A_SECOND, recorded)


def _waits(stand: Stand, seconds: int, turn: int, *, storm: int | None) -> dict[str, float]:
    before = stand.head()
    with _looking(stand) as looks:
        loud = None if storm is None else _publisher(stand, "storm", seconds, storm)
        quiet = _publisher(stand, "others", seconds, turn)
        sent: dict[str, int] = json.loads(_end(quiet))
        if loud is not None:
            _end(loud)
        wait_for("all of the others are stored", lambda: len(_stored(stand, before, sent)) == len(sent), 20)
    stored = _stored(stand, before, sent)
    return percentiles([looks.at(number) - sent[event] for event, number in stored.items()])


def _stored(stand: Stand, before: int, sent: dict[str, int]) -> dict[str, int]:
    rows = stand.rows(
        "SELECT json_extract(CAST(leaf AS TEXT), '$.refs.event'), id FROM leaf "
        "WHERE kind < 300 AND device <> 'panel-00'"
    )
    return {event: number for event, number in rows if number > before and event in sent}


@contextmanager
def _looking(stand: Stand) -> Iterator[_Looks]:
    looks, over = _Looks(), threading.Event()

    def look() -> None:
        with stand.watch() as watch:
            while not over.wait(_LOOK_S):
                if watch.changed():
                    looks.heads.append(watch.head())
                    looks.times.append(time.time_ns())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield looks
    finally:
        over.set()
        thread.join()


def _publisher(stand: Stand, who: str, seconds: int, turn: int) -> "subprocess.Popen[str]":
    account = stand.account()
    rate = STORM_A_SECOND if who == "storm" else OTHERS_A_SECOND
    count = rate * seconds
    after = turn * count // (OTHERS if who == "others" else 1)
    words = (account.host, str(account.port), account.username, who, str(rate), str(count), str(after))
    popen = subprocess.Popen(
        [*python("-m", "bench.flood"), *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert popen.stdin is not None
    popen.stdin.write(f"{account.password}\n")
    popen.stdin.flush()
    return popen


def _end(popen: "subprocess.Popen[str]") -> str:
    out, _ = popen.communicate(timeout=120)
    assert popen.returncode == 0
    return out


def _events(who: str, after: int) -> Iterator[Event]:
    life = Life(after)
    devices = [_STORM] if who == "storm" else range(_STORM + 1, _STORM + 1 + OTHERS)
    return (life.event(number) for number in itertools.cycle(devices))


def _publish(account: Account, who: str, rate: int, events: Iterator[Event]) -> dict[str, int]:
    sent: dict[str, int] = {}
    pause = threading.Event()
    with Wire(account, f"bench-{who}") as wire:
        begin = time.monotonic()
        for number, event in enumerate(events):
            pause.wait(max(0.0, begin + number / rate - time.monotonic()))
            sent[json.loads(event.payload)["id"]] = time.time_ns()
            wire.send(event.topic, event.payload)
            if number % 50 == 0:
                wire.settle()
        wire.settle()
    return sent


def main(arguments: list[str]) -> None:
    """Publish and tell."""
    host, port, username, who, rate, count, after = arguments
    account = Account(host, int(port), username, sys.stdin.readline().strip())
    events = itertools.islice(_events(who, int(after)), int(count))
    print(json.dumps(_publish(account, who, int(rate), events)))


if __name__ == "__main__":
    main(sys.argv[1:])
