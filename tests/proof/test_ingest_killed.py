"""Ingest is killed with -9 while 30 devices speak: nothing is lost, nothing is there twice."""

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from bench.stand.estate import Event, Life
from bench.stand.stand import Stand
from core.doors import EFFECTS
from core.records import Kind
from tests.proof.claims import Claim, whole_or
from tests.proof.stored import Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
COUNT = whole_or(2_000, 20_000)
KILLS = whole_or(3, 10)
WINDOW = 100


def test_no_event_is_lost_or_doubled_while_ingest_is_killed(
    stand: Stand, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    stand.start_broker()
    stand.start_ingest()
    events = Life().take(COUNT)
    portion = -(-COUNT // (KILLS + 1))
    gate = threading.Semaphore(0)
    publisher = threading.Thread(target=publish, args=(stand, events, portion, gate), daemon=True)
    publisher.start()
    for turn in range(KILLS):
        gate.release()
        # In the midst of a portion: some of what is in hand is stored, some is not.
        until(partial(stand.has, turn * portion + 1), seconds=60)
        assert stand.ingest is not None
        stand.ingest.kill()
        stand.start_ingest(ready=False)
    gate.release()
    publisher.join(60)
    until(partial(stand.has, COUNT), seconds=60)
    until(stand.ingest_is_ok, seconds=20)

    stored = Stored(stand.db.file)
    made = {(event.device, event.boot, event.seq) for event in events}
    told = stored.compare(made)
    name = f"ingest killed with -9 {KILLS} times under QoS 1 messages of 30 devices"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=len(made), lost=len(told.lost), twice=len(told.twice), seconds=seconds))
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())
    assert len(stored.leaves) == stand.first + COUNT
    stored.check_itself(made)
    assert {door: shown(facets) for door, facets in stored.doors.items()} == expected_doors(events)


def publish(stand: Stand, events: list[Event], portion: int, gate: threading.Semaphore) -> None:
    """Speak for all devices, portion by portion through the gate, as fast as the broker takes it."""
    with stand.wire("devices") as wire:
        for begin in range(0, COUNT, portion):
            gate.acquire()
            part = events[begin : begin + portion]
            wire.publish(((event.topic, event.payload) for event in part), window=WINDOW)
        assert wire.refused == 0


def shown(facets: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in facets.items() if value != "unknown"}


def expected_doors(events: list[Event]) -> dict[str, dict[str, str]]:
    """Work out each door from its events in the order in which they were made."""
    doors: dict[str, dict[str, str]] = {event.door: {} for event in events}
    for event in events:
        doors[event.door] |= {name: str(value) for name, value in EFFECTS.get(Kind(event.kind), {}).items()}
    return doors
