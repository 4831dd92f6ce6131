"""An act on the wall of the harness: who may what there, and how it is begun, proved and told."""

from typing import Final

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import SECOND, record, records
from tests.browser.wall_harness.scenes import card, estate
from tests.browser.wall_harness.server import Frame, Player, now_us

GIVEN: Final = """window.given = {
  me: "me",
  may: { berlin: ["unlock", "call"], newyork: ["unlock", "call", "hold", "lockdown"] },
  presets: { newyork: ["Visitor", "Delivery"] },
}"""
DOOR: Final = {"door": "d4"}


def unlocking(context: BrowserContext, acts: Acts) -> Player:
    """Play an estate to somebody who may act at the second site."""
    context.add_init_script(GIVEN)
    made = estate()
    made.more = acts.routes()
    made.cards["d4"] = card(4)
    return made


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Unlock")


def act(stage: str, **values: object) -> Frame:
    """Tell of the first act at the door, as the stream does."""
    now = now_us()
    base: Frame = {"act": "act1", "action": "unlock", "door": "d4", "site": "newyork", "stage": stage}
    lately: Frame = {"since": now - SECOND, "sent": now, "final": False, "secured_by": "lock"}
    return {**base, "by": "me", "name": "Ada", **lately, **values}


def told(player: Player, one: Frame) -> None:
    """Send an act's state in the frame of a record."""
    player.head += 1
    player.send(records([record(max(player.head, 10), "door.opened", door="d9")], acts=[one]))


def proved(page: Page) -> Locator:
    """Unlock the door that is open beside the wall, by keyboard, until the proof has been taken."""
    page.keyboard.press("u")
    page.keyboard.press("2")
    expect(page.get_by_label("One-time code")).to_be_focused()
    page.keyboard.type(RIGHT)
    page.keyboard.press("Enter")
    expect(page.locator(".act-verdict")).to_contain_text("Sent")
    return page.locator(".act-verdict")
