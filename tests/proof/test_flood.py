"""A storm of one device: the others lose nothing, the storm is counted, and comes back when it is over."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from bench.stand.estate import DEVICES
from bench.stand.stand import Stand
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import load_principals
from connectors.simulator.driver import Fleet
from core.model import Estate
from tests.proof.claims import Claim, whole_or
from tests.proof.stored import Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
STORM = whole_or(4_000, 40_000)
STORM_A_SECOND = 1_000
OTHERS_A_SECOND = 100
OTHERS = STORM * OTHERS_A_SECOND // STORM_A_SECOND
# What a device may send at once and in a second, as settings have it.
BURST, RATE = 1_000, 50
FLAT_MB = 12
LOUD = "panel-00"


@pytest.fixture
def fleets(stand: Stand) -> Iterator[tuple[Fleet, Fleet]]:
    """Connect the loud device, and apart from it all others."""
    stand.start_broker()
    stand.start_ingest()
    document = stand.document
    estate = Estate.of(document.sites, document.devices, document.doors)
    names = load_principals(stand.broker_files.folder)
    accounts = {name.rpartition(".")[2]: one for name, one in names.items()}
    with ExitStack() as stack:
        fleets = [
            stack.enter_context(Fleet(devices, ADDRESS, stand.port, accounts))
            for devices in (
                {one: estate.doors_of(one.id) for one in estate.devices.values() if (one.id == LOUD) is loud}
                for loud in (True, False)
            )
        ]
        for one in fleets:
            one.wait_connected()
        yield fleets[0], fleets[1]


def test_a_storm_takes_nothing_from_the_others_and_comes_back_when_it_is_calm(
    stand: Stand, fleets: tuple[Fleet, Fleet], claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    loud, others = fleets
    assert stand.ingest is not None
    others.start(OTHERS, OTHERS_A_SECOND)
    loud.publish(STORM // 5, STORM_A_SECOND)
    warm = stand.ingest.rss_mb()
    loud.publish(STORM - STORM // 5, STORM_A_SECOND)
    others.wait_published()
    stormed = time.monotonic() - began
    until(partial(all_stored, stand, f"!= '{LOUD}'", OTHERS), seconds=10)
    flooded = Stored(stand.db.file)
    memory = stand.ingest.rss_mb()
    until(partial(all_stored, stand, f"= '{LOUD}'", STORM), seconds=120)
    until(lambda: not stand.count("SELECT count(*) FROM gap WHERE closed_id IS NULL"), seconds=30)

    stored = Stored(stand.db.file)
    made = loud.expected() | others.expected()
    told = stored.compare(made)
    claims(
        Claim(
            claim=f"storm of one among {DEVICES} devices at {STORM_A_SECOND:,}/s, "
            f"memory {warm:.0f} to {memory:.0f} MB, replayed when calm",
            count=len(made),
            lost=len(told.lost),
            twice=len(told.twice),
            seconds=time.monotonic() - began,
        )
    )
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())
    assert len(recorded_at_once(flooded)) <= BURST + RATE * (stormed + 2)
    stored.check_itself(made)
    check_told(stored, STORM - len(recorded_at_once(flooded)))
    assert memory - warm < FLAT_MB


def all_stored(stand: Stand, whose: str, number: int) -> bool:
    """Whether so many events of these devices are in the log."""
    query = "SELECT count(*) FROM leaf WHERE kind BETWEEN 100 AND 299 AND device "
    return stand.count(query + whose) >= number


def recorded_at_once(stored: Stored) -> list[object]:
    """Give the storm's events that were recorded as they came."""
    return [one for one in stored.events() if one["device"] == LOUD and not one.get("backfilled")]


def check_told(stored: Stored, least: int) -> None:
    """Hold what the log tells of the flood against it: begun, ended, a hole, and nothing lost."""
    outcomes = [one["outcome"] for one in stored.of_kind("feed.limited")]
    calm = [one["refs"] for one in stored.of_kind("feed.limited") if one["outcome"] == "calm"]
    assert outcomes == ["limited", "calm"] * (len(outcomes) // 2)
    assert outcomes
    assert sum(one["messages"] for one in calm) >= least
    assert {one["lost"] for one in calm} == {0}
    assert "limited" in {one["reason"] for one in stored.of_kind("feed.gap")}
    assert stored.of_kind("feed.gap_lost") == []
