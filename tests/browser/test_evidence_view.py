"""The page of an evidence package, from a disk and without a network: it says what the command says."""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.evidence import ALL, CUSTODY, DISCLOSED, EVENTS, MANIFEST, POLICY, PROOFS, SHOWN, VIEW
from operations.evidence_package.checking import first
from tests.browser.looking import complaints, picture, serious_findings
from tests.operations.insiders import ATTEMPTS
from tests.operations.packaging import (
    HOSTILE,
    Log,
    a_log,
    asked,
    flipped,
    lines_of,
    put_lines,
    unpacked,
    wrong,
)

pytestmark = pytest.mark.browser

GOOD = "Every hash, path, commitment and signature in this page holds."
WHOLE = "Every file in the folder is what was signed, and every record was in the log."
BAD = "NOT AS IT WAS SIGNED"
# As many as the page names.
MOST = 20


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with a_log(tmp_path_factory.mktemp("log"), 300) as made:
        yield made


@pytest.fixture(scope="module")
def made(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    request = asked(log.rows()[-1].id, why=HOSTILE, policies=True)
    return unpacked(log.package(place / "package.zip", request), place / "out")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


@pytest.fixture(scope="module")
def offline(browser: Browser) -> Iterator[BrowserContext]:
    """Give a context without a network in which no script may fail, and no policy may be broken."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    found = complaints(context)
    yield context
    context.close()
    assert found == []


@pytest.fixture(scope="module")
def page(offline: BrowserContext, made: Path) -> Page:
    """Open the page of the package that nobody changed."""
    return opened(offline, made)


def opened(context: BrowserContext, folder: Path) -> Page:
    page = context.new_page()
    page.goto((folder / VIEW).as_uri())
    page.wait_for_selector("#inside.good, #inside.bad")
    return page


def said(page: Page, folder: Path) -> list[str]:
    """Let the page check a folder; gives what it says is wrong."""
    page.evaluate("document.getElementById('folder').className = ''")
    page.set_input_files("#choose", str(folder))
    page.wait_for_selector("#folder.good, #folder.bad")
    verdict = page.inner_text("#folder strong")
    found = page.locator("#folder li").all_inner_texts()
    assert verdict == (BAD if found else WHOLE)
    return found


def expected(folder: Path) -> list[str]:
    return list(first(wrong(folder), MOST))


def test_a_package_that_nobody_changed_holds_in_the_page_and_in_its_folder(
    page: Page, made: Path, log: Log
) -> None:
    expect(page.locator("#inside strong")).to_have_text(GOOD)
    expect(page.locator("#fingerprint")).to_have_text(log.keys.public().fingerprint)
    assert said(page, made) == expected(made) == []


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("place", [0.02, 0.4, 0.97])
def test_page_and_command_name_the_same_for_one_changed_bit(
    page: Page, folder: Path, name: str, place: float
) -> None:
    flipped(folder / name, int(place * (folder / name).stat().st_size))

    assert said(page, folder) == expected(folder) != []


@pytest.mark.parametrize("name", sorted(ALL))
def test_page_and_command_name_the_same_missing_file(page: Page, folder: Path, name: str) -> None:
    (folder / name).unlink()

    assert said(page, folder) == expected(folder) != []


def cut(folder: Path) -> None:
    for name in (EVENTS, PROOFS):
        put_lines(folder, name, lines_of(folder, name)[:-1])


def swapped(folder: Path) -> None:
    for name in (EVENTS, PROOFS):
        lines = lines_of(folder, name)
        lines[3], lines[4] = lines[4], lines[3]
        put_lines(folder, name, lines)


def removed(folder: Path) -> None:
    put_lines(folder, EVENTS, lines_of(folder, EVENTS)[1:])


def added(folder: Path) -> None:
    lines = lines_of(folder, EVENTS)
    put_lines(folder, EVENTS, [*lines[:7], lines[6], *lines[7:]])


def edited(folder: Path) -> None:
    lines = lines_of(folder, EVENTS)
    lines[5] = lines[5].replace(b"access", b"accoss")
    put_lines(folder, EVENTS, lines)


def opened_otherwise(folder: Path) -> None:
    lines = [json.loads(one) for one in lines_of(folder, DISCLOSED)]
    lines[2]["fields"]["person"]["value"] = "P-0"
    put_lines(folder, DISCLOSED, [json.dumps(one).encode() + b"\n" for one in lines])


def told_of_nobody(folder: Path) -> None:
    lines = [json.loads(one) for one in lines_of(folder, DISCLOSED)]
    lines[2]["index"] += 1
    put_lines(folder, DISCLOSED, [json.dumps(one).encode() + b"\n" for one in lines])


def without_its_key(folder: Path) -> None:
    put_lines(folder, CUSTODY, lines_of(folder, CUSTODY)[1:])


def with_another_policy(folder: Path) -> None:
    (folder / POLICY).write_bytes((folder / POLICY).read_bytes().replace(b"keepers", b"thieves"))


def of_another_kind(folder: Path) -> None:
    text = (folder / MANIFEST).read_bytes()
    (folder / MANIFEST).write_bytes(text.replace(b'"v": 1', b'"v": 2'))


def with_more(folder: Path) -> None:
    (folder / "more.jsonl").write_bytes(b"{}\n")


def with_long_path(folder: Path) -> None:
    lines = [json.loads(one) for one in lines_of(folder, PROOFS)]
    lines[8]["path"].append(lines[8]["path"][0])
    lines[9]["path"].pop()
    lines[10]["path"][0] = lines[10]["path"][0].upper()
    lines[11]["path"][-1] = lines[11]["path"][-2]
    lines[12]["index"] = 10**9
    put_lines(folder, PROOFS, [json.dumps(one).encode() + b"\n" for one in lines])


def unreadable(folder: Path) -> None:
    for name in (PROOFS, DISCLOSED, CUSTODY):
        lines = lines_of(folder, name)
        lines[1] = lines[1].replace(b'"index"', b'"place"')
        put_lines(folder, name, lines)


@pytest.mark.parametrize(
    "change",
    [
        cut,
        swapped,
        removed,
        added,
        edited,
        opened_otherwise,
        told_of_nobody,
        without_its_key,
        with_another_policy,
        of_another_kind,
        with_more,
        with_long_path,
        unreadable,
    ],
)
def test_page_and_command_name_the_same_for_a_package_that_was_worked_on(
    page: Page, folder: Path, change: Callable[[Path], None]
) -> None:
    change(folder)

    assert said(page, folder) == expected(folder) != []


@pytest.mark.parametrize(("attempt", "_sentence"), ATTEMPTS)
def test_page_and_command_name_the_same_for_who_holds_the_key_of_evidence(
    page: Page, folder: Path, log: Log, attempt: Callable[[Path, Log], None], _sentence: str
) -> None:
    attempt(folder, log)

    assert said(page, folder) == expected(folder) != []


def test_page_and_command_say_the_same_of_a_package_put_together_of_two(
    page: Page, folder: Path, tmp_path: Path
) -> None:
    with a_log(tmp_path / "theirs") as theirs:
        other = unpacked(theirs.package(tmp_path / "theirs.zip"), tmp_path / "out")
    for name in ("SHA256SUMS", "SHA256SUMS.sig", "evidence.note"):
        shutil.copy2(other / name, folder / name)

    assert said(page, folder) == expected(folder) != []


@pytest.mark.parametrize("name", [*SHOWN, MANIFEST])
def test_a_page_whose_own_copy_was_changed_says_so(offline: BrowserContext, folder: Path, name: str) -> None:
    page = (folder / VIEW).read_text(encoding="utf-8")
    changed = bytearray((folder / name).read_bytes())
    changed[len(changed) // 2] ^= 1
    packed = base64.b64encode(zlib.compress(bytes(changed))).decode()
    place = re.compile(rf'(data-file="{re.escape(name)}">)[^<]*')
    (folder / VIEW).write_text(place.sub(rf"\g<1>{packed}", page), encoding="utf-8")

    opened_page = opened(offline, folder)

    expect(opened_page.locator("#inside strong")).to_have_text(BAD)
    assert any(name in one for one in opened_page.locator("#inside li").all_inner_texts())
    opened_page.close()


def test_a_page_of_another_log_shows_another_fingerprint(
    offline: BrowserContext, page: Page, tmp_path: Path
) -> None:
    with a_log(tmp_path / "theirs") as theirs:
        other = unpacked(theirs.package(tmp_path / "theirs.zip"), tmp_path / "out")

    forged = opened(offline, other)

    assert forged.inner_text("#fingerprint") != page.inner_text("#fingerprint")
    forged.close()


def test_what_was_recorded_is_shown_as_text_and_nothing_of_it_runs(
    offline: BrowserContext, made: Path
) -> None:
    alarms: list[str] = []
    asked_for: list[str] = []
    offline.on("dialog", lambda one: alarms.append(one.message))
    offline.on("request", lambda one: asked_for.append(one.url))

    page = opened(offline, made)
    for one in page.locator("summary").all()[:10]:
        one.click()

    shown = page.inner_text("#rows")
    assert "</script><script>alert(1)</script>\\u2028" in shown
    assert "\\u202e" in shown
    assert "closed" in shown
    assert page.locator("#package dd").nth(4).inner_text().startswith("</script>")
    assert page.locator("script").count() == 1
    assert (alarms, asked_for) == ([], [(made / VIEW).as_uri()])
    page.close()


def test_records_are_looked_through_and_searched(offline: BrowserContext, made: Path) -> None:
    page = opened(offline, made)
    where = page.locator("#where")

    expect(where).to_have_text("1 to 100 of 304")
    page.get_by_role("button", name="Later").click()
    expect(where).to_have_text("101 to 200 of 304")
    page.fill("#search", "Person 5")
    page.press("#search", "Enter")
    expect(where).not_to_have_text("101 to 200 of 304")
    assert page.locator("#rows tr").count() > 0
    assert all("Person 5" in one for one in page.locator("#rows tr").all_inner_texts())
    page.fill("#search", "export.requested")
    page.press("#search", "Enter")
    expect(where).to_have_text("1 to 1 of 1")
    assert "Theft" in page.inner_text("#custody")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_passes_axe(browser: Browser, made: Path, scheme: str) -> None:
    dark = scheme == "dark"
    context = browser.new_context(color_scheme="dark" if dark else "light", bypass_csp=True)
    page = opened(context, made)

    assert serious_findings(page) == []
    picture(page, f"evidence-{scheme}")
    context.close()
