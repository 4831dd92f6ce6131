"""Our clock being set is noticed, its drift is not taken for it."""

from connectors.mqtt.backfill import Replays
from connectors.mqtt.clock import ClockWatch
from core.feeds import Missing

SECOND = 1_000_000
HOUR = 3_600 * SECOND


def test_a_clock_that_is_set_is_noticed_once_with_by_how_much() -> None:
    watch = ClockWatch()
    watch.jumped(100 * SECOND, 0)

    assert watch.jumped(102 * SECOND, 2 * SECOND) == 0
    assert watch.jumped(104 * SECOND + 2 * HOUR, 4 * SECOND) == 2 * HOUR
    assert watch.jumped(106 * SECOND + 2 * HOUR, 6 * SECOND) == 0
    assert watch.jumped(108 * SECOND, 8 * SECOND) == -2 * HOUR


def test_drift_is_no_jump() -> None:
    watch = ClockWatch()
    watch.jumped(0, 0)

    assert all(watch.jumped(turn * SECOND + turn * 1_000, turn * SECOND) == 0 for turn in range(1, 5_000))


def test_what_is_missing_is_asked_for_again_though_the_clock_was_set_back() -> None:
    replays, missing = Replays(), [Missing(1, "d", "b", 1, 5)]
    assert replays.due(missing, 3 * HOUR) == missing

    assert replays.due(missing, 3 * HOUR + SECOND) == []
    assert replays.due(missing, HOUR) == missing
