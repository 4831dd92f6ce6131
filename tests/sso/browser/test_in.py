"""Chromium comes in: by a deep link, without being asked twice, at one provider or one of several."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.op.browser import asked, sign_in
from tests.sso.browser.conftest import EITHER, SHOWN, Bring
from tests.sso.console import Sso

pytestmark = pytest.mark.browser


def test_a_deep_link_leads_back_after_the_provider_to_a_page_of_ones_own_role(
    many: Sso, guest: Bring
) -> None:
    page = guest(many).enter("cleo", "/log?outcome=denied")

    expect(page).to_have_url(f"{many.url}/log?outcome=denied")
    expect(page.locator(".who .roles")).to_have_text("Auditor: all sites")


@pytest.mark.parametrize("provider", EITHER)
def test_who_is_signed_in_at_the_provider_is_not_asked_again(many: Sso, passer: Bring, provider: str) -> None:
    ben = passer(many)
    ben.pass_through("ben", "/log?outcome=denied", provider)
    first = ben.session
    ben.lose_session()
    page = ben.ask("/me", provider)

    expect(page).to_have_url(f"{many.url}/me")
    assert ben.known
    assert ben.session not in {None, first}
    assert len(many.issuer(provider).control.sessions()) == 1


def test_where_there_is_one_provider_nothing_has_to_be_chosen(alone: Sso, passer: Bring) -> None:
    page = passer(alone).page("/me")

    asked(page)
    assert page.url.startswith(alone.issuer().issuer)


def test_who_was_sent_away_reads_why_before_anything_else(alone: Sso, passer: Bring) -> None:
    page = passer(alone).page("/sign-in?reason=idle&next=/me")
    expect(page.get_by_role("status")).to_contain_text("Nobody used this browser for a while.")
    page.goto(f"{alone.url}/sign-in?reason=provider_logout&next=/me")
    expect(page.get_by_role("status")).to_have_text("You have been signed out at your identity provider.")

    page.get_by_role("link", name="Sign in with Keycloak").click()
    sign_in(page, "ben")
    expect(page).to_have_url(f"{alone.url}/me")


def test_who_signed_out_is_not_taken_in_again_unasked(alone: Sso, passer: Bring) -> None:
    ben = passer(alone)
    page = ben.pass_through("ben")
    page.goto(f"{alone.url}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    # At the provider the session may live on, as where it knows no sign-out.
    page.goto(f"{alone.url}/me")
    expect(page).to_have_url(f"{alone.url}/sign-in?next=/me")
    page.get_by_role("link", name="Sign in with Keycloak").click()
    sign_in(page, "ben")
    expect(page).to_have_url(f"{alone.url}/me")

    ben.lose_session()
    page.goto(f"{alone.url}/me")
    expect(page).to_have_url(f"{alone.url}/me")


def test_several_providers_are_listed_with_the_last_one_first_and_marked(many: Sso, passer: Bring) -> None:
    ben = passer(many)
    page = ben.page("/sign-in")
    ways = page.get_by_role("navigation", name="Ways to sign in").get_by_role("link")
    expect(ways).to_have_text([f"Sign in with {name}" for name in SHOWN.values()])

    ben.pass_through("ben", provider="okta-org")
    ben.lose_session()
    page.reload()
    expect(ways.first).to_have_text(re.compile("^Sign in with Okta-Org.*used last in this browser$"))
    expect(ways.first).to_have_class("way first")
    expect(ways).to_have_count(len(SHOWN))
    expect(page.locator(".first")).to_have_count(1)


def test_no_address_leads_to_another_place_after_signing_in(many: Sso, passer: Bring) -> None:
    page = passer(many).page("/auth/keycloak/login?next=//evil.example/")
    sign_in(page, "ben")

    expect(page).to_have_url(f"{many.url}/")


@pytest.mark.parametrize(("provider", "prompt"), [("okta-org", "login"), ("entra", "select_account")])
def test_who_wants_another_account_is_asked_for_one(many: Sso, provider: str, prompt: str) -> None:
    with many.console.client() as client:
        there = client.get(f"/auth/{provider}/login?account=other").headers["location"]
        usual = client.get(f"/auth/{provider}/login").headers["location"]

    assert parse_qs(urlsplit(there).query)["prompt"] == [prompt]
    assert "prompt" not in usual


def test_the_keyboard_alone_leads_in(many: Sso, passer: Bring) -> None:
    page = passer(many).page("/me")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Sign in with Keycloak")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type("ben")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{many.url}/me")
