"""Backups and restores killed with -9 at any moment: a name is a whole file, a folder is one state."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from core.leaf import Draft
from core.records import Kind
from store.log import append
from store.opening import open_database
from tests.commands.backing_up import House
from tests.proof.claims import Claim, whole_or

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
KILLS = whole_or(6, 60)
RECORDS = 20_000
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Give a log that takes long enough to copy for a kill to fall into each of its steps."""
    found = House(tmp_path).found(monkeypatch)
    db = open_database(found.data)
    for start in range(0, RECORDS, 5_000):
        append(
            db, [Draft(kind=Kind.INGEST_SESSION_LOST, received=found.clock + start + n) for n in range(5_000)]
        )
    db.close()
    found.live(1)
    return found


def command(house: House, *arguments: str | Path, kill_after: float | None = None) -> int | None:
    """Run the command as a process of its own; None where it was killed."""
    environment = os.environ | {"GATEHOUSE_DATA": str(house.data)}
    line = [sys.executable, ROOT / "gatehouse.py", "backup", *arguments]
    with subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL) as process:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(kill_after)
        process.kill()
    return None


def took(house: House, *arguments: str | Path) -> float:
    began = time.monotonic()
    assert command(house, *arguments) == 0
    return time.monotonic() - began


def test_a_killed_backup_has_no_name(house: House, claims: Callable[[Claim], None]) -> None:
    began = time.monotonic()
    whole = took(house, "create", house.above / "first.age")
    (house.above / "first.age").unlink()
    before = set(house.files())
    halves = 0
    for turn in range(KILLS):
        command(house, "create", house.backup, kill_after=whole * (turn + 0.5) / KILLS)
        if house.backup.exists():
            halves += command(house, "check", house.backup) != 0
            house.backup.unlink()
        left = {path.name for path in house.above.iterdir()} - {"data", "key.txt"}
        assert left <= {".backup.age.unfinished"}
        assert [name for name in house.files() if name not in before and ".db-" not in name] == []
    last = command(house, "create", house.backup)

    name = f"backup killed with -9 {KILLS} times: files under the name that are not whole"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=KILLS, lost=halves, twice=0, seconds=seconds))
    assert (halves, last, command(house, "check", house.backup)) == (0, 0, 0)


def test_a_killed_restore_leaves_the_old_folder_or_the_new_one(
    house: House, claims: Callable[[Claim], None]
) -> None:
    began = time.monotonic()
    house.create()
    house.live(5)
    shutil.copytree(house.data, house.above / "original")
    restoring = ("restore", house.backup, "--apply", "--identity-file", house.key)
    whole = took(house, *restoring)
    old, new = number(house.above / "original"), number(house.data)
    lost = 0
    for turn in range(KILLS):
        for path in house.above.glob("data*"):
            shutil.rmtree(path)
        shutil.copytree(house.above / "original", house.data)
        command(house, *restoring, kill_after=whole * (turn + 0.5) / KILLS)
        # Between two renames neither is there under its name, and both are beside it.
        found = house.data if house.data.exists() else next(house.above.glob("data.before-*"))
        lost += number(found) not in {old, new}
        assert command(house, *restoring) == 0
        assert number(house.data) == new
        assert not list(house.above.glob("data.restoring-*"))

    name = f"restore killed with -9 {KILLS} times: folders that are neither the old nor the new"
    seconds = time.monotonic() - began
    claims(Claim(claim=name, count=KILLS, lost=lost, twice=0, seconds=seconds))
    assert lost == 0


def number(folder: Path) -> int:
    """Tell how many records a folder's log holds, by a copy that nobody else opens."""
    copy = folder.parent / "looked-at"
    shutil.copytree(folder, copy)
    db = open_database(copy)
    try:
        with db.read() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM leaf").scalar_one())
    finally:
        db.close()
        shutil.rmtree(copy)
