"""Estates in which something is the matter, and what the server knows of a door."""

from collections.abc import Sequence
from typing import Any, Final

from playwright.sync_api import Page

from tests.browser.wall_harness.frames import SECOND, record, snapshot, tile
from tests.browser.wall_harness.server import Frame, Player, now_us

FORCED: Final[Frame] = {"alarm": "forced", "position": "open"}
HELD: Final[Frame] = {"alarm": "held", "position": "open"}


def estate(changed: dict[int, Frame] | None = None, count: int = 30, calls: Sequence[Frame] = ()) -> Player:
    """Play an estate of secure doors, but for these; each second door is on level 1."""
    changes = changed or {}

    def first(_: int | None = None) -> Frame:
        made = [tile(one, **{"level": f"Level {one % 2}", **changes.get(one, {})}) for one in range(count)]
        return snapshot(made, [record(number) for number in range(1, 4)], calls=list(calls))

    return Player(first)


def call(door: int = 4, state: str = "ringing") -> Frame:
    """Make a call at a door that began nine seconds ago."""
    now = now_us()
    base: Frame = {"call": "c1", "device": f"dev{door}", "door": f"d{door}", "site": tile(door)["site"]}
    return {**base, "state": state, "started": now - 9 * SECOND, "changed": now}


def card(door: int, rows: Sequence[Frame] = (), **device: object) -> Frame:
    """Say what the server knows of a door."""
    base: Frame = {"id": f"dev{door}", "name": f"Controller {door}", "family": "gatehouse", "online": True}
    base |= {
        "silent": False,
        "fault": None,
        "firmware": "1.2",
        "since": 1,
        "heard": now_us(),
        "heartbeat_s": 30,
    }
    return {"now": now_us(), "device": {**base, **device}, "calls": [], "records": list(rows)}


def drawn(page: Page) -> None:
    """Wait until what has come is drawn."""
    page.evaluate("() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => done()), 250))")


def boxes(page: Page, which: str) -> dict[str, Any]:
    """Give where each door's tile stands, or whatever else is named."""
    found: dict[str, Any] = page.locator(which).evaluate_all(
        "(all) => Object.fromEntries(all.map((one, at) => [one.dataset.door ?? at, "
        "JSON.stringify(one.getBoundingClientRect())]))"
    )
    return found
