"""Room for records: shown early, told once, a reserve given up, acts refused, until there is room again."""

import os
import subprocess
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from commands import account, estate, policy
from core.errors import DiskNearlyFull, StoreFull
from core.leaf import Draft
from core.records import Kind
from settings import load_settings
from store import disk
from store.database import Database
from store.disk import MEBIBYTE, DiskWatch, Level, Room, need_room, read_room
from store.ingest_log import IngestLog
from store.log import append
from store.opening import open_database
from store.touch import Holder, PartState, parts
from tests.store.words import NOW, records

GIGABYTE = 1024 * MEBIBYTE
ROOM = Room(
    total=100 * GIGABYTE,
    free=50 * GIGABYTE,
    low=5 * GIGABYTE,
    critical=128 * MEBIBYTE,
    ballast=MEBIBYTE,
)
Watch = Callable[[int], Level]


@pytest.fixture
def watch(db: Database) -> Watch:
    """Look at a disk with so many bytes free."""

    def look(free: int) -> Level:
        return DiskWatch(db, read=lambda _folder: replace(ROOM, free=free)).look(NOW)

    return look


def told(db: Database) -> list[tuple[str, str]]:
    found = records(db, Kind.STORE_DISK_LOW, Kind.STORE_DISK_AMPLE)
    return [(one.kind, str(one.leaf["outcome"])) for one in found]


def test_each_change_of_level_is_one_record_whoever_looks(db: Database, watch: Watch) -> None:
    for free in (50 * GIGABYTE, 4 * GIGABYTE, 3 * GIGABYTE, 100 * MEBIBYTE, MEBIBYTE, 50 * GIGABYTE):
        watch(free)

    assert told(db) == [
        ("store.disk_low", "low"),
        ("store.disk_low", "critical"),
        ("store.disk_ample", "ample"),
    ]


def test_a_level_is_left_only_with_room_to_spare(watch: Watch) -> None:
    assert watch(ROOM.low - 1) is Level.LOW
    assert watch(ROOM.low + 1) is Level.LOW
    assert watch(ROOM.critical - 1) is Level.CRITICAL
    assert watch(ROOM.critical + 1) is Level.CRITICAL
    assert watch(2 * ROOM.critical) is Level.LOW
    assert watch(2 * ROOM.low) is Level.AMPLE


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (50 * GIGABYTE, PartState.OK),
        (4 * GIGABYTE, PartState.DEGRADED),
        (MEBIBYTE, PartState.DOWN),
    ],
)
def test_the_part_says_how_much_is_left(db: Database, watch: Watch, free: int, state: PartState) -> None:
    watch(free)

    [part] = [one for one in parts(db) if one.name == "store"]
    assert (part.state, part.info["free_mb"]) == (state, free // 1_000_000)
    assert ("trouble" in part.info) == (state is not PartState.OK)


def test_the_reserve_is_kept_given_up_when_room_is_nearly_gone_and_kept_again(
    db: Database, watch: Watch
) -> None:
    ballast = db.file.parent / "ballast"
    watch(50 * GIGABYTE)
    assert (ballast.stat().st_size, ballast.stat().st_mode & 0o777) == (MEBIBYTE, 0o600)
    assert ballast.stat().st_blocks * 512 >= MEBIBYTE

    watch(MEBIBYTE)
    assert not ballast.exists()
    watch(50 * GIGABYTE)
    assert ballast.exists()


def test_the_reserve_does_not_count_as_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(tmp_path)
    small = os.statvfs_result(
        (4096, 4096, 10_000_000, 50_000, 50_000, *tuple(real)[5:]),
    )
    monkeypatch.setattr(os, "statvfs", lambda _folder: small)
    without = read_room(tmp_path)
    (tmp_path / "ballast").write_bytes(bytes(without.ballast))

    assert read_room(tmp_path).free - without.free == 64 * MEBIBYTE
    assert read_room(tmp_path).low == 10_000_000 * 4096 // 20
    assert read_room(tmp_path, low_bytes=7).low == 7


@pytest.fixture
def full(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Let there be room for records only."""
    monkeypatch.setattr(disk, "read_room", lambda _folder: replace(ROOM, free=ROOM.critical - 1))
    return db


def test_acts_are_refused_while_records_go_on(full: Database) -> None:
    with pytest.raises(DiskNearlyFull, match="nothing was changed"):
        need_room(full)

    assert append(full, [Draft(kind=Kind.DEVICE_FAULT, received=NOW)]).head


@pytest.mark.parametrize("act", ["estate", "policy", "account"])
def test_acts_of_the_command_line_are_refused(
    full: Database, tmp_path: Path, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({"GATEHOUSE_DATA": str(full.file.parent)})
    (tmp_path / "document").write_text('[[sites]]\nid = "new"\nname = "New"\ntime_zone = "UTC"\n')
    monkeypatch.setattr(account, "_password", lambda: "a password that is long enough")
    before = len(records(full))
    mains = {"estate": estate.main, "policy": policy.main, "account": account.main}
    words = {
        "estate": Namespace(deed="import", dry_run=False, apply=True),
        "policy": Namespace(deed="apply", dry_run=False, apply=True),
        "account": Namespace(deed="create", username="a", name="A", group=["g"], totp=False),
    }[act]
    words.file = tmp_path / "document"
    if act == "policy":
        (tmp_path / "document").write_text('[[grants]]\ngroup = "g"\nrole = "admin"\nsites = ["*"]\n')

    with pytest.raises(DiskNearlyFull):
        mains[act](words, settings)
    assert len(records(full)) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a disk of 16 MB, where that can be made."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = False
    with suppress(OSError):
        command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=True)


def test_a_full_disk_is_told_outlived_and_forgotten(small_disk: Path) -> None:
    db = open_database(small_disk / "data")
    log = IngestLog(db, Holder(id="h"), 4 * MEBIBYTE)
    log.watch_disk(NOW)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(16 * MEBIBYTE))
    stored: list[int] = []
    with pytest.raises(StoreFull):
        fill(db, stored)
    log.make_room()
    log_one(db, stored)
    log.watch_disk(NOW)
    with pytest.raises(DiskNearlyFull):
        need_room(db)

    filler.unlink()
    log.watch_disk(NOW)
    need_room(db)
    log_one(db, stored)
    assert [one.state for one in parts(db) if one.name == "store"] == [PartState.OK]
    assert told(db) == [("store.disk_low", "critical"), ("store.disk_ample", "ample")]
    assert len(records(db, Kind.DEVICE_FAULT)) == len(stored)
    db.close()


def log_one(db: Database, stored: list[int]) -> None:
    append(db, [Draft(kind=Kind.DEVICE_FAULT, received=NOW, private={"text": "x" * 10_000})])
    stored.append(1)


def fill(db: Database, stored: list[int]) -> None:
    while True:
        log_one(db, stored)
