"""How the pages around signing in look: small and large, light and dark, for fingers, keyboards and eyes."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import picture, serious_findings, styled
from tests.sso.browser.conftest import FITS, SIZES, Bring, Guest, Scheme
from tests.sso.console import Sso

pytestmark = pytest.mark.browser
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
# A finger needs 44 pixels; links within a sentence are measured by their line.
SMALL: Final = """() => [...document.querySelectorAll("main a, main button, main input:not([type=hidden])")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
  .map((one) => one.textContent.trim() || one.id)"""


def ways(guest: Guest) -> Page:
    guest.pass_through("mia", provider="ping")
    guest.lose_session()
    return guest.page("/sign-in?reason=absolute_end&next=/log")


def refused(guest: Guest) -> Page:
    guest.sso.issuer("ping").control.wrong(claims={"device": "none"})
    page = guest.ask("/log", "ping")
    page.get_by_label("Username").fill("mia")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Not signed in · Gatehouse")
    return page


def sealed(guest: Guest) -> Page:
    page = guest.page("/sign-in?with=break-glass&next=/log")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("a wrong password")
    page.get_by_label("One-time code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def leaving(guest: Guest) -> Page:
    page = guest.pass_through("ben")
    page.goto(f"{guest.sso.url}/sign-out")
    # An answer without a page, so that ours stays.
    page.route("**/session/end", lambda route: route.fulfill(status=204))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out here")).to_be_visible()
    return page


@pytest.mark.parametrize("show", [ways, refused, sealed, leaving], ids=lambda one: one.__name__)
def test_a_page_on_the_way_fits_every_screen_finger_and_eye(
    many: Sso, passer: Bring, show: Callable[[Guest], Page]
) -> None:
    page, found = show(passer(many)), list[str]()
    styled(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function(FITS)
            assert page.evaluate(SMALL) == []
            picture(page, f"sso-{show.__name__}-{scheme}-{width}")
        found += serious_findings(page)
    page.emulate_media(contrast="more")
    picture(page, f"sso-{show.__name__}-contrast")
    found += serious_findings(page)
    page.emulate_media(contrast="no-preference", forced_colors="active")
    picture(page, f"sso-{show.__name__}-forced")

    assert found == []
    assert page.locator("script").count() == (1 if show is leaving else 0)


def test_the_keyboard_alone_leads_from_a_refusal_to_another_account(many: Sso, passer: Bring) -> None:
    page = passer(many).page(f"/sign-in/finish?flow={'0' * 32}&by=keycloak")
    for name in ("Try again", "Sign in with another account", "Other ways to sign in"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{many.url}/sign-in?reason=refused&next=%2F")
