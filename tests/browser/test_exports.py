"""An auditor takes a part of the log away: size first, format, reason, a proof, and a link to the file."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from core.records import Kind
from operations.evidence_package.checking import check_package
from operations.evidence_package.opening import opened_package
from store.clock import now_us
from store.opening import open_database
from tests.auth.reading import told
from tests.browser.device import DOOR, Device
from tests.browser.log_page import Bring, opened
from tests.browser.looking import complaints, picture, serious_findings
from tests.codes import Codes
from tests.commands.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def codes(demo: Stack) -> Codes:
    """Give the auditor's codes, each once, in whichever order the tests come."""
    logins = json.loads((demo.folder / "demo-accounts.json").read_text(encoding="utf-8"))
    return Codes(next(one["totp_secret"] for one in logins if one["username"] == "auditor"))


def begun(page: Page) -> None:
    page.get_by_role("button", name="Export…").click()
    expect(page.locator(".export-dialog")).to_contain_text(re.compile(r"\d+ records, about"))


def test_a_part_of_the_log_is_taken_away_by_a_proof(
    demo: Stack, visitor: Bring, lock: Device, tmp_path: Path, codes: Codes
) -> None:
    lock.events("door.opened", "door.closed")
    page = opened(visitor, f"/log?door={DOOR}&when=24h")
    found = complaints(page.context)
    begun(page)
    picture(page, "export-dialog")
    assert serious_findings(page) == []
    page.get_by_label("In your own words").fill("an inquiry")
    page.keyboard.press("Enter")
    expect(page.get_by_label("One-time code")).to_be_focused()
    page.keyboard.type(codes.fresh())
    page.keyboard.press("Enter")

    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=60_000)
    assert serious_findings(page) == []
    with page.expect_download() as download:
        link.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)

    assert re.fullmatch(r"gatehouse-log-\d{8}T\d{6}Z\.csv", file.name)
    rows = list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))
    assert {one["door"] for one in rows} == {DOOR}
    assert {"door.opened", "door.closed"} <= {one["kind"] for one in rows}
    expect(page.locator(".export-sum")).to_contain_text(hashlib.sha256(file.read_bytes()).hexdigest())
    expect(page.locator(".export-one")).to_contain_text("delivered", timeout=20_000)
    assert found == []
    db = open_database(demo.folder)
    (taken,) = told(db, Kind.EXPORT_DOWNLOADED)
    db.close()
    assert taken.refs["bytes"] == taken.refs["of"] == file.stat().st_size


def test_what_was_not_proved_is_called_off_by_closing(visitor: Bring) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    begun(page)
    page.get_by_label("In your own words").fill("an inquiry")
    page.keyboard.press("Enter")
    expect(page.get_by_label("One-time code")).to_be_focused()

    with page.expect_response(re.compile("/acts/[^/]+/withdraw$")) as answer:
        page.keyboard.press("Escape")

    assert answer.value.status == 204
    expect(page.locator(".export-dialog")).to_be_hidden()


def asked_for_closed(page: Page) -> None:
    begun(page)
    page.get_by_label("Evidence package").check()
    page.get_by_label("Encrypt it with a password").check()
    assert serious_findings(page) == []
    picture(page, "export-package")
    page.get_by_label("In your own words").fill("an inquiry")
    page.keyboard.press("Enter")
    expect(page.get_by_label("One-time code")).to_be_focused()


def test_a_package_is_closed_by_a_password_that_is_shown_once(
    demo: Stack, visitor: Bring, lock: Device, tmp_path: Path, codes: Codes
) -> None:
    lock.events("door.opened", "door.closed")
    page = opened(visitor, f"/log?door={DOOR}&when=24h")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    found = complaints(page.context)
    asked_for_closed(page)
    page.keyboard.type(codes.fresh())
    page.keyboard.press("Enter")

    copy = page.get_by_role("button", name="Copy the password")
    expect(copy).to_be_focused()
    expect(page.locator(".export-password")).to_contain_text("Gatehouse keeps it nowhere")
    password = page.locator(".export-secret").inner_text()
    assert len(password) > 20
    assert serious_findings(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".export-password")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == password
    page.keyboard.press("Escape")
    expect(page.locator(".export-dialog")).to_be_hidden()
    assert password not in page.content()

    line = page.locator(".export-one").filter(has_text="Evidence package, encrypted")
    link = line.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    with opened_package(file, password) as files:
        assert check_package(files).wrong == []
    assert found == []


def test_a_prompt_of_an_export_speaks_of_no_door(visitor: Bring) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    begun(page)
    page.route("**/acts/*/proof", lambda route: route.abort())
    page.get_by_label("In your own words").fill("an inquiry")
    page.keyboard.press("Enter")
    expect(page.get_by_label("One-time code")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")

    alert = page.locator(".export-dialog .act-alert")
    expect(alert).to_contain_text("not known yet: look at your exports before you try again")


def test_an_export_that_nobody_proves_says_that_nothing_was_exported(visitor: Bring) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    begun(page)

    def old(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "expires_at": now_us()})

    page.route("**/acts", old)
    page.get_by_label("In your own words").fill("an inquiry")
    page.keyboard.press("Enter")

    alert = page.locator(".export-dialog .act-alert")
    expect(alert).to_have_text("Nobody proved it within a minute. Nothing was exported.")


def test_an_export_that_an_erasure_deleted_says_why(visitor: Bring) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    gone = {"id": "01", "state": "over", "reason": "erased", "reference": "", "format": "csv", "rows": 3}
    answer = {"exports": [{**gone, "done": 3, "bytes": 9, "created": now_us(), "filter": "log?"}]}
    page.route("**/exports", lambda route: route.fulfill(json=answer))
    page.reload()

    expect(page.locator(".export-one")).to_contain_text("somebody has been erased from the log")
    expect(page.get_by_role("link", name="Download")).to_have_count(0)


def test_more_than_a_package_holds_is_said_before_a_reason_is_asked_for(visitor: Bring) -> None:
    page = opened(visitor, f"/log?door={DOOR}")
    size = {"rows": 240_000, "exact": False, "bytes": 9, "most": 100_000, "filter": "log?", "upto": 9}
    begun(page)
    page.route("**/exports/size?**", lambda route: route.fulfill(json=size))
    page.get_by_label("Evidence package").check()
    page.get_by_label("In your own words").fill("an inquiry")

    expect(page.locator(".export-dialog")).to_contain_text("narrow the filter, or make several")
    expect(page.get_by_role("button", name="Continue")).to_be_disabled()
