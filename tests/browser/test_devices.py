"""The page of devices on the running demo: what each role sees, hostile words, and what it looks like."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import delete, insert

from core.times import SECOND_US
from store import schema
from store.database import Database
from store.opening import open_database
from store.touch import Part, PartState, report_part
from tests.browser.conftest import Visitor
from tests.browser.looking import picture, serious_findings, titled
from tests.commands.stack import Stack
from tests.waiting import until

pytestmark = pytest.mark.browser
Bring = Callable[[str], Visitor]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> [link](http://evil) \u202egnp.exe"
SHOWN = HOSTILE.replace("\u202e", "⟨U+202E⟩")
NO_SCROLL = "() => document.documentElement.scrollWidth <= innerWidth"
# It hangs on no door and never speaks, so that what is written of it stays as it is.
TROUBLED = "ber-relay"


def _rows(now: int) -> dict[str, list[dict[str, object]]]:
    words = [
        {
            "at": now - SECOND_US,
            "topic": "ber-relay/event",
            "text": HOSTILE,
            "verdict": "feed.unmapped: not_json",
        },
        {
            "at": now,
            "topic": "ber-relay/status",
            "text": '{"online":true}',
            "verdict": "status",
        },
    ]
    gap = {"device": TROUBLED, "boot": "01OLD", "first": 11, "last": 24, "lost": 0, "closed_id": None}
    stranger = {"family": "shelly", "topic": "shellyplus1-a8032ab1", "title": HOSTILE, "text": HOSTILE}
    relay = {
        "site": "berlin",
        "family": "shelly",
        "name": "Spare relay",
        "heartbeat_s": 0,
        "topic": "ber-relay",
    }
    return {
        "device": [{"id": TROUBLED, **relay}],
        "feed_count": [
            {"device": TROUBLED, "reason": "device_mismatch", "n": 1, "last": now},
            {"device": TROUBLED, "reason": "not_json", "n": 3, "last": now},
            {"device": "", "reason": "unknown_topic", "n": 7, "last": now},
        ],
        "flood": [
            {"device": TROUBLED, "bucket": "rate", "since": now, "n": 1_234, "numbered": 0, "opened_id": 1}
        ],
        "gap": [{"id": 2**40, "opened": now, **gap}],
        "device_words": [{"device": TROUBLED, "at": now, "words": json.dumps(words).encode()}],
        "unclaimed": [
            {"name": "shellyplus1-a8032ab1", "n": 14, "first": now - 60 * SECOND_US, "last": now, **stranger}
        ],
    }


@pytest.fixture(scope="module")
def troubled(demo: Stack) -> Iterator[Stack]:
    """Write into the demo's store what a hostile device and a stranger would leave there, for a while."""
    rows = _rows(time.time_ns() // 1_000)
    db = open_database(demo.folder)
    forget(db, rows)
    with db.write() as connection:
        for table, some in rows.items():
            connection.execute(insert(schema.metadata.tables[table]), some)
    yield demo
    forget(db, rows)
    db.close()


def forget(db: Database, rows: dict[str, list[dict[str, object]]]) -> None:
    with db.write() as connection:
        for name, some in rows.items():
            table = schema.metadata.tables[name]
            key = {"device": "id", "unclaimed": "name"}.get(name, "device")
            connection.execute(delete(table).where(table.c[key].in_([row[key] for row in some])))


LOW = """UPDATE part SET state = 'degraded', info = '{"free_mb": 812, "level": "low"}'
WHERE name = 'store'"""


@contextmanager
def nearly_full(demo: Stack) -> Iterator[None]:
    """Let the store's part say that the disk is low, whatever ingest goes on reporting of it."""
    db = open_database(demo.folder)
    report_part(db, Part(name="store", state=PartState.DEGRADED, at=time.time_ns() // 1_000))
    try:
        with db.write() as connection:
            connection.exec_driver_sql(LOW)
            when = "CREATE TRIGGER low AFTER UPDATE ON part WHEN new.name = 'store'"
            connection.exec_driver_sql(f"{when} BEGIN {LOW}; END")
        yield
    finally:
        with db.write() as connection:
            connection.exec_driver_sql("DROP TRIGGER low")
        db.close()


@contextmanager
def counted(demo: Stack, row: dict[str, object]) -> Iterator[None]:
    """Let a device have sent something that is counted, and forget it afterwards."""
    db, table = open_database(demo.folder), schema.feed_count
    try:
        with db.write() as connection:
            connection.execute(insert(table), row)
        yield
    finally:
        with db.write() as connection:
            connection.execute(delete(table).where(table.c.device == row["device"]))
        db.close()


def line(page: Page, device: str) -> Locator:
    return page.locator(f".line[data-device={device}]")


# --- who sees what ----------------------------------------------------------------------------------------


def test_an_agent_sees_the_devices_of_ones_own_site_and_no_raw_words(visitor: Bring, troubled: Stack) -> None:
    del troubled
    page = visitor("agent").enter().open("/devices")
    expect(line(page, TROUBLED)).to_contain_text("forged 1")
    expect(page.locator(".line").filter(has_text="New York")).to_have_count(0)
    expect(page.get_by_text("Unclaimed devices")).to_have_count(0)

    line(page, TROUBLED).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Presence")).to_be_visible()
    expect(page.get_by_text("Last messages")).to_have_count(0)
    expect(page.get_by_role("link", name="Its records")).to_have_count(0)


def test_an_auditor_reads_all_devices_and_their_records_and_no_raw_words(
    visitor: Bring, troubled: Stack
) -> None:
    del troubled
    auditor = visitor("auditor").enter()
    page = auditor.open(f"/devices?device={TROUBLED}")
    expect(page.get_by_role("heading", name="Missing records")).to_be_visible()
    expect(page.get_by_text("Last messages")).to_have_count(0)

    page = auditor.open("/devices?device=ber-floors")
    page.get_by_role("link", name="Its records").first.click()
    expect(page).to_have_title(titled("Log"))
    expect(page).to_have_url(re.compile(r"/log\?site=berlin&door=berlin-"))


def test_a_person_without_a_role_for_it_is_told_so(visitor: Bring) -> None:
    page = visitor("user").enter().open("/devices")

    expect(page.get_by_text("Devices is not open to you")).to_be_visible()
    expect(page.locator(".line")).to_have_count(0)


def test_another_sites_device_is_as_absent_as_none(visitor: Bring) -> None:
    page = visitor("agent").enter().open("/devices?device=sin-lab")

    expect(page.get_by_text("There is no such device")).to_be_visible()


# --- one device -------------------------------------------------------------------------------------------


def test_a_device_opens_by_keyboard_keeps_its_address_and_goes_back(visitor: Bring, troubled: Stack) -> None:
    del troubled
    page = visitor("admin").enter().open("/devices?site=berlin")
    expect(page).to_have_title(titled("Devices"))
    line(page, TROUBLED).get_by_role("link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Presence")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/devices\?site=berlin&device={TROUBLED}"))

    page.go_back()
    expect(line(page, TROUBLED)).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Presence")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Presence")).to_be_visible()
    page.get_by_role("button", name="All devices").click()
    expect(line(page, TROUBLED)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/devices\?site=berlin$"))


def test_the_list_keeps_its_focus_and_order_while_it_draws_itself_again(
    visitor: Bring, troubled: Stack
) -> None:
    del troubled
    page = visitor("admin").enter().open("/devices")
    link = line(page, TROUBLED).get_by_role("link")
    link.focus()
    order = page.locator(".line .name").all_text_contents()
    heard = line(page, "ber-vault").locator(".heard")
    for _ in range(2):
        said = heard.inner_text()
        expect(heard).not_to_have_text(said)

    expect(link).to_be_focused()
    assert page.locator(".line .name").all_text_contents() == order


def test_lines_do_not_move_under_a_reader_until_they_are_sorted_again(
    visitor: Bring, troubled: Stack
) -> None:
    page = visitor("admin").enter().open("/devices")
    names = page.locator(".line .name")
    expect(line(page, "sin-lab")).to_be_visible()
    order = names.all_text_contents()
    now = time.time_ns() // 1_000
    with counted(troubled, {"device": "sin-lab", "reason": "site_mismatch", "n": 5, "last": now}):
        expect(line(page, "sin-lab")).to_contain_text("forged 5")
        assert names.all_text_contents() == order
        page.get_by_role("button", name="Sort again").click()
        # Another device of the demo may be away and stand above it.
        place = order.index("Laboratory lock")
        until(lambda: names.all_text_contents().index("Laboratory lock") < place, seconds=10)


def test_hostile_words_stay_words(visitor: Bring, troubled: Stack) -> None:
    del troubled
    page = visitor("admin").enter().open("/devices")
    expander = page.locator("[data-testid=stExpander]", has_text="shelly ·")
    expander.locator("summary").click()
    expect(expander.get_by_text("[[devices]]")).to_be_visible()
    expect(expander.locator("code").first).to_have_text(SHOWN)
    picture(page, "devices-unclaimed")

    line(page, TROUBLED).get_by_role("link").click()
    expect(page.locator(".mono", has_text="<img src=x").first).to_have_text(SHOWN)
    assert page.locator("img[src=x], a[href*=evil], .section b").count() == 0
    expect(page).to_have_title(titled("Devices"))


def test_a_nearly_full_disk_is_said_above_every_page_of_those_who_watch(visitor: Bring, demo: Stack) -> None:
    with nearly_full(demo):
        agent = visitor("agent").enter()
        for path in ("/live", "/devices", "/health"):
            page = agent.open(path)
            expect(page.get_by_role("alert").filter(has_text="Disk nearly full")).to_be_visible()
            picture(page, f"disk{path.replace('/', '-')}")
            assert serious_findings(page) == []
            page.close()


# --- looks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("opened", [False, True])
def test_the_page_passes_axe(
    new_context: Callable[..., BrowserContext], troubled: Stack, scheme: str, *, opened: bool
) -> None:
    page = Visitor(troubled, new_context(scheme), "admin").enter().open("/devices")
    expect(line(page, TROUBLED)).to_be_visible()
    if opened:
        line(page, TROUBLED).get_by_role("link").click()
        expect(page.get_by_role("heading", name="Last messages")).to_be_visible()
    page.emulate_media(reduced_motion="reduce")

    assert serious_findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800), (1920, 1080)])
def test_every_size_shows_the_list_and_a_device_without_sideways_scrolling(
    new_context: Callable[..., BrowserContext], troubled: Stack, scheme: str, width: int, height: int
) -> None:
    page = Visitor(troubled, new_context(scheme, width, height), "admin").enter().open("/devices")
    expect(line(page, TROUBLED)).to_be_visible()
    picture(page, f"devices-{scheme}-{width}")
    page.wait_for_function(NO_SCROLL)
    line(page, TROUBLED).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Last messages")).to_be_visible()
    page.wait_for_function(NO_SCROLL)
    picture(page, f"device-{scheme}-{width}")
