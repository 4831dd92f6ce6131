"""(d) How long from `gatehouse.py demo` to the sign-in page and to a drawn wall, and what it weighs."""

import json
import tempfile
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from bench.path import CHROMIUM
from bench.stand.processes import Process, python, start
from bench.stand.stand import wait_for
from tests.ports import free_port

_PATIENCE_S: Final = 60.0
_ROLE: Final = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Seconds from the start of a process in an empty data folder."""

    sign_in_s: float
    wall_s: float
    again_s: float


def run() -> Started:
    """Start the demo in an empty folder, sign in, and start it a second time."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name) / "data"
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page()
        first, wall = _start(folder, page)
        again, _ = _start(folder, None)
        chromium.close()
    return Started(sign_in_s=first, wall_s=wall, again_s=again)


def _start(folder: Path, page: Page | None) -> tuple[float, float]:
    port = free_port()
    environ = {
        "GATEHOUSE_DATA": str(folder),
        "GATEHOUSE_PORT": str(port),
        "GATEHOUSE_MQTT_PORT": str(free_port()),
    }
    begin = time.monotonic()
    process = start(python("gatehouse.py", "demo"), folder.parent / "demo.out", environ)
    try:
        wait_for("the sign-in page", lambda: _serves(process, port), _PATIENCE_S)
        signed = time.monotonic() - begin
        if page is not None:
            _sign_in(page, folder, port)
        return signed, time.monotonic() - begin
    finally:
        process.stop()


def _serves(process: Process, port: int) -> bool:
    assert process.alive(), process.said()
    connection = HTTPConnection("localhost", port, timeout=1)
    try:
        connection.request("GET", "/sign-in")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _sign_in(page: Page, folder: Path, port: int) -> None:
    logins = json.loads((folder / "demo-accounts.json").read_text(encoding="utf-8"))
    login = next(one for one in logins if one["role"] == _ROLE)
    page.goto(f"http://localhost:{port}/live")
    page.locator('[name="username"]').fill(login["username"])
    page.locator('[name="password"]').fill(login["password"])
    page.locator('[type="submit"]').click()
    page.locator('.wall[data-link="live"]').wait_for(timeout=_PATIENCE_S * 1000)


if __name__ == "__main__":
    print(run())
