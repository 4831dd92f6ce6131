"""The page of the log in a browser: its rows, the record beside them, and cards that a door has refused."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import READY, Visitor
from tests.browser.device import Device
from tests.waiting import until

Bring = Callable[[str], Visitor]


def rows(page: Page) -> Locator:
    return page.locator(".book tbody tr")


def filled(page: Page, having: str = ".open") -> bool:
    """Whether a demo that has just begun has such records here by now; where not, look again."""
    page.wait_for_selector(".book tbody tr, .empty")
    if rows(page).locator(having).count() > 0:
        return True
    page.reload()
    return False


def panel(page: Page) -> Locator:
    return page.locator("dialog.panel")


def cards(page: Page) -> list[str]:
    return [text.strip()[-4:] for text in page.locator(".book .card").all_text_contents()]


def opened(visitor: Bring, path: str = "/log", who: str = "auditor", having: str = ".open") -> Page:
    page = visitor(who).enter().open(path)
    until(lambda: filled(page, having), seconds=60)
    expect(rows(page).first).to_be_visible()
    page.wait_for_selector(READY)
    return page


def swiped(lock: Device, page: Page, *cards_: str) -> None:
    """Let these cards be refused, and wait until the page shows them."""
    for card in cards_:
        lock.swipe(card)

    def all_there() -> bool:
        page.reload()
        page.wait_for_selector(".book tbody tr, .empty")
        # What is drawn while the page still runs is drawn once more, and the focus with it.
        page.wait_for_selector(READY)
        return set(cards_) <= set(cards(page))

    until(all_there, seconds=40)
