"""People open doors of the running demo, at desk and wall: by keyboard alone, by passkey or code, once."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from auth.enrolment import issue_code
from core.records import Kind
from store.clock import now_us
from store.database import Database
from store.opening import open_database
from tests.auth.reading import Told, told
from tests.browser.conftest import Visitor
from tests.browser.looking import picture, serious_findings, turned_at, watch_turn
from tests.browser.ringing import Visitors, visitors
from tests.commands.stack import Stack
from tests.doors import wait_secure
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
UNLOCKS = [kind for kind in Kind if kind.value.startswith("unlock.")]
LIVE = ".desk[data-link=live]"
Bring = Callable[[str], Visitor]
NewContext = Callable[..., BrowserContext]
# A device that verifies its user by itself, as a phone does.
DEVICE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_used: set[str] = set()


@pytest.fixture
def street(demo: Stack) -> Iterator[Visitors]:
    with visitors(demo.folder) as people:
        yield people


@pytest.fixture
def db(demo: Stack) -> Iterator[Database]:
    opened = open_database(demo.folder)
    yield opened
    opened.close()


def code(demo: Stack, username: str) -> str:
    """Give a one-time code of an account that no test has used: each counts once."""
    logins = json.loads((demo.folder / "demo-accounts.json").read_text(encoding="utf-8"))
    secret = next(one["totp_secret"] for one in logins if one["username"] == username)
    until(lambda: f"{username} {pyotp.TOTP(secret).now()}" not in _used, seconds=40)
    now = pyotp.TOTP(secret).now()
    _used.add(f"{username} {now}")
    return now


def with_passkey(someone: Visitor, db: Database) -> Page:
    """Give a page in whose browser this person has a passkey."""
    page = someone.context.new_page()
    browser = someone.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    subject = f"local:{someone.username}"
    page.goto(f"{someone.origin}/passkeys/new")
    page.get_by_label("Name").fill("Key")
    one_time = issue_code(db, subject, name=someone.username, by="tests", now=now_us())
    page.locator("#code").fill(one_time)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status").last).to_have_text("“Key” is added.")
    return page


def at_desk(page: Page, origin: str) -> Page:
    page.goto(f"{origin}/desk")
    page.wait_for_selector(LIVE)
    return page


def at_door(page: Page, origin: str, door: str) -> Page:
    page.goto(f"{origin}/live?door={door}")
    expect(page.get_by_role("button", name="Unlock…")).to_be_enabled(timeout=30_000)
    return page


def unlocks(db: Database, door: str) -> list[Told]:
    """Give every record of unlocks of a door: at others an act of the test before may still be ending."""
    return [one for one in told(db, *UNLOCKS) if one.door == door]


def at_rest(db: Database, door: str) -> int:
    """Wait until a door is secure; gives how many records of its unlocks there are by then."""
    wait_secure(db, door)
    return len(unlocks(db, door))


def bring(page: Page, door: str) -> None:
    """Walk the calls by keyboard until this door stands in the middle: the demo rings too."""
    expect(page.locator(".call", has_text=door).first).to_be_visible()

    def there() -> bool:
        calls = page.locator(".call").count()
        for key in ["ArrowUp"] * calls + ["ArrowDown"] * calls:
            if page.locator(".centre-name").text_content() == door:
                return True
            page.keyboard.press(key)
        return page.locator(".centre-name").text_content() == door

    # One of the demo's that comes or goes meanwhile moves them.
    until(there)
    expect(page.locator(".centre-name")).to_have_text(door)
    expect(page.get_by_role("button", name=f"Unlock {door}")).to_be_enabled()


def since(db: Database, door: str, before: int, *kinds: Kind) -> list[Told]:
    """Give those of these kinds among the records of a door's unlocks that came after the first so many."""
    return [one for one in unlocks(db, door)[before:] if one.kind in kinds]


def begun(db: Database) -> list[Told]:
    """Give what was asked for and sent, at whichever door."""
    return told(db, Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT)


def opened(page: Page) -> None:
    """Wait until the door has let somebody in and is secure again."""
    verdict = page.locator(".act-verdict")
    expect(verdict).to_have_attribute("data-tone", "good", timeout=15_000)
    expect(verdict).to_have_text("Secure again", timeout=40_000)


def test_ring_claim_and_unlock_by_keyboard_alone_with_a_code(
    demo: Stack, visitor: Bring, street: Visitors, db: Database
) -> None:
    # Of whoever has a passkey it is asked for first, and another test gives the supervisor one.
    someone = visitor("agent").enter()
    page = at_desk(someone.context.new_page(), someone.origin)
    call = street.ring("berlin-garage")
    bring(page, "Garage")
    page.keyboard.press("c")
    expect(page.locator(".centre-whose")).to_have_text("Yours")
    picture(page, "desk-claimed")
    before = at_rest(db, "berlin-garage")
    page.keyboard.press("u")
    dialog = page.get_by_role("dialog", name="Unlock Garage")
    expect(dialog).to_contain_text("Berlin")
    picture(page, "desk-reason")
    page.keyboard.press("1")
    expect(page.get_by_label("One-time code")).to_be_focused()
    picture(page, "desk-code")
    page.keyboard.type(code(demo, "agent"))
    page.keyboard.press("Enter")
    opened(page)
    picture(page, "desk-verdict")
    assert serious_findings(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".act-lines")).to_contain_text("Unlock by Greta Vogel: Secure again")
    street.leave("berlin-garage", call)
    expect(page.locator(".centre-call")).to_contain_text("The call has ended")
    expect(page.get_by_role("button", name="Unlock Garage")).to_be_disabled()
    expect(page.locator(".today-call", has_text="Opened by Greta Vogel").first).to_be_visible()

    records = since(db, "berlin-garage", before, *UNLOCKS)
    assert [one.kind for one in records[:4]] == [
        Kind.UNLOCK_REQUESTED,
        Kind.UNLOCK_SENT,
        Kind.UNLOCK_ACCEPTED,
        Kind.UNLOCK_CONFIRMED,
    ]
    assert (len({one.refs["act"] for one in records}), records[0].refs["call"]) == (1, call)
    assert street.accepted.count(str(records[0].refs["act"])) == 1


def test_a_passkey_opens_at_the_desk_in_the_press_that_gives_the_reason(
    visitor: Bring, street: Visitors, db: Database
) -> None:
    someone = visitor("admin").enter()
    page = at_desk(with_passkey(someone, db), someone.origin)
    already = len(begun(db))
    call = street.ring("newyork-main")
    bring(page, "Street entrance")
    page.keyboard.press("c")
    expect(page.locator(".centre-whose")).to_have_text("Yours")
    page.keyboard.press("u")
    expect(page.get_by_role("dialog", name="Unlock Street entrance")).to_be_visible()
    at_rest(db, "newyork-main")
    # Twice in one breath, as who is in a hurry does.
    page.keyboard.press("1")
    page.keyboard.press("1")
    opened(page)
    page.keyboard.press("Escape")
    street.leave("newyork-main", call)

    requested, sent = begun(db)[already:]
    assert (requested.kind, sent.kind) == (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT)
    assert (sent.door, street.accepted.count(str(sent.refs["act"]))) == ("newyork-main", 1)
    assert requested.refs["proof"] == "passkey"


def test_a_passkey_opens_the_open_door_of_the_wall(visitor: Bring, street: Visitors, db: Database) -> None:
    someone = visitor("admin").enter()
    page = with_passkey(someone, db)
    already = len(begun(db))
    at_door(page, someone.origin, "newyork-lobby")
    page.keyboard.press("u")
    expect(page.get_by_role("dialog", name="Unlock Lobby east")).to_be_visible()
    picture(page, "wall-reason")
    at_rest(db, "newyork-lobby")
    page.keyboard.press("2")
    opened(page)
    picture(page, "wall-verdict")
    assert serious_findings(page) == []
    page.keyboard.press("Escape")
    expect(page.locator(".panel .act-lines")).to_contain_text("Unlock by Ada Brandt: Secure again")

    (sent,) = (one for one in begun(db)[already:] if one.kind is Kind.UNLOCK_SENT)
    assert (sent.door, street.accepted.count(str(sent.refs["act"]))) == ("newyork-lobby", 1)


def test_two_desks_are_in_step(
    demo: Stack, new_context: NewContext, street: Visitors, visitor: Bring
) -> None:
    first = at_desk(visitor("supervisor").enter().context.new_page(), demo.origin)
    second = at_desk(Visitor(demo, new_context("dark"), "agent").enter().context.new_page(), demo.origin)
    call = street.ring("berlin-bikes")
    for page in (first, second):
        bring(page, "Bicycle cellar")
    watch_turn(second.locator(".centre-whose"), "data-taken", "other")
    pressed = time.time()
    first.keyboard.press("c")
    assert turned_at(second) - pressed <= 1.5
    expect(second.locator(".centre-whose")).to_have_text("Claimed by Samuel Ortiz")
    second.keyboard.press("c")
    expect(second.locator(".actions-why")).to_contain_text("Samuel Ortiz has this call")
    second.keyboard.press("x")
    expect(second.locator(".call", has_text="Bicycle cellar")).to_have_count(0)
    expect(first.locator(".call", has_text="Bicycle cellar")).to_have_count(1)
    expect(first.get_by_role("button", name="Release")).to_be_enabled()
    first.keyboard.press("r")
    expect(first.locator(".centre-whose")).to_have_text("Not claimed")
    picture(second, "desk-second-dark")
    street.leave("berlin-bikes", call)
    expect(first.locator(".centre-call")).to_contain_text("The call has ended")


def test_a_desk_that_loses_its_connection_in_the_middle_sends_nothing_until_it_is_back(
    demo: Stack, visitor: Bring, street: Visitors, db: Database
) -> None:
    someone = visitor("agent").enter()
    page = at_desk(someone.context.new_page(), someone.origin)
    call = street.ring("berlin-garage")
    bring(page, "Garage")
    before, already = len(unlocks(db, "berlin-garage")), len(begun(db))
    page.keyboard.press("u")
    page.keyboard.press("1")
    field = page.get_by_label("One-time code")
    expect(field).to_be_focused()
    web = demo.part("web")
    assert web is not None
    assert web.pid is not None
    os.kill(web.pid, signal.SIGSTOP)
    try:
        page.wait_for_selector(".desk[data-link=lost]")
        expect(field).to_be_disabled()
        expect(page.locator(".act").get_by_role("alert")).to_contain_text("Not connected")
        picture(page, "desk-lost")
    finally:
        os.kill(web.pid, signal.SIGCONT)
    expect(field).to_be_enabled(timeout=30_000)
    expect(field).to_be_focused()
    assert since(db, "berlin-garage", before, *UNLOCKS) == []
    assert begun(db)[already:] == [], "nor at any other door"
    page.keyboard.press("Escape")
    street.leave("berlin-garage", call)
    # Whoever rings there next must find nobody of this test in the line.
    expect(page.locator(".call", has_text="Garage")).to_have_count(0)


def test_a_phone_opens_the_door_with_its_own_passkey(
    demo: Stack, new_context: NewContext, street: Visitors, db: Database
) -> None:
    someone = Visitor(demo, new_context("light", 390, 844), "agent.newyork").enter()
    page = at_desk(with_passkey(someone, db), someone.origin)
    call = street.ring("newyork-dock")
    page.locator(".call", has_text="Loading dock").first.click()
    page.get_by_role("button", name="Claim", exact=True).click()
    expect(page.locator(".centre-whose")).to_have_text("Yours")
    unlock = page.get_by_role("button", name="Unlock Loading dock")
    box = unlock.bounding_box()
    assert box is not None
    assert box["y"] > 844 / 2
    assert box["y"] + box["height"] <= 844
    picture(page, "desk-phone")
    unlock.click()
    picture(page, "desk-phone-reason")
    at_rest(db, "newyork-dock")
    page.locator(".act-preset").first.click()
    opened(page)
    picture(page, "desk-phone-verdict")
    assert serious_findings(page) == []
    page.get_by_role("button", name="Close").click()
    street.leave("newyork-dock", call)


def test_a_door_is_kept_unlocked_from_the_wall_and_that_is_ended(visitor: Bring, db: Database) -> None:
    someone = visitor("admin").enter()
    page = at_door(with_passkey(someone, db), someone.origin, "newyork-reception")
    verdict = page.locator(".act-verdict")
    page.get_by_role("button", name="Keep unlocked…").click()
    page.get_by_role("radio", name="5 minutes", exact=True).check()
    page.locator(".act-preset").first.click()
    expect(verdict).to_contain_text("The door is kept unlocked until ", timeout=15_000)
    picture(page, "wall-hold")
    page.keyboard.press("Escape")
    expect(page.locator(".facts")).to_contain_text("Kept unlocked by Ada Brandt until ")
    page.get_by_role("button", name="End the hold…").click()
    page.locator(".act-preset").first.click()

    expect(verdict).to_have_text("The hold has ended; the door is locked", timeout=15_000)


def test_a_door_that_is_locked_down_is_unlocked_by_two_at_two_screens(
    demo: Stack, new_context: NewContext, visitor: Bring, db: Database
) -> None:
    one = visitor("admin").enter()
    first = at_door(with_passkey(one, db), one.origin, "newyork-trading")
    other = Visitor(demo, new_context("dark"), "supervisor").enter()
    second = at_desk(with_passkey(other, db), other.origin)
    verdict = first.locator(".act-verdict")
    first.get_by_role("button", name="Lock down…").click()
    first.locator(".act-preset").first.click()
    expect(first.locator(".act-doors")).to_contain_text("Trading floor: would be locked down")
    picture(first, "wall-lockdown-plan")
    first.get_by_role("button", name="Use a passkey").click()
    expect(verdict).to_have_text("1 of 1 doors locked down", timeout=15_000)
    first.keyboard.press("Escape")

    first.keyboard.press("u")
    first.keyboard.press("1")
    expect(verdict).to_contain_text("Waits for a second person", timeout=15_000)
    banner = second.get_by_role("list", name="Waiting for a second person")
    expect(banner).to_contain_text("Ada Brandt wants to unlock Trading floor, New York")
    picture(second, "desk-second-person")
    banner.get_by_role("button", name="Approve…").click()
    expect(second.locator(".act-verdict")).to_have_attribute("data-tone", "good", timeout=15_000)
    expect(verdict).to_have_attribute("data-tone", "good")
    second.keyboard.press("Escape")
    first.keyboard.press("Escape")
    first.get_by_role("button", name="Release…").click()
    first.locator(".act-preset").first.click()
    first.get_by_role("button", name="Use a passkey").click()
    expect(verdict).to_have_text("1 of 1 doors released", timeout=15_000)
