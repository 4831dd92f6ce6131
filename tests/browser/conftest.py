"""One Chromium for the whole run, a fresh context for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.looking import complaints, launch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Give a context in which no script may fail and no policy may be broken."""
    made = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="Europe/Berlin")
    made.set_default_timeout(10_000)
    found = complaints(made)
    yield made
    made.close()
    assert found == []
