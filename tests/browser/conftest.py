"""One demo for the whole run; for each test a context of the run's Chromium, fresh or as good as fresh."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from store.opening import open_database
from tests.auth.reading import at_door
from tests.browser.device import DEVICE, DOOR, Device, device
from tests.browser.keeping import Keeping
from tests.browser.looking import complaints, styled
from tests.commands.stack import Stack, running_demo
from tests.waiting import until

Scheme = Literal["dark", "light"]
READY: Final = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"

# Of whose doors tests must know all that happens: the demo's own people would stand in them, and its own
# trouble would take a device away in the middle of a test, or start it anew.
STILL: Final = (DEVICE, "ber-cellar", "nyc-intercom", "nyc-dock", "nyc-floors")

# A loaded machine draws late; what must be quick is timed where it matters.
expect.set_options(timeout=10_000)


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Give the function that makes a context in which no script may fail and no policy may be broken."""
    made: list[tuple[BrowserContext, list[str]]] = []

    def make(scheme: Scheme = "light", width: int = 1280, height: int = 800) -> BrowserContext:
        size = {"width": width, "height": height}
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            timezone_id="Europe/Berlin",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        made.append((context, complaints(context)))
        return context

    yield make
    for context, _ in made:
        context.close()
    assert [line for _, found in made for line in found] == []


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """Give one that nobody had before: scripts, routes and a clock that a test puts into it stay there."""
    return new_context()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_demo(tmp_path_factory.mktemp("demo"), *STILL) as stack:
        # Nobody comes there but in tests, and the first of them may look for what has happened.
        with device(stack.folder) as first, closing(open_database(stack.folder)) as db:
            first.events("door.closed", "door.locked")
            until(lambda: len(at_door(db, DOOR)) >= 2)
        yield stack


@pytest.fixture
def lock(demo: Stack) -> Iterator[Device]:
    with device(demo.folder) as connected:
        yield connected


class Visitor:
    """Somebody with a demo account, in a context."""

    def __init__(self, stack: Stack, context: BrowserContext, username: str) -> None:
        """Take the password from the file that the demo wrote."""
        logins = json.loads((stack.folder / "demo-accounts.json").read_text(encoding="utf-8"))
        self.password = next(one["password"] for one in logins if one["username"] == username)
        self.username = username
        self.origin = stack.origin
        self.context = context

    def fill_in(self, page: Page) -> None:
        """Sign in on the page that asks for it."""
        page.fill("#username", self.username)
        page.fill("#password", self.password)
        page.get_by_role("button", name="Sign in").click()

    def enter(self) -> "Visitor":
        """Sign in without a page."""
        form = {"username": self.username, "password": self.password, "next": "/me"}
        answer = self.context.request.post(
            f"{self.origin}/auth/local", form=form, headers={"Origin": self.origin}, max_redirects=0
        )
        assert answer.status == 303, answer.text()
        return self

    def open(self, path: str, ready: str = READY) -> Page:
        """Open a page and wait until it is there."""
        page = self.context.new_page()
        page.goto(f"{self.origin}{path}")
        page.wait_for_selector(ready)
        styled(page)
        return page

    def wall(self) -> Page:
        """Open the wall and wait until it is live."""
        return self.open("/live", ".wall[data-link=live] .tile")


@pytest.fixture
def visitor(demo: Stack, keeping: Keeping) -> Iterator[Callable[[str], Visitor]]:
    """Give the function that brings somebody with this account, not yet signed in, to one browser."""
    with keeping.lend() as lent:
        context = lent.take()
        yield lambda username: Visitor(demo, context, username)
