"""A part of a shift as each role lives it, from the sign-in to the sign-out, on the running demo.

Each walk also tries what a curious colleague would: the address of another site.
"""

import re
from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import READY, Visitor
from tests.browser.device import DOOR, Device
from tests.browser.looking import picture, titled

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
Bring = Callable[[str], Visitor]
WALL: Final = ".wall[data-link=live] .tile"
ROWS: Final = ".book tbody tr"
FOREIGN: Final = ("New York", "Singapore")


def enter(visitor: Visitor, path: str = "/") -> Page:
    """Sign in as a person does, by keyboard alone."""
    page = visitor.context.new_page()
    page.goto(f"{visitor.origin}{path}")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type(visitor.username)
    page.keyboard.press("Tab")
    page.keyboard.type(visitor.password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".bar .name")
    page.wait_for_selector(READY)
    tour = page.get_by_role("region", name="Tour")
    if tour.is_visible():
        with page.expect_response("**/me/preferences/toured"):
            tour.get_by_role("button", name="Skip the tour").press("Enter")
        expect(tour).to_be_hidden()
    return page


def leave(page: Page) -> None:
    """Sign out by keyboard alone."""
    page.get_by_role("button", name="Sign out", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def menu(page: Page) -> Locator:
    return page.get_by_role("navigation").first.get_by_role("link")


def go(page: Page, letter: str, title: str) -> None:
    """Go to a page by its two keys."""
    page.wait_for_selector(".bar .name")
    page.keyboard.type(f"g{letter}")
    expect(page).to_have_title(titled(title))
    page.wait_for_selector(READY)


def whole(page: Page) -> str:
    return page.locator("body").inner_text()


def test_a_guard_sees_an_alarm_opens_its_door_and_reads_what_led_to_it(visitor: Bring, lock: Device) -> None:
    page = enter(visitor("admin"))
    page.wait_for_selector(WALL)
    lock.event("door.forced_open")
    card = page.locator(".card[data-condition=forced]", has_text="Laboratory")
    card.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Laboratory")
    expect(panel.locator(".panel-word")).to_have_text("Forced open")
    picture(page, "walk-guard")

    way = panel.get_by_role("link", name="All records of this door")
    way.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/log\?.*door={DOOR}"))
    expect(page.locator(ROWS).filter(has_text="Door forced open").first).to_be_visible()
    lock.event("door.closed")
    lock.event("door.locked")
    leave(page)


def test_a_supervisor_of_two_sites_is_told_nothing_of_the_third(visitor: Bring, lock: Device) -> None:
    page = enter(visitor("supervisor"))
    page.wait_for_selector(WALL)
    expect(page.locator(".site-name")).to_have_text(["Berlin", "New York"])
    lock.event("door.forced_open")
    go(page, "o", "Log")
    page.wait_for_selector(ROWS)
    lock.event("door.closed")
    lock.event("door.locked")

    for path in (f"/live?door={DOOR}", "/live?site=singapore", "/log?site=singapore", f"/log?door={DOOR}"):
        page.goto(f"{visitor('supervisor').origin}{path}")
        page.wait_for_selector(READY)
        page.wait_for_selector(".bar .name")
        assert "Laboratory" not in whole(page)
        assert "Singapore" not in whole(page)


def test_a_receptionist_watches_one_site_and_reads_no_log(visitor: Bring) -> None:
    agent = visitor("agent")
    page = enter(agent)
    page.wait_for_selector(".desk[data-link=live]")
    expect(menu(page)).to_have_text(["Desk", "Live", "Devices", "Health", "Me"], use_inner_text=True)
    go(page, "l", "Live")
    page.wait_for_selector(WALL)
    expect(page.locator(".site-name")).to_have_text(["Berlin"])
    picture(page, "walk-receptionist")

    page.locator("body").press("/")
    page.keyboard.type("street entrance")
    expect(page.get_by_text('Nothing of yours is called "street entrance".').first).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(f"{agent.origin}/log?site=newyork")
    expect(page.get_by_text("Log is not open to you")).to_be_visible()
    go(page, "d", "Devices")
    expect(page.get_by_text("Intercom Spreeufer")).to_be_visible()
    assert [name for name in FOREIGN if name in whole(page)] == []
    leave(page)


def test_an_auditor_starts_in_the_log_and_follows_a_refusal(visitor: Bring, lock: Device) -> None:
    lock.swipe("7107")
    auditor = visitor("auditor")
    page = enter(auditor)
    expect(page).to_have_title(titled("Log"))
    expect(menu(page).filter(has_text="Log")).to_have_count(1)
    assert "Live" not in menu(page).all_inner_texts()
    page.goto(f"{auditor.origin}/log?door={DOOR}&outcome=denied")
    expect(page.locator(ROWS).filter(has_text="7107")).to_have_count(1, timeout=20_000)

    page.locator("body").press("j")
    page.keyboard.press("Enter")
    expect(page.locator("dialog.panel")).to_be_visible()
    for words in ("At Singapore", "Our clock", "Device's clock"):
        expect(page.locator("dialog.panel").get_by_text(words, exact=True)).to_be_visible()
    picture(page, "walk-auditor")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.panel")).to_be_hidden()
    leave(page)


def test_an_admin_finds_every_page_by_keys_and_narrows_them_to_a_site(visitor: Bring) -> None:
    page = enter(visitor("admin"), "/live?site=berlin")
    page.wait_for_selector(WALL)
    for letter, title in (("o", "Log"), ("a", "Analytics"), ("d", "Devices"), ("h", "Health"), ("m", "Me")):
        go(page, letter, title)
        expect(page).to_have_url(re.compile("site=berlin"))
    go(page, "l", "Live")
    page.wait_for_selector(WALL)
    expect(page.locator(".site-name")).to_have_text(["Berlin"])
    page.locator("body").press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    picture(page, "walk-admin")
    page.keyboard.press("Escape")
    leave(page)


def test_a_user_has_their_own_page_and_no_other(visitor: Bring) -> None:
    user = visitor("user")
    page = enter(user)
    expect(page).to_have_title(titled("Me"))
    # A menu of one page would be none.
    expect(menu(page)).to_have_count(0)
    picture(page, "walk-user")
    for path in ("live", "log", "analytics", "devices", "health"):
        page.goto(f"{user.origin}/{path}?site=berlin")
        expect(page.get_by_text("is not open to you")).to_be_visible()
        assert [name for name in FOREIGN if name in whole(page)] == []
    leave(page)
