"""What people do all day, on the running demo: sign in, watch, lose the connection, sign out."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, WebSocket, expect

from store.opening import open_database
from store.sessions import SessionRow, open_sessions
from tests.browser.conftest import READY, Visitor
from tests.browser.device import DOOR, Device
from tests.browser.looking import picture, titled, turned_at, watch_turn
from tests.commands.stack import Stack
from tests.waiting import until
from web.streamlit_runtime import is_input

pytestmark = pytest.mark.browser
Bring = Callable[[str], Visitor]
# Polled and not waited for: the page's redirect and the wall's own may overtake each other.
SIGN_IN = re.compile(r"/sign-in\?")


# Elsewhere the demo's own people may have cards that end alike.
HERE = f".rows .row[data-of={DOOR}]"


def cards(page: Page) -> list[str]:
    """Give the cards that were swiped at the test's door, from top to bottom of the feed."""
    rows = page.locator(HERE, has_text="Locked out").locator(".who")
    return [text[-4:] for text in rows.all_text_contents()]


def seen(page: Page, card: str) -> None:
    expect(page.locator(HERE, has_text=card)).to_have_count(1, timeout=15_000)


# --- in ---------------------------------------------------------------------------------------------------


def test_signing_in_leads_to_ones_desk_and_from_there_to_the_wall_of_ones_own_sites(visitor: Bring) -> None:
    agent = visitor("agent")
    page = agent.context.new_page()
    page.goto(agent.origin)
    expect(page).to_have_title("Sign in · Gatehouse")
    agent.fill_in(page)

    page.wait_for_selector(".desk[data-link=live]")
    expect(page).to_have_title(titled("Desk"))
    page.get_by_role("link", name="Live", exact=True).click()
    page.wait_for_selector(".wall[data-link=live] .tile")
    expect(page).to_have_title(titled("Live"))
    expect(page.locator(".site-name")).to_have_text(["Berlin"])
    expect(page.locator(".who .roles")).to_have_text("Agent: Berlin")


def test_a_deep_link_leads_back_after_signing_in(visitor: Bring) -> None:
    auditor = visitor("auditor")
    page = auditor.context.new_page()
    page.goto(f"{auditor.origin}/log?site=berlin")
    page.wait_for_url("**/sign-in?**")
    auditor.fill_in(page)

    page.wait_for_url("**/log?site=berlin")
    expect(page.get_by_role("button", name="Site Berlin: take this filter away")).to_be_visible()


def test_a_page_that_a_role_may_not_open_says_so(visitor: Bring) -> None:
    page = visitor("user").enter().open("/log")

    expect(page.get_by_text("Log is not open to you")).to_be_visible()
    expect(page.get_by_text("newest first")).to_have_count(0)
    page.get_by_role("link", name="Go to Me").click()
    expect(page).to_have_title(titled("Me"))


# --- watching ---------------------------------------------------------------------------------------------


def test_what_a_device_publishes_moves_the_tile_and_the_feed(visitor: Bring, lock: Device) -> None:
    page = visitor("admin").enter().wall()
    tile = page.locator(f".tile[data-door={DOOR}]")
    # The demo may have a forced door of its own at the same time, and other tests may have forced this one.
    alarms = page.locator(".row[data-severity=alarm]", has_text="Laboratory")
    before = alarms.count()
    lock.event("door.forced_open")

    expect(tile).to_have_attribute("data-condition", "forced")
    expect(alarms).to_have_count(before + 1)
    expect(page.locator(".card[data-condition=forced]", has_text="Laboratory")).to_have_count(1)
    picture(page, "demo-forced")

    lock.event("door.closed")
    lock.event("door.locked")
    expect(tile).to_have_attribute("data-condition", "secure")


def test_eight_tabs_are_live_at_once(visitor: Bring, lock: Device) -> None:
    admin = visitor("admin").enter()
    tabs = [admin.wall() for _ in range(8)]
    lock.swipe("8008")

    for tab in tabs:
        seen(tab, "8008")
        expect(tab.locator(".wall")).to_have_attribute("data-link", "live")


def test_other_pages_leave_no_wall_behind(visitor: Bring) -> None:
    page = visitor("admin").enter().wall()
    page.get_by_role("link", name="Me", exact=True).click()
    expect(page).to_have_title(titled("Me"))
    page.get_by_role("link", name="Live", exact=True).click()
    page.wait_for_selector(".wall[data-link=live] .tile")

    # What is left of the page before goes while the next one is drawn.
    expect(page.locator(".wall")).to_have_count(1)


# --- the connection ---------------------------------------------------------------------------------------


def web_pid(demo: Stack) -> int:
    web = demo.part("web")
    assert web is not None
    assert web.pid is not None
    return web.pid


def restarted(demo: Stack, killed: int) -> bool:
    web = demo.part("web")
    return web is not None and web.pid not in {None, killed}


@contextmanager
def hung(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_hung_server_is_said_within_six_seconds_and_what_was_missed_comes_once_in_order(
    visitor: Bring, demo: Stack, lock: Device
) -> None:
    page = visitor("admin").enter().wall()
    lock.swipe("1000")
    seen(page, "1000")
    assert page.locator(".away:visible").count() == 0
    watch_turn(page.locator(".wall"), "data-link", "lost")
    with hung(web_pid(demo)):
        began = time.time()
        assert turned_at(page) - began <= 6
        page.wait_for_selector(".wall[data-link=lost]")
        expect(page.get_by_role("alert").filter(has_text="Not connected")).to_be_visible()
        assert all(word.startswith("Was ") for word in page.locator(".tile .word").all_text_contents())
        picture(page, "demo-lost")
        for number in range(1_001, 1_006):
            lock.swipe(str(number))

    page.wait_for_selector(".wall[data-link=live]")
    seen(page, "1005")
    assert cards(page)[:6] == ["1005", "1004", "1003", "1002", "1001", "1000"]


def test_a_killed_web_process_is_said_on_every_page_and_the_page_goes_on(visitor: Bring, demo: Stack) -> None:
    page = visitor("admin").enter().open("/health")
    expect(page.locator(".who .name")).to_be_visible()
    away = page.get_by_role("alert").filter(has_text="This page is not current")
    with hung(demo.pid):
        # The supervisor does not see it, or the console would often be back before a page need say so.
        os.kill(web_pid(demo), signal.SIGKILL)
        expect(away).to_be_visible()
        picture(page, "demo-away")

    expect(away).to_be_hidden(timeout=40_000)
    expect(page.get_by_role("heading", name="Message broker")).to_be_visible()


def test_streamlits_own_words_for_a_lost_connection_never_cover_the_wall(visitor: Bring, demo: Stack) -> None:
    page = visitor("admin").enter().wall()
    with hung(demo.pid):
        # The supervisor does not see it, so nothing is restarted until the dialog has come.
        os.kill(web_pid(demo), signal.SIGKILL)
        page.locator("[data-testid=stDialog]").first.wait_for(state="attached", timeout=40_000)
        expect(page.locator("[data-testid=stDialog]").first).to_be_hidden()
        picture(page, "demo-away-long")

    page.wait_for_selector(".wall[data-link=live]", timeout=40_000)
    expect(page.locator("[data-testid=stDialog]")).to_have_count(0)


def test_a_killed_web_process_costs_the_wall_nothing(visitor: Bring, demo: Stack, lock: Device) -> None:
    page = visitor("admin").enter().wall()
    lock.swipe("2000")
    seen(page, "2000")
    killed = web_pid(demo)
    os.kill(killed, signal.SIGKILL)
    for number in range(2_001, 2_011):
        lock.swipe(str(number))

    # The supervisor has it back within seconds, often before the wall would call itself lost.
    until(lambda: restarted(demo, killed), seconds=40)
    page.wait_for_selector(".wall[data-link=live]", timeout=40_000)
    seen(page, "2010")
    assert cards(page)[:11] == [str(number) for number in range(2_010, 1_999, -1)]


# --- who is there -----------------------------------------------------------------------------------------


def sessions(demo: Stack, username: str) -> list[SessionRow]:
    """Give a person's open sessions, newest first."""
    db = open_database(demo.folder)
    try:
        return open_sessions(db, f"local:{username}")
    finally:
        db.close()


def last_input(demo: Stack, username: str) -> int:
    """Give when a person's newest session was last touched by a human, µs UTC."""
    return sessions(demo, username)[0].active


def test_a_moved_pointer_is_told_to_the_gate_at_most_once_a_minute(
    demo: Stack, context: BrowserContext
) -> None:
    reader = Visitor(demo, context, "auditor").enter()
    reader.context.clock.install()
    page = reader.context.new_page()
    sent: list[str | bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: sent.append(frame))  # noqa: PLW0108 - it must be a function of Python

    def inputs() -> int:
        # Lines above every page look again by themselves, which is no human.
        return sum(isinstance(frame, bytes) and is_input(frame) for frame in sent)

    page.on("websocket", listen)
    page.goto(f"{reader.origin}/me")
    page.wait_for_selector(".who .name")
    page.wait_for_selector(READY)
    before = inputs()
    page.mouse.move(300, 300)
    reader.context.clock.fast_forward(61_000)
    for step in range(5):
        page.mouse.move(310 + step, 310)
    page.wait_for_selector(READY)
    until(lambda: page.evaluate("true") and inputs() > before)

    assert inputs() == before + 1


def test_a_page_that_redraws_itself_is_no_human(visitor: Bring, demo: Stack) -> None:
    page = visitor("agent").enter().open("/health")
    before = last_input(demo, "agent")
    for _ in range(2):
        said = page.locator("[data-testid=stMain]").inner_text()
        expect(page.locator("[data-testid=stMain]")).not_to_have_text(said, use_inner_text=True)

    assert last_input(demo, "agent") == before


# --- out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/live", "/health"])
def test_signing_out_in_one_tab_clears_the_other_within_two_seconds(visitor: Bring, path: str) -> None:
    supervisor = visitor("supervisor").enter()
    first, second = supervisor.open(path), supervisor.open("/me")
    went: list[float] = []

    def follow(frame: Frame) -> None:
        if SIGN_IN.search(frame.url):
            went.append(time.monotonic())

    # A look at the address comes up to a second later.
    first.on("framenavigated", follow)
    second.get_by_role("button", name="Sign out", exact=True).click()
    began = time.monotonic()
    expect(first).to_have_url(SIGN_IN)

    assert went[0] - began <= 2
    expect(first.get_by_role("button", name="Sign in")).to_be_visible()
    expect(second).to_have_url(SIGN_IN)


def test_ending_another_session_closes_its_screens_at_once(
    visitor: Bring, new_context: Callable[..., BrowserContext], demo: Stack
) -> None:
    mine = visitor("agent.newyork").enter()
    other = Visitor(demo, new_context(), "agent.newyork").enter()
    screen, page = other.wall(), mine.open("/me")
    # With those that the tests before have left of this person.
    others = len(sessions(demo, "agent.newyork")) - 1
    page.get_by_role("button", name="End all others").click()

    ended = f"{others} other {'session' if others == 1 else 'sessions'} ended"
    expect(page.get_by_text(ended)).to_be_visible()
    expect(screen).to_have_url(SIGN_IN)
