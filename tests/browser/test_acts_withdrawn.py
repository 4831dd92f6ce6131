"""Acts that are called off before they are proved, on a played server: nothing is said too early."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.acting import DOOR, dialog, unlocking
from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import record, snapshot, tile
from tests.browser.wall_harness.server import Player, now_us
from tests.browser.wall_harness.visit import wall
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def player(context: BrowserContext, acts: Acts) -> Player:
    return unlocking(context, acts)


def elsewhere(page: Page) -> Page:
    """Unlock the door that stands open, as far as the provider's window."""
    page.keyboard.press("u")
    page.keyboard.press("1")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="organisation's sign-in").click()
    expect(popup.value.get_by_text("at the provider")).to_be_visible()
    return popup.value


def gone(page: Page, window: Page) -> bool:
    return bool(page.evaluate("true")) and window.is_closed()


def test_cancel_takes_back_what_was_asked_for_and_says_so(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.proofs = ["idp", "totp"]
    with wall(context, player, query=DOOR) as page:
        window = elsewhere(page)
        page.get_by_role("button", name="Cancel").click()
        expect(dialog(page)).to_have_count(0)
        # Said where it is read and, a moment later, where it is heard.
        expect(page.get_by_text("You cancelled it. Nothing was sent.").first).to_be_attached()
        # Whoever is still about to sign in there would open the door.
        until(lambda: gone(page, window))

        assert acts.withdrawn == ["act1"]


def test_a_door_that_leaves_the_screen_takes_the_providers_window_along(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.proofs = ["idp"]
    with wall(context, player, query=DOOR) as page:
        window = elsewhere(page)
        player.snapshot = lambda _: snapshot([tile(0)], [record(9)])
        player.close(1012)
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_have_text("This door is not on your screen any more. Nothing was sent.")
        until(lambda: gone(page, window))

        assert acts.withdrawn == ["act1"]


def test_what_cannot_be_taken_back_is_said_to_be_open_and_is_followed(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.proofs, acts.keeps = ["idp"], 503
    with wall(context, player, query=DOOR) as page:
        elsewhere(page)
        page.keyboard.press("Escape")
        alert = page.locator(".act").get_by_role("alert")
        still = "until [0-9:]+ it may still be proved in the other window. Look at the door."
        expect(alert).to_have_text(re.compile(f"^You cancelled it. It could not be taken back: {still}$"))
        expect(page.locator(".act")).not_to_contain_text("Nothing was sent")
        expect(page.get_by_role("button", name="Begin again")).to_be_hidden()
        acts.tell("act1", state="sent", sent=now_us())

        expect(page.locator(".act-verdict")).to_have_text("Sent; waiting for the device")


def test_what_waits_for_a_second_person_can_be_taken_back(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.persons = 2
    with wall(context, player, query=DOOR) as page:
        page.keyboard.press("u")
        page.keyboard.press("1")
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Waits for a second person")
        page.get_by_role("button", name="Cancel").click()
        expect(dialog(page)).to_have_count(0)

        assert acts.withdrawn == ["act1"]


def test_an_act_that_is_asked_for_while_it_is_called_off_is_taken_back(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    with wall(context, player, query=DOOR) as page:
        # The answer comes when nobody waits for it any more.
        page.evaluate(
            "const real = fetch; window.fetch = async (path, options) => {"
            " const answer = await real(path, options);"
            " if (path === '/acts') await new Promise((done) => (window.answer = done));"
            " return answer; }"
        )
        page.keyboard.press("u")
        page.keyboard.press("1")
        until(lambda: bool(page.evaluate("'answer' in window")) and len(acts.asked) == 1)
        page.keyboard.press("Escape")
        expect(dialog(page)).to_have_count(0)
        page.evaluate("window.answer()")

        until(lambda: page.evaluate("true") and acts.withdrawn == ["act1"])


def test_why_a_provider_proves_nothing_is_said_and_the_other_proofs_stay(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    acts.proofs = ["idp", "totp"]
    with wall(context, player, query=DOOR) as page:
        elsewhere(page)
        acts.tell("act1", reason="weak_proof")
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_have_text(
            "Not proved at your organisation's sign-in: weak proof. Try again, or prove it in another way."
        )
        code = page.get_by_label("One-time code")
        code.fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")

        assert acts.proved == [{"totp": RIGHT}]
