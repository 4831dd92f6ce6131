"""A store that another process keeps from being written: refused within two seconds, and nothing is sent."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from auth.sessions import Actor
from auth.step_up import Proof
from bench.stand.doors import SECONDS, door, operators
from bench.stand.stand import now_us
from core.acts import Act, Action
from core.errors import StoreError
from core.times import SECOND_US
from operations.deeds import Wish
from operations.sensitive import ask, prove
from store.listening import is_listening
from tests.faults import PUBLISH
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, good, house
from tests.proof.turn import turn_taken
from tests.stores_held import Holder, holder
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
COUNT = whole_or(2, 10)
REFUSED_S = 2.0
# For how long ingest, which can't write either, must be believed from before the store is held.
HELD_US = 2 * SECOND_US


def test_a_locked_store_refuses_acts_within_two_seconds_and_sends_nothing(
    small: Path, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    with house(small, 4 * COUNT + 1) as one, holder(one.stand.db.file) as other:
        numbers = iter(range(4 * COUNT))
        took = [
            *over_http(one, other, [next(numbers) for _ in range(2 * COUNT)]),
            *(in_the_proof(one, other, door(next(numbers))) for _ in range(COUNT)),
            *(before_its_turn(one, other, door(next(numbers))) for _ in range(COUNT)),
        ]
        slow = [seconds for seconds in took if seconds >= REFUSED_S]
        sent, pulses = one.proxy.of(PUBLISH), one.fleet.pulses()
        claims(
            Claim(
                claim="unlock: store locked by another process, not refused within 2 s or sent, twice",
                count=len(took),
                lost=len(slow) + len(sent),
                twice=0,
                seconds=time.monotonic() - began,
            )
        )
        assert (slow, sent, pulses) == ([], [], [])

        heard(one)
        control = one.press(door(4 * COUNT))
        one.settle([control])
        assert one.truth([control]).pulses == 1


def over_http(one: House, other: Holder, numbers: list[int]) -> Iterator[float]:
    """Ask and prove at a console of its own while the store is held; gives how long each took."""
    with operators(one.stand, len(numbers)) as people:
        one.stand.start_web(mqtt_port=one.proxy.port)
        half = len(numbers) // 2
        for person, number in zip(people[:half], numbers[:half], strict=True):
            yield refused(one, other, partial(person.ask, door(number)))
        for person, number in zip(people[half:], numbers[half:], strict=True):
            heard(one)
            act = str(person.ask(door(number)).json()["id"])
            yield refused(one, other, partial(person.prove, act))
            assert not person.state(act)["final"], "it was not used up, and can be proved once more"


def refused(one: House, other: Holder, press: Callable[[], httpx.Response]) -> float:
    """Press while the store is held; gives how long it took to be refused."""
    heard(one)
    other.take()
    began = time.monotonic()
    answer = press()
    took = time.monotonic() - began
    other.give_back()
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, answer.text
    assert answer.json()["error"] == "store_unavailable"
    return took


def in_the_proof(one: House, other: Holder, name: str) -> float:
    """Let the store be taken when the act has been used up, and nothing is begun yet."""
    act = asked(one, name)

    def slow(actor: Actor, pending: Act) -> Proof:
        other.take()
        return good(actor, pending)

    took = proved(one, act, slow)
    other.give_back()
    assert one.steps(act) == []
    return took


def before_its_turn(one: House, other: Holder, name: str) -> float:
    """Let the store be taken when the act is written down, and waits for its turn to be sent."""
    act = asked(one, name)
    with ThreadPoolExecutor(1) as pool:
        with turn_taken(one):
            pressed = pool.submit(proved, one, act, good)
            until(lambda: one.flight(act) is not None)
            other.take()
        took = pressed.result()
    other.give_back()
    one.settle([act])
    assert one.steps(act) == [("requested", None), ("expired", "not_sent")]
    return took


def asked(one: House, name: str) -> str:
    heard(one)
    wish = Wish(action=Action.UNLOCK, target={"door": name}, reason="a visitor", seconds=SECONDS)
    return ask(one.services, one.session, wish, now=now_us()).act.id


def proved(one: House, act: str, proof: Callable[[Actor, Act], Proof]) -> float:
    """Prove an act that the store can't take; gives how long it took to be refused."""
    began = time.monotonic()
    with pytest.raises(StoreError):
        prove(one.services, one.session, act, proof, now=now_us())
    return time.monotonic() - began


def heard(one: House) -> None:
    """Wait until ingest has just been heard to listen: what is refused for that says nothing of the store."""
    until(lambda: is_listening(one.stand.db, now_us() + HELD_US), seconds=30)
