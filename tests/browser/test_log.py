"""The log as an auditor lives in it: filters, one record beside the others, new ones, keys, sizes."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from store.opening import open_database
from store.people import save_people
from tests.browser.conftest import Visitor
from tests.browser.device import DOOR, Device
from tests.browser.log_page import Bring, cards, filled, opened, panel, rows, swiped
from tests.browser.looking import picture, serious_findings
from tests.commands.stack import Stack
from tests.waiting import until

pytestmark = pytest.mark.browser
# What this door's own device is told to refuse: nothing of the demo's life comes between.
HERE = f"/log?door={DOOR}&reason=lockout"
NO_SCROLL = "() => document.documentElement.scrollWidth <= innerWidth"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202egnp.exe"
SHOWN = HOSTILE.replace("\u202e", "⟨U+202E⟩")


# --- filters ----------------------------------------------------------------------------------------------


def test_what_is_ticked_stands_in_the_address_and_on_a_chip(visitor: Bring, lock: Device) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    lock.events("door.opened", "door.closed")
    expect(page.locator(".news")).to_be_visible(timeout=20_000)
    page.goto(page.url.partition("?")[0])
    page.get_by_role("button", name="Event").click()
    page.get_by_role("checkbox", name="Door opened").check()
    page.get_by_role("checkbox", name="Door closed").check()
    expect(page).to_have_url(re.compile(r"\?kind=door\.closed(,|%2C)door\.opened$"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Site", exact=True).click()
    page.get_by_role("checkbox", name="Singapore").check()
    expect(page).to_have_url(re.compile("site=singapore"))
    page.keyboard.press("Escape")
    told = page.locator(".book .event .kind")
    until(lambda: set(told.all_text_contents()) == {"Door opened", "Door closed"})

    page.reload()
    page.get_by_role("button", name="Event Door closed: take this filter away").click()
    expect(page).to_have_url(
        re.compile(r"kind=door\.opened&site=singapore$|site=singapore&kind=door\.opened$")
    )
    page.go_back()
    expect(page.get_by_role("button", name="Event Door closed: take this filter away")).to_be_visible()
    page.get_by_role("button", name="Clear all").click()
    expect(page).to_have_url(re.compile("/log$"))


def test_an_option_is_found_by_typing_and_taken_by_the_keyboard_alone(visitor: Bring) -> None:
    page = opened(visitor)
    page.get_by_role("button", name="Door", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Find in Door")).to_be_focused()
    page.keyboard.type("labor")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(f"door={DOOR}$"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Door: Laboratory")).to_be_focused()


def test_a_time_between_is_meant_by_the_clock_of_the_one_site_that_is_shown(visitor: Bring) -> None:
    page = opened(visitor, "/log?site=singapore")
    page.get_by_role("button", name="Time").click()
    expect(page.get_by_text("On the clock of Singapore (Asia/Singapore).")).to_be_visible()
    page.get_by_label("From").fill("2026-03-01T08:00")
    page.get_by_label("Up to").fill("2026-03-01T07:00")
    page.get_by_role("button", name="Show this time").click()
    expect(page.get_by_text("The end is not after the beginning.")).to_be_visible()
    page.get_by_label("Up to").fill("2026-03-01T09:30")
    page.get_by_role("button", name="Show this time").click()

    expect(page.get_by_text("Nothing is recorded that fits")).to_be_visible()
    expect(page).to_have_url(re.compile(r"from=2026-03-01T00(:|%3A)00(:|%3A)00Z"))
    page.get_by_role("link", name="The same at any time").click()
    expect(rows(page).first).to_be_visible()


def test_a_person_is_found_by_name_and_shown_alone(visitor: Bring) -> None:
    page = opened(visitor, "/log?outcome=granted", having=".who .only")
    name = page.locator(".book .who .only").first.inner_text()
    page.get_by_role("combobox", name="Person").fill(name[:6])
    page.get_by_role("option", name=name).first.click()

    expect(page).to_have_url(re.compile("person="))
    expect(page.get_by_role("button", name=f"Person {name}: take this filter away")).to_be_visible()
    # The address says it before the table is drawn anew.
    expect(page.locator(".book .who .only", has_not_text=name)).to_have_count(0)
    expect(page.locator(".book .who .only", has_text=name)).not_to_have_count(0)


def test_a_name_in_a_row_shows_only_what_belongs_to_it(visitor: Bring) -> None:
    page = opened(visitor, "/log?kind=door.opened", having=".where .only")
    name = page.locator(".book .where .only").first.inner_text()
    page.locator(".book .where .only").first.click()

    expect(page.get_by_role("button", name=f"Door {name}: take this filter away")).to_be_visible()
    # The chip says it before the table is drawn anew.
    until(lambda: set(page.locator(".book .where > .only").all_text_contents()) == {name})


def test_what_happened_opens_its_record_when_it_is_pressed(visitor: Bring) -> None:
    page = opened(visitor, "/log?kind=door.opened")
    rows(page).first.locator(".kind").click()
    expect(panel(page).get_by_role("heading", name="Door opened")).to_be_visible()
    expect(page).to_have_url(re.compile(r"kind=door\.opened&record=\d+$"))


# --- one record -------------------------------------------------------------------------------------------


def test_a_record_opens_beside_the_table_with_both_clocks_and_what_belongs_to_it(
    visitor: Bring, lock: Device
) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    for kind in ("call.ringing", "call.answered"):
        lock.event(kind, call="7f3")
    lock.events("door.unlocked", "door.opened", "door.closed")
    expect(page.locator(".news")).to_contain_text(re.compile(r"([5-9]|\d\d) new"), timeout=20_000)
    page.goto(page.url.replace("?", "?kind=call.answered&"))
    rows(page).first.locator(".open").click()

    for words in ("At Singapore", "For you", "Device's clock", "Our clock", "Difference"):
        expect(panel(page).get_by_text(words, exact=True)).to_be_visible()
    expect(panel(page).locator(".term", has_text="At Singapore")).to_contain_text("+08:00")
    expect(page).to_have_url(re.compile(r"record=\d+"))
    steps = panel(page).locator(".step-words")
    until(lambda: len(steps.all_text_contents()) == 5)
    assert [text.removesuffix(" · this record") for text in steps.all_text_contents()] == [
        "Call ringing",
        "Call answered",
        "Door unlocked",
        "Door opened",
        "Door closed",
    ]
    # What nobody hangs up would be a call that other tests see.
    lock.event("call.ended", call="7f3")

    panel(page).get_by_role("link", name="Door opened").click()
    expect(panel(page).get_by_role("heading", name="Door opened")).to_be_visible()
    expect(panel(page).locator("[aria-current=true]")).to_contain_text("Door opened")


def test_rows_are_walked_opened_and_closed_by_the_keyboard_alone(visitor: Bring, lock: Device) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    page.goto(page.url + "&reason=lockout")
    swiped(lock, page, "1101", "1102", "1103")
    first, second = (rows(page).nth(at).get_attribute("data-id") for at in (0, 1))
    page.locator("body").press("j")
    expect(rows(page).nth(0).locator(".open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"record={second}"))
    expect(panel(page)).to_have_attribute("aria-label", re.compile(r"Record [\d,.]+"))
    expect(rows(page).nth(1).locator(".open")).to_be_focused()
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(f"record={first}"))
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page).not_to_have_url(re.compile("record="))
    expect(rows(page).nth(0).locator(".open")).to_be_focused()
    page.keyboard.press("Tab")
    expect(rows(page).nth(0).locator(".where .only")).to_be_focused()


def test_a_record_is_copied_as_json(visitor: Bring) -> None:
    page = opened(visitor, "/log?outcome=granted", having=".who .only")
    allowed = ["clipboard-read", "clipboard-write"]
    page.context.grant_permissions(allowed, origin=visitor("auditor").origin)
    row = rows(page).filter(has=page.locator(".who .only")).first
    row.locator(".open").click()
    panel(page).get_by_role("button", name="Copy as JSON").click()
    expect(panel(page).get_by_role("button", name="Copied")).to_be_visible()

    record = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert record["id"] == int(str(row.get_attribute("data-id")))
    assert record["sealed"]["kind"] == record["kind"] == "access.granted"
    # Somebody at a door may have a number and no name that is known.
    who = record["person"]
    assert who["number"]
    assert (who["name"] or who["number"]) in (row.locator(".who").text_content() or "")


def test_a_record_of_another_site_is_as_absent_as_none(
    visitor: Bring, new_context: Callable[..., BrowserContext], demo: Stack
) -> None:
    foreign = rows(opened(visitor, "/log?site=singapore")).first.get_attribute("data-id")
    other = Visitor(demo, new_context(), "supervisor").enter()
    told = []
    for number in (foreign, "999999999"):
        page = other.open(f"/log?record={number}")
        expect(panel(page).get_by_role("heading")).to_have_text("There is no such record")
        told.append(panel(page).inner_text())

    assert told[0] == told[1]


def test_words_of_people_stay_words(visitor: Bring, demo: Stack) -> None:
    page = opened(visitor, "/log?outcome=granted", having=".who .only + .soft:not(.card)")
    named = page.locator(".book .who:has(.only + .soft:not(.card))").first
    number, name = (named.locator(one).inner_text().strip() for one in (".soft:not(.card)", ".only"))
    db = open_database(demo.folder)
    try:
        save_people(db, {number: HOSTILE})
        page.goto(f"{page.url}&person={number}")
        expect(page.locator(".book .who .only").first).to_have_text(SHOWN)
        rows(page).first.locator(".open").click()
        expect(panel(page).locator(".term", has_text="Person")).to_contain_text(SHOWN)
        expect(page).not_to_have_title("owned")
        assert page.locator("img[src=x]").count() == 0
    finally:
        save_people(db, {number: name})
        db.close()


# --- what is new ------------------------------------------------------------------------------------------


def test_new_records_are_announced_and_nothing_moves_until_they_are_asked_for(
    visitor: Bring, lock: Device
) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    page.goto(page.url + "&reason=lockout")
    swiped(lock, page, "2201")
    before = rows(page).evaluate_all("rows => rows.map((row) => row.dataset.id)")
    lock.swipe("2202")
    lock.swipe("2203")
    expect(page.get_by_role("button", name="2 new records")).to_be_visible(timeout=20_000)
    rows(page).first.locator(".open").click()
    expect(panel(page)).to_be_visible()
    assert rows(page).evaluate_all("rows => rows.map((row) => row.dataset.id)") == before

    page.keyboard.press("r")
    expect(page.locator(".book .new")).to_have_count(2)
    expect(page.locator(".news")).to_be_hidden()
    assert cards(page)[:3] == ["2203", "2202", "2201"]


class Slow:
    """A line to the server whose answers can be held back for a while."""

    def __init__(self, page: Page) -> None:
        """Stand between this page and its server."""
        self.asked = 0
        self._held: list[str | bytes] | None = None
        page.route_web_socket(re.compile("/_stcore/stream"), self._stand_between)

    def _stand_between(self, page: WebSocketRoute) -> None:
        self._page, server = page, page.connect_to_server()
        server.on_message(self._answer)
        page.on_message(lambda question: self._ask(server, question))

    def _ask(self, server: WebSocketRoute, question: str | bytes) -> None:
        self.asked += 1
        server.send(question)

    def _answer(self, answer: str | bytes) -> None:
        if self._held is None:
            self._page.send(answer)
        else:
            self._held.append(answer)

    def hold(self) -> None:
        """Let nothing through from now on."""
        self._held = []

    @property
    def answered(self) -> bool:
        """Whether a whole run of the page is among what is held."""
        frames = [one for one in self._held or () if isinstance(one, bytes)]
        return any(ForwardMsg.FromString(one).HasField("script_finished") for one in frames)

    def release(self) -> None:
        """Let through what was held, and all that comes."""
        held, self._held = self._held or [], None
        for answer in held:
            self._page.send(answer)


def slowly(visitor: Bring, lock: Device, card: str) -> tuple[Page, Slow]:
    """Open the log of the test's door over a line that can be held, with a refused card on top."""
    reader = visitor("auditor").enter()
    page = reader.context.new_page()
    line = Slow(page)
    page.goto(f"{reader.origin}{HERE}")
    swiped(lock, page, card)
    return page, line


def test_a_page_whose_answers_come_late_stays_alive(visitor: Bring, lock: Device) -> None:
    page, line = slowly(visitor, lock, "3301")
    # Some runs that say something else lie between two that say the same: that nothing is new.
    for count, words in enumerate(("1 new record", "2 new records"), 2):
        lock.swipe(f"330{count}")
        expect(page.get_by_role("button", name=words)).to_be_visible(timeout=20_000)
    asked = line.asked
    line.hold()
    rows(page).first.locator(".open").click()
    until(lambda: page.evaluate("true") and line.answered)
    page.keyboard.press("r")
    until(lambda: page.evaluate("true") and line.asked >= asked + 2)
    line.release()

    expect(page.locator(".book .new")).to_have_count(2)
    expect(page.locator(".news")).to_be_hidden()
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-connection-state", "CONNECTED")


def test_a_record_opened_just_before_new_ones_are_asked_for_stays_open(visitor: Bring, lock: Device) -> None:
    page, line = slowly(visitor, lock, "4401")
    lock.swipe("4402")
    expect(page.locator(".news")).to_be_visible(timeout=20_000)
    asked = line.asked
    line.hold()
    rows(page).first.locator(".open").click()
    page.keyboard.press("r")
    until(lambda: page.evaluate("true") and line.asked >= asked + 2)
    line.release()

    expect(page.locator(".book .new")).to_have_count(1)
    expect(panel(page).get_by_role("heading", name="What", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"record=\d+$"))


# --- looks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_axe(new_context: Callable[..., BrowserContext], demo: Stack, scheme: str) -> None:
    page = Visitor(demo, new_context(scheme), "auditor").enter().open("/log?outcome=granted&when=7d")
    until(lambda: filled(page), seconds=60)
    rows(page).first.locator(".open").click()
    expect(panel(page).get_by_role("heading", name="What", exact=True)).to_be_visible()
    page.emulate_media(reduced_motion="reduce")
    assert serious_findings(page) == []

    for control in ("Time", "Door"):
        page.get_by_role("button", name=control).first.click()
        assert serious_findings(page) == []
        page.keyboard.press("Escape")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400), (1280, 800), (1920, 1080)])
def test_every_size_shows_the_table_and_a_record_without_sideways_scrolling(
    new_context: Callable[..., BrowserContext], demo: Stack, scheme: str, width: int, height: int
) -> None:
    page = Visitor(demo, new_context(scheme, width, height), "auditor").enter().open("/log?when=24h")
    # The second is opened.
    until(lambda: filled(page, "nth=1 >> .open"), seconds=60)
    expect(rows(page).first).to_be_visible()
    page.wait_for_function(NO_SCROLL)
    picture(page, f"log-{scheme}-{width}")
    rows(page).nth(1).locator(".open").click()
    expect(panel(page).get_by_role("heading", name="What", exact=True)).to_be_attached()
    page.wait_for_function(NO_SCROLL)
    picture(page, f"log-record-{scheme}-{width}")
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_be_hidden()
    expect(rows(page).nth(1).locator(".open")).to_be_focused()
