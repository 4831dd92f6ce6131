"""(b) and (c) The whole path: publish → broker → ingest → log → web → browser, and → a hundred screens.

The raw subscriber hears the same messages in the same run: its times are the broker's and the machine's.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from bench.figures import percentiles
from bench.load import Load, Times
from bench.screens import Address, open_screens
from bench.stand.estate import DEVICES
from bench.stand.stand import Stand, wait_for

RATE: Final = 50.0
EVENTS: Final = 600
WARM_UP: Final = 150
SCREENS: Final = 100
CHROMIUM: Final = os.environ.get("GATEHOUSE_CHROMIUM", "/usr/bin/chromium")
# Stamps each row as it comes into the page, on the clock that `time.time_ns` reads.
_HOOK: Final = """
() => {
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.matches("[data-id]")) return node.parentElement;
      const found = node.shadowRoot && walk(node.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  const list = walk(document);
  if (!list) return false;
  window.seen = [];
  new MutationObserver((changes) => {
    const now = performance.timeOrigin + performance.now();
    for (const change of changes)
      for (const node of change.addedNodes)
        if (node.dataset?.id) window.seen.push([Number(node.dataset.id), now]);
  }).observe(list, { childList: true });
  return true;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Waits in ms, from the publish: of the bare subscriber and of what was measured."""

    raw: Mapping[str, float]
    ours: Mapping[str, float]
    events: int
    lost: int
    twice: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Both watchers, and what the processes weigh after them."""

    browser: Waits
    screens: Waits
    web_mb: float
    ingest_mb: float


def alone(stand: Stand, events: int) -> Mapping[str, float]:
    """Measure the bare subscriber with nothing but a broker running."""
    times = Load(stand.account(), RATE, events, 0).run()
    return percentiles([one.heard - one.sent for one in times.values()])


def browser(stand: Stand, events: int = EVENTS) -> Waits:
    """Watch /live in headless Chromium and stamp each row as it is drawn."""
    with signed_in(stand) as page:
        page.goto(f"http://localhost:{stand.web_port}/live")
        page.locator('.wall[data-link="live"]').wait_for(timeout=20_000)
        load(stand, WARM_UP)
        page.wait_for_function(_HOOK)
        times = load(stand, events)
        page.wait_for_function(f"() => window.seen.length >= {events}", timeout=10_000)
        seen: list[tuple[int, float]] = page.evaluate("() => window.seen")
    return compare(stand, times, [(number, round(at * 1e6)) for number, at in seen])


@contextmanager
def signed_in(stand: Stand) -> Iterator[Page]:
    """Open a browser that has a session."""
    cookie = stand.sign_in()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = chromium.new_context()
        context.add_cookies(
            [{"name": "gatehouse", "value": cookie, "url": f"http://localhost:{stand.web_port}"}]
        )
        yield context.new_page()
        chromium.close()


def screens(stand: Stand, count: int = SCREENS, events: int = EVENTS) -> Waits:
    """Watch the stream by many bare websockets."""
    origin = f"http://localhost:{stand.web_port}"
    headers = {
        "Host": origin.removeprefix("http://"),
        "Origin": origin,
        "Cookie": f"gatehouse={stand.sign_in()}",
    }
    address = Address(host="127.0.0.1", port=stand.web_port, headers=headers)

    async def watch() -> tuple[dict[str, Times], list[tuple[int, int]]]:
        opened = await open_screens(address, count)
        await asyncio.to_thread(load, stand, WARM_UP)
        for one in opened:
            one.frames.clear()
        times = await asyncio.to_thread(load, stand, events)
        offset = time.time_ns() - time.monotonic_ns()
        await asyncio.sleep(0.5)
        for one in opened:
            one.close()
        return times, [(number, at + offset) for one in opened for number, at in one.arrivals()]

    times, arrived = asyncio.run(watch())
    return compare(stand, times, arrived, count)


def load(stand: Stand, events: int) -> dict[str, Times]:
    """Publish at the bench's rate and wait until all is stored."""
    before = stand.count("SELECT count(*) FROM event_key")
    # Every load goes round all devices, so that each has made as many as the others.
    times = Load(stand.account(), RATE, events, before // DEVICES).run()
    wait_for(
        "all events are stored", lambda: stand.count("SELECT count(*) FROM event_key") == before + events, 10
    )
    return times


def compare(stand: Stand, times: dict[str, Times], seen: list[tuple[int, int]], watchers: int = 1) -> Waits:
    """Hold what was seen, (record, ns UTC), against when its event was published."""
    sent = {number: times[event].sent for number, event in _records(stand).items() if event in times}
    ours = [(number, at) for number, at in seen if number in sent]
    lost = len(times) * watchers - len(ours)
    return Waits(
        raw=percentiles([one.heard - one.sent for one in times.values()]),
        ours=percentiles([at - sent[number] for number, at in ours]),
        events=len(times),
        lost=max(lost, 0),
        twice=max(-lost, 0),
    )


def _records(stand: Stand) -> dict[int, str]:
    """Give the event id of each record."""
    rows = stand.rows("SELECT id, leaf FROM leaf WHERE device IS NOT NULL")
    return {number: json.loads(leaf).get("refs", {}).get("event") for number, leaf in rows}


def run() -> Measured:
    """Start the stack and measure both."""
    with tempfile.TemporaryDirectory() as folder, Stand(Path(folder) / "data") as stand:
        stand.start_broker()
        ingest, web = stand.start_ingest(), stand.start_web()
        return Measured(
            browser=browser(stand),
            screens=screens(stand),
            web_mb=web.rss_mb(),
            ingest_mb=ingest.rss_mb(),
        )


if __name__ == "__main__":
    print(run())
