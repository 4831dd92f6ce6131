"""A disk that is full: what could not be recorded is refused at once, and nothing is sent."""

import time
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from bench.stand.doors import door, operators
from tests.faults import PUBLISH
from tests.proof.claims import Claim, whole_or
from tests.proof.filling import fill
from tests.proof.house import house
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
COUNT = whole_or(2, 10)
REFUSED_S = 2.0


def test_a_full_store_refuses_acts_within_two_seconds_and_sends_nothing(
    small: Path, claims: Callable[[Claim], None]
) -> None:
    with house(small, 2 * COUNT) as one, operators(one.stand, 2 * COUNT + 1) as people:
        one.stand.start_web(mqtt_port=one.proxy.port)
        began = time.monotonic()
        acts = [str(people[number].ask(door(number)).json()["id"]) for number in range(COUNT)]
        filler = small / "filler"
        fill(filler)

        proved = [timed(partial(people[number].prove, act)) for number, act in enumerate(acts)]
        asked = [timed(partial(people[number].ask, door(number))) for number in range(COUNT, 2 * COUNT)]
        slow = [seconds for _, seconds in (*proved, *asked) if seconds >= REFUSED_S]
        name = "unlock: disk full, not refused within 2 s or sent, twice"
        claims(
            Claim(
                claim=name,
                count=2 * COUNT,
                lost=len(slow) + len(one.proxy.of(PUBLISH)),
                twice=0,
                seconds=time.monotonic() - began,
            )
        )
        assert {told for told, _ in (*proved, *asked)} <= {"no_room", "store_unavailable"}
        assert (slow, one.proxy.of(PUBLISH), one.fleet.pulses()) == ([], [], [])

        filler.unlink()
        until(lambda: people[-1].ask(door(0)).status_code == HTTPStatus.CREATED, seconds=30)


def timed(press: Callable[[], httpx.Response]) -> tuple[str, float]:
    """Press; gives by which reason it was refused, and how long that took."""
    began = time.monotonic()
    answer = press()
    assert answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE}, answer.text
    return str(answer.json()["error"]), time.monotonic() - began
