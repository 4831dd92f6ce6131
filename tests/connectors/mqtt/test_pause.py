"""Between two commits of ingest others find the store free."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.pause import MOST_S, Pause

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
