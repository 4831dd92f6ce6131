"""Chromium adds passkeys, by the provider's proof or by an administrator's code, and looks after them."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from auth.enrolment import issue_code
from auth.passkeys import Passkeys, Visit
from auth.sessions import Sessions
from core.errors import ProofRefused
from core.records import Kind
from store.clock import now_us
from store.passkeys import Passkey, passkeys_of
from tests.auth.passkeying import CHALLENGE
from tests.auth.people import LIMITS
from tests.auth.reading import told
from tests.browser.looking import picture, serious_findings
from tests.sso.browser.conftest import FITS, SIZES, Bring, drawn
from tests.sso.console import Sso

pytestmark = pytest.mark.browser
ADD: Final = "/passkeys/new"
# The wall ends within the window, whatever is said above it.
WHOLE: Final = (
    "() => document.querySelector('.st-key-wall, .wall').getBoundingClientRect().bottom <= innerHeight"
)
SIGN: Final = """async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options));
  return JSON.stringify(await navigator.credentials.get({ publicKey }));
}"""
# A device that verifies its user by itself, as a phone does.
DEVICE: Final = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_device(page: Page, **more: bool) -> Page:
    """Put an authenticator into the browser that shows this page."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **more}})
    return page


def subject_of(sso: Sso, name: str) -> str:
    """Find who signed in last by this name: at another provider it is somebody else."""
    with sso.store() as db:
        records = told(db, Kind.OPERATOR_SIGNED_IN)
    return [one.private["subject"] for one in records if one.private["subject"].endswith(name)][-1]


def kept(sso: Sso, name: str) -> tuple[Passkey, ...]:
    subject = subject_of(sso, name)
    with sso.store() as db:
        return passkeys_of(db, subject)


def reasons(sso: Sso) -> list[str | None]:
    with sso.store() as db:
        return [one.reason for one in told(db, Kind.OPERATOR_PASSKEY_REFUSED)]


def test_who_proved_it_at_the_provider_adds_one_by_keyboard_and_looks_after_it_at_me(
    many: Sso, guest: Bring
) -> None:
    ben = guest(many)
    page = with_device(ben.pass_through("ben", ADD, second_factor=True))
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("One-time code")).to_be_hidden()
    page.keyboard.type("Phone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("“Phone” is added.")
    expect(page.get_by_role("link", name="Back to Me")).to_be_focused()
    page.keyboard.press("Enter")
    drawn(page)

    expect(page.get_by_text("A passkey was added for you on")).to_be_visible()
    expect(page.get_by_text("You have 1 passkey to confirm acts with.")).to_be_visible()
    picture(page, "screen-me-passkeys")
    found = serious_findings(page)
    wall = ben.open("/live", ".wall")
    expect(wall.get_by_text("A passkey was added for you on")).to_be_visible()
    picture(wall, "screen-live-passkeys")
    wall.wait_for_function(WHOLE)
    wall.close()
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("New name").fill("Work phone")
    page.get_by_label("New name").press("Enter")
    page.get_by_role("button", name="Rename it").click()
    expect(page.get_by_role("heading", name="Work phone")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=False).first.click()
    page.get_by_role("button", name="Remove it now").click()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    assert kept(many, "ben") == ()
    assert found == []


def test_a_second_one_is_of_another_device_and_a_cancelled_prompt_may_be_repeated(
    many: Sso, guest: Bring
) -> None:
    page = with_device(guest(many).pass_through("ada", ADD, second_factor=True))
    page.get_by_label("Name").fill("First")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status").last).to_have_text("“First” is added.")
    page.reload()
    page.get_by_label("Name").fill("Second")
    page.get_by_role("button", name="Add a passkey").click()

    expect(page.get_by_role("alert")).to_have_text("This device or key has a passkey of yours already.")
    assert [one.name for one in kept(many, "ada")] == ["First"]


def test_without_proof_there_is_none_and_an_administrators_code_opens_once(many: Sso, guest: Bring) -> None:
    page = with_device(guest(many).pass_through("pat", ADD))
    subject = subject_of(many, "pat")
    expect(page.get_by_text("Keycloak did not say that you showed a second factor.")).to_be_visible()
    with many.store() as db:
        code = issue_code(db, subject, name="Pat", by="tests", now=now_us())
    page.get_by_label("Name").fill("Key")
    page.get_by_label("One-time code").fill("0000-0000-0000-0000-0000-0000")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    assert reasons(many)[-1] == "wrong_enrolment_code"
    page.get_by_label("One-time code").fill(code.upper())
    page.get_by_role("button", name="Add a passkey").click()

    expect(page.get_by_role("status").last).to_have_text("“Key” is added.")
    assert [one.name for one in kept(many, "pat")] == ["Key"]


def test_what_chromium_has_made_signs_an_act_once(many: Sso, guest: Bring) -> None:
    page = with_device(guest(many).pass_through("ova", ADD, second_factor=True))
    page.get_by_label("Name").fill("Key")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_be_visible()
    subject = subject_of(many, "ova")
    with many.store() as db:
        passkeys, sessions = Passkeys(db, many.url), Sessions(db, LIMITS)
        actor = sessions.by_ref(sessions.of(subject)[0].ref, now_us())
        assert actor is not None
        visit = Visit(actor=actor, address="127.0.0.1", now=now_us())
        answer = page.evaluate(SIGN, passkeys.assertion_options(subject, CHALLENGE))
        proof = passkeys.verify_assertion(visit, CHALLENGE, answer)
        with pytest.raises(ProofRefused) as again:
            passkeys.verify_assertion(visit, CHALLENGE, answer)

    assert (proof.subject, proof.passkey) == (subject, kept(many, "ova")[0].ref)
    assert again.value.reason == "counter_went_back"


def test_a_device_that_verifies_nobody_adds_none(many: Sso, guest: Bring) -> None:
    page = with_device(
        guest(many).pass_through("cleo", ADD, second_factor=True),
        hasUserVerification=False,
        isUserVerified=False,
    )
    page.get_by_label("Name").fill("Key")
    page.get_by_role("button", name="Add a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was added")
    assert kept(many, "cleo") == ()


def test_the_page_fits_every_screen_and_eye(many: Sso, guest: Bring) -> None:
    page = guest(many).pass_through("pat", ADD)
    page.get_by_label("Name").fill("Key")
    page.get_by_label("One-time code").fill("0")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found: list[str] = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            picture(page, f"passkeys-{scheme}-{width}")
            found += serious_findings(page)
            page.wait_for_function(FITS)

    assert found == []
