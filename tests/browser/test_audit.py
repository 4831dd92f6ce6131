"""The audit in a browser: acts as lines, walked by the keyboard, and a record's proof checked there."""

import base64
import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from core.leaf import Draft
from core.records import Kind
from store.log import append
from store.opening import open_database
from tests.browser.conftest import Visitor
from tests.browser.device import DOOR, SITE
from tests.browser.log_page import Bring, filled, opened, panel, rows
from tests.browser.looking import picture, serious_findings
from tests.commands.stack import Stack
from tests.waiting import until

pytestmark = pytest.mark.browser
NO_SCROLL = "() => document.documentElement.scrollWidth <= innerWidth"
PROOF = "Proof that it is sealed"
STEPS = 5
HOLDS = "Every step holds: this record is what was sealed."


@pytest.fixture(scope="module")
def acts(demo: Stack) -> None:
    """Let three acts have happened at one door: one well done, one not, one withdrawn."""
    with closing(open_database(demo.folder)) as db:
        append(db, [*unlocked("1", "unlock.confirmed"), *unlocked("2", "unlock.unconfirmed"), withdrawn("3")])


def name(number: str) -> str:
    return f"01j0000000000000000000000{number}"


def at_door(kind: str, number: str, *, reason: str | None = None, **refs: Any) -> Draft:
    return Draft(
        kind=Kind(kind),
        received=time.time_ns() // 1_000,
        site=SITE,
        door=DOOR,
        reason=reason,
        refs={"act": name(number), **refs},
    )


def unlocked(number: str, end: str) -> list[Draft]:
    asked = at_door(
        "unlock.requested",
        number,
        session="5f0c9a7712345678",
        proof="passkey",
        proof_age_ms=1_800,
        roles=f"agent@{SITE}",
        network="people",
        second_proof="totp",
        second_proof_age_ms=900,
    )
    who = {"subject": "local:mei", "name": "Mei Tan", "address": "192.0.2.19", "why": "Delivery for the lab"}
    more = {"second_subject": "local:raj", "second_name": "Raj"}
    begun = Draft(
        **{one: getattr(asked, one) for one in asked.__struct_fields__ if one != "private"},
        private={**who, **more},
    )
    reason = "not_answered" if end.endswith("unconfirmed") else None
    return [
        begun,
        at_door("unlock.sent", number, after_ms=40),
        at_door(end, number, reason=reason, after_ms=900),
    ]


def withdrawn(number: str) -> Draft:
    return at_door("operator.act_not_done", number, reason="withdrawn", session="5f0c9a77", action="unlock")


def lines(page: Page, ending: str) -> Locator:
    return rows(page).filter(has=page.locator(".ending", has_text=ending))


def proof(page: Page) -> Locator:
    return panel(page).locator("details.proof")


def shown(visitor: Bring, path: str = f"/audit?door={DOOR}") -> Page:
    return opened(visitor, path)


# --- lines ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("acts")
def test_each_act_is_one_line_that_says_how_it_ended_in_words(visitor: Bring) -> None:
    page = shown(visitor)

    expect(lines(page, "Not done").filter(has_text="No answer")).to_have_count(1)
    expect(lines(page, "Not done").filter(has_text="Withdrawn")).to_have_count(1)
    done = lines(page, "Done").filter(has_text="Unlock confirmed")
    expect(done).to_have_count(1)
    for words in (
        "Mei Tan",
        f"agent@{SITE}",
        "Passkey",
        "and Raj",
        "Delivery for the lab",
        "network of people",
    ):
        expect(done).to_contain_text(words)
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_attached()


@pytest.mark.usefixtures("acts")
def test_an_act_is_walked_to_opened_and_closed_by_the_keyboard_alone(visitor: Bring) -> None:
    page = shown(visitor)
    page.keyboard.press("j")
    expect(rows(page).first.locator(".open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_visible()
    expect(panel(page).locator(".chain .step")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/audit\?.*record=\d+"))

    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(rows(page).nth(1).locator(".open")).to_be_focused()


@pytest.mark.usefixtures("acts")
def test_a_reason_in_a_line_shows_only_acts_that_ended_so(visitor: Bring) -> None:
    page = shown(visitor)
    page.locator(".outcome").get_by_role("link", name="No answer").click()

    expect(page).to_have_url(re.compile(r"/audit\?.*reason=not_answered"))
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Mei Tan")


def test_who_reads_finds_their_own_reading_there(visitor: Bring) -> None:
    page = shown(visitor, "/audit?kind=log.searched")
    until(lambda: filled(page), seconds=30)

    expect(rows(page).first).to_contain_text("Log read")
    until(lambda: reloaded(page).get_by_text("/audit?kind=log.searched").count() > 0)


def reloaded(page: Page) -> Page:
    page.reload()
    page.wait_for_selector(".book tbody tr")
    return page


def test_the_page_is_opened_by_its_letters(visitor: Bring) -> None:
    page = opened(visitor, "/log")
    page.keyboard.press("g")
    page.keyboard.press("u")

    expect(page).to_have_url(re.compile("/audit$"))


# --- proofs -----------------------------------------------------------------------------------------------


def with_proof(page: Page) -> Locator:
    """Open the first record's proof, which is there once it is sealed."""
    rows(page).last.locator(".open").click()
    proof(page).get_by_text(PROOF).click()
    start = proof(page).get_by_role("button", name="Verify in this browser")
    again = proof(page).get_by_role("button", name="Look again")

    def sealed() -> bool:
        if again.count():
            again.click()
        return start.count() > 0

    until(sealed, seconds=30)
    return start


@pytest.mark.usefixtures("acts")
def test_a_record_is_verified_by_the_browser_itself_step_by_step(visitor: Bring) -> None:
    page = shown(visitor)
    start = with_proof(page)
    expect(proof(page)).to_contain_text("Fingerprint")
    expect(proof(page)).to_contain_text("SHA256:")
    start.focus()
    page.keyboard.press("Enter")

    verdict = proof(page).get_by_role("status")
    expect(verdict).to_have_text(HOLDS)
    told = proof(page).locator(".proof-steps li")
    expect(told).to_have_count(STEPS)
    for number in range(STEPS):
        expect(told.nth(number).locator("b")).to_have_text("holds")


@pytest.mark.usefixtures("acts")
def test_a_record_that_was_changed_on_its_way_does_not_hold(visitor: Bring) -> None:
    page = shown(visitor)

    def forge(route: Route) -> None:
        told = route.fetch().json()
        leaf = base64.b64decode(told["leaf"]).replace(b"unlock.", b"unlocx.")
        route.fulfill(json={**told, "leaf": base64.b64encode(leaf).decode()})

    page.route("**/proofs/*", forge)
    with_proof(page).click()

    expect(proof(page).get_by_role("status")).to_contain_text("this record is not what was sealed")
    failed = proof(page).locator(".proof-steps li[data-state=failed]")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("That root is the checkpoint's: does not hold")


@pytest.mark.usefixtures("acts")
def test_a_browser_without_ed25519_says_what_it_can_not_check(visitor: Bring) -> None:
    page = shown(visitor)
    page.evaluate(
        """() => {
          const known = SubtleCrypto.prototype.importKey;
          SubtleCrypto.prototype.importKey = function (format, key, how, ...rest) {
            if (how === "Ed25519") return Promise.reject(new DOMException("no", "NotSupportedError"));
            return known.call(this, format, key, how, ...rest);
          };
        }"""
    )
    with_proof(page).click()

    expect(proof(page).get_by_role("status")).to_have_text("All that this browser can check holds.")
    expect(proof(page).locator("li[data-state=unknown]")).to_contain_text("can't be checked here")


def test_a_record_of_the_log_has_its_proof_too(visitor: Bring) -> None:
    page = opened(visitor, "/log?when=7d")
    with_proof(page).click()

    expect(proof(page).get_by_role("status")).to_have_text(HOLDS)


def test_a_record_that_is_not_sealed_yet_says_so(visitor: Bring) -> None:
    page = opened(visitor, "/log?when=7d")
    waiting = {"record": 1, "leaf": base64.b64encode(json.dumps({}).encode()).decode()}
    page.route("**/proofs/*", lambda route: route.fulfill(json=waiting))
    rows(page).first.locator(".open").click()
    proof(page).get_by_text(PROOF).click()

    expect(proof(page)).to_contain_text("Not sealed yet: that takes up to a second.")
    expect(proof(page).get_by_role("button", name="Look again")).to_be_visible()


# --- how long it is kept ----------------------------------------------------------------------------------


def test_how_long_all_is_kept_stands_below_the_acts(visitor: Bring) -> None:
    page = shown(visitor, "/audit")
    heading = page.get_by_role("heading", name="Kept how long", level=2)

    expect(heading).to_be_visible(timeout=30_000)
    for name in ("Legal holds", "Deleted because its time was up", "Erased people"):
        expect(page.get_by_role("heading", name=name, level=3)).to_be_attached()
    expect(page.get_by_text("Movements of people: 90 days")).to_be_visible()
    below, table = heading.bounding_box(), page.locator(".book").last.bounding_box()
    assert below is not None
    assert table is not None
    assert below["y"] >= table["y"] + table["height"] - 1
    assert serious_findings(page) == []
    heading.scroll_into_view_if_needed()
    picture(page, "audit-kept")


# --- looks ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_a_proof_pass_axe(
    new_context: Callable[..., BrowserContext], demo: Stack, scheme: str
) -> None:
    page = Visitor(demo, new_context(scheme), "auditor").enter().open(f"/audit?door={DOOR}")
    until(lambda: filled(page), seconds=60)
    page.emulate_media(reduced_motion="reduce")
    assert serious_findings(page) == []

    with_proof(page).click()
    expect(proof(page).get_by_role("status")).to_contain_text("Every step holds")
    assert serious_findings(page) == []
    proof(page).get_by_role("status").scroll_into_view_if_needed()
    picture(page, f"audit-proof-{scheme}")


@pytest.mark.usefixtures("acts")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (900, 700), (1280, 800), (1920, 1080)])
def test_every_size_shows_the_acts_and_one_of_them_without_sideways_scrolling(
    new_context: Callable[..., BrowserContext], demo: Stack, scheme: str, width: int, height: int
) -> None:
    page = Visitor(demo, new_context(scheme, width, height), "auditor").enter().open("/audit")
    until(lambda: filled(page), seconds=60)
    page.wait_for_function(NO_SCROLL)
    picture(page, f"audit-{scheme}-{width}")
    lines(page, "Not done").first.locator(".open").click()
    expect(panel(page).get_by_role("heading", name="What", exact=True)).to_be_attached()
    page.wait_for_function(NO_SCROLL)
    picture(page, f"audit-record-{scheme}-{width}")
