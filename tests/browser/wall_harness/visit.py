"""Opens the harness page on a player's stream."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page

from tests.browser.wall_harness.frames import record, snapshot, tile
from tests.browser.wall_harness.server import Frame, Player, serving

LIVE: Final = ".wall[data-link=live]"
LOST: Final = ".wall[data-link=lost]"


@contextmanager
def wall(
    context: BrowserContext, player: Player, scheme: str = "light", query: Mapping[str, str] | None = None
) -> Iterator[Page]:
    """Open a wall in this context, with `query` in its address, and wait until it is live."""
    with serving(player) as address:
        page = context.new_page()
        page.goto(f"{address}/?{urlencode({'scheme': scheme, **(query or {})})}")
        page.wait_for_selector(LIVE)
        yield page
        page.close()


def ordinary(_: int | None = None) -> Frame:
    """Make thirty secure doors and three records."""
    return snapshot([tile(number) for number in range(30)], [record(number) for number in range(1, 4)])


def ids(page: Page) -> list[int]:
    """Give the ids of the feed's rows, from top to bottom."""
    return [
        int(one)
        for one in page.locator(".rows [data-id]").evaluate_all("(all) => all.map((x) => x.dataset.id)")
    ]


def doors(page: Page) -> list[str]:
    """Give the ids of the doors as they are drawn, in their order."""
    found: list[str] = page.locator(".tile").evaluate_all("(all) => all.map((one) => one.dataset.door)")
    return found
