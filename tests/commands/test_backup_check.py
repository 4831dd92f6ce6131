"""Judging a backup: whole ones are said to be so, and of others it is named what is wrong with them."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from core import age
from operations.backups.sealed_file import RecipientLock, SealedWriter
from tests.commands.backing_up import IDENTITY, House, content


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path).found(monkeypatch)


def test_a_whole_backup_is_said_to_be_one_and_nothing_is_left_of_looking(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = house.live(1)
    house.create()
    before = house.files()
    capsys.readouterr()

    assert house.do("check", house.backup) == 0
    told = capsys.readouterr().out
    assert newest is not None
    assert f"{newest.size} records are what was sealed, by the key SHA256:" in told
    assert house.files() == before
    assert sorted(path.name for path in house.above.iterdir()) == ["backup.age", "data", "key.txt"]


def test_it_can_be_checked_where_there_is_no_data_folder(house: House) -> None:
    house.create()
    house.lose()

    assert house.do("check", house.backup, "--identity-file", house.key) == 0
    assert sorted(path.name for path in house.above.iterdir()) == ["backup.age", "key.txt"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("harm", ["flip", "cut"])
def test_a_backup_that_was_harmed_is_refused_and_the_folder_is_as_it_was(
    house: House, capsys: pytest.CaptureFixture[str], harm: str, share: float
) -> None:
    data = bytearray(house.create().read_bytes())
    at = int(len(data) * share)
    if harm == "flip":
        data[at] ^= 1
    else:
        del data[at:]
    house.backup.write_bytes(data)
    before = house.files()

    for arguments in (("check", house.backup), ("restore", house.backup, "--apply")):
        assert house.do(*arguments) == 1
        told = capsys.readouterr().err
        assert any(word in told for word in ("changed", "cut off", "no backup", "does not open")), told
    assert house.files() == before
    assert sorted(path.name for path in house.above.iterdir()) == ["backup.age", "data", "key.txt"]


def test_a_key_that_does_not_open_it_is_said(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    house.key.write_text(str(pyrage.x25519.Identity.generate()), encoding="utf-8")

    assert house.do("check", house.backup) == 1
    assert "this key does not open it" in capsys.readouterr().err


def test_a_key_that_others_can_read_is_refused(house: House) -> None:
    house.create()
    house.key.chmod(0o644)

    assert house.do("check", house.backup) == 2


def test_without_any_key_it_says_how_to_name_one(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    house.configure("")

    assert house.do("check", house.backup) == 2
    assert "--identity-file" in capsys.readouterr().err


def packed(house: House, change: Callable[[dict[str, bytes]], dict[str, bytes]], *, odd: str = "") -> Path:
    """Make a file that anybody who knows the recipient could make: encrypted for it, with other content."""
    files = change(content(house.create()))
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w:gz") as archive:
        if odd:
            link = tarfile.TarInfo(odd)
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(link)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    forged = house.above / "forged.age"
    with forged.open("wb") as into:
        writer = SealedWriter(into, RecipientLock(age.identity_of(IDENTITY).public_key()))
        writer.write(plain.getvalue())
        writer.finish()
    return forged


@pytest.mark.parametrize(
    "name",
    [
        "../escaped",
        "/tmp/escaped",
        "keys/../../escaped",
        "keys//odd",
        ".hidden",
        "logs/x",
        "x.lock",
        "keys/./x",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(
    house: House, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    forged = packed(house, lambda files: {name: b"!"} | files)

    assert house.do("restore", forged, "--apply") == 1
    assert "has no place in a backup" in capsys.readouterr().err
    assert not (house.above / "escaped").exists()


def test_a_link_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert house.do("restore", packed(house, lambda files: files, odd="keys/link"), "--apply") == 1
    assert "has no place in a backup" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda files: files | {"keys/ledger.key": b"other"}, "keys/ledger.key is not what was put into"),
        (lambda files: {"keys/more": b"!"} | files, "keys/more is in the backup, and was not put into it"),
        (
            lambda files: {name: data for name, data in files.items() if name != "ledger.db"},
            "ledger.db is missing",
        ),
        (
            lambda files: {name: data for name, data in files.items() if name != "manifest.json"},
            "no backup of Gatehouse",
        ),
    ],
)
def test_content_that_is_not_what_the_manifest_names_is_refused(
    house: House,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, bytes]], dict[str, bytes]],
    said: str,
) -> None:
    forged = packed(house, change)

    assert house.do("check", forged) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE leaf SET leaf = x'7b7d' WHERE id = 2", "record 2 is not what was sealed"),
        ("DELETE FROM leaf WHERE id = 4", "record 4 was sealed, and is missing"),
    ],
)
def test_a_log_that_is_not_what_was_sealed_is_named(
    house: House, capsys: pytest.CaptureFixture[str], statement: str, said: str
) -> None:
    house.alter(statement)
    house.create()

    assert house.do("check", house.backup) == 1
    assert said in capsys.readouterr().err
