"""Who presses, and what changes meanwhile: one pulse for twenty presses, none for who may not any more."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Barrier

import pytest

from auth.sessions import Actor
from auth.step_up import Proof
from bench.stand.doors import Operator, door, enter, operators
from bench.stand.stand import GROUP, POLICY, now_us
from core.acts import Act
from core.model import Site
from store.directory import Account, find_account, save_account
from store.estate import EstateDocument, import_estate
from store.listening import is_listening
from store.policies import apply_policy
from store.sessions import end_sessions
from tests.faults import PUBLISH
from tests.proof.claims import Claim, whole_or
from tests.proof.house import House, good, house
from tests.proof.turn import turn_taken
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PRESSES = 20
# All presses are about one opening, however slow the machine.
LONG_S = 60
TURNS = whole_or(2, 20)
DOORS = 40
# Where nothing else is tried: each opens once a test, to show that what could have come has come.
CONTROLS = range(24, DOORS - 3)
AWAY = Site(id="paris", name="Paris", time_zone="Europe/Paris")
# Somebody else administers, so that this one may lose their role.
NOBODY = POLICY.replace(GROUP, "keepers")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a house with a console in a process of its own; each test takes doors of its own."""
    with house(tmp_path_factory.mktemp("people"), DOORS) as one:
        one.stand.start_web(mqtt_port=one.proxy.port)
        keeper = Account(username="keeper", name="Keeper", password_hash="", groups=("keepers",))
        save_account(one.stand.db, keeper, now_us(), "stand")
        yield one


def put_policy(served: House, text: str) -> None:
    apply_policy(served.stand.db, text, now_us(), "stand")


@pytest.mark.alone
def test_twenty_presses_at_once_are_one_pulse(served: House, claims: Callable[[Claim], None]) -> None:
    began = time.monotonic()
    answers: Counter[str] = Counter()
    for turn in range(TURNS):
        with operators(served.stand, PRESSES, f"crowd{turn}") as people, ThreadPoolExecutor(PRESSES) as pool:
            acts = [str(person.ask(door(turn), LONG_S).json()["id"]) for person in people]
            together = Barrier(PRESSES)
            until(lambda: is_listening(served.stand.db, now_us()))
            answers.update(pool.map(partial(press, together), people, acts))
        served.pressed |= dict.fromkeys(acts, door(turn))
    served.settle()

    found = served.truth()
    name = f"unlock: {PRESSES} presses of a door at once, told wrongly, two pulses"
    claims(found.claim(name, time.monotonic() - began))
    assert answers == {"sent": TURNS, "in_progress": TURNS * (PRESSES - 1)}
    assert [len(served.fleet.pulses(door(turn))) for turn in range(TURNS)] == [1] * TURNS
    assert found.untrue == ()


@pytest.mark.alone
def test_two_people_who_press_ten_times_each_make_one_pulse(served: House) -> None:
    _, other = enter(served.stand, "other")
    with ThreadPoolExecutor(PRESSES) as pool:
        together = Barrier(PRESSES)

        def press_in(session: str) -> str:
            together.wait(10)
            return served.press(door(TURNS), session=session, seconds=LONG_S)

        list(pool.map(press_in, [served.session, other.session] * (PRESSES // 2)))
    served.settle()

    assert len(served.fleet.pulses(door(TURNS))) == 1


def press(together: Barrier, person: Operator, act: str) -> str:
    """Prove at the same moment as all others; gives what came of it."""
    together.wait(20)
    answer = person.prove(act)
    return "sent" if answer.status_code == 200 else str(answer.json()["error"])


@pytest.mark.parametrize("change", ["role", "groups", "session", "account", "door"])
def test_what_is_taken_away_between_the_drawing_and_the_press_opens_nothing(
    served: House, claims: Callable[[Claim], None], change: str
) -> None:
    began, before = time.monotonic(), moved(served)
    mine = door(DOORS - 1)
    with operators(served.stand, 1, f"press-{change}") as (person,):
        act = str(person.ask(mine).json()["id"])
        take_away(served, person.actor, change, mine)
        proved, asked = person.prove(act), person.ask(mine)
        give_back(served)

    claims(nothing_moved(served, before, f"{change} taken away before the press", began))
    assert {proved.status_code, asked.status_code} <= {401, 404}, (proved.text, asked.text)


@pytest.mark.parametrize("change", ["role", "groups", "session", "account", "door"])
def test_what_is_taken_away_between_the_proof_and_the_sending_opens_nothing(
    served: House, claims: Callable[[Claim], None], change: str
) -> None:
    began, before = time.monotonic(), moved(served)
    mine = door(DOORS - 2)
    _, actor = enter(served.stand, f"proof-{change}")

    def prove(person: Actor, act: Act) -> Proof:
        take_away(served, person, change, mine)
        return good(person, act)

    until(lambda: is_listening(served.stand.db, now_us()))
    refused = served.refused["not_permitted"]
    act = served.press(mine, prove, session=actor.session)
    give_back(served)

    assert served.refused["not_permitted"] == refused + 1
    assert served.steps(act) == [("refused", "no_role")]

    claims(nothing_moved(served, before, f"{change} taken away after the proof", began))


@pytest.mark.parametrize("change", ["role", "groups", "session", "account", "door", "site"])
def test_what_is_taken_away_while_a_command_waits_for_its_turn_opens_nothing(
    served: House, claims: Callable[[Claim], None], change: str
) -> None:
    began, before = time.monotonic(), moved(served)
    mine = door(DOORS - 3)
    _, actor = enter(served.stand, f"turn-{change}")
    until(lambda: is_listening(served.stand.db, now_us()))
    begun = len(served.pressed)
    with ThreadPoolExecutor(1) as pool:
        with turn_taken(served):
            pressed = pool.submit(served.press, mine, session=actor.session)
            until(lambda: len(served.pressed) > begun and served.flight(list(served.pressed)[-1]) is not None)
            take_away(served, actor, change, mine)
        act = pressed.result()
    give_back(served)

    assert served.steps(act) == [("requested", None), ("refused", "no_role")]
    claims(nothing_moved(served, before, f"{change} taken away while it waits for its turn", began))


def take_away(served: House, actor: Actor, change: str, name: str) -> None:
    """Take one thing away without which nobody opens a door."""
    db, username = served.stand.db, actor.subject.partition(":")[2]
    account = find_account(db, username)
    assert account is not None
    match change:
        case "role":
            put_policy(served, NOBODY)
        case "groups":
            save_account(db, replace(account, groups=("others",)), now_us(), "stand")
        case "account":
            save_account(db, replace(account, disabled=now_us()), now_us(), "stand")
        case "session":
            end_sessions(db, [actor.session], "ended_by_admin", now_us())
        case "site":
            import_estate(db, elsewhere(served.stand.document, name), now_us(), "stand")
        case _:
            import_estate(db, without(served.stand.document, name), now_us(), "stand")


def give_back(served: House) -> None:
    """Put estate and policy back as they were."""
    put_policy(served, POLICY)
    import_estate(served.stand.db, served.stand.document, now_us(), "stand")


def without(document: EstateDocument, name: str) -> EstateDocument:
    """Take a door out of the list: every door below it moves up by one."""
    return replace(document, doors=tuple(one for one in document.doors if one.id != name))


def elsewhere(document: EstateDocument, name: str) -> EstateDocument:
    """Give a door and its device to another site."""
    mine = next(one for one in document.doors if one.id == name)
    devices = (replace(one, site=AWAY.id) if one.id == mine.device else one for one in document.devices)
    doors = (replace(one, site=AWAY.id) if one is mine else one for one in document.doors)
    return replace(document, sites=(*document.sites, AWAY), devices=tuple(devices), doors=tuple(doors))


def moved(served: House) -> tuple[int, int]:
    """Count what was sent to any door, and what opened."""
    return len(served.proxy.of(PUBLISH)), len(served.fleet.pulses())


def nothing_moved(served: House, before: tuple[int, int], what: str, began: float) -> Claim:
    """See that no door was asked to open, here or elsewhere, but for one that was pressed after it."""
    until(lambda: is_listening(served.stand.db, now_us()))
    control = served.press(door(CONTROLS[before[1] % len(CONTROLS)]))
    served.settle([control])
    sent, opened = moved(served)
    assert (sent, opened) == (before[0] + 1, before[1] + 1)
    assert served.truth([control]).pulses == 1
    return Claim(
        claim=f"unlock: {what}, opened here or elsewhere, twice",
        count=1,
        lost=0,
        twice=0,
        seconds=time.monotonic() - began,
    )
