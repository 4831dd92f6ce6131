"""Unlocks without a good end at doors that let go all the same: they are looked after as any other."""

import pytest

from core.commands import Result
from core.times import SECOND_US
from core.unlocks import (
    ANSWER_US,
    CONFIRM_US,
    OPEN_GRACE_US,
    SECURE_GRACE_US,
    SHOWS_US,
    Stage,
    due,
    pass_time,
    refuse,
    reply,
    see,
)
from tests.core.test_unlocks import BEGAN, LET_GO, Told, opens, sent, shuts


def answered_late(result: Result = Result.ACCEPTED) -> Told:
    """Send an unlock that is unconfirmed after five seconds and answered after six."""
    told = sent()
    told.take(pass_time(told.flight, BEGAN + ANSWER_US))
    return told.take(reply(told.flight, result, BEGAN + 6 * SECOND_US))


def test_what_was_answered_late_and_lets_go_is_watched_until_it_is_secure() -> None:
    told = opens(answered_late(), BEGAN + 6 * SECOND_US)
    assert told.flight.watched
    assert due(told.flight) == BEGAN + 11 * SECOND_US + SECURE_GRACE_US

    told.take(pass_time(told.flight, BEGAN + 600 * SECOND_US))
    shuts(told, BEGAN + 700 * SECOND_US)

    assert told.kinds == ["sent", "unconfirmed", "answered_late", "not_secured", "secured"]
    assert (told.flight.stage, told.flight.confirmed, told.flight.opened) == (
        Stage.UNCONFIRMED,
        0,
        BEGAN + 6 * SECOND_US,
    )
    assert due(told.flight) is None
    assert opens(told, BEGAN + 800 * SECOND_US).flight.secured, "what comes later is nothing of it"


def test_what_was_accepted_in_time_and_lets_go_after_its_verdict_is_watched() -> None:
    told = sent()
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + SECOND_US))
    told.take(pass_time(told.flight, BEGAN + CONFIRM_US))
    told.take(see(told.flight, LET_GO, BEGAN + 9 * SECOND_US))
    assert not told.flight.let_in

    told.take(pass_time(told.flight, BEGAN + 14 * SECOND_US + OPEN_GRACE_US))
    told.take(pass_time(told.flight, BEGAN + 14 * SECOND_US + SECURE_GRACE_US))

    assert told.kinds == ["sent", "accepted", "unconfirmed", "not_opened", "not_secured"]
    assert due(told.flight) is None
    assert told.flight.watched


def test_what_was_seen_before_it_was_called_unconfirmed_is_watched_all_the_same() -> None:
    told = opens(sent(), BEGAN + 50)
    told.take(pass_time(told.flight, BEGAN + ANSWER_US))
    told.take(pass_time(told.flight, told.flight.relocks + SECURE_GRACE_US))

    assert told.kinds == ["sent", "unconfirmed", "not_secured"]


@pytest.mark.parametrize("ticked", [True, False])
def test_a_pulse_that_was_over_before_a_bad_verdict_is_told_as_secure(ticked: bool) -> None:
    told = shuts(opens(sent(seconds=1), BEGAN + 50), BEGAN + SECOND_US)
    if ticked:
        told.take(pass_time(told.flight, BEGAN + ANSWER_US))
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 12 * SECOND_US))

    assert told.kinds == ["sent", "unconfirmed", "secured", "answered_late"]


def test_a_pulse_that_was_over_before_it_was_accepted_after_all_is_told_as_secure() -> None:
    told = sent()
    told.take(refuse(told.flight, "not_connected"))
    shuts(opens(told, BEGAN + SECOND_US), BEGAN + 2 * SECOND_US)
    assert told.kinds == ["sent", "refused"]

    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 3 * SECOND_US))

    assert told.kinds == ["sent", "refused", "answered_late", "secured"]


def test_what_was_called_not_connected_and_let_go_after_all_is_watched_once_it_answers() -> None:
    told = sent()
    told.take(refuse(told.flight, "not_connected"))
    opens(told, BEGAN + SECOND_US)
    assert not told.flight.watched
    told.take(reply(told.flight, Result.ACCEPTED, BEGAN + 2 * SECOND_US))
    assert told.flight.watched

    shuts(told, BEGAN + 6 * SECOND_US)

    assert told.kinds == ["sent", "refused", "answered_late", "secured"]
    assert told.flight.stage is Stage.REFUSED


@pytest.mark.parametrize("result", [Result.REFUSED, Result.EXPIRED, Result.BAD_SIGNATURE])
def test_what_the_device_denies_afterwards_is_not_looked_for(result: Result) -> None:
    told = opens(answered_late(result), BEGAN + 7 * SECOND_US)

    assert not told.flight.watched
    assert told.flight.opened == 0


def test_a_door_that_lets_go_long_afterwards_does_so_for_somebody_else() -> None:
    told = sent()
    told.take(pass_time(told.flight, BEGAN + ANSWER_US))

    assert not opens(told, BEGAN + SHOWS_US + 1).flight.watched
    assert opens(told, BEGAN + SHOWS_US).flight.watched


def test_a_late_answer_is_looked_after_as_long_as_one_in_time() -> None:
    told = sent()
    at = BEGAN + 60 * SECOND_US
    told.take(reply(told.flight, Result.ACCEPTED, at))

    assert told.flight.looks_until == at + CONFIRM_US
    assert opens(told, at + CONFIRM_US).flight.watched


def test_a_door_that_is_watched_after_a_bad_end_is_free_for_others() -> None:
    told = opens(answered_late(), BEGAN + 6 * SECOND_US)

    assert told.flight.watched
    assert not told.flight.busy(BEGAN + 7 * SECOND_US)
