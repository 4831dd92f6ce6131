"""Who waits for a provider holds up nobody who comes by another, nor may one place take all room there is."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Semaphore
from typing import Final

import httpx
import pytest

from auth.oidc import Oidc, Start
from tests.sso.in_process import Doorway, doorway
from tests.waiting import until

MALLORY: Final = "203.0.113.66"
ADA: Final = "198.51.100.1"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Doorway]:
    names = ("slow", "quick")
    with doorway(tmp_path / "data", providers=names, trusted_proxies=("192.0.2.0/24",)) as made:
        yield made


@contextmanager
def slow_provider(monkeypatch: pytest.MonkeyPatch, opened: Doorway) -> Iterator[Semaphore]:
    """Let the provider "slow" keep everybody waiting until the block is over; counts who waits there."""
    inside, over, usual = Semaphore(0), Event(), opened.identity.oidc.begin

    def begin(start: Start) -> str:
        if start.provider == "slow":
            inside.release()
            assert over.wait(30)
        return usual(start)

    monkeypatch.setattr(opened.identity.oidc, "begin", begin)
    try:
        yield inside
    finally:
        over.set()


def login(opened: Doorway, provider: str, address: str) -> int:
    answer: httpx.Response = opened.client.get(
        f"/auth/{provider}/login", headers={"x-forwarded-for": address}
    )
    return answer.status_code


def test_a_provider_that_is_slow_holds_up_nobody_who_comes_by_another(
    opened: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(30) as pool, slow_provider(monkeypatch, opened) as inside:
        waiting = [pool.submit(login, opened, "slow", f"198.51.100.{n}") for n in range(24)]
        for _ in range(8):
            assert inside.acquire(timeout=10)
        assert login(opened, "quick", ADA) == 303
        assert not any(one.done() for one in waiting)
    assert {one.result() for one in waiting} == {303}


def test_one_place_can_not_take_all_room_there_is(opened: Doorway, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(waiting: list[Future[int]]) -> int:
        return sum(one.result() == 503 for one in waiting if one.done())

    with ThreadPoolExecutor(100) as pool, slow_provider(monkeypatch, opened):
        flood = [pool.submit(login, opened, "slow", MALLORY) for _ in range(80)]
        until(lambda: refused(flood) == 80 - 54, seconds=20)
        mine = pool.submit(login, opened, "slow", ADA)
    assert refused(flood) == 80 - 54
    assert mine.result() == 303


def test_what_is_left_is_forgotten(opened: Doorway) -> None:
    assert isinstance(opened.identity.oidc, Oidc)
    for _ in range(120):
        assert login(opened, "quick", MALLORY) == 303
