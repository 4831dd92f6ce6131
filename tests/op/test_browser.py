"""Chromium signs in at the provider, and once for all that ask."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.op.browser import asked, cancel, second_factor_is_asked, sign_in
from tests.op.kinds import Client
from tests.op.people import CLIENT, visit
from tests.op.provider import Op
from tests.op.receiver import Receiver, receiving
from tests.op.visitor import Wish

pytestmark = pytest.mark.browser


@pytest.fixture
def receiver(op: Op) -> Iterator[Receiver]:
    with receiving() as found:
        back = Client(redirect_uris=(found.url("/back"),), post_logout_redirect_uris=(found.url("/bye"),))
        for one in op.issuers.values():
            one.control.clients(back)
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(ignore_https_errors=True) as context:
        yield context.new_page()


def ask(op: Op, name: str, page: Page, receiver: Receiver, **more: str) -> None:
    with visit(op, name) as visitor:
        where = visitor.about["authorization_endpoint"]
    wish = Wish(redirect_uri=receiver.url("/back"), more=more)
    page.goto(f"{where}?{urlencode(wish.parameters(CLIENT.client_id))}")


def arrived(page: Page, receiver: Receiver) -> dict[str, str]:
    expect(page).to_have_title("Received")
    return receiver.form()


def test_a_browser_signs_in_once_and_again_for_a_second_factor(
    op: Op, page: Page, receiver: Receiver
) -> None:
    ask(op, "okta", page, receiver)
    assert not second_factor_is_asked(page)
    sign_in(page, "ada")
    assert "code" in arrived(page, receiver)

    ask(op, "okta", page, receiver)
    assert "code" in arrived(page, receiver)

    ask(op, "okta", page, receiver, acr_values="urn:okta:loa:2fa:any")
    assert second_factor_is_asked(page)
    sign_in(page, "ada", second_factor=True)
    assert "code" in arrived(page, receiver)
    assert [one.acr for one in op.issuer("okta").control.sessions()][-1] == "urn:okta:loa:2fa:any"


def test_issuers_on_one_host_have_people_of_their_own(op: Op, page: Page, receiver: Receiver) -> None:
    ask(op, "okta", page, receiver)
    sign_in(page, "ada")
    arrived(page, receiver)

    ask(op, "keycloak", page, receiver)
    asked(page)
    sign_in(page, "ben")
    arrived(page, receiver)

    ask(op, "okta", page, receiver)
    assert "code" in arrived(page, receiver)


def test_somebody_unknown_is_asked_again_and_may_leave(op: Op, page: Page, receiver: Receiver) -> None:
    ask(op, "auth0", page, receiver)
    sign_in(page, "nobody")
    expect(page.get_by_role("alert")).to_have_text("Nobody is called that.")
    cancel(page)

    assert arrived(page, receiver)["error"] == "access_denied"


def test_an_essential_factor_is_asked_for_until_it_is_given(op: Op, page: Page, receiver: Receiver) -> None:
    ask(op, "entra", page, receiver, claims='{"id_token":{"acrs":{"essential":true,"value":"c1"}}}')
    sign_in(page, "ada")
    expect(page.get_by_role("alert")).to_have_text("A second factor is needed.")
    sign_in(page, "ada", second_factor=True)

    assert "code" in arrived(page, receiver)


def test_a_browser_is_signed_out_without_being_asked(op: Op, page: Page, receiver: Receiver) -> None:
    ask(op, "keycloak", page, receiver)
    sign_in(page, "ada")
    wish = arrived(page, receiver)
    assert "code" in wish
    with visit(op, "keycloak") as visitor:
        where = visitor.about["end_session_endpoint"]
    bye = urlencode({"client_id": CLIENT.client_id, "post_logout_redirect_uri": receiver.url("/bye")})
    page.goto(f"{where}?{bye}")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/bye")

    ask(op, "keycloak", page, receiver)
    asked(page)
