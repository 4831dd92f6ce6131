"""An auditor takes a part of the log away: size first, format, reason, a proof, and a link to the file."""

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from core.records import Kind
from core.times import SECOND_US
from store.clock import now_us
from store.opening import open_database
from tests.auth.reading import told
from tests.browser.device import DOOR, Device
from tests.browser.log_page import Bring, opened
from tests.browser.looking import complaints, picture, serious_findings
from tests.commands.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def code(demo: Stack, username: str) -> str:
    logins = json.loads((demo.folder / "demo-accounts.json").read_text(encoding="utf-8"))
    secret = next(one["totp_secret"] for one in logins if one["username"] == username)
    return pyotp.TOTP(secret).at(now_us() // SECOND_US)


def begun(page: Page) -> None:
    page.get_by_role("button", name="Export…").click()
    expect(page.locator(".export-dialog")).to_contain_text(re.compile(r"\d+ records, about"))


def test_a_part_of_the_log_is_taken_away_by_a_proof(
    demo: Stack, visitor: Bring, lock: Device, tmp_path: Path
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
    page.keyboard.type(code(demo, "auditor"))
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
