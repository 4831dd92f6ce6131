"""A commit gives way to acts for a moment, and then it goes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.courtesy import GIVES_WAY_S, STEP_S, Courtesy

TIMES = st.floats(0, 1e6)


def test_a_commit_that_nobody_asks_to_wait_waits_for_nothing() -> None:
    assert Courtesy().left(10.0) == 0.0


def test_a_commit_gives_way_step_by_step_and_in_the_end_goes() -> None:
    courtesy = Courtesy()
    now, steps = 10.0, 0
    while courtesy.give_way(now):
        assert courtesy.left(now) == pytest.approx(STEP_S)
        now, steps = now + STEP_S, steps + 1

    assert steps == pytest.approx(GIVES_WAY_S / STEP_S, abs=1)
    courtesy.committed()
    assert courtesy.left(now) == 0.0
    assert courtesy.give_way(now), "the next commit gives way anew"


@given(st.lists(TIMES, min_size=1, max_size=50), TIMES)
def test_no_clock_makes_it_give_way_for_ever(times: list[float], then: float) -> None:
    courtesy = Courtesy()
    for now in times:
        courtesy.give_way(now)

    assert 0.0 <= courtesy.left(then) <= STEP_S
    assert not courtesy.give_way(times[-1] + GIVES_WAY_S)
