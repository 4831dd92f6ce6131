"""Somebody at a desk of the harness: what they may, who rings, and what the page sounds and shows of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page

from tests.browser.wall_harness.acting import Acts
from tests.browser.wall_harness.frames import SECOND, record, records, tile
from tests.browser.wall_harness.scenes import card, estate
from tests.browser.wall_harness.server import Frame, Player, now_us, serving
from tests.waiting import until

GIVEN: Final = """window.given = {
  me: "me",
  may: Object.fromEntries(["berlin", "newyork", "singapore"].map((site) => [site, ["unlock", "call"]])),
  presets: { newyork: ["Visitor", "Delivery"] },
  preferences: { favourites: ["d0", "d7", "d2"] },
};
class Sounded extends AudioContext {
  constructor() {
    super();
    window.sounded = [];
  }
}
window.AudioContext = Sounded;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) {
  window.sounded.push(this.frequency.value);
  start.call(this, at);
};
window.noted = [];
window.Notification = class {
  static permission = "granted";
  constructor(title) {
    window.noted.push(title);
  }
  close() {}
};"""
LIVE: Final = ".desk[data-link=live]"
SAMUEL: Final[Frame] = {"by": "x", "name": "Samuel Ortiz", "since": 1, "mine": False}
MINE: Final[Frame] = {"by": "me", "name": "Ada", "since": 1, "mine": False}


def ring(door: int, *, age: int = 5, **values: object) -> Frame:
    """Make a call that rings at a door."""
    at = now_us() - age * SECOND
    base: Frame = {"call": f"c{door}", "device": f"dev{door}", "door": f"d{door}", "site": tile(door)["site"]}
    base |= {"state": "ringing", "started": at, "changed": at, "heard": at, "rings": age < 30}
    return {**base, "claimed": None, "declined": [], **values}


def playing(acts: Acts, calls: Sequence[Frame] = ()) -> Player:
    player = estate(calls=calls)
    player.more = acts.routes()
    player.cards = {f"d{n}": card(n, [record(60 - i, door=f"d{n}") for i in range(7)]) for n in range(30)}
    return player


@contextmanager
def desk(context: BrowserContext, player: Player, scheme: str = "light") -> Iterator[Page]:
    context.add_init_script(GIVEN)
    with serving(player) as address:
        page = context.new_page()
        page.goto(f"{address}/?{urlencode({'scheme': scheme, 'drawn': 'desk'})}")
        page.wait_for_selector(LIVE)
        yield page
        page.close()


def change(player: Player, *calls: Frame, kind: str = "call.ringing") -> None:
    """Send calls in the frame of a record."""
    number = max(player.head, 100) + 1
    player.send(records([record(number, kind, door=calls[-1]["door"])], calls=list(calls)))


def a_ring_later(page: Page) -> None:
    """Wait until whatever rings must have been heard again."""
    began = page.evaluate("performance.now()")
    until(lambda: page.evaluate("performance.now()") > began + 4_500, seconds=20)


def names(page: Page) -> list[str]:
    return page.locator(".calls .call-name").all_text_contents()
