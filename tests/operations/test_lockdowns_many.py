"""Lockdowns of many doors, in force at all of them at once, and what comes before and after them."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from msgspec import UNSET, structs

from auth.current import Services
from core.acts import Action
from core.commands import Order, Ready, Sent
from core.errors import StoreUnavailable
from core.model import Door
from core.times import MINUTE_US, SECOND_US
from operations.sensitive import prove, told
from store.acts import close_due, insert_flight
from store.estate import import_estate
from store.modes import standing
from tests.auth.people import NOW
from tests.operations.moding import (
    DOWN,
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
from tests.operations.unlocking import ESTATE, enter, good, unlocks

SITE = {"site": "berlin"}


@pytest.fixture
def line() -> ModeLine:
    return ModeLine()


@pytest.fixture(autouse=True)
def _supervisors(services: Services) -> None:
    supervise(services)


def many(services: Services, number_of: int = 60) -> list[str]:
    """Give the site so many doors instead of its own."""
    names = [f"d{number:03}" for number in range(number_of)]
    doors = tuple(
        Door(id=name, site="berlin", device="berlin-ic", number=str(number), name=name.upper())
        for number, name in enumerate(names, start=1)
    )
    import_estate(services.db, replace(ESTATE, doors=doors), NOW, "tests")
    return names


def test_a_lockdown_of_many_doors_is_in_force_at_all_of_them_before_anything_is_sent(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many(services)
    ben = enter(services)
    name = plan(services, ben, wish(Action.LOCKDOWN, {**SITE})).act.id
    found: list[tuple[int, int, bool, bool]] = []
    send = line.send

    def watched(order: Order, ready: Ready) -> Sent:
        state = told(services, ben.session, name, NOW + 3)
        assert state.doors is not UNSET
        in_force = [one for one in standing(services.db, names).values() if one.lease.in_force]
        found.append((len(in_force), len(state.doors), state.final, state.good))
        return send(order, ready)

    monkeypatch.setattr(line, "send", watched)
    prove(services, ben.session, name, good, now=NOW + 1)

    assert set(found) == {(60, 60, False, False)}
    assert len(line.sent) == 60


def test_a_lockdown_that_was_sent_to_some_doors_alone_is_never_told_as_good(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many(services)
    ben = enter(services)
    name = plan(services, ben, wish(Action.LOCKDOWN, {**SITE})).act.id
    send = line.send

    def failing(order: Order, ready: Ready) -> Sent:
        if order.topic >= "d050":
            raise StoreUnavailable("full")
        return send(order, ready)

    monkeypatch.setattr(line, "send", failing)
    prove(services, ben.session, name, good, now=NOW + 1)
    for number, door in enumerate(names[:50], start=1):
        answers(services, f"{name}-{number}", door)
        shows(services, DOWN, door)

    state = told(services, ben.session, name, NOW + 30)
    assert (state.state, state.final, state.good) == ("sent", False, False)
    close_due(services.db, NOW + MINUTE_US)
    state = told(services, ben.session, name, NOW + MINUTE_US)
    assert (state.state, state.final, state.good) == ("expired", True, False)
    assert state.doors is not UNSET
    assert [one.reason for one in state.doors[:10]] == ["not_sent"] * 10
    assert standing(services.db, names)["d059"].lease.in_force, "on our side"


def test_a_lockdown_that_can_not_be_written_down_is_none_at_any_door(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = many(services)
    ben = enter(services)
    name = plan(services, ben, wish(Action.LOCKDOWN, {**SITE})).act.id
    calls = count()

    def failing(*arguments: Any) -> None:
        if next(calls) == 55:
            raise StoreUnavailable("full")
        insert_flight(*arguments)

    monkeypatch.setattr("store.modes.insert_flight", failing)
    with pytest.raises(StoreUnavailable):
        prove(services, ben.session, name, good, now=NOW + 1)

    assert (line.sent, standing(services.db, names), said(services)) == ([], {}, [])


@pytest.mark.parametrize("action", [Action.UNLOCK, Action.HOLD])
def test_what_waits_for_its_turn_does_not_go_out_after_a_lockdown_of_its_door(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    ben, ada = enter(services), enter(services, "ada")
    target = wish(action, {"door": "front"}, UNTIL if action is Action.HOLD else None)
    name = plan(services, ben, target).act.id
    send = line.send

    def late(order: Order, ready: Ready) -> Sent:
        monkeypatch.setattr(line, "send", send)
        act(services, ada, wish(Action.LOCKDOWN, {"doors": "front"}))
        return send(order, ready)

    monkeypatch.setattr(line, "send", late)
    prove(services, ben.session, name, good, now=NOW + 1)

    assert [one.payload.decode().partition("-")[0] == name for one in line.sent] == [False]
    assert "sent" not in [kind for kind, _ in unlocks(services)]
    assert ("hold.sent", None) not in said(services)


def test_a_release_frees_nothing_that_was_locked_down_after_it_was_asked_for(
    services: Services, line: ModeLine
) -> None:
    ada, ben = enter(services, "ada"), enter(services)
    act(services, ben, wish(Action.LOCKDOWN, {"doors": "front"}))
    asked = plan(services, ben, wish(Action.RELEASE, {**SITE}), NOW + SECOND_US)
    act(services, ada, wish(Action.LOCKDOWN, {"doors": "back"}), NOW + 2 * SECOND_US)
    sent = len(line.sent)

    prove(services, ben.session, asked.act.id, good, now=NOW + 3 * SECOND_US)

    assert [one.door for one in asked.doors] == ["front"]
    assert [one.topic for one in line.sent[sent:]] == ["front"]
    assert list(standing(services.db, ["front", "back"])) == ["back"]
    state = told(services, ben.session, asked.act.id, NOW + 4 * SECOND_US)
    assert state.doors is not UNSET
    assert [(one.door, one.state, one.reason) for one in state.doors] == [
        ("back", "refused", "ordered_later"),
        ("front", "sent", UNSET),
    ]


# --- the estate changes while it is proved ------------------------------------------------------------


def changed(services: Services, *names: str) -> None:
    """Let Berlin have these doors from now on."""
    number = {"front": "1", "back": "2"}
    doors = tuple(
        Door(id=name, site="berlin", device="berlin-ic", number=number.get(name, "3"), name=name.title())
        for name in names
    )
    import_estate(services.db, replace(ESTATE, doors=doors), NOW, "tests")


@pytest.mark.parametrize("action", [Action.LOCKDOWN, Action.RELEASE])
def test_a_door_that_comes_to_the_site_meanwhile_is_not_done_and_is_told_first(
    services: Services, line: ModeLine, action: Action
) -> None:
    ben = enter(services)
    if action is Action.RELEASE:
        act(services, ben, wish(Action.LOCKDOWN, {**SITE}))
    sent = len(line.sent)
    asked = plan(services, ben, wish(action, {**SITE}), NOW + SECOND_US)
    changed(services, "front", "back", "cellar")
    shows(services, DOWN, "cellar", NOW + SECOND_US)

    prove(services, ben.session, asked.act.id, good, now=NOW + 3 * SECOND_US)

    assert sorted(one.topic for one in line.sent[sent:]) == ["back", "front"]
    assert standing(services.db, ["cellar"]) == {}
    state = told(services, ben.session, asked.act.id, NOW + 4 * SECOND_US)
    assert state.doors is not UNSET
    assert [(one.door, one.state, one.reason) for one in state.doors] == [
        ("cellar", "refused", "came_later"),
        ("back", "sent", UNSET),
        ("front", "sent", UNSET),
    ]
    assert not state.good


def test_a_door_that_leaves_the_site_meanwhile_is_told_as_gone_and_the_others_are_done(
    services: Services, line: ModeLine
) -> None:
    ben = enter(services)
    asked = plan(services, ben, wish(Action.LOCKDOWN, {**SITE}))
    changed(services, "back")

    prove(services, ben.session, asked.act.id, good, now=NOW + 1)

    assert [one.topic for one in line.sent] == ["back"]
    state = told(services, ben.session, asked.act.id, NOW + 2)
    assert state.doors is not UNSET
    assert [(one.door, one.reason) for one in state.doors] == [("front", "door_gone"), ("back", UNSET)]


@pytest.mark.parametrize("action", [Action.LOCKDOWN, Action.RELEASE])
def test_what_is_proved_of_a_site_names_each_door_that_was_shown(services: Services, action: Action) -> None:
    ben = enter(services)
    if action is Action.RELEASE:
        act(services, ben, wish(Action.LOCKDOWN, {"doors": "front"}))
    asked = plan(services, ben, wish(action, {**SITE}), NOW + SECOND_US)

    shown = ",".join(sorted(one.door for one in asked.doors))
    assert asked.act.target == {"site": "berlin", "doors": shown}
    assert shown == ("front" if action is Action.RELEASE else "back,front")
    other = structs.replace(asked.act, target={**SITE, "doors": "back"})
    assert asked.act.challenge != other.challenge
