"""Every page in both themes at every size: nothing serious by axe, no sideways scroll; kept as pictures."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from pages.catalogue import PAGES
from tests.browser.conftest import READY, Visitor
from tests.browser.looking import picture, serious_findings
from tests.commands.stack import Stack

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SIZES: Final = {390: 844, 1280: 800, 1920: 1080, 3840: 2160}
# Where axe looks: a phone and a desk differ in what is there, larger screens only in how much.
LOOKED_THROUGH: Final = (390, 1280)
# What is there when a page has been drawn; the frame around it is the same for all.
DRAWN: Final[Mapping[str, str]] = {
    "desk": ".desk[data-link=live] .actions",
    "live": ".wall[data-link=live] .tile",
    "log": ".book tbody tr",
    "audit": ".book tbody tr",
    "analytics": ".js-plotly-plot .main-svg",
    "devices": "[data-testid=stMain] h1",
    "people": "[class*=st-key-session-person-]",
    "policy": "[data-testid=stCode]:visible",
    "health": "[class*=st-key-part-]",
    "me": "[class*=st-key-session-]",
}
FRAME: Final = ".bar .name"
FITS: Final = "() => document.documentElement.scrollWidth <= innerWidth"
# Whatever moves by itself, in whichever shadow it lies.
MOVING: Final = """() => {
  const roots = [document];
  for (const root of roots)
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
  return roots
    .flatMap((root) => root.getAnimations())
    .filter((one) => one.playState === "running" && one.effect.getComputedTiming().duration > 10)
    .map((one) => `${one.animationName ?? one.transitionProperty} of ${one.effect.target?.className}`);
}"""


def drawn(someone: Visitor, path: str) -> Page:
    """Open a page and wait until all of it is there."""
    page = someone.open(f"/{path}", READY)
    page.wait_for_selector(FRAME)
    page.wait_for_selector(DRAWN[path])
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
    return page


def shown(page: Page, name: str) -> None:
    """Keep a picture once nothing lies beside the screen."""
    page.wait_for_function(FITS)
    picture(page, f"screen-{name}")


def test_every_page_is_looked_at() -> None:
    assert set(DRAWN) == {page.path for page in PAGES}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", DRAWN)
def test_a_page_fits_every_screen_and_passes_axe(
    new_context: NewContext, demo: Stack, scheme: Scheme, path: str
) -> None:
    page = drawn(Visitor(demo, new_context(scheme), "admin").enter(), path)
    found: list[str] = []
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        shown(page, f"{path}-{scheme}-{width}")
        found += serious_findings(page) if width in LOOKED_THROUGH else []
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(contrast="more", reduced_motion="reduce")
    page.wait_for_selector("html[data-gatehouse-contrast]", state="attached")
    shown(page, f"{path}-{scheme}-contrast")
    found += serious_findings(page)
    page.emulate_media(contrast="no-preference", forced_colors="active")
    shown(page, f"{path}-{scheme}-forced")

    assert found == []


@pytest.mark.parametrize("path", DRAWN)
def test_a_page_opened_small_loses_nothing_and_nothing_moves_that_was_asked_not_to(
    new_context: NewContext, demo: Stack, path: str
) -> None:
    # A browser at 200 % on a screen of 1280 lays out as on half of it.
    context = new_context("light", 640, 400)
    page = drawn(Visitor(demo, context, "admin").enter(), path)
    shown(page, f"{path}-zoomed")
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 390, "height": 844})
    shown(page, f"{path}-phone")

    assert page.evaluate(MOVING) == []


@pytest.mark.parametrize("path", ["sign-in", "sign-out"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_way_in_and_out_fits_and_passes_axe(
    new_context: NewContext, demo: Stack, path: str, width: int
) -> None:
    visitor = Visitor(demo, new_context("light", width), "user")
    if path == "sign-out":
        visitor.enter()
    page = visitor.open(f"/{path}", "form")
    page.wait_for_function(FITS)

    assert serious_findings(page) == []
    expect(page).to_have_title(re.compile("Gatehouse"))
    picture(page, f"screen-{path}-{width}")
