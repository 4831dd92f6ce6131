"""What is made of the times that a device tells: wrong, right, late, or old."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clocks import FIRM, WRONG_ABOVE_US, Clock, is_steady, sampled
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US, parse_iso_us

NOW = 1_790_000_000_000_000
APART = 6 * SECOND_US
offsets = st.integers(-60 * 365 * DAY_US, 60 * 365 * DAY_US)
gaps = st.integers(5 * SECOND_US, HOUR_US)
jitters = st.integers(-SECOND_US // 4, 0)


def heard(samples: Iterable[int], clock: Clock | None = None, *, apart: int = APART) -> Clock:
    """Fold offsets that came this far apart."""
    received = NOW if clock is None else clock.at + apart
    for offset in samples:
        clock = sampled(clock, offset, received)
        received += apart
    assert clock is not None
    return clock


def test_a_clock_off_by_more_than_two_seconds_is_wrong_at_the_third_word() -> None:
    assert not heard([3 * SECOND_US] * 2).wrong
    assert heard([3 * SECOND_US] * 3).wrong


def test_a_clock_off_by_less_is_right() -> None:
    assert not heard([WRONG_ABOVE_US] * 9).wrong


@pytest.mark.parametrize("year", ["1970-01-01T00:03:00Z", "2000-01-01T00:00:00Z"])
def test_a_clock_that_lost_its_battery_is_wrong(year: str) -> None:
    assert heard([parse_iso_us(year) - NOW] * 3).wrong


def test_a_wrong_clock_is_right_again_below_one_second_and_not_above() -> None:
    wrong = heard([-HOUR_US] * 5)

    assert heard([-3 * SECOND_US // 2] * 9, wrong).wrong
    assert not heard([-SECOND_US // 2] * 4, wrong).wrong


def test_one_word_that_came_late_shakes_nothing() -> None:
    wrong = heard([-HOUR_US] * FIRM)

    after = heard([-HOUR_US - 40 * SECOND_US], wrong)

    assert (after.wrong, after.sure, after.offset) == (True, True, -HOUR_US)


def test_what_waited_and_comes_at_once_makes_no_clock_wrong_however_near_it_happened() -> None:
    minutes_old = [-40 * MINUTE_US + n * SECOND_US // 100 for n in range(50)]

    assert not heard(minutes_old, apart=SECOND_US // 100).wrong


def test_what_waited_and_comes_at_once_shakes_a_clock_that_is_known_by_one_step_at_most() -> None:
    wrong = heard([-HOUR_US] * FIRM)

    after = heard([-3 * HOUR_US + n for n in range(50)], wrong, apart=SECOND_US // 100)

    assert (after.offset, after.wrong, after.sure) == (-HOUR_US, True, True)


def test_a_clock_that_is_set_while_it_is_known_is_believed_within_four_words() -> None:
    assert heard([-HOUR_US] * 4, heard([0] * 9)).wrong


def test_our_own_clock_set_back_does_not_stop_the_count() -> None:
    ahead = sampled(None, 0, NOW + DAY_US)

    after = sampled(sampled(ahead, 100, NOW), 100, NOW + APART)

    assert after.streak == 3


def test_by_a_clock_that_is_not_known_to_be_wrong_nothing_is_judged() -> None:
    assert Clock(0, NOW, streak=FIRM).is_history(NOW - HOUR_US, NOW) is None
    assert Clock(-HOUR_US, NOW, wrong=True, streak=2).is_history(NOW - HOUR_US, NOW) is None


@pytest.mark.parametrize(("age", "history"), [(0, False), (29, False), (31, True), (7200, True)])
@pytest.mark.parametrize("offset", [-HOUR_US, -40 * SECOND_US, 50 * MINUTE_US, -50 * 365 * DAY_US])
def test_a_wrong_clock_tells_how_old_a_word_is(offset: int, age: int, history: bool) -> None:
    clock = heard([offset] * 3)

    told = NOW - age * SECOND_US + offset

    assert clock.is_history(told, NOW) is history


@given(offset=offsets, words=st.lists(st.tuples(gaps, jitters), min_size=3, max_size=20))
def test_a_clock_that_keeps_its_distance_is_found_wrong_by_that_distance(
    offset: int, words: list[tuple[int, int]]
) -> None:
    clock: Clock | None = None
    received = NOW
    for gap, jitter in words:
        received += gap
        clock = sampled(clock, offset + jitter, received)

    assert clock is not None
    assert abs(clock.offset - offset) <= SECOND_US
    if abs(offset) > WRONG_ABOVE_US + SECOND_US:
        assert clock.wrong
    if abs(offset) < WRONG_ABOVE_US - SECOND_US:
        assert not clock.wrong


@given(delays=st.lists(st.integers(3 * SECOND_US, DAY_US), min_size=1, max_size=40), gap=gaps)
def test_a_right_clock_whose_words_come_late_now_and_then_is_never_wrong(delays: list[int], gap: int) -> None:
    clock = heard([0] * FIRM)

    for delay in delays:
        # Between two that come late there is one that does not.
        clock = heard([-delay, 0], clock, apart=gap)
        assert not clock.wrong


@given(
    events=st.lists(st.integers(2 * SECOND_US, HOUR_US), min_size=2, max_size=30),
    pace=st.integers(0, SECOND_US // 2),
)
def test_a_backlog_handed_over_faster_than_it_happened_makes_no_clock_wrong(
    events: list[int], pace: int
) -> None:
    told, received = NOW - 2 * DAY_US, NOW
    clock: Clock | None = None
    for gap in events:
        told += gap
        received += pace
        clock = sampled(clock, told - received, received)

        assert not clock.wrong


@given(change=st.integers(-SECOND_US, SECOND_US), after=st.integers(0, 2 * MINUTE_US))
def test_a_sample_is_only_passed_over_where_it_would_hardly_change_anything(change: int, after: int) -> None:
    clock = Clock(-HOUR_US, NOW, wrong=True, streak=FIRM)

    steady = is_steady(clock, clock.offset + change, NOW + after)

    new = sampled(clock, clock.offset + change, NOW + after)
    assert steady == (abs(change) <= SECOND_US // 4 and after < MINUTE_US)
    if steady:
        assert abs(new.offset - clock.offset) <= SECOND_US // 4
        assert (new.wrong, new.streak) == (clock.wrong, clock.streak)
