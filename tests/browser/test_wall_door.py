"""A door opened beside the wall: what is known of it, by mouse, by keyboard, on a phone, when it fails."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.looking import picture, serious_findings
from tests.browser.wall_harness.frames import record, records, snapshot, tile
from tests.browser.wall_harness.scenes import FORCED, call, card, drawn, estate
from tests.browser.wall_harness.server import Player, now_us
from tests.browser.wall_harness.visit import LIVE, wall

pytestmark = pytest.mark.browser


def opening(door: int = 4) -> Player:
    """Play a wall whose server knows three records of a door."""
    player = estate({0: FORCED}, calls=[call(door, "answered")])
    answered = record(
        103, "call.answered", door=f"d{door}", call="c1", name="Ada Lovelace", label="Call answered"
    )
    player.cards[f"d{door}"] = card(door, [answered, *(record(one, door=f"d{door}") for one in (102, 101))])
    return player


def test_a_door_shows_its_state_its_device_its_call_and_its_last_records(context: BrowserContext) -> None:
    with wall(context, opening()) as page:
        page.locator(".tile[data-door=d4]").click()
        panel = page.get_by_role("dialog", name="Loading bay")

        expect(panel.locator(".panel-word")).to_have_text("In call")
        expect(panel.locator(".panel-call")).to_contain_text("answered by Ada Lovelace")
        expect(panel.locator(".panel-where")).to_have_text("New York · Level 0")
        expect(panel.locator(".facts")).to_contain_text("Controller 4")
        expect(panel.locator(".facts")).to_contain_text("Online, heard")
        expect(panel.locator("[data-id]")).to_have_count(3)
        expect(page).to_have_url(re.compile("door=d4"))
        assert serious_findings(page) == []
        picture(page, "wall-door")


def test_what_happens_there_while_it_is_open_is_added_once(context: BrowserContext) -> None:
    player = opening()
    with wall(context, player, query={"door": "d4"}) as page:
        rows = page.locator(".panel-rows [data-id]")
        expect(rows).to_have_count(3)
        player.send(records([record(103, door="d4"), record(104, door="d4"), record(105, door="d5")]))

        expect(rows).to_have_count(4)
        expect(rows.first).to_have_attribute("data-id", "104")


def test_no_more_records_are_kept_than_are_shown(context: BrowserContext) -> None:
    player = opening()
    with wall(context, player, query={"door": "d4"}) as page:
        rows = page.locator(".panel-rows [data-id]")
        expect(rows).to_have_count(3)
        player.send(records([record(number, door="d4") for number in range(200, 260)]))

        expect(rows.first).to_have_attribute("data-id", "259")
        expect(rows).to_have_count(20)


def test_the_log_is_offered_only_where_it_may_be_read(context: BrowserContext) -> None:
    with wall(context, opening()) as page:
        page.locator(".tile[data-door=d0]").click()
        way = page.get_by_role("link", name="All records of this door")
        expect(way).to_have_attribute("href", "/log?site=berlin&door=d0")
        page.locator(".tile[data-door=d4]").click()
        expect(way).to_be_hidden()


def test_the_keyboard_opens_walks_on_and_closes(context: BrowserContext) -> None:
    with wall(context, opening()) as page:
        page.locator(".tile[data-door=d0]").focus()
        page.keyboard.press("Enter")
        panel = page.get_by_role("dialog", name="Main entrance")
        expect(panel).to_be_visible()
        expect(page.locator(".tile[data-door=d0]")).to_be_focused()

        page.keyboard.press("Tab")
        expect(panel.get_by_role("button", name="Pin")).to_be_focused()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.locator(".tile[data-door=d0]")).to_be_focused()
        expect(page).not_to_have_url(re.compile("door="))


def test_a_card_of_the_strip_and_a_line_of_the_feed_open_their_door(context: BrowserContext) -> None:
    with wall(context, opening()) as page:
        page.locator(".card[data-condition=forced]").click()
        expect(page.get_by_role("dialog", name="Main entrance")).to_be_visible()
        expect(page.locator(".tile[data-door=d0]")).to_be_focused()

        page.locator(".rows .row[data-of=d2]").click()
        expect(page.get_by_role("dialog", name="Main entrance")).to_be_visible()
        expect(page).to_have_url(re.compile("door=d2"))


def test_a_door_that_the_server_no_longer_shows_says_so(context: BrowserContext) -> None:
    with wall(context, estate(), query={"door": "d3"}) as page:
        expect(page.locator(".panel-note")).to_have_text("This door is not one that you may watch now.")
        expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_an_answer_that_fails_can_be_asked_for_again(context: BrowserContext) -> None:
    player = opening()
    context.route("**/live/doors/*", lambda route: route.abort())
    with wall(context, player, query={"door": "d4"}) as page:
        expect(page.locator(".panel-note")).to_have_text("Its last records could not be read.")
        context.unroute("**/live/doors/*")
        page.get_by_role("button", name="Try again").click()

        expect(page.locator(".panel-rows [data-id]")).to_have_count(3)
        expect(page.locator(".panel-note")).to_be_hidden()


def test_what_was_missed_while_away_is_read_again(context: BrowserContext) -> None:
    player = opening()
    with wall(context, player, query={"door": "d4"}) as page:
        expect(page.locator(".panel-rows [data-id]")).to_have_count(3)
        player.cards["d4"] = card(4, [record(number, door="d4") for number in range(110, 105, -1)])
        player.close(1012)

        expect(page.locator(".panel-rows [data-id]")).to_have_count(5)


def test_a_door_on_another_site_closes_when_that_is_no_longer_chosen(context: BrowserContext) -> None:
    with wall(context, opening(), query={"door": "d4"}) as page:
        expect(page.locator(".panel")).to_be_visible()
        page.evaluate("harness.again({ sites: ['berlin'] })")

        expect(page.locator(".panel")).to_be_hidden()
        page.wait_for_selector(LIVE)


def test_on_a_phone_a_door_lies_over_the_wall_and_gives_the_focus_back(context: BrowserContext) -> None:
    with wall(context, opening()) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator(".tile[data-door=d4]").click()
        panel = page.get_by_role("dialog", name="Loading bay")
        expect(panel.locator("[data-id]")).to_have_count(3)
        box = panel.bounding_box()
        assert box is not None
        assert (box["width"], box["height"]) == (390, 844)
        picture(page, "wall-door-390")

        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(page.locator(".tile[data-door=d4]")).to_be_focused()


def test_names_of_devices_and_people_are_text_and_nothing_else(context: BrowserContext) -> None:
    evil = "<img src=x onerror=alert(1)>"
    player = Player(lambda _: snapshot([tile(0, name=evil, level=evil)], [record(1, door="d0", name=evil)]))
    player.cards["d0"] = card(0, [record(2, door="d0", name=evil, reason=evil)], name=evil, fault=evil)
    with wall(context, player, query={"door": "d0"}) as page:
        expect(page.locator(".panel-rows [data-id]")).to_have_count(1)
        drawn(page)

        assert page.locator("img").count() == 0
        expect(page.locator(".panel-name")).to_have_text(evil)


def test_a_call_that_rings_says_for_how_long(context: BrowserContext) -> None:
    player = estate(calls=[{**call(4), "started": now_us() - 65_000_000}])
    with wall(context, player, query={"door": "d4"}) as page:
        expect(page.locator(".panel-call")).to_have_text("Somebody has been ringing for 1 min.")
