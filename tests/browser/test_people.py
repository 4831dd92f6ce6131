"""Administrators and auditors at /people and /policy, on the running demo."""

import re
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import BrowserContext, expect

from core.leaf import Draft
from core.records import Kind
from store.clock import now_us
from store.log import append
from store.opening import open_database
from tests.browser.conftest import READY, Scheme, Visitor
from tests.browser.looking import picture, serious_findings
from tests.commands.stack import Stack

pytestmark = pytest.mark.browser
NewContext = Callable[..., BrowserContext]
SIGN_IN = re.compile(r"/sign-in\?")


def test_an_administrator_signs_a_colleague_out_by_keyboard_and_the_colleagues_wall_goes(
    new_context: NewContext, demo: Stack
) -> None:
    wall = Visitor(demo, new_context(), "supervisor").enter().wall()
    page = Visitor(demo, new_context(), "admin").enter().open("/me", READY)
    page.wait_for_selector(".bar .name")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people")
    search = page.get_by_label("Search", exact=True)
    search.fill("supervisor")
    search.press("Enter")
    expect(page.locator("[class*=st-key-session-person-]")).to_have_count(1)
    page.get_by_role("button", name="Sign out everywhere").press("Enter")
    now = page.get_by_role("button", name=re.compile(r"Sign out .* \(supervisor\) everywhere now"))
    expect(now).to_be_visible()
    picture(page, "screen-people-confirm")
    found = serious_findings(page)
    now.press("Enter")

    expect(page.get_by_text(re.compile("session(s)? ended"))).to_be_visible()
    # Polled and not waited for: the page's redirect and the wall's own may overtake each other.
    expect(wall).to_have_url(SIGN_IN, timeout=5_000)
    expect(wall.get_by_text("An administrator has ended your session.")).to_be_visible()
    assert found == []


def test_an_auditor_finds_out_why_somebody_may_what(new_context: NewContext, demo: Stack) -> None:
    Visitor(demo, new_context(), "agent").enter()
    page = Visitor(demo, new_context(), "auditor").enter().open("/people?find=agent", READY)
    expect(page.get_by_role("button", name="Sign out everywhere")).to_have_count(0)
    page.get_by_role("link", name="Why these roles").first.click()

    page.wait_for_url(re.compile(r"/policy\?.*who=local"))
    expect(page.get_by_text("door.unlock: yes, at Berlin")).to_be_visible()
    picture(page, "screen-policy-explained")
    assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_administrator_reads_which_passkeys_were_added_of_late(
    new_context: NewContext, demo: Stack, scheme: Scheme
) -> None:
    refs = {"passkey": "none-any-more", "way": "code"}
    private = {"subject": "local:agent", "name": "Sam Agent", "passkey": "Office key", "address": "192.0.2.7"}
    record = Draft(kind=Kind.OPERATOR_PASSKEY_ADDED, received=now_us(), refs=refs, private=private)
    with closing(open_database(demo.folder)) as db:
        append(db, [record])
    page = Visitor(demo, new_context(scheme=scheme), "admin").enter().open("/people", READY)
    news = page.locator(".st-key-passkeys-added")
    expect(news.locator("summary")).to_be_visible()
    # Many are folded: other tests add theirs.
    if news.locator("details[open]").count() == 0:
        news.locator("summary").click()
    expect(news.get_by_text("Sam Agent (local:agent): “Office key”, removed since").first).to_be_visible()
    expect(news.get_by_text(re.compile("with an administrator's one-time code")).first).to_be_visible()
    picture(page, f"screen-people-passkeys-{scheme}")
    assert serious_findings(page) == []
