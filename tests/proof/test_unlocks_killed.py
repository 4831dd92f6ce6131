"""Processes killed with -9 in the middle of an unlock: the leader closes it, nothing is ever sent again."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

import httpx
import pytest

from bench.stand.doors import Operator, operators
from bench.stand.stand import now_us
from core.times import SECOND_US
from core.unlocks import Stage
from store.listening import is_listening
from tests.faults import CONNECT, PUBACK, PUBLISH, Fate, on
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, house
from tests.proof.manners import Manner, Moody
from tests.proof.stopping import between
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(300)]
KILLS = whole_or(1, 10)
WHILE_DEAD = whole_or(2, 10)
# As long as an answer is waited for, the leader's next look, and a machine that is busy.
CLOSED_S: Final = 15
REFUSED_S: Final = 2.0
MOST_TRIES: Final = 40


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a house whose console is a process that reaches the broker through the proxy."""
    size = MOST_TRIES + 3 * KILLS + 2 * WHILE_DEAD
    with house(tmp_path_factory.mktemp("killed"), size, Moody) as one:
        yield one


@pytest.fixture
def killing(killed: House) -> Iterator[House]:
    """Give it with a console that runs, a network that carries and devices that answer; and forget acts."""
    killed.pressed.clear()
    killed.proxy.sent.clear()
    behave(killed, Manner.WELL)
    if killed.stand.web is None or not killed.stand.web.alive():
        killed.stand.start_web(mqtt_port=killed.proxy.port)
    yield killed
    killed.proxy.heal()


def behave(one: House, manner: Manner) -> None:
    """Let every device answer in this manner."""
    for model in one.fleet._models:
        assert isinstance(model, Moody)
        model.manner = manner


def test_a_console_killed_between_record_and_send_has_sent_nothing_and_never_does(
    killing: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    caught: list[str] = []
    with operators(killing.stand, MOST_TRIES, "record") as people:
        for person in people:
            act = asked(killing, person)
            web = killing.stand.web
            assert web is not None
            with pressing(person, act):
                struck = between(killing.stand.db.file, act, Stage.REQUESTED, web.kill)
            if struck:
                caught.append(act)
                killing.stand.start_web(mqtt_port=killing.proxy.port)
            if len(caught) == KILLS:
                break
    killing.settle(seconds=CLOSED_S)
    others = [act for act in killing.pressed if act not in caught]

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times between record and send, sent later, twice"
    claims(found.claim(name, time.monotonic() - began))
    assert [killing.steps(act) for act in caught] == [[("requested", None), ("expired", "not_sent")]] * KILLS
    assert len(killing.proxy.of(PUBLISH)) == found.pulses == len(others)
    assert (found.late, found.twice, found.untrue) == ((), (), ())


def test_a_console_killed_before_its_command_could_leave_has_not_sent_it_and_never_does(
    killing: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    killing.proxy.rule = on(CONNECT, Fate.HOLD)
    kill_at(killing, "connect", lambda: len(killing.proxy.of(CONNECT)))
    killing.proxy.heal()
    killing.settle(seconds=CLOSED_S)
    until(partial(is_past, killing), seconds=15)

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times before its command has left, sent later, twice"
    claims(found.claim(name, time.monotonic() - began))
    assert killing.ends(killing.pressed) == {Stage.EXPIRED}
    assert (killing.proxy.of(PUBLISH), found.pulses, found.untrue) == ([], 0, ())


@pytest.mark.parametrize(
    ("manner", "end"), [(Manner.WELL, Stage.CONFIRMED), (Manner.NEVER, Stage.UNCONFIRMED)]
)
def test_what_a_killed_console_has_sent_ends_by_what_the_device_says(
    killing: House, claims: Callable[[Claim], None], manner: Manner, end: Stage
) -> None:
    began = time.monotonic()
    behave(killing, manner)
    killing.proxy.rule = on(PUBACK, Fate.HOLD)
    kill_at(killing, f"puback-{manner.name.lower()}", lambda: len(killing.fleet.pulses()))
    killing.proxy.heal()
    killing.settle(seconds=CLOSED_S)

    found = killing.truth()
    name = f"unlock: web killed with -9 {KILLS} times after sending, device answers {manner.name.lower()}"
    claims(found.claim(name, time.monotonic() - began))
    assert killing.ends(killing.pressed) == {end}
    assert (len(killing.proxy.of(PUBLISH)), found.pulses) == (KILLS, KILLS)
    assert (found.late, found.twice, found.untrue) == ((), (), ())


def kill_at(one: House, name: str, seen: Callable[[], int]) -> None:
    """Press, kill the console as soon as something more is seen, and start it again, so often."""
    with operators(one.stand, KILLS, name) as people:
        for person in people:
            before = seen()
            act = asked(one, person)
            assert one.stand.web is not None
            with pressing(person, act):
                until(partial(_more, seen, before), seconds=20)
                one.stand.web.kill()
            one.stand.start_web(mqtt_port=one.proxy.port)


def _more(seen: Callable[[], int], before: int) -> bool:
    return seen() > before


def asked(one: House, person: Operator) -> str:
    """Let somebody ask for a door where nobody has pressed; gives the act."""
    name = next(one.fresh)
    answer = person.ask(name)
    assert answer.status_code == 201, answer.text
    act = str(answer.json()["id"])
    one.pressed[act] = name
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
    killing: House, claims: Callable[[Claim], None]
) -> None:
    with operators(killing.stand, 2 * WHILE_DEAD, "deaf") as people:
        began = time.monotonic()
        before, after = people[:WHILE_DEAD], people[WHILE_DEAD:]
        acts = [asked(killing, person) for person in before]
        assert killing.stand.ingest is not None
        killing.stand.ingest.kill()
        until(lambda: not is_listening(killing.stand.db, now_us()), seconds=10)

        late = [refusal(partial(person.prove, act)) for person, act in zip(before, acts, strict=True)]
        fresh = [refusal(partial(person.ask, next(killing.fresh))) for person in after]
        assert set(late) | set(fresh) == {"not_listening"}
        killing.stand.start_ingest()
        until(lambda: is_listening(killing.stand.db, now_us()), seconds=10)
        found = killing.truth()
        name = "unlock: ingest killed with -9, sent unheard or answered after 2 s, twice"
        claims(found.claim(name, time.monotonic() - began, 2 * WHILE_DEAD))
        assert (killing.proxy.of(PUBLISH), found.pulses) == ([], 0)


def refusal(press: Callable[[], httpx.Response]) -> str:
    """Press, see that it is refused in time, and say by which reason."""
    began = time.monotonic()
    answer = press()
    assert time.monotonic() - began < REFUSED_S
    assert answer.status_code == 409, answer.text
    return str(answer.json()["error"])
