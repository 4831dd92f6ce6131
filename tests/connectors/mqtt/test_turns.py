"""Turns at the broker: one at a time, who opens first, nobody kept out, and nobody waits for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.mqtt.turns import GIVES_WAY_S, taken
from core.errors import LineBusy
from tests.waiting import until


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def test_who_waits_in_vain_is_told_that_others_are_sending(tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        taken(tmp_path / "turn", soon(), first=False),
        pytest.raises(LineBusy),
        taken(tmp_path / "turn", soon(0.1), first=True),
    ):
        pass

    assert time.monotonic() - began < 2


def test_an_unlock_goes_before_a_lockdown_of_many_doors_that_waits(tmp_path: Path) -> None:
    turn, order, lock = tmp_path / "turn", list[str](), threading.Lock()

    def one(what: str) -> None:
        with taken(turn, soon(), first=what == "unlock"):
            with lock:
                order.append(what)
            threading.Event().wait(0.05)

    with ThreadPoolExecutor(9) as pool:
        for _ in range(8):
            pool.submit(one, "lockdown")
        until(lambda: len(order) >= 2)
        pool.submit(one, "unlock")

    assert order.index("unlock") <= 4
    assert len(order) == 9


def test_unlocks_without_end_keep_no_lockdown_out(tmp_path: Path) -> None:
    turn, over = tmp_path / "turn", threading.Event()

    def unlocks() -> None:
        while not over.is_set():
            with taken(turn, soon(10), first=True):
                threading.Event().wait(0.005)

    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(unlocks)
        began = time.monotonic()
        try:
            with taken(turn, soon(GIVES_WAY_S + 4), first=False):
                waited = time.monotonic() - began
        finally:
            over.set()

    assert waited < GIVES_WAY_S + 4
