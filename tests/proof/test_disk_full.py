"""A disk that is full under load: nothing acknowledged is lost, it is shown, and room alone ends it."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bench.stand.estate import Life
from bench.stand.stand import Stand
from core.errors import StoreError
from store.touch import PartState, parts
from tests.proof.claims import Claim, whole_or
from tests.proof.filling import fill
from tests.proof.stored import OF_DEVICES, Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
COUNT = whole_or(2_000, 10_000)


def test_what_comes_while_the_disk_is_full_is_recorded_once_there_is_room(
    small: Path, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    with Stand(small / "data") as stand:
        stand.start_broker()
        ingest = stand.start_ingest()
        until(partial(store_is, stand, PartState.OK, PartState.DEGRADED), seconds=20)
        filler = small / "filler"
        fill(filler)
        events = Life().take(COUNT)
        with stand.wire("devices") as wire:
            wire.publish((one.topic, one.payload) for one in events)
        until(lambda: "the disk is full" in ingest.said() or store_is(stand, PartState.DOWN), seconds=20)
        fill(filler)
        until(lambda: "the disk is full" in ingest.said(), seconds=30)
        kept = stand.count(OF_DEVICES)

        filler.unlink()
        until(lambda: stand.count(OF_DEVICES) == COUNT, seconds=60)
        until(partial(store_is, stand, PartState.OK, PartState.DEGRADED), seconds=20)
        assert ingest.alive()
        made = {(one.device, one.boot, one.seq) for one in events}
        stored = Stored(stand.db.file)
        told = stored.compare(made)
        stored.check_itself(made)
    seconds = time.monotonic() - began
    name = f"disk full with {kept:,} of them stored, then room again"
    claims(Claim(claim=name, count=COUNT, lost=len(told.lost), twice=len(told.twice), seconds=seconds))
    assert kept < COUNT
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())


def store_is(stand: Stand, *states: PartState) -> bool:
    """Whether the store has said so; on a full disk it may be unable to say anything."""
    try:
        return any(one.name == "store" and one.state in states for one in parts(stand.db))
    except StoreError:
        return False
