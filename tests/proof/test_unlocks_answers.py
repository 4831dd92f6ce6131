"""Devices that answer badly, and a broker that is killed: each act ends with what is so."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from bench.stand.doors import door
from bench.stand.stand import now_us
from core.unlocks import Stage
from store.door_keepers import busy_door
from store.listening import is_listening
from tests.faults import PUBLISH
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, house
from tests.proof.manners import Manner, Moody
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EACH = whole_or(2, 25)
# How each manner must end, and what the log must tell after `sent`.
ENDS: Final[dict[Manner, tuple[Stage, list[tuple[str, str | None]]]]] = {
    Manner.WELL: (Stage.CONFIRMED, [("accepted", None), ("confirmed", None)]),
    Manner.TWICE: (Stage.CONFIRMED, [("accepted", None), ("confirmed", None)]),
    Manner.NEVER: (Stage.UNCONFIRMED, [("unconfirmed", "not_answered")]),
    Manner.LATE: (Stage.UNCONFIRMED, [("unconfirmed", "not_answered"), ("answered_late", None)]),
    Manner.REBOOTING: (Stage.UNCONFIRMED, [("unconfirmed", "not_answered")]),
}
_AFTER: Final = frozenset({"accepted", "confirmed", "unconfirmed", "answered_late", "refused", "expired"})


@pytest.fixture
def moody(tmp_path: Path) -> Iterator[House]:
    """Give a house of devices that answer as told."""
    with house(tmp_path, EACH * len(ENDS), Moody) as one:
        yield one


def test_an_answer_that_is_lost_late_or_doubled_is_told_as_it_is(
    moody: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    acts: dict[Manner, list[str]] = {}
    for turn, manner in enumerate(ENDS):
        acts[manner] = [press(moody, turn * EACH + number, manner) for number in range(EACH)]
    # The same bytes once more while they still are valid.
    moody.replay(moody.proxy.of(PUBLISH))
    moody.settle()
    until(lambda: all(("answered_late", None) in moody.steps(one) for one in acts[Manner.LATE]), seconds=20)

    for manner, (end, steps) in ENDS.items():
        found = moody.truth(acts[manner])
        name = f"unlock: device answers {manner.name.lower()}, told wrongly, twice"
        claims(found.claim(name, time.monotonic() - began))
        assert (found.late, found.twice, found.untrue, found.pulses) == ((), (), (), EACH), manner
        assert moody.ends(acts[manner]) == {end}, manner
        for act in acts[manner]:
            told = [one for one in moody.steps(act) if one[0] in _AFTER]
            assert told == steps, manner


def press(moody: House, number: int, manner: Manner) -> str:
    """Press at a door whose device answers in this manner."""
    model = moody.fleet._models[number]
    assert isinstance(model, Moody)
    model.manner = manner
    model.fall = partial(moody.fleet.reboot, model.device.id)
    return moody.press(door(number))


def test_a_device_that_floods_is_heard_when_it_answers(
    tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    count = whole_or(3, 20)
    with house(tmp_path, 1) as one:
        began = time.monotonic()
        # Its burst at once, then three times what it may send, for as long as it takes.
        one.fleet.publish(1_200)
        one.fleet.start(20_000, 150)
        limited = "SELECT count(*) FROM flood"
        until(lambda: one.stand.count(limited) == 1, seconds=30)
        for turn in range(count):
            act = one.press(door(0))
            one.settle([act])
            assert one.stand.count(limited) == 1, "the device is still over its limit"
            assert ("accepted", None) in one.steps(act), (turn, one.steps(act))
            until(lambda: busy_door(one.stand.db, door(0)) is None)
        found = one.truth()
        claims(found.claim("unlock: of a device that floods, answer not heard", time.monotonic() - began))
        assert (found.late, found.twice, found.untrue, found.pulses) == ((), (), (), count)


def test_a_broker_that_is_killed_in_the_middle_opens_nothing_late_or_twice(
    tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    count, kills = whole_or(40, 300), whole_or(2, 10)
    with house(tmp_path, count) as one:
        began = time.monotonic()
        presser = threading.Thread(target=press_all, args=(one, count), daemon=True)
        presser.start()
        for turn in range(1, kills + 1):
            until(partial(has_pressed, one, turn * count // (kills + 2)), seconds=120)
            assert one.stand.broker is not None
            one.stand.broker.kill()
            one.stand.start_broker()
        presser.join(120)
        one.settle()

        found = one.truth()
        name = f"unlock: broker killed with -9 {kills} times, opened late or told wrongly, twice"
        claims(found.claim(name, time.monotonic() - began, count))
        assert (found.late, found.twice, found.untrue) == ((), (), ())
        assert found.pulses


def press_all(one: House, count: int) -> None:
    """Press at one door after the other, whatever comes of it, as long as ingest listens."""
    for number in range(count):
        until(lambda: is_listening(one.stand.db, now_us()), seconds=30)
        one.press(door(number))


def has_pressed(one: House, count: int) -> bool:
    """Whether so many acts were asked for or refused."""
    return len(one.pressed) + one.refused.total() >= count
