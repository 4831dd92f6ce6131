"""A network that fails between the console and the broker: a door opens in time or not at all."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from bench.stand.doors import door
from core.commands import LIVES_US
from core.times import SECOND_US
from core.unlocks import Stage
from tests.faults import CONNECT, PUBACK, PUBLISH, Fate, Proxy, Rule, carry, hold, on
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, Truth, console, house
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
EACH = whole_or(1, 100)
# Each waits for two seconds most of the time, and commands of one house take turns.
AT_ONCE = whole_or(1, 8)
_WRONG: Final = "doors opened late or told wrongly, twice"
# What happens to the sender's packets, whether its command comes to the door in time, and how it must end.
FAULTS: Final[dict[str, tuple[Rule, bool, Stage]]] = {
    "black hole before the PUBACK": (on(PUBACK, Fate.HOLD), True, Stage.CONFIRMED),
    "PUBACK after 12 s": (on(PUBACK, Fate.LATE), True, Stage.CONFIRMED),
    "reset after the command": (on(PUBLISH, Fate.RESET_AFTER), True, Stage.CONFIRMED),
    "black hole both ways": (on(PUBLISH, Fate.HOLD), False, Stage.UNCONFIRMED),
    "command carried after 12 s": (on(PUBLISH, Fate.LATE), False, Stage.UNCONFIRMED),
    "half-open": (on(PUBLISH, Fate.DEAF), False, Stage.UNCONFIRMED),
    "reset before the command": (on(PUBLISH, Fate.RESET), False, Stage.UNCONFIRMED),
    "black hole before the CONNECT": (on(CONNECT, Fate.HOLD), False, Stage.REFUSED),
}


def test_no_partition_opens_a_door_late_or_twice_or_makes_the_console_lie(
    tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    shares = [list(FAULTS)[turn::AT_ONCE] for turn in range(AT_ONCE)]
    with ExitStack() as stack, ThreadPoolExecutor(AT_ONCE) as pool:
        houses = [
            stack.enter_context(house(tmp_path / str(number), EACH * len(faults)))
            for number, faults in enumerate(shares)
        ]
        tries = list(pool.map(suffer, houses, shares))
    found = {fault: told for one in tries for fault, told in one.items()}

    for fault, (_, comes, end) in FAULTS.items():
        told = found[fault]
        claims(told.truth.claim(f"unlock: {fault}, {_WRONG}", told.seconds))
        assert (told.truth.late, told.truth.twice, told.truth.untrue) == ((), (), ()), fault
        assert told.truth.pulses == (EACH if comes else 0), fault
        assert told.ends == {end}, fault


@dataclass(frozen=True, slots=True)
class Suffered:
    """What has come of the acts under one fault."""

    truth: Truth
    ends: frozenset[Stage]
    seconds: float


def suffer(one: House, faults: Sequence[str]) -> dict[str, Suffered]:
    """Press at a house's doors under one fault after another, and bring all that was sent once more."""
    acts, took = {}, {}
    for turn, fault in enumerate(faults):
        began = time.monotonic()
        one.proxy.rule = FAULTS[fault][0]
        acts[fault] = [one.press(door(turn * EACH + number)) for number in range(EACH)]
        took[fault] = time.monotonic() - began
    one.settle()
    one.proxy.heal()
    pulsed = len(one.fleet.pulses())
    wait_expired(one)
    # Whatever a network may still hold comes now, and once more after that.
    tokens = one.proxy.of(PUBLISH)
    assert one.replay([*tokens, *tokens]) == 2 * len(tokens)

    assert len(one.fleet.pulses()) == pulsed
    return {fault: Suffered(one.truth(mine), one.ends(mine), took[fault]) for fault, mine in acts.items()}


def wait_expired(one: House) -> None:
    """Wait until no token that was ever sent is believed any more."""
    newest = max(flight.requested for act in one.pressed if (flight := one.flight(act)) is not None)
    until(lambda: time.time_ns() // 1000 > newest + LIVES_US + 3 * SECOND_US, seconds=20)


def test_a_partition_of_all_of_us_opens_nothing_when_it_heals(
    tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    count = whole_or(3, 100)
    with house(tmp_path, count + 1) as one, Proxy(one.stand.port) as ways:
        assert one.stand.ingest is not None
        one.stand.ingest.stop()
        one.stand.start_ingest(mqtt_port=ways.port)
        one.services = console(one.stand, ways.port)
        began = time.monotonic()
        ways.rule = hold
        acts = [one.press(door(number)) for number in range(count)]
        until(lambda: one.press(door(0)) == "" or one.refused["not_listening"], seconds=20)
        assert one.fleet.pulses() == []
        ways.heal()
        one.settle()
        until(one.stand.ingest_is_ok, seconds=30)
        wait_expired(one)

        found = one.truth([act for act in acts if act])
        name = "unlock: all of us cut off, opened when it healed or told wrongly, twice"
        claims(found.claim(name, time.monotonic() - began, count))
        assert one.fleet.pulses() == []
        assert found.untrue == ()
        assert set(one.refused) <= {"not_listening"}
        opened = one.press(door(count))
        one.settle([opened])
        assert [pulse.act for pulse in one.fleet.pulses()] == [opened]
        assert ways.rule is carry
