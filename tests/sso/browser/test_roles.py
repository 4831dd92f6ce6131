"""Chromium is refused, or gets less than everything: no groups, no second factor, no managed device."""

from http import HTTPStatus

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import picture, serious_findings
from tests.op.browser import asked, cancel, second_factor_is_asked, sign_in
from tests.op.kinds import Account
from tests.sso.browser.conftest import (
    EITHER,
    EVERYBODY,
    FITS,
    LONG,
    SHOWN,
    SIZES,
    Bring,
    changed_policy,
)
from tests.sso.console import Sso

pytestmark = pytest.mark.browser


def refusal(page: Page, words: str, reason: str) -> None:
    """See the page that says why somebody is not signed in."""
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_text(f"For your administrator: {reason} at ")).to_be_visible()


# --- groups -----------------------------------------------------------------------------------------------


def test_who_comes_without_a_claim_of_groups_reads_which_one_was_expected(many: Sso, guest: Bring) -> None:
    many.issuer("keycloak").control.wrong(off=["groups", "realm_access"])
    page = guest(many).enter("ben", "/log")

    expect(page.get_by_text("Log is not open to you")).to_be_visible()
    expect(page.get_by_text("Keycloak sent no claim 'groups' or 'realm_access.roles'.")).to_be_visible()
    expect(page.locator(".who .name")).to_have_text("ben")


def test_who_is_in_no_group_sees_no_data_and_comes_in_once_in_one(many: Sso, guest: Bring) -> None:
    eve = guest(many)
    page = eve.enter("eve", "/", "okta-org")
    expect(page.get_by_text("Okta-Org sent no claim 'groups'.")).to_be_visible()
    expect(page.get_by_role("link", name="Live")).to_have_count(0)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(FITS)
        picture(page, f"sso-without-role-{width}")
        assert serious_findings(page) == []

    others = (one for one in EVERYBODY if one.sub != "eve")
    many.issuer("okta-org").control.accounts(*others, Account(sub="eve", groups=("g-berlin",)))
    with eve.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    expect(opened.value).to_have_url(f"{many.url}/desk")


@pytest.mark.parametrize("username", ["ova", "rob"])
def test_entra_tells_groups_through_graph_where_they_are_too_many_and_roles_of_the_application(
    many: Sso, passer: Bring, username: str
) -> None:
    someone = passer(many)
    before = many.issuer("entra").control.counts().graph
    someone.pass_through(username, provider="entra")

    assert someone.context.request.get(f"{many.url}/live/attention").ok
    asked = many.issuer("entra").control.counts().graph - before
    assert asked == (2 if username == "ova" else 0)


def test_groups_that_graph_does_not_tell_let_nobody_in_with_fewer(many: Sso, passer: Bring) -> None:
    many.issuer("entra").control.graph(fail=429)
    ova = passer(many)
    page = ova.ask("/me", "entra")
    sign_in(page, "ova")

    refusal(page, "groups", "groups_unavailable")
    expect(page.get_by_role("link", name="Use a break-glass account")).to_be_visible()
    assert not ova.known


def test_a_role_that_is_taken_away_is_gone_at_the_next_act_and_from_the_stream(
    many: Sso, guest: Bring
) -> None:
    duo = guest(many)
    page = duo.enter("duo", "/live", second_factor=True)
    expect(page.locator(".site-name")).to_have_text(["Paris", "Rome"])
    assert duo.context.request.get(f"{many.url}/live/doors/paris-door-1").ok

    with changed_policy(many, 'group = "g-paris"', 'group = "g-nowhere"'):
        expect(page.locator(".site-name")).to_have_text(["Rome"])
        assert duo.context.request.get(f"{many.url}/live/doors/paris-door-1").status == HTTPStatus.NOT_FOUND
        page.get_by_role("link", name="Log", exact=True).click()
        expect(page.get_by_text("Log is not open to you")).to_be_visible()
    assert duo.known


# --- a second factor --------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", EITHER)
def test_an_administrator_is_sent_back_once_for_a_second_factor_and_comes_in_with_it(
    many: Sso, passer: Bring, provider: str
) -> None:
    ada = passer(many)
    page = ada.ask("/log", provider)
    before = len(many.issuer(provider).control.counts().authorizations)
    assert not second_factor_is_asked(page)
    sign_in(page, "ada")
    expect(page.locator("#wanted")).to_be_visible()
    assert not ada.known
    sign_in(page, "ada", second_factor=True)

    expect(page).to_have_url(f"{many.url}/log")
    assert ada.known
    assert len(many.issuer(provider).control.counts().authorizations) == before + 1


def test_who_shows_a_second_factor_at_once_is_not_sent_back(many: Sso, passer: Bring) -> None:
    ada = passer(many)
    ada.pass_through("ada", provider="okta-org", second_factor=True)

    assert ada.known


def test_an_administrator_whose_provider_can_ask_for_nothing_more_is_refused_and_may_come_as_somebody_else(
    many: Sso, passer: Bring
) -> None:
    wes = passer(many)
    page = wes.ask("/log?outcome=denied")
    sign_in(page, "wes")
    refusal(
        page,
        "Your role Admin needs a second factor, and Keycloak does not say that you used one.",
        "not_proven",
    )
    assert wes.session is None

    page.get_by_role("link", name="Sign in with another account").click()
    asked(page)
    sign_in(page, "cleo")
    expect(page).to_have_url(f"{many.url}/log?outcome=denied")


def test_an_administrator_whose_provider_could_not_get_a_second_factor_is_told_so(
    many: Sso, passer: Bring
) -> None:
    rex = passer(many)
    page = rex.ask("/log", "okta-org")
    sign_in(page, "rex")
    expect(page.locator("#wanted")).to_be_visible()
    sign_in(page, "rex", second_factor=True)

    refusal(page, "Okta-Org could not ask you for a second factor.", "not_proven")
    assert rex.session is None


# --- a device, and a refusal there ------------------------------------------------------------------------


def test_only_a_managed_device_gets_in_where_the_provider_is_to_say_so(many: Sso, passer: Bring) -> None:
    ben, mia = passer(many), passer(many)
    page = ben.ask("/me", "ping")
    sign_in(page, "ben")
    refusal(
        page, f"{LONG} does not say that this device is managed by your organisation.", "unmanaged_device"
    )
    assert ben.session is None

    mia.pass_through("mia", provider="ping")
    assert mia.known


@pytest.mark.parametrize("provider", EITHER)
def test_a_refusal_of_the_provider_is_told_with_the_way_back(many: Sso, passer: Bring, provider: str) -> None:
    ben = passer(many)
    page = ben.ask("/log", provider)
    cancel(page)
    refusal(page, f"{SHOWN[provider]} did not sign you in (access_denied).", "refused_there")
    assert ben.session is None

    page.get_by_role("link", name="Try again").click()
    sign_in(page, "ben")
    expect(page).to_have_url(f"{many.url}/log")


def test_another_browser_gets_nothing_out_of_an_answer(many: Sso, passer: Bring) -> None:
    ben, thief = passer(many), passer(many)
    page = ben.ask("/me")
    page.route("**/sign-in/finish*", lambda route: route.abort())
    with page.expect_request("**/sign-in/finish*") as asked:
        sign_in(page, "ben")
    stolen = thief.ask("/me")
    stolen.goto(asked.value.url)

    refusal(stolen, "This sign-in was begun in another browser, or is over.", "not_this_browser")
    assert thief.session is None
