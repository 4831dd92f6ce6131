"""What is taken away while a command waits for its turn is missing when it leaves: nothing is sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from msgspec import UNSET
from sqlalchemy import update

from auth.current import Services
from auth.sessions import Actor
from core.acts import Action
from core.commands import Order, Ready, Sent
from core.leaf import Scalar
from core.model import Door
from core.times import SECOND_US
from operations import lockdown, sending
from operations.sensitive import prove
from operations.sensitive import told as told_of
from store.directory import find_account, save_account
from store.estate import import_estate
from store.policies import apply_policy
from store.schema_people import session as sessions
from store.sessions import end_sessions
from tests.auth.people import NOW, POLICY
from tests.operations.moding import (
    DOWN,
    HELD,
    UNTIL,
    ModeLine,
    act,
    answers,
    plan,
    said,
    shows,
    supervise,
    wish,
)
from tests.operations.unlocking import ESTATE, ask, enter, good, listen, unlocks

FRONT = next(one for one in ESTATE.doors if one.id == "front")
TakeAway = Callable[[Services, Actor], object]


@dataclass
class Turn(ModeLine):
    """A line at which something happens while a command waits; `where` names the door, empty: any."""

    meanwhile: Callable[[], object] | None = None
    where: str = ""

    def send(self, order: Order, ready: Ready) -> Sent:
        if self.meanwhile is not None and order.topic.startswith(self.where):
            happens, self.meanwhile = self.meanwhile, None
            happens()
        return super().send(order, ready)


@pytest.fixture
def line() -> Turn:
    return Turn()


def role(services: Services, _one: Actor) -> None:
    apply_policy(services.db, POLICY.replace("g-berlin", "g-others"), NOW + 1, "tests")


def groups(services: Services, one: Actor) -> None:
    account = find_account(services.db, one.subject.partition(":")[2])
    assert account is not None
    save_account(services.db, replace(account, groups=("g-others",)), NOW + 1, "tests")


def account(services: Services, one: Actor) -> None:
    found = find_account(services.db, one.subject.partition(":")[2])
    assert found is not None
    save_account(services.db, replace(found, disabled=NOW + 1), NOW + 1, "tests")


def session(services: Services, one: Actor) -> None:
    end_sessions(services.db, [one.session], "ended_by_admin", NOW + 1)


def move(services: Services, moved: Door) -> None:
    doors = tuple(moved if one.id == moved.id else one for one in ESTATE.doors)
    import_estate(services.db, replace(ESTATE, doors=doors), NOW + 1, "tests")


def site(services: Services, _one: Actor) -> None:
    move(services, replace(FRONT, site="newyork", device="newyork-ic", number="7"))


def number(services: Services, _one: Actor) -> None:
    move(services, replace(FRONT, number="7"))


def door(services: Services, _one: Actor) -> None:
    doors = tuple(one for one in ESTATE.doors if one.id != "front")
    import_estate(services.db, replace(ESTATE, doors=doors), NOW + 1, "tests")


ALL = [role, groups, account, session, site, number, door]


@pytest.mark.parametrize("take_away", ALL)
def test_who_may_not_any_more_when_the_turn_comes_opens_nothing(
    services: Services, line: Turn, take_away: TakeAway
) -> None:
    ben = enter(services)
    name = ask(services, ben)
    line.meanwhile = lambda: take_away(services, ben)

    prove(services, ben.session, name, good, now=NOW + 1)

    assert line.sent == []
    assert unlocks(services) == [("requested", None), ("refused", "no_role")]
    found = told_of(services, ben.session, name, NOW + 2)
    assert (found.state, found.reason) == ("refused", "no_role")


@pytest.mark.parametrize("end", ["idle", "over"])
def test_whose_session_runs_out_until_the_turn_comes_opens_nothing(
    services: Services, line: Turn, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    ben = enter(services)
    later = NOW + 5 * SECOND_US if end == "over" else ben.active + ben.idle_after
    at = later - SECOND_US
    if end == "over":
        with services.db.write() as connection:
            connection.execute(update(sessions).values(ends=later))
    listen(services, at=at)
    name = ask(services, ben, at=at)
    line.meanwhile = lambda: monkeypatch.setattr(sending, "now_us", lambda: later)

    prove(services, ben.session, name, good, now=at + 1)

    assert line.sent == []
    assert unlocks(services)[-1] == ("refused", "no_role")


@pytest.mark.parametrize("take_away", [groups, account, session])
@pytest.mark.parametrize("who", ["ben", "ada"])
def test_of_two_people_both_still_may_when_the_turn_comes(
    services: Services, line: Turn, take_away: TakeAway, who: str
) -> None:
    doors = tuple(replace(one, persons=2) for one in ESTATE.doors)
    import_estate(services.db, replace(ESTATE, doors=doors), NOW, "tests")
    people = {one: enter(services, one) for one in ("ben", "ada")}
    name = ask(services, people["ben"])
    prove(services, people["ben"].session, name, good, now=NOW + 1)
    line.meanwhile = lambda: take_away(services, people[who])

    prove(services, people["ada"].session, name, good, now=NOW + 2)

    assert line.sent == []
    assert unlocks(services)[-1] == ("refused", "no_role")


def test_two_who_unlock_what_is_locked_down_are_still_supervisors_when_the_turn_comes(
    services: Services, line: Turn
) -> None:
    supervise(services)
    ben, ada = enter(services), enter(services, "ada")
    down = act(services, ben, wish(Action.LOCKDOWN, {"doors": "front"}))
    answers(services, f"{down}-1")
    shows(services, DOWN)
    name = ask(services, ben, at=NOW + 30)
    prove(services, ben.session, name, good, now=NOW + 31)
    sent = len(line.sent)
    line.meanwhile = lambda: apply_policy(services.db, POLICY, NOW + 32, "tests")

    prove(services, ada.session, name, good, now=NOW + 32)

    assert len(line.sent) == sent
    assert unlocks(services)[-1] == ("refused", "no_role")


@pytest.mark.parametrize("take_away", [role, session, site])
@pytest.mark.parametrize(
    ("action", "target"),
    [
        (Action.HOLD, {"door": "front"}),
        (Action.END_HOLD, {"door": "front"}),
        (Action.LOCKDOWN, {"doors": "front"}),
        (Action.RELEASE, {"doors": "front"}),
    ],
)
def test_holds_and_lockdowns_are_asked_for_once_more_as_well(
    services: Services, line: Turn, take_away: TakeAway, action: Action, target: dict[str, Scalar]
) -> None:
    supervise(services)
    ben = enter(services)
    if action is Action.END_HOLD:
        shows(services, HELD)
    if action is Action.RELEASE:
        act(services, ben, wish(Action.LOCKDOWN, {"doors": "front"}))
        shows(services, DOWN)
    sent = len(line.sent)
    name = plan(
        services, ben, wish(action, target, UNTIL if action is Action.HOLD else None), NOW + 40
    ).act.id
    line.meanwhile = lambda: take_away(services, ben)

    prove(services, ben.session, name, good, now=NOW + 41)

    assert len(line.sent) == sent
    child = name if "door" in target else f"{name}-1"
    assert said(services, child)[-1][1] == "no_role"


def test_of_many_doors_each_is_asked_for_as_it_leaves(
    services: Services, line: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervise(services)
    monkeypatch.setattr(lockdown, "_AT_ONCE", 1)
    ben = enter(services)
    name = plan(services, ben, wish(Action.LOCKDOWN, {"site": "berlin"})).act.id
    line.where, line.meanwhile = "front", lambda: session(services, ben)

    prove(services, ben.session, name, good, now=NOW + 1)

    assert [one.topic for one in line.sent] == ["back"]
    doors = told_of(services, ben.session, name, NOW + 2).doors
    assert doors is not UNSET
    assert {one.door: (one.state, one.reason) for one in doors} == {
        "front": ("refused", "no_role"),
        "back": ("sent", UNSET),
    }
