"""What scripts write in the browser is what pages write on the server."""

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pages.formats import formats_of
from pages.parts import COMPONENTS

pytestmark = pytest.mark.browser
ORIGIN = "http://formats.test"
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Singapore", "Asia/Kolkata", "America/St_Johns", "UTC")
ASK = """async ({moments, numbers}) => {
  const f = await import("/formats.js");
  const times = moments.map(([us, zone]) => [f.stamp(us, zone), f.minute(us, zone), f.date(us, zone)]);
  return [f.language, times, numbers.map(([n, digits]) => [f.number(n, digits), f.percent(n, digits)])];
}"""


@pytest.fixture(params=["de-DE", "de-CH", "en-GB", "en-US", "fr-FR"])
def reader(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[str, Page]]:
    context = browser.new_context(locale=request.param)
    script = (COMPONENTS / "shared" / "formats.js").read_text(encoding="utf-8")
    context.route(f"{ORIGIN}/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    context.route(
        f"{ORIGIN}/formats.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )
    page = context.new_page()
    page.goto(f"{ORIGIN}/")
    yield request.param, page
    context.close()


def test_browser_and_server_write_the_same(reader: tuple[str, Page]) -> None:
    tag, page = reader
    drawn = random.Random(7)
    # Every month and both offsets of a year come up.
    moments = [
        (drawn.randrange(1_700_000_000, 1_900_000_000) * 10**6, drawn.choice(ZONES)) for _ in range(90)
    ]
    numbers = [(drawn.uniform(-1, 1) * 10 ** drawn.randrange(9), drawn.randrange(3)) for _ in range(40)]
    numbers += [(2.5, 0), (3.5, 0), (1000, 0), (0, 1)]
    language, times, written = page.evaluate(ASK, {"moments": moments, "numbers": numbers})
    here = formats_of(tag)

    assert language == here.tag
    assert times == [
        [here.stamp(us, zone), here.minute(us, zone), here.date(us, zone)] for us, zone in moments
    ]
    assert written == [[here.number(n, digits), here.percent(n, digits)] for n, digits in numbers]
