"""Holding a door: asked for, proved, sent once, in force until its end, and over when the door is locked."""

import pytest
from msgspec.structs import replace

from auth.current import Services
from auth.sessions import Actor
from core.acts import Action
from core.commands import Verb
from core.doors import Position
from core.errors import ActRefused, Invalid, NotPermitted, ProofRefused
from core.modes import MOST_HOLD_US
from core.records import Kind
from core.times import MINUTE_US, SECOND_US, iso_us
from core.unlocks import SECURE_GRACE_US
from operations.sensitive import prove, told
from store.acts import close_due
from store.modes import close_leases, standing
from store.policies import apply_policy
from store.projections import tile_of
from store.views import Tile
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
from tests.operations.unlocking import ask, bad, enter, good, unlocks


@pytest.fixture
def line() -> ModeLine:
    return ModeLine()


@pytest.fixture(autouse=True)
def _supervisors(services: Services) -> None:
    supervise(services)


def tile(services: Services, door: str = "front") -> Tile:
    with services.db.read() as connection:
        found = tile_of(connection, {"berlin"}, door)
    assert found is not None
    return found


def held(services: Services, by: Actor | None = None) -> str:
    """Have a door held, seen to be so."""
    name = hold(services, by or enter(services))
    answers(services, name)
    shows(services, HELD)
    return name


def test_a_hold_is_written_down_sent_once_and_in_force_once_its_device_has_it(
    services: Services, line: ModeLine
) -> None:
    ben = enter(services)
    name = hold(services, ben)

    assert said(services) == [("hold.requested", None), ("hold.sent", None)]
    assert (line.commands["front"].verb, line.commands["front"].until) == (Verb.HOLD, UNTIL)
    assert len(line.sent) == 1
    assert standing(services.db, ["front"]) == {}, "nothing is claimed before the device has it"
    (requested,) = records(services.db, Kind.HOLD_REQUESTED)
    assert requested.refs["until"] == iso_us(UNTIL)
    assert requested.private["why"] == "a delivery"

    answers(services, name)
    shows(services, HELD)

    assert said(services)[2:] == [("hold.accepted", None), ("hold.confirmed", None)]
    shown = tile(services)
    assert (shown.mode_ordered, shown.mode_until, shown.mode_by) == ("held", UNTIL, "Ben")
    state = told(services, ben.session, name, NOW + 30)
    assert (state.state, state.good, state.until, state.ended) == ("confirmed", True, UNTIL, 0)


@pytest.mark.parametrize("until", [None, NOW, NOW + 30 * SECOND_US, NOW + MOST_HOLD_US + SECOND_US])
def test_a_hold_has_an_end_within_its_limits(services: Services, until: int | None) -> None:
    with pytest.raises(Invalid):
        plan(services, enter(services), wish(Action.HOLD, {"door": "front"}, until))


@pytest.mark.parametrize(("username", "door"), [("ben", "lobby"), ("cleo", "front"), ("ben", "none")])
@pytest.mark.parametrize("action", [Action.HOLD, Action.END_HOLD])
def test_a_door_that_one_may_not_hold_is_as_if_there_were_none(
    services: Services, username: str, door: str, action: Action
) -> None:
    with pytest.raises(NotPermitted, match="no such door"):
        plan(services, enter(services, username), wish(action, {"door": door}, UNTIL))


def test_who_may_unlock_a_door_may_not_hold_it(services: Services, line: ModeLine) -> None:
    ben = enter(services)
    asked = plan(services, ben, wish(Action.HOLD, {"door": "front"}, UNTIL))
    apply_policy(services.db, POLICY, NOW, "tests")
    with pytest.raises(NotPermitted):
        prove(services, ben.session, asked.act.id, good, now=NOW + 1)

    assert said(services) == [("hold.refused", "no_role")]
    assert line.sent == []


def test_no_proof_no_hold(services: Services, line: ModeLine) -> None:
    ben = enter(services)
    asked = plan(services, ben, wish(Action.HOLD, {"door": "front"}, UNTIL))
    with pytest.raises(ProofRefused):
        prove(services, ben.session, asked.act.id, bad, now=NOW + 1)

    assert said(services) == []
    assert line.sent == []


def test_what_a_device_would_not_end_is_refused_in_its_words(services: Services, line: ModeLine) -> None:
    ben = enter(services)
    pending = plan(services, ben, wish(Action.HOLD, {"door": "front"}, UNTIL)).act.id
    line.cannot["front"] = "never_ends_by_itself"
    with pytest.raises(ActRefused, match="This door can't"):
        prove(services, ben.session, pending, good, now=NOW + 1)
    with pytest.raises(ActRefused, match="This door can't"):
        plan(services, ben, wish(Action.HOLD, {"door": "front"}, UNTIL))

    assert said(services) == [("hold.refused", "never_ends_by_itself")]
    assert standing(services.db, ["front"]) == {}


def test_a_hold_that_was_never_sent_is_closed_and_never_was(
    services: Services, line: ModeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.hold.send_once", lambda *_: None)
    hold(services, enter(services))

    close_due(services.db, NOW + 6 * SECOND_US)
    close_leases(services.db, UNTIL + MINUTE_US)

    assert said(services) == [("hold.requested", None), ("hold.refused", "not_sent")]
    assert line.sent == []


def test_a_hold_runs_out_by_itself_and_is_over_when_the_door_is_locked(services: Services) -> None:
    held(services)

    shows(services, NORMAL, at=UNTIL)

    assert said(services)[-2:] == [("hold.ended", "lease_over"), ("hold.secured", None)]
    assert tile(services).mode_ordered == ""


def test_a_door_that_does_not_lock_again_warns_and_its_tile_says_so(services: Services) -> None:
    held(services)

    assert close_leases(services.db, UNTIL) == 1
    close_leases(services.db, UNTIL + SECURE_GRACE_US)
    close_leases(services.db, UNTIL + SECURE_GRACE_US + SECOND_US)

    assert said(services)[-2:] == [("hold.ended", "lease_over"), ("hold.not_secured", None)]
    assert (tile(services).mode_ordered, tile(services).mode_doubt) == ("held", "not_secured")
    shows(services, NORMAL, at=UNTIL + MINUTE_US)
    assert said(services)[-1] == ("hold.secured", None)
    assert tile(services).mode_doubt == ""


def test_a_renewal_moves_the_end_and_the_hold_before_it_says_nothing(services: Services) -> None:
    held(services)
    later = NOW + 60 * MINUTE_US
    name = hold(services, enter(services, "ada"), until=later, at=NOW + SECOND_US)
    assert tile(services).mode_until == UNTIL, "until the device has taken it"

    answers(services, name, at=NOW + 2 * SECOND_US)

    assert said(services)[-2:] == [("hold.accepted", None), ("hold.confirmed", None)]
    assert (tile(services).mode_until, tile(services).mode_by) == (later, "Ada")
    close_leases(services.db, UNTIL + MINUTE_US)
    assert said(services)[-1] == ("hold.confirmed", None)


def test_a_renewal_that_is_refused_leaves_the_hold_as_it_was(services: Services, line: ModeLine) -> None:
    held(services)
    line.unreached.add("front")
    hold(services, enter(services), until=NOW + 60 * MINUTE_US, at=NOW + SECOND_US)

    assert said(services)[-1] == ("hold.refused", "broker_away")
    assert tile(services).mode_until == UNTIL


def test_a_hold_that_somebody_ends_is_over_when_the_door_is_locked(
    services: Services, line: ModeLine
) -> None:
    ben, ada = enter(services), enter(services, "ada")
    hold_act = held(services, ben)
    name = act(services, ada, wish(Action.END_HOLD, {"door": "front"}), NOW + SECOND_US)
    assert line.commands["front"].verb is Verb.RESTORE
    assert tile(services).mode_ordered == "held"

    answers(services, name, at=NOW + 2 * SECOND_US)
    assert said(services)[-2:] == [("hold.accepted", None), ("hold.ended", "ended_by_person")]
    shows(services, NORMAL, at=NOW + 3 * SECOND_US)

    assert said(services)[-1] == ("hold.secured", None)
    state = told(services, ada.session, name, NOW + 4 * SECOND_US)
    assert (state.state, state.good, state.confirmed) == ("confirmed", True, NOW + 3 * SECOND_US)
    ended = told(services, ben.session, hold_act, NOW + 4 * SECOND_US)
    assert (ended.secured, ended.secured_by) == (NOW + 3 * SECOND_US, "lock")
    (secured,) = records(services.db, Kind.HOLD_SECURED)
    assert secured.refs["secured_by"] == "lock"


def test_a_door_that_is_locked_and_stands_open_is_called_secure_by_nothing(services: Services) -> None:
    ben, ada = enter(services), enter(services, "ada")
    hold_act = held(services, ben)
    name = act(services, ada, wish(Action.END_HOLD, {"door": "front"}), NOW + SECOND_US)
    answers(services, name, at=NOW + 2 * SECOND_US)
    shows(services, replace(NORMAL, position=Position.OPEN), at=NOW + 3 * SECOND_US)

    state = told(services, ada.session, name, NOW + 4 * SECOND_US)
    assert (state.state, state.secured, state.secured_by) == ("confirmed", 0, "")
    assert told(services, ben.session, hold_act, NOW + 4 * SECOND_US).secured == 0
    assert said(services)[-1] == ("hold.ended", "ended_by_person")

    shows(services, NORMAL, at=NOW + 5 * SECOND_US)

    assert said(services)[-1] == ("hold.secured", None)


def test_there_is_no_end_to_a_hold_that_is_none(services: Services) -> None:
    with pytest.raises(ActRefused) as refused:
        plan(services, enter(services), wish(Action.END_HOLD, {"door": "front"}))

    assert refused.value.reason == "not_held"


def test_a_door_held_by_somebody_else_than_us_can_be_told_to_end_that(services: Services) -> None:
    shows(services, HELD)

    act(services, enter(services), wish(Action.END_HOLD, {"door": "front"}), NOW + SECOND_US)

    assert [kind for kind, _ in said(services)] == ["hold.end_requested", "hold.sent"]


def test_an_unlock_would_end_a_hold_and_is_refused(services: Services, line: ModeLine) -> None:
    held(services)

    with pytest.raises(ActRefused) as refused:
        ask(services, enter(services), at=NOW + SECOND_US)

    assert refused.value.reason == "held"
    assert "already, by you:" in str(refused.value)
    assert unlocks(services) == []


def test_who_finds_a_door_held_is_told_by_whom_and_since_when(services: Services) -> None:
    held(services)
    ada = enter(services, "ada")

    with pytest.raises(ActRefused) as refused:
        ask(services, ada, at=NOW + SECOND_US)

    taken = refused.value.told["taken"]
    assert isinstance(taken, dict)
    assert (taken["name"], taken["action"]) == ("Ben", "hold")
    assert NOW < taken["since"] <= NOW + SECOND_US
    assert "already, by Ben:" in str(refused.value)


def test_one_command_at_a_door_at_a_time(services: Services, line: ModeLine) -> None:
    hold(services, enter(services))

    with pytest.raises(ActRefused) as refused:
        plan(services, enter(services, "ada"), wish(Action.HOLD, {"door": "front"}, UNTIL), NOW + 2)

    assert refused.value.reason == "in_progress"


def test_a_hold_that_the_device_ended_is_told_as_that(services: Services) -> None:
    held(services)

    shows(services, DOWN, at=NOW + SECOND_US)

    assert said(services)[-2:] == [("hold.ended", "ended_there"), ("hold.secured", None)]
