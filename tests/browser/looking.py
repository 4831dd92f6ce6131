"""Helpers for looking at a page: accessibility findings, pictures, and what the browser complained about."""

import json
import os
import re
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Playwright

HERE: Final = Path(__file__).parent
OUTPUT: Final = HERE.parent / "output"
SHELL: Final = Path("/usr/lib/chromium/chromium-headless-shell")
CHROMIUM: Final = os.environ.get("GATEHOUSE_CHROMIUM", str(SHELL) if SHELL.exists() else "/usr/bin/chromium")
# `make look` sets it: pictures are for people, and a test that only measures goes faster without.
PICTURES: Final = bool(os.environ.get("GATEHOUSE_PICTURES"))
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
)
_AXE_TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_HEAVY: Final = frozenset({"serious", "critical"})
# Whether every style sheet that a page has asked for is there, in whichever shadow: what is visible without
# its sheet has neither the sizes nor the colours that people see.
_STYLED: Final = """() => {
  const roots = [document];
  for (const root of roots)
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
  const links = roots.flatMap((root) => [...root.querySelectorAll("link[rel~=stylesheet]")]);
  return document.readyState !== "loading" && links.every((one) => one.disabled || one.sheet !== null);
}"""
# What the page does of itself when its size or its medium has changed, it does with the screen's next frame.
_TWO_FRAMES: Final = """() =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"""
# Notes when an attribute first has a value, by the clock that all processes of a machine have.
_TURNING: Final = """(one, [name, value]) => {
  const look = new MutationObserver(() => {
    if (one.getAttribute(name) !== value) return;
    look.disconnect();
    window.turnedAt = Date.now() / 1000;
  });
  look.observe(one, { attributeFilter: [name] });
}"""


def launch(playwright: Playwright) -> Browser:
    """Start the system's Chromium without a word to the network.

    Where there is one, it is the program without windows: the same engine, which begins a context faster.
    """
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))


def complaints(context: BrowserContext) -> list[str]:
    """Collect what scripts of every page of a context throw, and what its policy blocks."""
    found: list[str] = []
    context.on("weberror", lambda error: found.append(str(error.error)))
    context.on("console", lambda line: found.append(line.text) if "Content Security" in line.text else None)
    return found


def styled(page: Page) -> None:
    """Wait until a page is drawn as people see it: with its style sheets, for the size that it has now."""
    page.wait_for_function(_STYLED)
    try:
        page.evaluate(_TWO_FRAMES)
    except Error as error:
        # It was only on its way to the page that is meant.
        if "navigation" not in str(error):
            raise
        styled(page)


def watch_turn(place: Locator, name: str, value: str) -> None:
    """Note from now on when an attribute turns to a value: a look from here would come later."""
    place.evaluate(_TURNING, [name, value])


def turned_at(page: Page) -> float:
    """Wait until what is watched has turned; gives when that was, as `time.time()` does."""
    page.wait_for_function("() => window.turnedAt")
    found: float = page.evaluate("window.turnedAt")
    return found


def serious_findings(page: Page) -> list[str]:
    """Run axe-core in the page; gives its serious and critical findings as 'rule: first element'."""
    styled(page)
    page.evaluate(f"{(HERE / 'axe.min.js').read_text(encoding='utf-8')}; undefined")
    options = json.dumps({"runOnly": {"type": "tag", "values": list(_AXE_TAGS)}})
    found = page.evaluate(f"axe.run(document, {options}).then((result) => result.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in _HEAVY]


def titled(page: str) -> re.Pattern[str]:
    """Match the title of a page, whether or not something needs a person just now."""
    return re.compile(rf"^(\(\d+\) )?Gatehouse · {re.escape(page)}$")


def picture(page: Page, name: str) -> None:
    """Keep what the page looks like as test output, where somebody wants to look."""
    if not PICTURES:
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # A loaded machine draws the largest screens for long.
    page.screenshot(path=OUTPUT / f"{name}.png", timeout=60_000)
