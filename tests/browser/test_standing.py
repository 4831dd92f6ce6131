"""A component that stands is kept as long as its place is, whatever Streamlit cleans up after meanwhile."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pages.parts import COMPONENTS

pytestmark = pytest.mark.browser
ORIGIN = "http://standing.test"
MOUNT = """async () => {
  const { standing } = await import("/standing.js");
  window.told = [];
  class View {
    constructor(parent) {
      told.push("built");
      this.root = document.createElement("p");
      parent.append(this.root);
    }
    update(data) { told.push(data); }
    stop() { told.push("stopped"); this.root.remove(); }
  }
  const call = standing((parent) => new View(parent));
  window.host = document.createElement("div");
  document.body.append(host);
  const parentElement = host.attachShadow({ mode: "open" });
  window.run = (data) => call({ parentElement, data });
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page on which `run` does what Streamlit does at each run, and `told` is what came of it."""
    context = browser.new_context()
    script = (COMPONENTS / "shared" / "standing.js").read_text(encoding="utf-8")
    context.route(f"{ORIGIN}/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    context.route(
        f"{ORIGIN}/standing.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
    )
    opened = context.new_page()
    opened.clock.install()
    opened.goto(f"{ORIGIN}/")
    opened.evaluate(MOUNT)
    yield opened
    context.close()


@pytest.mark.parametrize("overtaken", ["run(1)(); run(2)", "const first = run(1); run(2); first()"])
def test_a_run_that_another_overtakes_takes_nothing_away(page: Page, overtaken: str) -> None:
    page.evaluate(f"() => {{ {overtaken}; }}")
    page.clock.run_for(5_000)

    assert page.evaluate("told") == ["built", 1, 2]


@pytest.mark.parametrize("gone", ["host.remove(); end()", "end(); host.remove()"])
def test_what_stood_there_stops_once_with_its_place(page: Page, gone: str) -> None:
    page.evaluate(f"() => {{ run(1); const end = run(2); {gone}; }}")
    page.clock.run_for(5_000)

    assert page.evaluate("told") == ["built", 1, 2, "stopped"]


def test_what_comes_to_the_place_again_is_built_anew(page: Page) -> None:
    page.evaluate("() => { const end = run(1); host.remove(); end(); document.body.append(host); run(2); }")
    page.clock.run_for(5_000)

    assert page.evaluate("told") == ["built", 1, "stopped", "built", 2]
