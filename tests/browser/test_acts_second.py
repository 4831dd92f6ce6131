"""Acts of others that a second person approves, on a played server: whatever doors they are about."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.acting import unlocking
from tests.browser.looking import serious_findings
from tests.browser.wall_harness.acting import RIGHT, Acts
from tests.browser.wall_harness.frames import SECOND, snapshot, tile
from tests.browser.wall_harness.scenes import drawn
from tests.browser.wall_harness.server import Frame, Player, now_us
from tests.browser.wall_harness.visit import wall
from tests.waiting import until

pytestmark = pytest.mark.browser


@pytest.fixture
def acts() -> Acts:
    return Acts()


@pytest.fixture
def player(context: BrowserContext, acts: Acts) -> Player:
    return unlocking(context, acts)


def asks(acts: Acts, action: str, door: str = "", **told: object) -> None:
    """Let somebody else wait for a second person, with an act about this door or several."""
    ends = now_us() + 50 * SECOND
    names = {"site": "New York", **({"door": "Vault"} if door else {})}
    one: Frame = {"id": "theirs", "action": action, "door": door, "site": "newyork", "names": names}
    acts.others = [{**one, "by": "Ada Brandt", "since": now_us(), "expires_at": ends, "reason": "audit"}]
    base: Frame = {"id": "theirs", "state": "awaiting_second", "expires_at": ends, "final": False}
    acts.states["theirs"] = {**base, "proofs": ["totp"], **told}


def approve(page: Page) -> None:
    page.get_by_role("button", name="Approve…").click()


def test_a_release_of_several_doors_names_them_and_can_be_approved(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    waits: Frame = {"state": "awaiting_second", "final": False, "good": False}
    doors = [
        {**waits, "door": f"d{n}", "name": name} for n, name in ((1, "Main entrance"), (4, "Loading bay"))
    ]
    asks(acts, "release", doors=doors, proofs=["passkey", "totp"])
    with wall(context, player) as page:
        approve(page)
        expect(page.get_by_role("heading", name="Approve: Release 2 doors")).to_be_visible()
        expect(page.locator(".act-place")).to_have_text("New York")
        expect(page.locator(".act-doors li")).to_have_text(["Main entrance", "Loading bay"])
        drawn(page)
        assert serious_findings(page) == []
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("0 of 2 doors released")

        assert acts.proved == [{"totp": RIGHT}]


def test_an_unlock_at_a_door_that_this_screen_does_not_know_can_be_approved(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    player.snapshot = lambda _: snapshot([tile(0)], [])
    asks(acts, "unlock", "d4")
    with wall(context, player) as page:
        approve(page)
        expect(page.get_by_role("heading", name="Approve: Unlock Vault")).to_be_visible()
        page.get_by_label("One-time code").fill(RIGHT)
        page.keyboard.press("Enter")
        expect(page.locator(".act-verdict")).to_contain_text("Sent")


def test_who_has_no_proof_is_told_so_and_uses_nothing_up(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    asks(acts, "unlock", "d4", proofs=[])
    with wall(context, player) as page:
        approve(page)
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_contain_text("You have nothing that proves an act, so you can't approve this.")

        assert acts.proved == []


def test_an_approval_that_is_begun_elsewhere_waits_there_and_takes_back_nothing_of_others(
    context: BrowserContext, player: Player, acts: Acts
) -> None:
    asks(acts, "unlock", "d4", proofs=["idp", "totp"])
    with wall(context, player) as page:
        approve(page)
        with page.expect_popup():
            page.get_by_role("button", name="organisation's sign-in").click()
        seen = acts.looks
        until(lambda: page.evaluate("true") and acts.looks > seen + 1)
        expect(page.locator(".act-proofs .act-ask")).to_have_text(
            "Waiting for your organisation's sign-in in the other window."
        )
        page.get_by_role("button", name="Cancel").click()
        alert = page.locator(".act").get_by_role("alert")
        expect(alert).to_contain_text("it may still be proved in the other window")

        assert acts.withdrawn == []
