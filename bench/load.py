"""Steady load from a process of its own: publishes native events and hears them back as a bare subscriber.

`python -m bench.load HOST PORT USERNAME RATE COUNT AFTER` reads the password from its standard input and
writes {event id: [time sent, time heard]} (ns UTC) to its standard output.
"""

import itertools
import json
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Final

from bench.stand.estate import Life
from bench.stand.processes import ROOT, python
from bench.stand.wire import Account, Wire

_FILTER: Final = "gatehouse/v1/+/+/event"
_LAST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Times:
    """When an event was handed to the socket, and when a bare subscriber had it; ns UTC."""

    sent: int
    heard: int


class Load:
    """The other end: a load that runs in its own process."""

    def __init__(self, account: Account, rate: float, count: int, after: int) -> None:
        words = (account.host, str(account.port), account.username, str(rate), str(count), str(after))
        self._popen = subprocess.Popen(
            [*python("-m", "bench.load"), *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._password = account.password
        self._seconds = count / rate + 60

    def run(self) -> dict[str, Times]:
        """Wait for its end and give the times of each event by its id."""
        out, _ = self._popen.communicate(f"{self._password}\n", timeout=self._seconds)
        assert self._popen.returncode == 0
        return {event: Times(*times) for event, times in json.loads(out).items()}


def _publish(account: Account, rate: float, count: int, after: int) -> dict[str, list[int]]:
    times: dict[str, list[int]] = {}
    life = Life(after)
    with Wire(account, "bench-ear") as ear, Wire(account, "bench-mouth") as mouth:
        mouth.publish(life.greetings())
        ear.subscribe(_FILTER)
        begin = time.monotonic()
        for number, event in enumerate(itertools.islice(life.events(), count)):
            _listen(ear, times, begin + number / rate)
            name = json.loads(event.payload)["id"]
            times[name] = [time.time_ns()]
            mouth.send(event.topic, event.payload)
            if number % 50 == 0:
                mouth.settle()
        deadline = time.monotonic() + _LAST_S
        while any(len(one) == 1 for one in times.values()) and time.monotonic() < deadline:
            _listen(ear, times, time.monotonic() + 0.01)
        mouth.settle()
    return times


def _listen(ear: Wire, times: dict[str, list[int]], until: float) -> None:
    """Note what comes, until a moment (monotonic seconds)."""
    while (left := until - time.monotonic()) > 0:
        if select.select([ear.socket], [], [], left)[0]:
            for _, payload, now in ear.received(0):
                # Others may be speaking too.
                if (name := json.loads(payload)["id"]) in times:
                    times[name].append(now)


def main(arguments: list[str]) -> None:
    """Publish, listen and tell."""
    host, port, username, rate, count, after = arguments
    account = Account(host, int(port), username, sys.stdin.readline().strip())
    print(json.dumps(_publish(account, float(rate), int(count), int(after))))


if __name__ == "__main__":
    main(sys.argv[1:])
