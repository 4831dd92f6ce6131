"""The broker is killed with -9 under devices that number, keep and replay: what it lost comes back."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from bench.stand.estate import DEVICES
from bench.stand.stand import Stand
from connectors.mqtt.broker import ADDRESS
from connectors.mqtt.principals import load_principals
from connectors.simulator.driver import Fleet
from core.model import Estate
from tests.proof.claims import Claim, whole_or
from tests.proof.stored import OF_DEVICES, Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
COUNT = whole_or(2_000, 20_000)
RATE = 1_500
KILLS = 3
# Long enough for the slowest device's way back and for a request that has to be made again.
HEALING_S = 60


@pytest.fixture
def fleet(stand: Stand) -> Iterator[Fleet]:
    """Connect the devices of the estate, each under its own name, with broker and ingest running."""
    stand.start_broker()
    stand.start_ingest()
    document = stand.document
    with Fleet.of(
        Estate.of(document.sites, document.devices, document.doors),
        ADDRESS,
        stand.port,
        {name.rpartition(".")[2]: one for name, one in load_principals(stand.broker_files.folder).items()},
    ) as one:
        one.wait_connected()
        yield one


def test_what_a_killed_broker_lost_comes_back(
    stand: Stand, fleet: Fleet, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    fleet.start(COUNT, RATE)
    for turn in range(1, KILLS + 1):
        reached = COUNT * turn // (KILLS + 1)
        until(partial(has_made, fleet, reached), seconds=60)
        assert stand.broker is not None
        stand.broker.kill()
        stand.start_broker()
    fleet.wait_published()
    until(lambda: whole(stand, COUNT), seconds=HEALING_S)

    stored = Stored(stand.db.file)
    told = stored.compare(fleet.expected())
    name = f"broker killed with -9 {KILLS} times under {DEVICES} devices that spool and replay"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=COUNT, lost=len(told.lost), twice=len(told.twice), seconds=seconds))
    assert fleet.refused == 0
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())
    stored.check_itself(fleet.expected())
    check_gaps(stored, reasons={"sequence", "session_lost"})
    check_doors(stored, fleet)


def test_a_session_that_the_broker_has_forgotten_is_a_gap_until_the_devices_have_replayed(
    stand: Stand, fleet: Fleet, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    made = whole_or(600, 6_000)
    fleet.publish(made // 2, RATE)
    until(lambda: events(stand) == made // 2, seconds=20)
    assert stand.ingest is not None
    assert stand.broker is not None
    stand.ingest.kill()
    fleet.publish(made - made // 2, RATE)
    stand.broker.stop()
    (stand.broker_files.folder / "mosquitto.db").unlink()
    stand.start_broker()
    fleet.wait_connected(30)
    assert events(stand) == made // 2

    stand.start_ingest()
    until(lambda: whole(stand, made), seconds=HEALING_S)

    stored = Stored(stand.db.file)
    told = stored.compare(fleet.expected())
    name = "session forgotten by the broker with half of the messages in it"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=made, lost=len(told.lost), twice=len(told.twice), seconds=seconds))
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())
    assert len(stored.of_kind("ingest.session_lost")) == 1
    stored.check_itself(fleet.expected())
    check_gaps(stored, reasons={"session_lost"})
    assert len(stored.of_kind("feed.gap")) == DEVICES


def has_made(fleet: Fleet, count: int) -> bool:
    """Whether the devices have made so many events."""
    return len(fleet.expected()) >= count


def events(stand: Stand) -> int:
    """Count the events stored; each has an event key, and nothing else here has."""
    return stand.count(OF_DEVICES)


def whole(stand: Stand, count: int) -> bool:
    """Whether all has come and no gap is open."""
    return events(stand) == count and not stand.count("SELECT count(*) FROM gap WHERE closed_id IS NULL")


def check_gaps(stored: Stored, reasons: set[str]) -> None:
    """Each gap was told with a reason and closed once as filled; none was lost."""
    opened, filled = stored.of_kind("feed.gap"), stored.of_kind("feed.gap_filled")
    assert opened
    assert {one["reason"] for one in opened} <= reasons
    assert len(filled) == len(opened)
    assert stored.of_kind("feed.gap_lost") == []


def check_doors(stored: Stored, fleet: Fleet) -> None:
    """Each door is in the log as its device knows it."""
    for model in fleet._models:
        for number, door in model.doors.items():
            assert stored.doors[door.id] == model.words(number)
