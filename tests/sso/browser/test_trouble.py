"""Chromium meets trouble: new keys at the provider, a provider that is away, and the way in without any."""

import pyotp
import pytest
from playwright.sync_api import Page, expect

from core.times import MINUTE_US
from store.sessions import open_sessions
from tests.auth.people import PASSWORD
from tests.op.browser import sign_in
from tests.sso.browser.conftest import EITHER, SEALED, SECRET, Bring, noticed
from tests.sso.console import Sso

pytestmark = pytest.mark.browser


def unseal(page: Page, code: str) -> None:
    page.get_by_label("Name").fill(SEALED.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("One-time code").fill(code)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("provider", EITHER)
def test_new_keys_at_the_provider_are_found_at_the_next_sign_in(
    many: Sso, passer: Bring, provider: str
) -> None:
    ben = passer(many)
    ben.pass_through("ben", provider=provider)
    ben.lose_session()
    many.issuer(provider).control.rotate()
    expect(ben.ask("/me", provider)).to_have_url(f"{many.url}/me")

    assert ben.known


def test_who_comes_while_the_provider_is_away_reads_so_and_how_to_go_on(many: Sso, passer: Bring) -> None:
    ben = passer(many)
    hung_up, troubled = (many.issuer(provider).control for provider in EITHER)
    hung_up.down("close")
    troubled.down(503)
    noticed(many, *EITHER, away=True)
    page = ben.choose("/log", "okta-org")
    expect(page.get_by_role("alert")).to_contain_text("Okta-Org can't be reached right now: ")
    expect(page.get_by_role("alert")).to_contain_text("answers 503")
    page.get_by_role("link", name="Other ways to sign in").click()
    page.get_by_role("link", name="Sign in with Keycloak").click()
    expect(page.get_by_role("alert")).to_contain_text("Keycloak can't be reached right now: ")
    expect(page.get_by_role("link", name="Use a break-glass account")).to_be_visible()

    hung_up.well()
    troubled.well()
    noticed(many, *EITHER, away=False)
    page.get_by_role("link", name="Try again").click()
    sign_in(page, "ben")
    expect(page).to_have_url(f"{many.url}/log")


def test_a_sealed_account_opens_with_every_provider_down_and_everybody_sees_it(
    many: Sso, guest: Bring, passer: Bring
) -> None:
    pat, officer = guest(many), passer(many)
    pat.blank = True
    pat.pass_through("pat")
    for issuer in many.op.issuers.values():
        issuer.control.down("close")
    page = officer.page("/me")
    page.get_by_role("link", name="Use a break-glass account").click()
    expect(page.get_by_label("Name")).to_be_focused()
    unseal(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("Name, password or code is wrong")
    unseal(page, pyotp.TOTP(SECRET).now())
    expect(page).to_have_url(f"{many.url}/me")
    assert officer.known

    pat.blank = False
    screen = pat.open("/live")
    expect(screen.get_by_text(f"Break-glass account {SEALED.username} is signed in")).to_be_visible()
    with many.store() as db:
        (row,) = open_sessions(db, SEALED.subject)
    assert row.ends - row.created == 30 * MINUTE_US
    page.goto(f"{many.url}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
