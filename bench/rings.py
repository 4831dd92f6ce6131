"""(m) Rings: somebody rings at a door → the call, which may sound, at a subscriber of the live stream.

Beside it, in the same run, a bare client hears the same rings at the broker. Then somebody claims each of
these calls → it is claimed at that subscriber, as at every other desk. Pair by pair in quiet and under 200
records a second of other devices.

And a few times, until Chromium has drawn the call at a desk.

Run with `.venv/bin/python -m bench.rings`.
"""

import asyncio
import itertools
import json
import select
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from bench.drawn import drawn
from bench.figures import percentiles
from bench.load import Load, Times
from bench.screens import Address, Screen, open_screens
from bench.stand.estate import DEVICES, estate
from bench.stand.stand import Stand, wait_for
from bench.stand.wire import Wire
from core.model import Device, Door
from store.estate import EstateDocument

PAIRS: Final = 3
RINGS: Final = 100
WARM_UP: Final = 20
ROUNDS: Final = 3
# Together they ring faster than any one intercom may.
BELLS: Final = 10
LOAD_A_SECOND: Final = 200
_SITE: Final = "berlin"
_BOOT: Final = "01KASBELL0000000000000000A"
_PAUSE_S: Final = 0.06
_SETTLED_S: Final = 0.5
_NUMBERS: Final = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Waits in ms from the publish: of a desk, and of a bare client; and of another desk from a claim."""

    desk: Mapping[str, float]
    raw: Mapping[str, float]
    claim: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Found:
    """Every pair, in quiet and under load, and what a browser draws in quiet."""

    quiet: list[Waits] = field(default_factory=list)
    loaded: list[Waits] = field(default_factory=list)
    drawn: dict[str, float] = field(default_factory=dict)

    def median(self, what: str, place: str, *, loaded: bool = False) -> float:
        """Give the median of the pairs; `what` is desk, raw or claim."""
        some = self.loaded if loaded else self.quiet
        return float(statistics.median(getattr(one, what)[place] for one in some))

    @property
    def ratio(self) -> float:
        """Say in how many times of quiet the slowest twentieth waits under load."""
        pairs = zip(self.quiet, self.loaded, strict=True)
        return statistics.median(loaded.desk["p95"] / quiet.desk["p95"] for quiet, loaded in pairs)


def document() -> EstateDocument:
    """Give intercoms that ring, and devices that talk."""
    others = estate()
    bells = tuple(Device(id=_bell(n), site=_SITE, family="gatehouse") for n in range(BELLS))
    doors = tuple(
        Door(id=f"ring-{n}", site=_SITE, device=_bell(n), number="1", name=f"Entrance {n}")
        for n in range(BELLS)
    )
    return EstateDocument(
        sites=others.sites, devices=(*bells, *others.devices), doors=(*doors, *others.doors)
    )


def _bell(number: int) -> str:
    return f"bell-{number}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Street:
    """Who rings, and a bare client that hears it at the broker; one thread's own."""

    def __init__(self, stand: Stand) -> None:
        self._mouth = Wire(stand.account(), "bench-street")
        self._ear = Wire(stand.account(), "bench-street-ear")
        self._seq = dict.fromkeys(range(BELLS), 0)
        self._open: dict[str, int] = {}
        self._mouth.publish(
            (f"gatehouse/v1/{_SITE}/{_bell(n)}/status", json.dumps(said).encode())
            for n, said in (
                (n, {"online": True, "boot": _BOOT, "seq": 0, "ts": _now()}) for n in range(BELLS)
            )
        )
        self._ear.subscribe(f"gatehouse/v1/{_SITE}/+/event")

    def ring(self, count: int, colleague: "_Colleague") -> dict[str, Times]:
        """Let so many ring one after the other, have each call claimed, and hang up; gives times (ns UTC)."""
        sent: dict[str, int] = {}
        heard: dict[str, int] = {}
        numbers = list(itertools.islice(_NUMBERS, count))
        for number in numbers:
            sent[f"c-{number}"] = time.time_ns()
            self._say(number % BELLS, "call.ringing", f"c-{number}")
            self._hear(heard, time.monotonic() + _PAUSE_S)
            self._mouth.settle()
        self._hear(heard, time.monotonic() + _SETTLED_S)
        for number in numbers:
            colleague.claim(_bell(number % BELLS), f"c-{number}")
        # Not before: who hangs up at once is told of as a call that is over.
        for number in numbers:
            self._say(number % BELLS, "call.ended", f"c-{number}")
        self._mouth.settle()
        assert heard.keys() >= sent.keys(), "the bare client has missed a ring"
        return {call: Times(at, heard[call]) for call, at in sent.items()}

    def ring_once(self, bell: int) -> int:
        """Press one bell, which rings until `hang_up`; gives when (ns UTC)."""
        call = f"c-{next(_NUMBERS)}"
        self._open[call] = bell
        sent = time.time_ns()
        self._say(bell, "call.ringing", call)
        self._mouth.settle()
        return sent

    def hang_up(self) -> None:
        """End every call."""
        for call, bell in self._open.items():
            self._say(bell, "call.ended", call)
        self._open.clear()
        self._mouth.settle()

    def close(self) -> None:
        """Go home."""
        self._mouth.close()
        self._ear.close()

    def _say(self, bell: int, kind: str, call: str) -> None:
        self._seq[bell] += 1
        said = {
            "v": 1,
            "id": f"01KASBELL{bell}{self._seq[bell]:016}",
            "boot": _BOOT,
            "seq": self._seq[bell],
            "ts": _now(),
            "kind": kind,
            "door": "1",
            "call": call,
        }
        self._mouth.send(f"gatehouse/v1/{_SITE}/{_bell(bell)}/event", json.dumps(said).encode())

    def _hear(self, heard: dict[str, int], until: float) -> None:
        while (left := until - time.monotonic()) > 0:
            if select.select([self._ear.socket], [], [], left)[0]:
                for _, payload, at in self._ear.received(0):
                    said: dict[str, Any] = json.loads(payload)
                    if said["kind"] == "call.ringing":
                        heard.setdefault(said["call"], at)


class _Colleague:
    """Somebody at another desk, who claims calls; keeps when each was (ns UTC)."""

    def __init__(self, stand: Stand) -> None:
        self.claimed: dict[str, int] = {}
        origin = f"http://localhost:{stand.web_port}"
        self._headers = {"Origin": origin, "Cookie": f"gatehouse={stand.sign_in()}"}
        self._headers["Content-Type"] = "application/json"
        self._line = HTTPConnection("localhost", stand.web_port, timeout=20)

    def claim(self, device: str, call: str) -> None:
        """Press Claim."""
        self.claimed[call] = time.time_ns()
        body = json.dumps({"device": device, "call": call})
        self._line.request("POST", "/calls/claim", body, self._headers)
        answer = self._line.getresponse()
        told = answer.read()
        assert answer.status == HTTPStatus.NO_CONTENT, told
        time.sleep(_PAUSE_S)

    def go(self) -> None:
        """Go home for a while: the console ends what is idle."""
        self._line.close()


def run(pairs: int = PAIRS, rings: int = RINGS) -> Found:
    """Start the stack and measure pair by pair."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data", document()) as stand:
        stand.start_broker()
        stand.start_ingest()
        stand.start_web()
        street = _Street(stand)
        try:
            found = asyncio.run(_measure(stand, _Desk(street, _Colleague(stand)), pairs, rings))
            found.drawn.update(_drawn(stand, street))
            return found
        finally:
            street.close()


def _drawn(stand: Stand, street: _Street) -> Mapping[str, float]:
    """Watch a desk in a browser while somebody rings at one door after the other."""
    waits: list[int] = []
    for _ in range(ROUNDS):
        with drawn(stand, "/desk", ".desk[data-link=live]", (".queue", ".call")) as page:
            for bell in range(BELLS):
                sent = street.ring_once(bell)
                waits.append(page.wait(f"Entrance {bell}") - sent)
            street.hang_up()
    return percentiles(waits)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who rings at a desk, and who sits beside it."""

    street: _Street
    colleague: _Colleague


async def _measure(stand: Stand, desk: _Desk, pairs: int, rings: int) -> Found:
    origin = f"http://localhost:{stand.web_port}"
    headers = {"Host": origin.removeprefix("http://"), "Origin": origin}
    headers["Cookie"] = f"gatehouse={stand.sign_in()}"
    (screen,) = await open_screens(Address(host="127.0.0.1", port=stand.web_port, headers=headers), 1)
    found = Found()
    await _waits(desk, screen, WARM_UP)
    for _ in range(pairs):
        found.quiet.append(await _waits(desk, screen, rings))
        with _Talking(stand, rings):
            found.loaded.append(await _waits(desk, screen, rings))
    screen.close()
    return found


async def _waits(desk: _Desk, screen: Screen, rings: int) -> Waits:
    screen.frames.clear()
    offset = time.time_ns() - time.monotonic_ns()
    times = await asyncio.to_thread(desk.street.ring, rings, desk.colleague)
    await asyncio.sleep(_SETTLED_S)
    desk.colleague.go()
    shown = dict(_first(screen, offset, lambda call: bool(call["rings"])))
    taken = dict(_first(screen, offset, lambda call: call["claimed"] is not None))
    assert shown.keys() >= times.keys() <= taken.keys(), "a desk has missed a ring or a claim"
    return Waits(
        desk=percentiles([shown[call] - one.sent for call, one in times.items()]),
        raw=percentiles([one.heard - one.sent for one in times.values()]),
        claim=percentiles([taken[call] - desk.colleague.claimed[call] for call in times]),
    )


def _first(screen: Screen, offset: int, is_so: Callable[[dict[str, Any]], bool]) -> Iterator[tuple[str, int]]:
    """Give each call of which a desk was told so, and when that was first; the newest first (ns UTC)."""
    for at, body in reversed(screen.frames):
        frame: dict[str, Any] = json.loads(body)
        yield from ((call["call"], at + offset) for call in frame.get("calls", ()) if is_so(call))


class _Talking:
    """Other devices, which talk for as long as it rings, from a process of their own."""

    def __init__(self, stand: Stand, rings: int) -> None:
        self._stand = stand
        before = self._told()
        # Every load goes round all devices, so that each has made as many as the others.
        count = int(LOAD_A_SECOND * (2 * rings * _PAUSE_S + 4 * _SETTLED_S)) // DEVICES * DEVICES
        self._first, self._wanted = before, before + count
        load = Load(stand.account(), LOAD_A_SECOND, count, before // DEVICES)
        self._thread = threading.Thread(target=load.run)

    def __enter__(self) -> None:
        self._thread.start()
        wait_for("the others talk", lambda: self._told() > self._first, 20)

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        wait_for("all is stored", lambda: self._told() >= self._wanted, 20)

    def _told(self) -> int:
        query = "SELECT count(*) FROM leaf WHERE device LIKE 'panel-%' AND kind < 300"
        return self._stand.count(query)


def main() -> None:
    """Print the figures."""
    found = run()
    for name in ("quiet", "loaded"):
        for one in getattr(found, name):
            print(name, one)
    print("drawn", found.drawn)
    print(f"under load in {found.ratio:.2f} of the time in quiet")


if __name__ == "__main__":
    main()
