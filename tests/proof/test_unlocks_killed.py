"""Processes killed with -9 in the middle of an unlock: the leader closes it, nothing is ever sent again."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import pytest

from bench.stand.doors import Operator, door, operators
from bench.stand.stand import now_us
from core.times import SECOND_US
from core.unlocks import Stage
from store.listening import is_listening
from tests.faults import CONNECT, PUBACK, PUBLISH, Fate, carry, on
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, house
from tests.proof.manners import Manner, Moody
from tests.proof.stopping import between
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = whole_or(1, 10)
# As long as an answer is waited for, the leader's next look, and a machine that is busy.
CLOSED_S: Final = 15
REFUSED_S: Final = 2.0
MOST_TRIES: Final = 40


@pytest.fixture
def killing(tmp_path: Path) -> Iterator[House]:
    """Give a house whose console is a process that reaches the broker through the proxy."""
    with house(tmp_path, 2 * KILLS + MOST_TRIES, Moody) as one:
        one.stand.start_web(mqtt_port=one.proxy.port)
        yield one


def test_a_console_killed_between_record_and_send_has_sent_nothing_and_never_does(
    killing: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    caught: list[str] = []
    with operators(killing.stand, MOST_TRIES) as people:
        for number, person in enumerate(people):
            act = asked(killing, person, number)
            web = killing.stand.web
            assert web is not None
            with pressing(person, act):
                if between(killing.stand.db.file, act, Stage.REQUESTED, web.kill):
                    caught.append(act)
            if caught and caught[-1] == act:
                assert killing.flight(act).stage is Stage.REQUESTED  # type: ignore[union-attr]
                killing.stand.start_web(mqtt_port=killing.proxy.port)
            if len(caught) == KILLS:
                break
    assert len(caught) == KILLS
    killing.settle(seconds=CLOSED_S)
    others = [act for act in killing.pressed if act not in caught]
    sent = len(killing.proxy.of(PUBLISH))

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times between record and send, sent later, twice"
    claims(found.claim(name, time.monotonic() - began))
    assert [killing.steps(act) for act in caught] == [[("requested", None), ("expired", "not_sent")]] * KILLS
    assert sent == found.pulses == len(others)
    assert (found.late, found.twice, found.untrue) == ((), (), ())


def test_a_console_killed_before_its_command_has_left_is_doubted_and_sends_it_no_more(
    killing: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    killing.proxy.rule = on(CONNECT, Fate.HOLD)
    kill_at(killing, lambda before: len(killing.proxy.of(CONNECT)) > before, killing.proxy.of, CONNECT)
    killing.proxy.heal()
    killing.settle(seconds=CLOSED_S)
    until(partial(is_past, killing), seconds=15)

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times before its command has left, sent later, twice"
    claims(found.claim(name, time.monotonic() - began))
    assert killing.ends(killing.pressed) == {Stage.UNCONFIRMED}
    assert (killing.proxy.of(PUBLISH), found.pulses, found.untrue) == ([], 0, ())


@pytest.mark.parametrize(
    ("manner", "end"), [(Manner.WELL, Stage.CONFIRMED), (Manner.NEVER, Stage.UNCONFIRMED)]
)
def test_what_a_killed_console_has_sent_ends_by_what_the_device_says(
    killing: House, claims: Callable[[Claim], None], manner: Manner, end: Stage
) -> None:
    began = time.monotonic()
    for model in killing.fleet._models:
        assert isinstance(model, Moody)
        model.manner = manner
    killing.proxy.rule = on(PUBACK, Fate.HOLD)
    kill_at(killing, lambda before: len(killing.fleet.pulses()) > before, killing.fleet.pulses)
    killing.proxy.heal()
    killing.settle(seconds=CLOSED_S)

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times after sending, device answers {manner.name.lower()}"
    claims(found.claim(name, time.monotonic() - began))
    assert killing.ends(killing.pressed) == {end}
    assert (len(killing.proxy.of(PUBLISH)), found.pulses) == (KILLS, KILLS)
    assert (found.late, found.twice, found.untrue) == ((), (), ())


def kill_at(
    one: House, reached: Callable[[int], bool], seen: Callable[..., Sequence[object]], *words: int
) -> None:
    """Press, kill the console as soon as a point is reached, and start it again, so often."""
    with operators(one.stand, KILLS) as people:
        for number, person in enumerate(people):
            before = len(seen(*words))
            act = asked(one, person, number)
            assert one.stand.web is not None
            with pressing(person, act):
                until(partial(reached, before), seconds=10)
                one.stand.web.kill()
            one.stand.start_web(mqtt_port=one.proxy.port)


def asked(one: House, person: Operator, number: int) -> str:
    """Let somebody ask for a door; gives the act."""
    answer = person.ask(door(number))
    assert answer.status_code == 201, answer.text
    act = str(answer.json()["id"])
    one.pressed[act] = door(number)
    return act


class pressing:  # noqa: N801 - reads as what it does
    """Give the proof meanwhile, whatever becomes of the console."""

    def __init__(self, person: Operator, act: str) -> None:
        self._thread = threading.Thread(target=self._prove, args=(person, act), daemon=True)

    def _prove(self, person: Operator, act: str) -> None:
        with suppress(httpx.HTTPError):
            person.prove(act)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)


def is_past(one: House) -> bool:
    """Whether every token that was written is void by now."""
    asked_at = max(flight.requested for act in one.pressed if (flight := one.flight(act)) is not None)
    return now_us() > asked_at + 8 * SECOND_US


def test_while_ingest_is_dead_acts_are_refused_at_once_and_nothing_is_sent(
    tmp_path: Path, claims: Callable[[Claim], None]
) -> None:
    count = whole_or(2, 10)
    with house(tmp_path, 2 * count) as one, operators(one.stand, 2 * count) as people:
        one.stand.start_web(mqtt_port=one.proxy.port)
        began = time.monotonic()
        acts = [asked(one, person, number) for number, person in enumerate(people[:count])]
        assert one.stand.ingest is not None
        one.stand.ingest.kill()
        until(lambda: not is_listening(one.stand.db, now_us()), seconds=10)

        late = [refusal(partial(person.prove, act)) for person, act in zip(people, acts, strict=False)]
        fresh = [refusal(partial(people[number].ask, door(number))) for number in range(count, 2 * count)]
        assert set(late) | set(fresh) == {"not_listening"}
        one.stand.start_ingest()
        until(lambda: is_listening(one.stand.db, now_us()), seconds=10)
        found = one.truth()
        name = "unlock: ingest killed with -9, sent unheard or answered after 2 s, twice"
        claims(found.claim(name, time.monotonic() - began, 2 * count))
        assert (one.proxy.of(PUBLISH), found.pulses) == ([], 0)
        assert one.proxy.rule is carry


def refusal(press: Callable[[], httpx.Response]) -> str:
    """Press, see that it is refused in time, and say by which reason."""
    began = time.monotonic()
    answer = press()
    assert time.monotonic() - began < REFUSED_S
    assert answer.status_code == 409, answer.text
    return str(answer.json()["error"])
