"""The command `backup`: made whole or not at all, encrypted, and refused where it is not what it was."""

import errno
import hashlib
import io
import json
import os
import stat
import threading
from pathlib import Path
from typing import BinaryIO

import pytest

from core.leaf import Draft
from core.records import Kind
from operations.backups.sealed_file import SealedWriter
from store.log import append
from store.opening import open_database
from tests.commands.backing_up import IDENTITY, House, content
from tests.waiting import until

PASSPHRASE = "nine-words-that-nobody-else-would-think-of-at-all"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path).found(monkeypatch)


def passphrase(folder: Path, content: str = PASSPHRASE) -> Path:
    file = folder / "passphrase"
    file.write_text(f"{content}\n", encoding="utf-8")
    file.chmod(0o600)
    return file


def test_a_backup_holds_the_log_the_ledger_the_keys_and_the_configuration(house: House) -> None:
    (house.data / "recordings").mkdir()
    (house.data / "recordings" / "one.mp4").write_bytes(b"\0\1\2")
    (house.data / "broker").mkdir()
    (house.data / "broker" / "principals.json").write_text("{}", encoding="utf-8")
    for name in ("broker/mosquitto.db", "exports/one.csv", "logs/web.log", "ballast", "old.age", ".hidden"):
        (house.data / name).parent.mkdir(exist_ok=True)
        (house.data / name).write_bytes(b"left out")
    found = content(house.create())

    assert set(found) == {
        "broker/principals.json",
        "gatehouse.db",
        "gatehouse.toml",
        "keys/erasure.key",
        "keys/ledger.key",
        "keys/ledger.state",
        "keys/ledger.vkey",
        "ledger.db",
        "manifest.json",
        "recordings/one.mp4",
    }
    assert found["keys/ledger.key"] == (house.data / "keys" / "ledger.key").read_bytes()
    manifest = json.loads(found["manifest.json"])
    told = {one["name"]: (one["size"], one["sha256"]) for one in manifest["members"]}
    assert told == {
        name: (len(data), hashlib.sha256(data).hexdigest())
        for name, data in found.items()
        if name != "manifest.json"
    }
    assert list(found)[-1] == "manifest.json"


def test_it_is_recorded_with_its_hash_and_how_far_it_goes(house: House) -> None:
    newest = house.live(2)
    house.create()
    ((number, leaf),) = house.records(Kind.BACKUP_CREATED)
    told = leaf["refs"]

    assert newest is not None
    assert told["sha256"] == hashlib.sha256(house.backup.read_bytes()).hexdigest()
    assert told["bytes"] == house.backup.stat().st_size
    assert told["ledger_size"] == newest.size
    assert told["newest"] == number - 1


def test_only_its_owner_can_read_it_and_nothing_of_it_is_in_the_clear(house: House) -> None:
    file = house.create()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    assert b"SQLite" not in file.read_bytes()
    assert sorted(path.name for path in house.above.iterdir()) == ["backup.age", "data", "key.txt"]


def test_a_backup_can_be_made_while_others_write(house: House) -> None:
    db = open_database(house.data)
    over, written = threading.Event(), []

    def write() -> None:
        while not over.is_set():
            written.append(append(db, [Draft(kind=Kind.INGEST_SESSION_LOST, received=house.clock)]))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until(lambda: len(written) > 10)
        house.create()
    finally:
        over.set()
        writer.join()
        db.close()

    assert house.do("check", house.backup) == 0


def test_what_is_there_is_never_overwritten(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    before = house.create().read_bytes()

    assert house.do("create", house.backup) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert house.backup.read_bytes() == before


def test_without_a_key_or_a_passphrase_none_is_made(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.configure("")

    assert house.do("create", house.backup) == 2
    assert "never in the clear" in capsys.readouterr().err
    assert not house.backup.exists()


def test_a_secret_key_in_the_place_of_its_recipient_is_refused_and_not_shown(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.configure(f'[backup]\nrecipient = "{IDENTITY}"\n')

    assert house.do("create", house.backup) == 2
    assert IDENTITY[20:40] not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('recipent = "age1"', "did you mean 'recipient'?"),
        ("recipient = 3", "must be a text"),
        ('recipient = "age1abc"', "age-keygen"),
        ('identity_file = ""', "must be a text"),
    ],
)
def test_a_table_that_can_not_be_meant_is_refused(
    house: House, capsys: pytest.CaptureFixture[str], table: str, said: str
) -> None:
    house.configure(f"[backup]\n{table}\n")

    assert house.do("create", house.backup) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("place", ["data/backup.age", "data/keys/backup.age", "nowhere/backup.age"])
def test_a_place_where_it_would_be_lost_is_refused(house: House, place: str) -> None:
    assert house.do("create", house.above / place) == 1
    assert not (house.above / place).exists()


def test_a_folder_without_a_store_is_not_backed_up(house: House) -> None:
    (house.data / "gatehouse.db").unlink()

    assert house.do("create", house.backup) == 1
    assert not (house.data / "gatehouse.db").exists()


def test_with_a_passphrase_the_same_one_opens_it(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = passphrase(house.above)

    assert house.do("create", house.backup, "--passphrase-file", file) == 0
    assert house.do("check", house.backup, "--passphrase-file", file) == 0
    assert house.do("check", house.backup) == 1
    other = passphrase(house.above, PASSPHRASE.upper())
    assert house.do("check", house.backup, "--passphrase-file", other) == 1
    told = capsys.readouterr()
    assert "by a passphrase" in told.err
    assert "this passphrase does not open it" in told.err
    assert PASSPHRASE not in told.out + told.err


@pytest.mark.parametrize("text", ["short", "password-that-everybody-would-try-first"])
def test_a_passphrase_that_can_be_guessed_is_refused(house: House, text: str) -> None:
    assert house.do("create", house.backup, "--passphrase-file", passphrase(house.above, text)) == 2
    assert not house.backup.exists()


def test_a_passphrase_that_others_can_read_is_refused(house: House) -> None:
    file = passphrase(house.above)
    file.chmod(0o640)

    assert house.do("create", house.backup, "--passphrase-file", file) == 2


# --- what goes wrong while it is made -----------------------------------------------------------------


class Full(io.RawIOBase):
    """A file on a disk with room for so many bytes."""

    def __init__(self, file: BinaryIO, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, data: bytes) -> int:  # type: ignore[override]  # narrower: bytes alone
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data)


@pytest.mark.parametrize("room", [0, 100, 5_000])
def test_a_full_disk_is_said_and_nothing_is_left(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], room: int
) -> None:
    monkeypatch.setattr(
        "operations.backups.create.SealedWriter", lambda into, lock: SealedWriter(Full(into, room), lock)
    )
    before = house.records(Kind.BACKUP_CREATED)

    assert house.do("create", house.backup) == 1
    assert "no room" in capsys.readouterr().err
    assert sorted(path.name for path in house.above.iterdir()) == ["data", "key.txt"]
    assert house.records(Kind.BACKUP_CREATED) == before


def test_a_backup_that_can_not_be_recorded_gets_no_name(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("commands.backup.append", refuse)

    assert house.do("create", house.backup) == 1
    assert sorted(path.name for path in house.above.iterdir()) == ["data", "key.txt"]


def test_too_little_room_for_the_copy_is_said_before_it_is_made(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from store.disk import Room  # noqa: PLC0415 - only here

    little = Room(total=10**9, free=100_000, low=10**6, critical=50_000, ballast=0)
    monkeypatch.setattr("operations.backups.create.read_room", lambda _folder: little)

    assert house.do("create", house.backup) == 1
    assert "too little room" in capsys.readouterr().err
    assert not house.backup.exists()


def test_what_a_killed_backup_left_is_used_again(house: House) -> None:
    (house.above / ".backup.age.unfinished").write_bytes(b"half" * 100_000)
    house.create()

    assert sorted(path.name for path in house.above.iterdir()) == ["backup.age", "data", "key.txt"]
    assert house.do("check", house.backup) == 0


def test_a_key_of_the_ledger_that_changes_meanwhile_refuses_the_backup(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    public = house.data / "keys" / "ledger.vkey"
    turns = iter(("before the ledger", "before the log"))

    def rotated(_data: Path, _size: int) -> None:
        if next(turns) == "before the log":
            public.write_text("another", encoding="utf-8")

    monkeypatch.setattr("operations.backups.create._need_room", rotated)

    assert house.do("create", house.backup) == 1
    assert "key was changed" in capsys.readouterr().err
    assert not house.backup.exists()
