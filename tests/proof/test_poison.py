"""Hostile payloads between good ones over the real broker: each is named, none harms another."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from bench.stand.estate import Life
from bench.stand.stand import Stand
from bench.stand.wire import WireError
from tests.proof.claims import Claim
from tests.proof.poison import CORPUS, TOO_LARGE_FOR_THE_BROKER, TOO_LARGE_TO_BE_HANDED_ON, Poison
from tests.proof.stored import Stored
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# As many as one device may say that nobody understands before it is limited.
ROUNDS = 5


def test_each_good_message_is_stored_and_each_bad_one_named(
    stand: Stand, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    stand.start_broker()
    ingest = stand.start_ingest()
    life = Life()
    made: set[tuple[str, str, int]] = set()
    with stand.wire("witness") as witness, stand.wire("devices") as devices:
        witness.subscribe("gatehouse/v1/#")
        for turn in range(1, ROUNDS + 1):
            devices.publish(between(life, made))
            until(partial(stand.has, 2 * len(CORPUS) * turn), seconds=30)
        delivered = Counter(payload for _, payload, _ in witness.received(1.0))
        assert devices.refused == 0

    stored = Stored(stand.db.file)
    told = stored.compare(made)
    named = Counter((one["kind"], one["reason"]) for one in stored.of_kind("feed.unmapped", "feed.forged"))
    bad = sum(count for payload, count in delivered.items() if payload in {one.payload for one in CORPUS})
    lost = len(told.lost) + bad - named.total()
    name = "hostile payloads between good ones"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=delivered.total(), lost=lost, twice=len(told.twice), seconds=seconds))
    assert (told.lost, told.twice, told.foreign) == (frozenset(), frozenset(), frozenset())
    assert bad == len(CORPUS) * ROUNDS
    assert named == {key: n * ROUNDS for key, n in Counter((one.kind, one.reason) for one in CORPUS).items()}
    stored.check_itself(made)
    assert ingest.alive()


def event_topic(name: str) -> str:
    return f"gatehouse/v1/{name}/event"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (event_topic("berlin/panel-00"), TOO_LARGE_FOR_THE_BROKER),
        (event_topic("berlin/+"), b"{}"),
        (event_topic("berlin/#"), b"{}"),
        (event_topic("berlin/panel-00\0"), b"{}"),
    ],
)
def test_what_even_the_broker_refuses_costs_its_sender_the_line_and_nobody_else(
    stand: Stand, topic: str, payload: bytes
) -> None:
    stand.start_broker()
    stand.start_ingest()
    with stand.wire("hostile") as hostile, pytest.raises(WireError):
        hostile.publish([(topic, payload)])

    good = Life().event(1)
    with stand.wire("devices") as devices:
        devices.publish([(good.topic, good.payload)])
    until(partial(stand.has, 1))


def test_what_is_too_large_to_be_handed_on_keeps_nothing_else_of_its_sender_back(stand: Stand) -> None:
    stand.start_broker()
    stand.start_ingest()
    good = Life().event(0)
    with stand.wire("devices") as devices:
        devices.publish([(good.topic, TOO_LARGE_TO_BE_HANDED_ON), (good.topic, good.payload)])
    until(partial(stand.has, 1))

    assert [one["device"] for one in Stored(stand.db.file).events()] == [good.device]


def between(life: Life, made: set[tuple[str, str, int]]) -> Iterator[tuple[str, bytes]]:
    """Give each poison of the corpus after a good event of the same device."""
    for poison in CORPUS:
        good = life.event(0)
        made.add((good.device, good.boot, good.seq))
        yield good.topic, good.payload
        yield topic(poison, good.topic), poison.payload


def topic(poison: Poison, good: str) -> str:
    """Put a poison where the device's own words come from."""
    return "/".join((*good.split("/")[:4], poison.path))
