"""What a killed check or restore left in the clear goes at the next start of anything; nothing else does."""

import fcntl
import os
from pathlib import Path

import pytest

from store.leftovers import private_folder
from store.opening import open_database

# Where a number of a process stands, it is ours: all workers must know the tests by the same names.
LEFT = (".checking-1", ".checking-{pid}", "../data.checking-7", "../data.restoring-20260101T000000Z")


@pytest.mark.parametrize("name", LEFT)
def test_what_was_left_is_gone_whoever_has_the_same_number_now(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    left = data / name.format(pid=os.getpid())
    data.mkdir()
    left.mkdir()
    (left / "gatehouse.db").write_bytes(b"names")

    open_database(data).close()
    assert not left.exists()


@pytest.mark.parametrize("name", LEFT)
def test_what_a_process_works_in_stays(tmp_path: Path, name: str) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with private_folder(data / name.format(pid=os.getpid())) as folder:
        (folder / "gatehouse.db").write_bytes(b"names")
        open_database(data).close()
        assert (folder / "gatehouse.db").read_bytes() == b"names"
    assert not folder.exists()


def test_a_new_folder_that_is_taken_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, flock = iter([True]), fcntl.flock
    folder = tmp_path / ".checking-1"

    def late(descriptor: int, how: int) -> None:
        if next(taken, False):
            folder.rmdir()
        flock(descriptor, how)

    monkeypatch.setattr("fcntl.flock", late)
    with private_folder(folder):
        assert folder.is_dir()


def test_neither_links_nor_folders_of_others_are_followed(tmp_path: Path) -> None:
    data, other, elsewhere = tmp_path / "data", tmp_path / "data2.restoring-1", tmp_path / "elsewhere"
    for folder in (data, other, elsewhere):
        folder.mkdir()
    (elsewhere / "kept").touch()
    (data / ".checking-1").symlink_to(elsewhere)

    open_database(data).close()
    assert (elsewhere / "kept").exists()
    assert other.exists()
