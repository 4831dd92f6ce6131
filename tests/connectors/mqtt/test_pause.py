"""Between two commits of ingest others find the store free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.pause import GIVES_WAY_S, MOST_S, STEP_S, Pause

TIMES = st.floats(0, 1e6)


def test_it_is_as_long_as_the_commit_was_and_no_longer_than_its_limit() -> None:
    pause = Pause()
    assert pause.left(10.0) == 0.0

    pause.after(10.0, 10.003)
    assert pause.left(10.004) == pytest.approx(0.002)
    assert pause.left(10.007) == 0.0

    pause.after(20.0, 21.0)
    assert pause.left(21.0) == pytest.approx(MOST_S)


def test_the_more_a_commit_held_the_longer_the_next_one_gathers() -> None:
    pause = Pause()
    pause.after(10.0, 10.001, 3)

    assert pause.left(10.001) == pytest.approx(0.003)


@given(TIMES, TIMES, TIMES, st.integers(0, 1_000))
def test_no_clock_makes_anybody_wait_long(began: float, ended: float, now: float, records: int) -> None:
    pause = Pause()
    pause.after(began, ended, records)

    assert 0.0 <= pause.left(now) <= MOST_S


def test_a_commit_gives_way_step_by_step_and_in_the_end_goes() -> None:
    pause = Pause()
    pause.after(9.0, 9.0)
    now, steps = 10.0, 0
    while pause.give_way(now):
        assert pause.left(now) == pytest.approx(STEP_S)
        now, steps = now + STEP_S, steps + 1

    assert steps == pytest.approx(GIVES_WAY_S / STEP_S, abs=1)
    pause.after(now, now)
    assert pause.give_way(now), "the next commit gives way anew"


@given(st.lists(TIMES, min_size=1, max_size=50))
def test_no_clock_makes_it_give_way_for_ever(times: list[float]) -> None:
    pause = Pause()
    for now in times:
        pause.give_way(now)
    last = times[-1]

    assert not pause.give_way(last + GIVES_WAY_S)
