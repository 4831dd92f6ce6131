"""Chromium proves acts: in the small window at the real provider, and by a passkey on the screen itself."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Error, Page, expect

from auth.passkeys import Passkeys, Visit
from core.records import Kind
from store.clock import now_us
from store.passkeys import passkeys_of
from tests.browser.looking import picture, serious_findings
from tests.op.browser import cancel, sign_in
from tests.sso.browser.conftest import FITS, SIZES, NewContext
from tests.sso.browser.hearing import Hearing
from tests.sso.browser.test_passkeys import with_device
from tests.sso.proving import WISH, Proving
from tests.waiting import until

pytestmark = pytest.mark.browser
POST: Final = """async ([path, body]) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
}"""
OPEN: Final = "(name) => { window.open(`/acts/${name}/idp`, 'proof', 'width=480,height=640'); }"
MAKE: Final = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.create({ publicKey }));
}"""
SHOW: Final = """async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
}"""


@pytest.fixture
def ground(calm_place: Proving) -> Proving:
    return calm_place


class Screen:
    """A screen of Ben's at the console, from which acts are asked for."""

    def __init__(self, ground: Proving, new_context: NewContext) -> None:
        self.ground = ground
        self.context = new_context()
        self.page = self.context.new_page()
        self.page.goto(f"{ground.console.url}/auth/keycloak/login?next=/blank")
        sign_in(self.page, "ben")
        expect(self.page).to_have_url(f"{ground.console.url}/blank")

    def post(self, path: str, body: object) -> dict[str, Any]:
        self.ground.hear()
        found: dict[str, Any] = self.page.evaluate(POST, [path, body])
        return found

    def ask(self) -> dict[str, Any]:
        found = self.post("/acts", WISH)
        assert found["status"] == 201, found
        return found

    def window(self, name: str) -> Page:
        """Open the small window, as a screen does."""
        with self.page.expect_popup() as opened:
            self.page.evaluate(OPEN, name)
        return opened.value

    def state(self, name: str) -> dict[str, Any]:
        answer = self.context.request.get(f"{self.ground.console.url}/acts/{name}")
        found: dict[str, Any] = answer.json()
        return found

    @property
    def cookie(self) -> str | None:
        cookies = self.context.cookies(self.ground.console.url)
        return {one.get("name"): one.get("value") for one in cookies}.get("gatehouse")

    def add_passkey(self) -> None:
        """Let this person have a passkey in this browser."""
        with_device(self.page)
        services = self.ground.line.services
        assert services is not None
        (ref,) = [one.ref for one in services.sessions.of(self.subject)][:1]
        actor = services.sessions.by_ref(ref, now_us())
        assert actor is not None
        visit = Visit(actor=actor, address="127.0.0.1", now=now_us())
        passkeys = Passkeys(services.db, services.public_url)
        made = self.page.evaluate(MAKE, passkeys.registration_options(visit, "provider"))
        passkeys.register(visit, "Key", made)

    @property
    def subject(self) -> str:
        return self.ground.records(Kind.OPERATOR_SIGNED_IN)[-1].private["subject"]


def gone(window: Page) -> None:
    """Wait until a window has closed."""
    if not window.is_closed():
        window.wait_for_event("close", timeout=20_000)


@pytest.fixture
def screen(ground: Proving, new_context: NewContext) -> Iterator[Screen]:
    one = Screen(ground, new_context)
    yield one
    with ground.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM passkey")


def test_the_right_person_proves_it_and_the_window_closes_itself(ground: Proving, screen: Screen) -> None:
    name, cookie, sessions = screen.ask()["id"], screen.cookie, ground.sessions()
    window = screen.window(name)
    with Hearing(ground.db):
        sign_in(window, "ben", second_factor=True)

        # In one look, since three seconds later it is gone.
        proved = window.get_by_role("main").filter(has=window.get_by_role("heading", name="Proved"))
        proved.locator("button:focus", has_text="Close this window").wait_for()
    gone(window)
    assert screen.state(name)["state"] == "sent"
    assert len(ground.line.sent) == 1
    assert (screen.cookie, ground.sessions()) == (cookie, sessions)
    expect(screen.page.get_by_role("heading", name="A screen")).to_be_visible()


def test_the_wrong_person_proves_nothing_and_reads_so(ground: Proving, screen: Screen) -> None:
    name = screen.ask()["id"]
    ground.op.issuer("keycloak").control.forget()
    window = screen.window(name)
    sign_in(window, "bob", second_factor=True)

    expect(window.get_by_role("alert")).to_contain_text("Somebody else signed in at Keycloak.")
    assert (screen.state(name)["state"], screen.state(name)["reason"]) == ("refused", "other_person")
    assert ground.line.sent == []
    try:
        window.get_by_role("button", name="Close this window").click()
    except Error:
        # It may be closed before the click has been told to be over; for no other reason.
        if not window.is_closed():
            raise
    gone(window)


def test_a_weak_answer_is_refused_and_says_so_on_every_screen(ground: Proving, screen: Screen) -> None:
    name = screen.ask()["id"]
    window = screen.window(name)
    sign_in(window, "ben")

    expect(window.get_by_role("alert")).to_contain_text("too weak a proof")
    assert (screen.state(name)["state"], screen.state(name)["reason"]) == ("refused", "weak_proof")
    assert ground.line.sent == []
    found: list[str] = []
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in (*SIZES, (480, 640)):
            window.set_viewport_size({"width": width, "height": height})
            picture(window, f"proof-{scheme}-{width}")
            found += serious_findings(window)
            assert window.evaluate(FITS)
    assert found == []


def test_who_cancels_at_the_provider_proves_nothing(ground: Proving, screen: Screen) -> None:
    name = screen.ask()["id"]
    window = screen.window(name)
    cancel(window)

    expect(window.get_by_role("alert")).to_contain_text("did not sign you in")
    assert screen.state(name)["reason"] == "refused_there"
    assert ground.line.sent == []


def test_a_window_that_is_closed_leaves_the_act_to_a_passkey(ground: Proving, screen: Screen) -> None:
    screen.add_passkey()
    asked = screen.ask()
    assert asked["proofs"] == ["passkey", "idp"]
    window = screen.window(asked["id"])
    expect(window.get_by_label("Username")).to_be_visible()
    window.close()
    assert screen.state(asked["id"])["state"] == "pending"

    shown = screen.page.evaluate(SHOW, asked["passkey"])
    told = screen.post(f"/acts/{asked['id']}/proof", {"passkey": shown})

    assert (told["status"], told["state"]) == (200, "sent")
    assert len(ground.line.sent) == 1
    again = screen.post(f"/acts/{asked['id']}/proof", {"passkey": shown})
    assert (again["status"], again["error"]) == (409, "no_act")
    assert len(ground.line.sent) == 1


def test_what_a_passkey_signed_for_one_door_opens_no_other(ground: Proving, screen: Screen) -> None:
    screen.add_passkey()
    back = screen.post("/acts", {**WISH, "target": {"door": "back"}})
    shown = screen.page.evaluate(SHOW, back["passkey"])
    front = screen.ask()

    told = screen.post(f"/acts/{front['id']}/proof", {"passkey": shown})

    assert (told["status"], told["error"]) == (409, "wrong_challenge")
    assert ground.line.sent == []
    assert len(passkeys_of(ground.db, screen.subject)) == 1
    assert "passkey" in json.dumps(back["proofs"])


def test_a_provider_that_is_down_is_told_and_the_act_stays_open(ground: Proving, screen: Screen) -> None:
    ground.op.issuer("keycloak").control.down("close")
    address = f"{ground.console.url}/auth/keycloak/login"
    until(lambda: screen.context.request.get(address, max_redirects=0).status == 502, seconds=20)
    name = screen.ask()["id"]
    window = screen.window(name)

    expect(window.get_by_role("alert")).to_contain_text("Keycloak can't be reached right now")
    assert (screen.state(name)["state"], screen.state(name)["reason"]) == ("pending", "unreachable")
    assert ground.line.sent == []
