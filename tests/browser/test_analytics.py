"""The figures in a browser: marks and numbers lead into the log, by pointer and key, on screen and paper."""

import re
from collections.abc import Callable
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import READY, Visitor
from tests.browser.looking import picture, serious_findings
from tests.commands.stack import Stack
from tests.waiting import until

pytestmark = pytest.mark.browser
Bring = Callable[[str], Visitor]
BARS = ".st-key-chart-records .point path"
# A sheet of A4 within the margins of the stylesheet, in CSS pixels.
SHEET = 703
BLACK = """() => {
  const words = [...document.querySelectorAll(".main-svg text")];
  return words.length && words.every((one) => getComputedStyle(one).fill === "rgb(0, 0, 0)");
}"""


def drawn(page: Page) -> None:
    # What draws charts is loaded when the first of them is drawn, and is large.
    expect(page.locator(BARS).first).to_be_attached(timeout=40_000)
    expect(page.locator(".st-key-chart-devices summary")).to_be_visible()
    page.wait_for_selector(READY)


def again(page: Page) -> bool:
    """Draw the figures anew, as they do not go on by themselves; says that something was not there yet."""
    page.reload()
    drawn(page)
    return False


def figures(visitor: Visitor, query: str = "") -> Page:
    page = visitor.enter().open(f"/analytics{query}")
    drawn(page)
    return page


def press(page: Page, mark: Locator) -> None:
    """Point at a mark and press, as a hand does: over it lies what listens for the whole chart."""
    steps = cycle((0, 1))

    def pointed_at() -> bool:
        # Nothing listens in a chart that has just been drawn, and another above it may still move it.
        mark.evaluate("one => one.scrollIntoView({block: 'center'})")
        box = mark.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + next(steps))
        return page.locator(".hoverlayer .hovertext").is_visible()

    until(pointed_at)
    page.mouse.down()
    page.mouse.up()


def asked(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_bar_opens_the_log_at_its_kind_and_its_day(visitor: Bring) -> None:
    page = figures(visitor("auditor"), "?site=berlin")
    press(page, page.locator(BARS).last)

    expect(page).to_have_url(re.compile(r"/log\?"))
    page.wait_for_selector(READY)
    query = asked(page)
    assert query["site"] == "berlin"
    assert re.fullmatch(r"[a-z]+\.[a-z_,.]+", query["kind"])
    assert {"from", "to"} <= query.keys()
    expect(page).to_have_title(re.compile("Log"))

    page.go_back()
    expect(page).to_have_url(re.compile("/analytics"))
    expect(page.locator(BARS).first).to_be_attached(timeout=40_000)


def test_an_hour_of_the_week_opens_the_log_where_it_was_but_once(visitor: Bring) -> None:
    page = figures(visitor("auditor"), "?site=berlin")
    # The demo has just begun: only the hour of now is not empty.
    cells = page.locator(".st-key-chart-week .point path")
    tints: list[float] = []

    def somebody_came() -> bool:
        tints[:] = cells.evaluate_all("all => all.map((one) => Number(getComputedStyle(one).fillOpacity))")
        return max(tints, default=0) > 0 or again(page)

    until(somebody_came, seconds=60)
    press(page, cells.nth(tints.index(max(tints))))

    expect(page).to_have_url(re.compile(r"/log\?.*access\.granted"))


def ranked(page: Page) -> bool:
    """Whether somebody has come by a door of this site by now: the demo has just begun."""
    return page.locator(".st-key-chart-doors li a").count() > 0 or again(page)


def test_a_line_of_a_ranking_is_a_link_that_changes_the_page_without_loading_it_anew(visitor: Bring) -> None:
    page = figures(visitor("auditor"), "?site=berlin")
    door = page.locator(".st-key-chart-doors li a").first
    until(lambda: ranked(page), seconds=60)
    page.evaluate("window.still = true")
    door.focus()
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/log\?.*door="))
    page.wait_for_selector(READY)
    assert asked(page)["site"] == "berlin"
    assert page.evaluate("window.still") is True


def test_every_number_is_in_a_table_that_a_keyboard_opens_and_follows(visitor: Bring) -> None:
    page = figures(visitor("auditor"), "?site=berlin&when=today")
    summary = page.locator(".st-key-chart-records summary")
    summary.focus()
    page.keyboard.press("Enter")
    table = page.locator(".st-key-chart-records table")
    expect(table).to_be_visible()
    expect(table.get_by_role("rowheader")).to_have_count(24)
    assert page.locator("summary").count() >= 4

    # First the table itself, which scrolls, then its first link.
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/log\?.*from="))
    assert asked(page)["site"] == "berlin"


def test_the_days_are_chosen_by_key_and_stand_in_the_address(visitor: Bring) -> None:
    page = figures(visitor("auditor"))
    page.get_by_role("radio", name="30 days").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("when=7d"))

    page.reload()
    expect(page.get_by_role("radio", name="7 days")).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_figures_pass_axe_with_a_table_open(
    new_context: Callable[..., BrowserContext], demo: Stack, scheme: str
) -> None:
    page = figures(Visitor(demo, new_context(scheme), "admin"))
    page.locator(".st-key-chart-records summary").click()

    assert serious_findings(page) == []


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1920), ("light", 390)])
def test_no_chart_is_wider_than_a_sheet_and_paper_has_neither_ground_nor_controls(
    new_context: Callable[..., BrowserContext], demo: Stack, scheme: str, width: int
) -> None:
    page = figures(Visitor(demo, new_context(scheme, width, 900), "admin"))
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"analytics-{scheme}-{width}")
    widths = page.locator(".js-plotly-plot").evaluate_all("all => all.map((one) => one.clientWidth)")
    assert 0 < max(widths) <= SHEET

    page.emulate_media(media="print")
    expect(page.get_by_role("radio", name="30 days")).to_be_hidden()
    # Charts are drawn anew when the sheet has another width.
    page.wait_for_function(BLACK)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    picture(page, f"analytics-paper-{width}")


def test_in_high_contrast_the_notes_are_as_strong_as_all_text(visitor: Bring) -> None:
    page = figures(visitor("admin"))
    note = page.locator(".figures > p").first
    expect(note).not_to_have_css("color", "rgb(0, 0, 0)")
    page.emulate_media(contrast="more")

    expect(note).to_have_css("color", "rgb(0, 0, 0)")
