"""What the web process does by itself goes on whatever it meets, and holds nothing up."""

import time
from collections.abc import Iterator
from threading import Event

import pytest

from core.errors import StoreUnavailable
from tests.waiting import until
from web.chores import Chores


@pytest.fixture
def chores() -> Iterator[Chores]:
    made = Chores(every_s=0.01)
    yield made
    made.stop()


def test_a_chore_is_done_again_whatever_one_round_meets(
    chores: Chores, caplog: pytest.LogCaptureFixture
) -> None:
    errors: list[Exception] = [StoreUnavailable("busy"), RuntimeError("a bug")]
    done = Event()

    def work(_now: int) -> None:
        if errors:
            raise errors.pop(0)
        done.set()

    chores.begin("one", work)

    assert done.wait(20)
    assert "waits for the store chore=one error=busy" in caplog.text
    assert "chore=one reference=" in caplog.text


def test_a_chore_that_hangs_holds_up_neither_another_nor_the_end(chores: Chores) -> None:
    never = Event()
    rounds: list[int] = []
    chores.begin("hangs", lambda _now: never.wait(30))
    chores.begin("other", rounds.append)
    until(lambda: len(rounds) > 3)
    began = time.monotonic()
    chores.stop()

    assert time.monotonic() - began < 3
    never.set()


def test_after_the_end_no_round_begins(chores: Chores) -> None:
    rounds: list[int] = []
    chores.begin("one", rounds.append)
    until(lambda: rounds)
    chores.stop()
    before = len(rounds)

    assert not any(thread.is_alive() for thread in chores._threads)
    assert len(rounds) == before
