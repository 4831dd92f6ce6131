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


@given(TIMES, TIMES, TIMES)
def test_no_clock_makes_anybody_wait_long(began: float, ended: float, now: float) -> None:
    pause = Pause()
    pause.after(began, ended)

    assert 0.0 <= pause.left(now) <= MOST_S
