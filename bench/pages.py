"""(i) How long until a page is drawn, beside an empty page of Streamlit on the same machine in the same run.

The log holds two months of the demo's past, so that every page has something to show. Each round opens an
empty page at an address of its own, as all of ours have (`EMPTY`), one at the root of its server (`AT_ROOT`,
which Streamlit finds without looking twice), and then every page of ours, each in a tab of its own with the
browser's cache warm.
"""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Final

from playwright.sync_api import BrowserContext, sync_playwright

from bench.path import CHROMIUM
from bench.stand.processes import Process, python, start
from bench.stand.stand import POLICY, Stand, wait_for
from commands.history import write
from connectors.simulator.estate import DEMO_ESTATE, DEMO_POLICY, PEOPLE
from core.times import DAY_US
from store.estate import import_estate, parse_estate
from store.opening import open_database
from store.people import save_people
from store.policies import apply_policy
from tests.ports import free_port

ROUNDS: Final = 9
DAYS: Final = 60
EMPTY: Final = "empty"
AT_ROOT: Final = ""
_PATIENCE_MS: Final = 60_000
_READY: Final = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
# What stands on a page when it is drawn to its end.
PAGES: Final[Mapping[str, str]] = {
    EMPTY: "[data-testid=stText]",
    AT_ROOT: "[data-testid=stText]",
    "desk": ".desk[data-link=live] .actions",
    "live": ".wall[data-link=live] .tile",
    "log": ".book tbody tr",
    "analytics": ".st-key-chart-calls .point",
    "devices": ".devices",
    "people": "[class*=st-key-session-person-]",
    "policy": "[data-testid=stCode]",
    "health": "[class*=st-key-part-]",
    "me": "[class*=st-key-session-]",
}
OURS: Final = tuple(path for path in PAGES if path not in {EMPTY, AT_ROOT})
# Looked for in the page at each of its frames, whatever shadow it lies in: to ask from outside takes up to
# half a second. Gives when it was there, in ms since the page was asked for.
_DRAWN: Final = """([ready, sign]) => {
  const within = (root) =>
    root.querySelector(sign) ||
    [...root.querySelectorAll("*")].some((one) => one.shadowRoot && within(one.shadowRoot));
  return document.querySelector(ready) && within(document) && performance.now();
}"""
_EMPTY_PAGES: Final = """import streamlit as st

def nothing():
    st.text("Nothing here")

pages = [st.Page(nothing, default=True), st.Page(nothing, title="Empty", url_path="empty")]
st.navigation(pages, position="top").run()
"""


@dataclass(kw_only=True)
class Drawn:
    """How long each page took (ms), by its path, in the order of the rounds."""

    times: dict[str, list[float]] = field(default_factory=dict)

    def median(self, path: str) -> float:
        """Give the median of a page."""
        return median(self.times[path])

    def ratio(self, path: str, peer: str = EMPTY) -> float:
        """Give the median of a page's time in those of an empty page, round by round."""
        pairs = zip(self.times[path], self.times[peer], strict=True)
        return median(ours / empty for ours, empty in pairs)


def run(rounds: int = ROUNDS) -> Drawn:
    """Open every page so often."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder / "data")
        with Stand(folder / "data", parse_estate(DEMO_ESTATE)) as stand, _empty(folder) as empty:
            stand.start_web()
            with _browser(folder / "profile", stand) as context:
                ours = f"http://localhost:{stand.web_port}"
                addresses = {path: f"{empty if path not in OURS else ours}/{path}" for path in PAGES}
                return _rounds(context, addresses, rounds)


def _fill(folder: Path) -> None:
    """Write the past into a new store; somebody may see all of it."""
    end = time.time_ns() // 1_000
    begin = end - DAYS * DAY_US
    db = open_database(folder)
    import_estate(db, parse_estate(DEMO_ESTATE), begin, "bench")
    apply_policy(db, f"{DEMO_POLICY}\n{POLICY}", begin, "bench")
    save_people(db, PEOPLE)
    write(db, begin, end, str)
    db.close()


@contextmanager
def _empty(folder: Path) -> Iterator[str]:
    """Serve an empty page by Streamlit alone, with the configuration that ours has; gives its address."""
    page, port = folder / "empty.py", free_port()
    page.write_text(_EMPTY_PAGES, encoding="utf-8")
    command = python("-m", "streamlit", "run", str(page), "--server.port", str(port))
    process = start(command, folder / "empty.out")
    try:
        wait_for("the empty page is served", lambda: _serves(process, port), _PATIENCE_MS / 1_000)
        yield f"http://localhost:{port}"
    finally:
        process.stop()


@contextmanager
def _browser(profile: Path, stand: Stand) -> Iterator[BrowserContext]:
    """Open a browser that is signed in, with a profile on disk as people have: it keeps compiled scripts."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        address = f"http://localhost:{stand.web_port}"
        context.add_cookies([{"name": "gatehouse", "value": stand.sign_in(), "url": address}])
        yield context
        context.close()


def _serves(process: Process, port: int) -> bool:
    assert process.alive(), process.said()
    connection = HTTPConnection("localhost", port, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _rounds(context: BrowserContext, addresses: Mapping[str, str], rounds: int) -> Drawn:
    found = Drawn(times={path: [] for path in addresses})
    # The first round fills the browser's cache.
    for number in range(rounds + 1):
        for path, address in addresses.items():
            took = _open(context, address, PAGES[path])
            if number:
                found.times[path].append(took)
    return found


def _open(context: BrowserContext, address: str, sign: str) -> float:
    """Give how long it takes from asking for a page until it is drawn to its end (ms)."""
    page = context.new_page()
    page.goto(address)
    took = page.wait_for_function(_DRAWN, arg=[_READY, sign], timeout=_PATIENCE_MS).json_value()
    page.close()
    return float(took)


def main() -> None:
    """Print the figures."""
    found = run()
    for path in PAGES:
        ratios = f"{found.ratio(path):.2f} times the empty page, {found.ratio(path, AT_ROOT):.2f} at the root"
        print(f"/{path}: {found.median(path):,.0f} ms, {ratios}")


if __name__ == "__main__":
    main()
