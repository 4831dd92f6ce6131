"""A wall that is left open: two hundred thousand records later it is as small and as quick as at first."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.wall_harness.frames import snapshot, tile
from tests.browser.wall_harness.server import HERE, Player
from tests.browser.wall_harness.visit import ids, wall
from tests.proof.claims import WHOLE, Claim, whole_or

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.timeout(600)]
DOORS: Final = 300
RECORDS: Final = whole_or(20_000, 200_000)
# As many come first as fill every list and make the engine compile what it will: what grows afterwards would
# grow for ever.
WARM_UP: Final = whole_or(4_000, 60_000)
A_SECOND: Final = 200
SECONDS: Final = whole_or(3, 60)
MOST_GROWTH: Final = 0.10
# Whatever came before the first measure counts in this one.
MOST_HEAP: Final = 4_500_000
MOST_FRAME_MS: Final = 50
ROWS: Final = 400
LOOKS: Final = 4


@dataclass(frozen=True, slots=True)
class Size:
    """What a page takes after its garbage is gone: bytes of heap, nodes of all documents, listeners."""

    heap: int
    nodes: int
    listeners: int


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.add_init_script(path=HERE / "pour.js")
    player = Player(lambda _: snapshot([tile(number) for number in range(DOORS)], []))
    with wall(context, player) as opened:
        yield opened
    context.close()


def size(page: Page) -> Size:
    """Measure the page once it has drawn what it was about to draw."""
    page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(done), 600))")
    session = page.context.new_cdp_session(page)
    with still(session):
        looks = [_look(session) for _ in range(LOOKS)]
    session.detach()
    return Size(*(min(each) for each in zip(*looks, strict=True)))


@contextmanager
def still(session: CDPSession) -> Iterator[None]:
    """Let no script of the page run meanwhile: one drawing leaves more garbage than a wall may grow by."""
    session.send("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        yield
    finally:
        session.send("Emulation.setScriptExecutionDisabled", {"value": False})


def _look(session: CDPSession) -> tuple[int, int, int]:
    session.send("HeapProfiler.collectGarbage")
    heap: dict[str, Any] = session.send("Runtime.getHeapUsage")
    counters: dict[str, Any] = session.send("Memory.getDOMCounters")
    return int(heap["usedSize"]), int(counters["nodes"]), int(counters["jsEventListeners"])


def test_a_wall_that_is_left_open_stays_small(page: Page, claims: Callable[[Claim], None]) -> None:
    page.evaluate("pour.fast", WARM_UP)
    before = size(page)
    began = time.monotonic()
    last = page.evaluate("pour.fast", RECORDS)
    seconds = time.monotonic() - began
    after = size(page)

    drawn = ids(page)
    growth = after.heap / before.heap - 1
    what = f"a wall of {DOORS} doors left open: heap {before.heap / 1e6:.1f} MB {growth:+.1%}"
    claims(
        Claim(
            claim=what,
            count=RECORDS,
            lost=int(drawn[0] != last),
            twice=len(drawn) - len(set(drawn)),
            seconds=seconds,
        )
    )
    assert growth <= MOST_GROWTH
    assert after.heap <= MOST_HEAP
    assert after.nodes <= before.nodes * (1 + MOST_GROWTH)
    assert after.listeners <= before.listeners * (1 + MOST_GROWTH)
    assert page.locator(".rows > *").count() == ROWS
    assert drawn == sorted(set(drawn), reverse=True)
    assert drawn[0] == last


def test_a_busy_wall_is_drawn_without_a_jerk(page: Page, claims: Callable[[Claim], None]) -> None:
    page.evaluate("pour.fast", WARM_UP)
    frames: list[float] = page.evaluate(f"pour.steady({A_SECOND}, {SECONDS})")
    p95 = quantiles(frames, n=20)[-1]

    what = f"{A_SECOND} records/s on {DOORS} doors: frame p95 {p95:.0f} ms, worst {max(frames):.0f} ms"
    claims(Claim(claim=what, count=A_SECOND * SECONDS, lost=0, twice=0, seconds=SECONDS))
    assert len(frames) > SECONDS
    if WHOLE:
        # Only a quiet machine can say how long a frame takes.
        assert p95 <= MOST_FRAME_MS
