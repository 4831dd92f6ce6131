"""Hostile messages of ten devices among good ones of twenty: these come in time, those are counted."""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count, cycle, islice
from typing import Any

import pytest

from bench.stand.estate import DEVICES, Life
from bench.stand.stand import Stand
from bench.stand.wire import Wire
from store.sqlite import VersionWatch
from tests.proof.claims import Claim, whole_or
from tests.proof.poison import CORPUS, NAMES, lies
from tests.proof.stored import Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
HOSTILE = whole_or(5_000, 50_000)
GOOD = HOSTILE // 10
HOSTILE_A_SECOND = 2_000
BAD_DEVICES = 10
FLAT_MB = 5
# SQLite keeps so much of its file in memory, and no more.
CACHE_MB = 16
LATE_US = 1_000_000
PREFIX = "gatehouse/v1/"


def test_hostile_messages_delay_no_good_one_and_are_counted_each(
    stand: Stand, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    stand.start_broker()
    ingest = stand.start_ingest()
    clock = Clock(stand)
    made: set[tuple[str, str, int]] = set()
    with stand.wire("witness") as witness:
        witness.subscribe("gatehouse/v1/#")
        ears = Ears()
        listening = threading.Thread(target=ears.listen, args=(witness,), daemon=True)
        speaking = threading.Thread(target=speak_well, args=(stand, made), daemon=True)
        for one in (listening, speaking, threading.Thread(target=clock.run, daemon=True)):
            one.start()
        with stand.wire("hostile") as wire:
            messages = hostile()
            wire.publish(paced(islice(messages, HOSTILE // 5), HOSTILE_A_SECOND))
            warm, small = ingest.rss_mb(), megabytes(stand)
            wire.publish(paced(islice(messages, HOSTILE - HOSTILE // 5), HOSTILE_A_SECOND))
        speaking.join(60)
        listening.join(60)
    until(partial(is_counted, stand, ears.hostile), seconds=30)
    clock.stop()

    good = Good.of(stand, made, clock)
    name = f"{BAD_DEVICES} hostile devices among good ones, worst wait {good.worst_us / 1000:.0f} ms"
    claims(
        Claim(
            claim=f"{name}, memory {warm:.0f} to {ingest.rss_mb():.0f} MB",
            count=ears.hostile + GOOD,
            lost=good.lost + ears.hostile - accounted(stand),
            twice=good.twice,
            seconds=time.monotonic() - began,
        )
    )
    assert (good.lost, good.twice, len(made)) == (0, 0, GOOD)
    assert good.worst_us < LATE_US
    assert ears.hostile >= HOSTILE * 9 // 10
    assert accounted(stand) == ears.hostile
    assert ingest.rss_mb() - warm < FLAT_MB + min(CACHE_MB, megabytes(stand) - small)
    assert ingest.alive()


@dataclass(frozen=True)
class Good:
    """How the good ones fared."""

    lost: int
    twice: int
    worst_us: int

    @staticmethod
    def of(stand: Stand, made: set[tuple[str, str, int]], clock: "Clock") -> "Good":
        good = [(number, one) for number, one in Stored(stand.db.file).leaves if is_good(one)]
        told = {(one["device"], one["refs"]["boot"], one["refs"]["seq"]) for _, one in good}
        worst = max(clock.at(number) - one["at"] for number, one in good)
        return Good(len(made - told), len(good) - len(told), worst)


def hostile() -> Iterator[tuple[str, bytes]]:
    """Give hostile messages without end, of ten devices and of nobody, each device with all of them."""
    sites = ("berlin", "newyork", "singapore")
    names = cycle(range(BAD_DEVICES))
    for turn in count():
        number = next(names)
        own = f"{PREFIX}{sites[number % 3]}/panel-{number:02}/"
        yield from ((own + one.path, one.payload) for one in CORPUS)
        yield from ((own + path, payload) for path, payload in lies(turn // BAD_DEVICES, str(number)))
        yield from ((f"{PREFIX}{name}/event", CORPUS[turn % len(CORPUS)].payload or b"-") for name in NAMES)


def paced(messages: Iterator[tuple[str, bytes]], rate: float) -> Iterator[tuple[str, bytes]]:
    """Give one after another, so many a second."""
    pause = threading.Event()
    begin = time.monotonic()
    for number, message in enumerate(messages):
        wait = begin + number / rate - time.monotonic()
        if wait > 0:
            pause.wait(wait)
        yield message


def speak_well(stand: Stand, made: set[tuple[str, str, int]]) -> None:
    """Publish the good ones, a tenth as many, of the other devices."""
    life = Life()

    def good() -> Iterator[tuple[str, bytes]]:
        for number in islice(cycle(range(BAD_DEVICES, DEVICES)), GOOD):
            one = life.event(number)
            made.add((one.device, one.boot, one.seq))
            yield one.topic, one.payload

    pause = threading.Event()
    begin = time.monotonic()
    with stand.wire("good") as wire:
        events = good()
        for number in range(GOOD):
            pause.wait(max(0.0, begin + 10 * number / HOSTILE_A_SECOND - time.monotonic()))
            wire.publish([next(events)])


def is_well(device: str) -> bool:
    """Whether a device is one of those that say nothing hostile."""
    return device in {f"panel-{number}" for number in range(BAD_DEVICES, DEVICES)}


def is_good(leaf: dict[str, Any]) -> bool:
    """Whether a record is an event of such a device."""
    return "event" in leaf.get("refs", {}) and is_well(leaf["device"])


@dataclass
class Ears:
    """What a bare subscriber hears of the hostile ones, which is what the broker delivers."""

    hostile: int = 0

    def listen(self, witness: Wire) -> None:
        for topic, _, _ in witness.received(3.0):
            # What we ask of a device is no word of it.
            said = "/cmd/" not in topic
            device = topic.removeprefix(PREFIX).split("/")[1]
            self.hostile += said and not is_well(device)


@dataclass
class Clock:
    """When each record was there, by a look at the log every few ms."""

    stand: Stand
    heads: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()

    def run(self) -> None:
        watch = VersionWatch(self.stand.db.file)
        while not self._over.wait(0.003):
            if watch.changed():
                self.heads.append(watch.head())
                self.times.append(time.time_ns() // 1000)
        watch.close()

    def stop(self) -> None:
        self._over.set()

    def at(self, number: int) -> int:
        """Give the first time (µs UTC) at which a record was seen to be there."""
        return self.times[bisect_left(self.heads, number)]


def megabytes(stand: Stand) -> float:
    """Weigh the log on disk."""
    return stand.db.file.stat().st_size / 1e6


def accounted(stand: Stand) -> int:
    """Sum up what is counted of the hostile devices and of nobody, and what of them became an event."""
    counted = stand.count("SELECT coalesce(sum(n), 0) FROM feed_count WHERE device < 'panel-10'")
    events = stand.count(
        "SELECT count(*) FROM leaf WHERE device < 'panel-10' AND kind NOT IN (505, 506) "
        "AND json_extract(CAST(leaf AS TEXT), '$.refs.event') IS NOT NULL"
    )
    back = stand.count("SELECT coalesce(sum(n), 0) FROM feed_count WHERE reason = 'sequence_back'")
    return counted + events - back


def is_counted(stand: Stand, hostile_heard: int) -> bool:
    """Whether nothing is missing any more."""
    return accounted(stand) >= hostile_heard
