"""Chromium goes out: here, at the provider, everywhere, or because nobody was there."""

import re
import time
from typing import Final

import pytest
from playwright.sync_api import Page, Request, expect
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from core.times import MINUTE_US
from store.clock import now_us
from store.held_tokens import tokens_to_revoke
from store.schema_people import session
from tests.op.browser import asked, sign_in
from tests.sso.browser.conftest import EITHER, LONG, NAME, Bring, Guest
from tests.sso.console import Sso
from tests.waiting import until
from web.sockets import SESSION_ENDED

pytestmark = pytest.mark.browser
WALL: Final = ".wall[data-link=live]"


def by_reason(reason: str) -> re.Pattern[str]:
    """Match the sign-in, reached for a reason."""
    return re.compile(rf"/sign-in\?reason={reason}(&next=|$)")


def requested(page: Page) -> list[Request]:
    """Note every request of a page from now on."""
    found: list[Request] = []
    page.on("request", lambda request: found.append(request))  # noqa: PLW0108 - it must be a function of Python
    return found


def stream_of(guest: Guest) -> ClientConnection:
    """Open a live stream of somebody's session beside the browser."""
    return guest.sso.console.socket(guest.session, "/live/stream")


def cut(stream: ClientConnection) -> tuple[int, str]:
    """Read a stream until it is closed; gives the code and the reason."""
    try:
        while True:
            stream.recv(timeout=10)
    except ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (0, "")


# --- by oneself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", EITHER)
def test_signing_out_ends_the_provider_too_and_shows_the_token_in_no_address(
    many: Sso, passer: Bring, provider: str
) -> None:
    ben = passer(many)
    page = ben.pass_through("ben", provider=provider)
    requests = requested(page)
    page.goto(f"{many.url}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{many.url}/sign-in?reason=signed_out")
    expect(page.get_by_role("status")).to_have_text("You are signed out.")

    assert many.issuer(provider).control.sessions() == []
    told = [one for one in requests if "id_token_hint=eyJ" in (one.post_data or "")]
    assert [one.url.startswith(many.issuer(provider).issuer) for one in told] == [True]
    assert [one.url for one in requests if "eyJ" in one.url or "id_token" in one.url] == []
    assert not ben.known
    page.get_by_role("link", name="Sign in with").first.click()
    asked(page)


def test_nothing_is_shown_to_who_goes_back_after_signing_out(many: Sso, guest: Bring) -> None:
    ben = guest(many)
    page = ben.enter("ben", "/live")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(by_reason("signed_out"))
    passed = set[str]()
    for _ in range(page.evaluate("history.length") - 1):
        page.go_back(wait_until="commit")
        passed.add(page.url)
        expect(page.locator(NAME)).to_have_count(0)

    assert f"{many.url}/sign-in?next=/live" in passed
    assert f"{many.url}/live" not in passed


def test_a_provider_that_takes_no_post_asks_itself_and_is_shown_no_token(many: Sso, passer: Bring) -> None:
    ben = passer(many)
    page = ben.pass_through("ben", provider="entra")
    requests = requested(page)
    page.goto(f"{many.url}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign out")
    assert not ben.known
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(f"{many.url}/sign-in?reason=signed_out")
    assert [one.url for one in requests if "eyJ" in f"{one.url}{one.post_data}"] == []


def test_a_provider_that_knows_no_sign_out_is_told_to_ask_who_comes_next(many: Sso, passer: Bring) -> None:
    mia = passer(many)
    page = mia.pass_through("mia", provider="ping")
    page.goto(f"{many.url}/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{many.url}/sign-in?reason=signed_out")
    assert len(many.issuer("ping").control.sessions()) == 1
    # With the tokens that we give back, this provider takes back the codes that it gives meanwhile.
    with many.store() as db:
        until(lambda: not tokens_to_revoke(db, now_us()), seconds=20)
    page.get_by_role("link", name=f"Sign in with {LONG}").click()
    asked(page)
    sign_in(page, "mia")
    expect(page).to_have_url(f"{many.url}/")


def test_signing_out_everywhere_ends_the_other_browser_with_the_reason(many: Sso, guest: Bring) -> None:
    here, there = guest(many), guest(many)
    page, other = here.enter("ben"), there.enter("ben", "/live")
    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("button", name="Sign out everywhere now").click()
    began = time.monotonic()

    other.wait_for_url(by_reason("ended_everywhere"), wait_until="commit")
    assert time.monotonic() - began <= 2
    expect(other.get_by_role("status")).to_have_text("You are signed out everywhere.")
    expect(page).to_have_url(by_reason("signed_out"))
    assert not here.known
    assert not there.known


# --- by the provider --------------------------------------------------------------------------------------


def test_a_sign_out_at_the_provider_ends_every_page_and_stream_of_that_person_and_no_other(
    many: Sso, guest: Bring, passer: Bring
) -> None:
    ben, pat = guest(many), passer(many)
    pat.pass_through("pat")
    pages = [ben.enter("ben"), ben.open("/live", WALL)]
    with stream_of(ben) as his, stream_of(pat) as hers:
        began = time.monotonic()
        told = many.issuer("keycloak").control.end_sessions("ben")
        for page in pages:
            page.wait_for_url(by_reason("provider_logout"), wait_until="commit")
        assert cut(his) == (SESSION_ENDED, "provider_logout")
        assert time.monotonic() - began <= 2
        assert [one.ok for one in told] == [True]
        hers.recv(timeout=10)

    for page in pages:
        expect(page.get_by_role("status")).to_have_text("You have been signed out at your identity provider.")
    assert not ben.known
    assert pat.known


def test_so_it_does_where_the_provider_has_no_path(many: Sso, passer: Bring) -> None:
    ben, pat = passer(many), passer(many)
    for one, name in ((ben, "ben"), (pat, "pat")):
        one.pass_through(name, provider="okta-org")
    with stream_of(ben) as his, stream_of(pat) as hers:
        many.issuer("okta-org").control.end_sessions("ben")
        assert cut(his) == (SESSION_ENDED, "provider_logout")
        hers.recv(timeout=10)

    assert not ben.known
    assert pat.known


# --- by nobody being there --------------------------------------------------------------------------------


def test_who_touches_nothing_is_sent_away_from_all_but_the_wall(many: Sso, guest: Bring) -> None:
    ben = guest(many)
    page, wall = ben.enter("ben"), ben.open("/live", WALL)
    with many.store() as db, db.write() as connection:
        long_ago = session.c.active - 31 * MINUTE_US
        connection.execute(update(session).where(session.c.ended.is_(None)).values(active=long_ago))
    expect(page).to_have_url(by_reason("idle"))
    expect(page.get_by_role("status")).to_contain_text("Nobody used this browser for a while.")

    expect(wall.locator(WALL)).to_be_visible()
    assert wall.url == f"{many.url}/live"
