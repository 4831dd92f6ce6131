"""Evidence packages of a real web process, beside a real sealer: checked by the command."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pyzipper

from commands.sealing import Sealing
from core.exports import State
from core.leaf import Draft
from core.records import Kind
from settings import load_settings
from store import exports
from store.clock import now_us
from store.database import Database
from store.log import append
from store.opening import open_database
from store.sealed import is_sealing
from tests.auth.reading import told
from tests.waiting import until
from tests.web.console_process import ROOT, Running, web_process
from tests.web.test_exports_running import Person, builders, signed_in

pytestmark = pytest.mark.slow
CLOSED = "package-aes"


@dataclass(frozen=True, kw_only=True)
class House:
    """A console that runs, what it has recorded, and Cleo in a browser."""

    folder: Path
    web: Running
    db: Database
    cleo: Person

    def taken(self, name: str) -> Path:
        """Download a package once it is built."""
        until(lambda: self.cleo.state(name) == "ready", seconds=60)
        file = self.folder / "taken.zip"
        file.write_bytes(self.cleo.get(f"/exports/{name}").content)
        return file

    def verify(self, package: Path, password: str = "") -> subprocess.CompletedProcess[str]:
        """Check a package as a stranger does."""
        more: list[str] = []
        if password:
            secret = self.folder / "password"
            secret.touch(0o600)
            secret.write_text(password, encoding="utf-8")
            more = ["--password-file", str(secret)]
        command = [sys.executable, "gatehouse.py", "verify", str(package), *more]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with web_process(tmp_path) as web:
        db = open_database(web.data)
        now = now_us()
        private = {"person": "u-1", "credential": "****1234"}
        swipe = Draft(kind=Kind.ACCESS_GRANTED, received=now, site="berlin", private=private)
        append(db, [swipe] * 20)
        sealing = Sealing(db, load_settings({"GATEHOUSE_DATA": str(web.data)}))
        sealing.start()
        try:
            until(lambda: is_sealing(db, now_us()))
            yield House(folder=tmp_path, web=web, db=db, cleo=signed_in(web, db))
        finally:
            sealing.stop()
            db.close()


def test_a_package_is_asked_for_proved_built_downloaded_and_verified(house: House) -> None:
    file = house.taken(house.cleo.export("package"))

    checked = house.verify(file)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    with pyzipper.AESZipFile(file) as packed:
        custody = next(packed.read(one) for one in packed.namelist() if one.endswith("custody.jsonl"))
    assert b"export.requested" in custody


def test_a_closed_package_is_opened_by_the_password_which_is_kept_nowhere(house: House) -> None:
    name = house.cleo.export(CLOSED)
    password = house.cleo.post(f"/exports/{name}/password", {}).json()["password"]
    file = house.taken(name)

    opened, without, wrong = (house.verify(file, one) for one in (password, "", f"{password[:-1]}!"))

    assert opened.returncode == 0, opened.stdout + opened.stderr
    assert (without.returncode, wrong.returncode) == (2, 2)
    assert house.cleo.post(f"/exports/{name}/password", {}).status_code == 404
    files = [one for one in (*house.web.data.rglob("*"), house.web.log) if one.is_file()]
    assert len(files) > 5
    assert [one for one in files if password.encode() in one.read_bytes()] == []


def test_nobody_can_read_the_password_off_the_builder(house: House) -> None:
    name = house.cleo.export(CLOSED)
    password = house.cleo.post(f"/exports/{name}/password", {}).json()["password"].encode()
    seen = bytearray()

    def looked() -> bool:
        for pid in builders(house.web):
            for part in ("cmdline", "environ"):
                seen.extend(Path(f"/proc/{pid}/{part}").read_bytes())
        return b"build-exports" in seen

    until(looked, seconds=30)
    assert b"GATEHOUSE_DATA" in seen
    assert password not in seen


def test_a_closed_package_whose_password_was_lost_with_the_web_process_has_failed(
    house: House, tmp_path: Path
) -> None:
    name = house.cleo.export(CLOSED)
    os.kill(house.web.process.pid, signal.SIGKILL)
    house.web.process.wait()
    left = exports.find_export(house.db, name)
    assert left is not None
    assert left.state in {State.QUEUED, State.BUILDING}

    with web_process(tmp_path, house.web.port):
        until(lambda: told(house.db, Kind.EXPORT_FAILED) != [], seconds=60)

    # The builder that had it ended with the web process.
    (failed,) = told(house.db, Kind.EXPORT_FAILED)
    assert failed.reason in {"password_lost", "broken_off"}
    assert [one for one in (house.web.data / "exports").iterdir() if name in one.name] == []
