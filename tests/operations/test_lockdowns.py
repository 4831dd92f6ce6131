"""Locking doors down: each by itself, failures first, in force on our side whatever the devices say."""

import pytest
from msgspec import UNSET

from auth.current import Services
from core.acts import Action
from core.commands import Verb
from core.errors import ActRefused, NotPermitted, ProofRefused
from core.modes import LOCKDOWN_US
from core.records import Kind
from core.times import SECOND_US
from core.unlocks import SECURE_GRACE_US
from operations.sensitive import prove, told
from store.acts import close_due
from store.door_keepers import busy_door
from store.modes import close_leases, standing
from store.policies import apply_policy
from tests.auth.people import NOW, POLICY
from tests.auth.reading import told as records
from tests.operations.moding import (
    DOWN,
    HELD,
    NORMAL,
    UNTIL,
    ModeLine,
    act,
    answers,
    hold,
    plan,
    said,
    shows,
    supervise,
    wish,
)
from tests.operations.unlocking import ask, enter, good, listen, prove_unlock, unlocks

SITE = {"site": "berlin"}


@pytest.fixture
def line() -> ModeLine:
    return ModeLine()


@pytest.fixture(autouse=True)
def _supervisors(services: Services) -> None:
    supervise(services)


def lock_down(services: Services, username: str = "ben", at: int = NOW) -> str:
    return act(services, enter(services, username), wish(Action.LOCKDOWN, {**SITE}), at)


def release(services: Services, username: str = "ben", at: int = NOW) -> str:
    return act(services, enter(services, username), wish(Action.RELEASE, {**SITE}), at)


def down(services: Services, at: int = NOW) -> str:
    """Have a site locked down, both doors seen to be so."""
    name = lock_down(services, at=at)
    for n, door in enumerate(("back", "front"), start=1):
        answers(services, f"{name}-{n}", door, at + 10)
        shows(services, DOWN, door, at + 20)
    return name


def test_each_door_of_a_site_is_asked_by_itself_under_one_parent(services: Services, line: ModeLine) -> None:
    ben = enter(services)
    name = act(services, ben, wish(Action.LOCKDOWN, {**SITE}))

    assert sorted(one.topic for one in line.sent) == ["back", "front"]
    assert {one.payload.decode() for one in line.sent} == {f"{name}-1", f"{name}-2"}
    assert {one.verb for one in line.commands.values()} == {Verb.LOCK_DOWN}
    assert line.commands["front"].until == NOW + LOCKDOWN_US
    assert said(services, name) == [("lockdown.requested", None)]
    assert said(services, f"{name}-1") == [("lockdown.requested", None), ("lockdown.sent", None)]
    parent, *children = records(services.db, Kind.LOCKDOWN_REQUESTED)
    assert (parent.refs["doors"], parent.refs["proof"]) == (2, "passkey")
    assert [one.refs["parent"] for one in children] == [name, name]


def test_what_became_of_each_door_is_told_failures_first(services: Services, line: ModeLine) -> None:
    line.unreached.add("front")
    ben = enter(services)
    name = act(services, ben, wish(Action.LOCKDOWN, {**SITE}))

    state = told(services, ben.session, name, NOW + 2)
    assert (state.state, state.final) == ("sent", False)
    assert state.doors is not UNSET
    assert [(one.name, one.state, one.reason) for one in state.doors] == [
        ("Front", "refused", "broker_away"),
        ("Back", "sent", UNSET),
    ]

    answers(services, f"{name}-1", "back")
    shows(services, DOWN, "back")
    state = told(services, ben.session, name, NOW + 30)
    assert (state.state, state.final, state.good) == ("refused", True, False)
    assert state.doors is not UNSET
    assert [(one.door, one.good) for one in state.doors] == [("front", False), ("back", True)]


def test_a_lockdown_that_all_doors_show_is_good(services: Services) -> None:
    ben = enter(services)
    name = act(services, ben, wish(Action.LOCKDOWN, {**SITE}))
    for n, door in enumerate(("back", "front"), start=1):
        answers(services, f"{name}-{n}", door)
        shows(services, DOWN, door)

    state = told(services, ben.session, name, NOW + 30)
    assert (state.state, state.final, state.good) == ("confirmed", True, True)
    assert said(services)[-1] == ("lockdown.confirmed", None)


def test_a_dry_run_says_what_it_would_do_and_does_nothing(services: Services, line: ModeLine) -> None:
    name = hold(services, enter(services, "ada"))
    answers(services, name)
    shows(services, HELD)
    before, sent = said(services), len(line.sent)
    line.cannot["back"] = "touches_egress"

    asked = plan(services, enter(services), wish(Action.LOCKDOWN, {**SITE}), NOW + SECOND_US)

    back, front = asked.doors
    assert (back.door, back.reason, back.message) == ("back", "touches_egress", "This door can't.")
    assert (front.door, front.would, front.reason) == ("front", "lockdown", UNSET)
    assert (front.ends_hold, front.held_by, front.already) == (UNTIL, "Ada", False)
    assert (said(services), len(line.sent)) == (before, sent)


def test_a_second_lockdown_says_that_it_is_one_already_and_renews_it(services: Services) -> None:
    down(services)
    asked = plan(services, enter(services), wish(Action.LOCKDOWN, {**SITE}), NOW + SECOND_US)

    assert [one.already for one in asked.doors] == [True, True]
    again = lock_down(services, at=NOW + 2 * SECOND_US)
    assert {one.lease.act for one in standing(services.db, ["front", "back"]).values()} == {
        f"{again}-1",
        f"{again}-2",
    }


def test_a_door_whose_device_cannot_is_locked_down_on_our_side(services: Services, line: ModeLine) -> None:
    line.cannot["front"] = "touches_egress"
    name = lock_down(services)

    assert said(services, f"{name}-2") == [
        ("lockdown.requested", None),
        ("lockdown.refused", "touches_egress"),
    ]
    assert standing(services.db, ["front"])["front"].lease.in_force
    line.cannot.clear()
    with pytest.raises(ActRefused) as refused:
        hold(services, enter(services), at=NOW + 2)
    assert refused.value.reason == "locked_down"


def test_each_door_tells_when_it_was_sent_accepted_and_confirmed(services: Services, line: ModeLine) -> None:
    line.cannot["back"] = "touches_egress"
    ben = enter(services)
    name = act(services, ben, wish(Action.LOCKDOWN, {"doors": "back,front"}))
    answers(services, f"{name}-2", "front", NOW + 250_000)
    shows(services, DOWN, "front", NOW + SECOND_US)

    doors = told(services, ben.session, name, NOW + 2 * SECOND_US).doors
    assert doors is not UNSET
    assert [(one.door, one.sent, one.accepted, one.confirmed) for one in doors] == [
        ("back", 0, 0, 0),
        ("front", NOW + 2, NOW + 250_000, NOW + SECOND_US),
    ]


def test_a_device_that_is_away_is_sent_nothing_and_the_others_are(services: Services, line: ModeLine) -> None:
    with services.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO device_state (device, online, silent, boot, changed, changed_id) "
            "VALUES ('newyork-ic', 0, 0, '', 0, 0)"
        )
    name = act(services, enter(services, "ada"), wish(Action.LOCKDOWN, {"doors": "back,lobby"}))

    assert [one.topic for one in line.sent] == ["back"]
    assert said(services, f"{name}-2")[-1] == ("lockdown.refused", "not_connected")


def test_a_lockdown_ends_holds_and_says_so_of_a_door_that_stays_unlocked(services: Services) -> None:
    held = hold(services, enter(services))
    answers(services, held)
    shows(services, HELD)
    lock_down(services, at=NOW + SECOND_US)

    assert said(services, held)[-1] == ("hold.ended", "lockdown")
    close_leases(services.db, NOW + SECOND_US + 1 + SECURE_GRACE_US)
    assert said(services, held)[-1] == ("hold.not_secured", None)
    assert standing(services.db, ["front"])["front"].lease.mode.value == "locked_down"


def test_the_end_of_a_hold_would_end_a_lockdown_and_is_refused(services: Services, line: ModeLine) -> None:
    held = hold(services, enter(services))
    answers(services, held)
    shows(services, HELD)
    lock_down(services, at=NOW + SECOND_US)
    sent = len(line.sent)

    with pytest.raises(ActRefused) as refused:
        act(services, enter(services), wish(Action.END_HOLD, {"door": "front"}), NOW + 2 * SECOND_US)

    assert refused.value.reason == "locked_down"
    assert len(line.sent) == sent


def test_an_unlock_under_way_gives_way_to_a_lockdown(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    with monkeypatch.context() as late:
        # Its process is slow: the intent is written, and nothing sent yet.
        late.setattr("operations.unlock.send_once", lambda *_: None)
        prove_unlock(services, ben.session, pending, good, now=NOW + 1)
    lock_down(services)

    close_due(services.db, NOW + 6 * SECOND_US)

    assert unlocks(services)[-1] == ("expired", "overridden")
    assert sorted(one.topic for one in line.sent) == ["back", "front"]


def test_an_unlock_that_was_asked_for_before_a_lockdown_is_not_sent_after_it(
    services: Services, line: ModeLine
) -> None:
    ben = enter(services)
    pending = ask(services, ben)
    down(services)
    sent = len(line.sent)

    with pytest.raises(ActRefused) as refused:
        prove_unlock(services, ben.session, pending, good, now=NOW + 50)

    assert refused.value.reason == "locked_down"
    assert unlocks(services) == [("refused", "locked_down")]
    assert len(line.sent) == sent


def test_two_supervisors_can_unlock_a_door_that_is_locked_down(services: Services, line: ModeLine) -> None:
    down(services)
    sent = len(line.sent)
    ben, ada = enter(services), enter(services, "ada")
    pending = ask(services, ben, at=NOW + 30)
    prove_unlock(services, ben.session, pending, good, now=NOW + 40)
    assert len(line.sent) == sent, "one is not enough"

    prove_unlock(services, ada.session, pending, good, now=NOW + 50)

    assert [one.topic for one in line.sent[sent:]] == ["front"]
    assert standing(services.db, ["front"])["front"].lease.in_force, "and it is still locked down"


def test_who_may_only_unlock_cannot_in_a_lockdown(services: Services) -> None:
    down(services)
    apply_policy(services.db, POLICY, NOW, "tests")
    with pytest.raises(ActRefused) as refused:
        ask(services, enter(services), at=NOW + 30)

    assert refused.value.reason == "locked_down"


def test_an_agent_cannot_be_the_second_of_two_supervisors(services: Services, line: ModeLine) -> None:
    down(services)
    sent = len(line.sent)
    apply_policy(services.db, POLICY, NOW, "tests")
    ada, ben = enter(services, "ada"), enter(services)
    pending = ask(services, ada, at=NOW + 30)
    prove_unlock(services, ada.session, pending, good, now=NOW + 40)

    with pytest.raises(ProofRefused):
        prove_unlock(services, ben.session, pending, good, now=NOW + 50)

    assert len(line.sent) == sent


@pytest.mark.parametrize(
    ("username", "target"),
    [
        ("ben", {"site": "newyork"}),
        ("ben", {"site": "none"}),
        ("ben", {"doors": "front,lobby"}),
        ("ben", {"doors": "front,none"}),
        ("cleo", {"site": "berlin"}),
    ],
)
@pytest.mark.parametrize("action", [Action.LOCKDOWN, Action.RELEASE])
def test_one_door_that_one_may_not_lock_down_refuses_all(
    services: Services, username: str, target: dict[str, str], action: Action
) -> None:
    with pytest.raises(NotPermitted):
        plan(services, enter(services, username), wish(action, {**target}))


def test_a_lockdown_is_refused_whole_while_no_answer_could_be_heard(
    services: Services, line: ModeLine
) -> None:
    ben = enter(services)
    asked = plan(services, ben, wish(Action.LOCKDOWN, {**SITE}))
    listen(services, canary_age_us=5 * SECOND_US)

    with pytest.raises(ActRefused):
        prove(services, ben.session, asked.act.id, good, now=NOW + 1)

    assert said(services) == [("lockdown.refused", "not_listening")]
    assert standing(services.db, ["front", "back"]) == {}
    assert line.sent == []


def test_a_release_puts_doors_back_and_is_told_by_them(services: Services, line: ModeLine) -> None:
    down(services)
    ben = enter(services)
    name = act(services, ben, wish(Action.RELEASE, {**SITE}), NOW + SECOND_US)
    assert {one.verb for one in line.commands.values()} == {Verb.RESTORE}
    assert standing(services.db, ["front", "back"]) == {}, "nothing of ours is in the way any more"

    for n, door in enumerate(("back", "front"), start=1):
        answers(services, f"{name}-{n}", door, NOW + SECOND_US + 10)
        shows(services, NORMAL, door, NOW + SECOND_US + 20)

    assert [kind for kind, _ in said(services, f"{name}-1")] == [
        "lockdown.release_requested",
        "lockdown.sent",
        "lockdown.accepted",
        "lockdown.released",
    ]
    assert told(services, ben.session, name, NOW + SECOND_US + 30).good
    assert ("lockdown.unconfirmed", "mode_lost") not in said(services)


def test_a_release_that_a_door_does_not_show_is_unconfirmed(services: Services) -> None:
    down(services)
    name = release(services, at=NOW + SECOND_US)

    close_due(services.db, NOW + 20 * SECOND_US)

    assert said(services, f"{name}-1")[-1] == ("lockdown.unconfirmed", "not_answered")


@pytest.mark.parametrize("reason", ["nothing_to_undo", "takes_no_commands", "opens_more"])
def test_a_device_that_keeps_no_mode_is_released_by_our_word(
    services: Services, line: ModeLine, reason: str
) -> None:
    down(services)
    line.cannot["back"] = reason
    shows(services, NORMAL, "back")
    sent = len(line.sent)
    ben = enter(services)
    name = act(services, ben, wish(Action.RELEASE, {**SITE}), NOW + SECOND_US)

    assert [one.topic for one in line.sent[sent:]] == ["front"]
    assert said(services, f"{name}-1")[-1] == ("lockdown.released", "nothing_to_undo")
    state = told(services, ben.session, name, NOW + SECOND_US + 2)
    assert state.doors is not UNSET
    assert {one.door: one.good for one in state.doors} == {"back": True, "front": False}


@pytest.mark.parametrize("reason", ["key_revoked", "takes_no_commands"])
def test_a_door_that_shows_a_lockdown_is_not_called_released(
    services: Services, line: ModeLine, reason: str
) -> None:
    down(services)
    line.cannot["back"] = reason
    name = release(services, at=NOW + SECOND_US)

    assert said(services, f"{name}-1")[-1] == ("lockdown.refused", reason)


def test_there_is_nothing_to_release_where_nobody_has_locked_down(services: Services) -> None:
    with pytest.raises(ActRefused) as refused:
        plan(services, enter(services), wish(Action.RELEASE, {**SITE}))

    assert refused.value.reason == "not_locked_down"


def test_a_lockdown_outlives_its_device_and_says_when_that_ends_it(services: Services) -> None:
    down(services)

    close_leases(services.db, NOW + LOCKDOWN_US)
    close_leases(services.db, NOW + LOCKDOWN_US + SECOND_US)

    assert said(services)[-2:] == [("lockdown.unconfirmed", "lease_over")] * 2
    assert busy_door(services.db, "front") is not None


def test_nothing_is_sent_again_for_a_process_that_died(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.lockdown.send_once", lambda *_: None)
    name = lock_down(services)

    close_due(services.db, NOW + 6 * SECOND_US)

    assert [said(services, f"{name}-{n}")[-1] for n in (1, 2)] == [("lockdown.refused", "not_sent")] * 2
    assert (line.sent, standing(services.db, ["front"])["front"].lease.in_force) == ([], True)
