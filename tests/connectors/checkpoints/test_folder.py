"""A folder elsewhere: every checkpoint gets there, whatever happened before, and nothing there is lost."""

import os
import stat
from pathlib import Path

import pytest

from connectors.checkpoints.folder import AT_ONCE, Folder
from core.errors import Contradicted, Undelivered
from core.note_files import join_notes, split_notes
from core.notes import Checkpoint, note_body
from tests.connectors.checkpoints.signing import Kept, seal

FIRST, SECOND = "checkpoints-2026-11-30.txt", "checkpoints-2026-12-01.txt"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (tmp_path / "data").mkdir()
    return folder


def of(elsewhere: Path, kept: Kept) -> Folder:
    return Folder(elsewhere, elsewhere.parent / "data", kept)


def sizes(file: Path) -> list[int]:
    return [Checkpoint.read(note_body(one)).size for one in split_notes(file.read_bytes())]


def test_every_checkpoint_is_in_the_file_of_its_day_and_the_newest_by_itself(elsewhere: Path) -> None:
    kept = Kept(*(seal(size) for size in range(8, 13)))
    of(elsewhere, kept).deliver(seal(12))

    assert sizes(elsewhere / FIRST) == [8, 9]
    assert sizes(elsewhere / SECOND) == [10, 11, 12]
    assert (elsewhere / "checkpoint").read_bytes() == seal(12).note
    assert (elsewhere / SECOND).read_bytes().endswith(seal(12).note + b"\n")


def test_what_went_by_while_another_was_delivered_is_made_up_from_the_ledger(elsewhere: Path) -> None:
    kept = Kept(seal(8))
    one = of(elsewhere, kept)
    one.deliver(seal(8))
    kept.seals += [seal(9), seal(10), seal(11)]
    one.deliver(seal(11))
    one.deliver(seal(11))

    assert sizes(elsewhere / FIRST) + sizes(elsewhere / SECOND) == [8, 9, 10, 11]


def test_after_a_restart_it_goes_on_where_the_folder_ends_however_much_that_is(elsewhere: Path) -> None:
    of(elsewhere, Kept(seal(20))).deliver(seal(20))
    last = 20 + 2 * AT_ONCE + 3
    kept = Kept(*(seal(size) for size in range(1, last + 1)))
    of(elsewhere, kept).deliver(seal(last))

    assert sizes(elsewhere / SECOND) == list(range(20, last + 1))


def test_one_that_the_ledger_has_not_kept_is_written_all_the_same(elsewhere: Path) -> None:
    of(elsewhere, Kept()).deliver(seal(12))

    assert sizes(elsewhere / SECOND) == [12]


def test_a_note_that_a_crash_has_cut_off_is_written_again_whole(elsewhere: Path) -> None:
    for cut in range(1, len(seal(11).note) + 1):
        for old in elsewhere.iterdir():
            old.unlink()
        of(elsewhere, Kept()).deliver(seal(10))
        with (elsewhere / SECOND).open("ab") as file:
            file.write(join_notes([seal(11).note])[:cut])
        of(elsewhere, Kept(seal(11), seal(12))).deliver(seal(12))

        assert (elsewhere / SECOND).read_bytes() == join_notes(seal(one).note for one in (10, 11, 12)), cut


def test_a_long_file_is_mended_by_its_end_alone(elsewhere: Path) -> None:
    before = join_notes(seal(10).note for _ in range(1_000))
    (elsewhere / SECOND).write_bytes(before + seal(11).note[:40])
    of(elsewhere, Kept()).deliver(seal(12))

    assert (elsewhere / SECOND).read_bytes() == before + join_notes([seal(12).note])


def test_a_file_of_somebody_else_loses_nothing(elsewhere: Path) -> None:
    (elsewhere / SECOND).write_bytes(b"x" * 100_000)
    of(elsewhere, Kept()).deliver(seal(12))

    assert (elsewhere / SECOND).read_bytes() == b"x" * 100_000 + join_notes([seal(12).note])


def test_a_disk_that_is_full_takes_nothing_by_halves_and_all_once_there_is_room(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(seal(10), seal(11), seal(12))
    one = of(elsewhere, kept)
    one.deliver(seal(10))
    write = os.write
    monkeypatch.setattr(os, "write", lambda where, text: _half(write, where, text))
    with pytest.raises(Undelivered, match="No space left on device"):
        one.deliver(seal(12))
    assert sizes(elsewhere / SECOND) == [10]
    monkeypatch.undo()
    one.deliver(seal(12))

    assert (elsewhere / SECOND).read_bytes() == join_notes(one.note for one in kept.seals)
    assert (elsewhere / "checkpoint").read_bytes() == seal(12).note


class _Half:
    written: set[int] = set()  # noqa: RUF012 - one for the one test


def _half(write: object, where: int, text: bytes) -> int:
    if where in _Half.written:
        _Half.written.clear()
        raise OSError(28, os.strerror(28))
    _Half.written.add(where)
    assert callable(write)
    return int(write(where, text[: len(text) // 2]))


def test_a_folder_that_is_not_there_is_not_made(elsewhere: Path) -> None:
    elsewhere.rmdir()

    with pytest.raises(Undelivered, match="make it, or mount it"):
        of(elsewhere, Kept()).deliver(seal(12))
    assert not elsewhere.exists()


def test_a_link_laid_in_the_folder_is_not_followed(elsewhere: Path) -> None:
    victim = elsewhere.parent / "victim"
    victim.write_text("mine")
    (elsewhere / SECOND).symlink_to(victim)

    with pytest.raises(Undelivered, match="can't be written"):
        of(elsewhere, Kept()).deliver(seal(12))
    assert victim.read_text() == "mine"


def test_a_folder_that_knows_more_than_the_log_is_left_as_it_is_and_said(elsewhere: Path) -> None:
    of(elsewhere, Kept()).deliver(seal(50))

    with pytest.raises(Undelivered, match="more records than there are in the log"):
        of(elsewhere, Kept(seal(12))).deliver(seal(12))
    assert (elsewhere / "checkpoint").read_bytes() == seal(50).note


def test_a_log_that_goes_on_under_another_name_goes_on_in_the_folder(elsewhere: Path) -> None:
    of(elsewhere, Kept()).deliver(seal(50))
    kept = Kept(seal(11), seal(12), *(seal(size, origin="doors.example/2") for size in (13, 14)))
    of(elsewhere, kept).deliver(kept.seals[-1])

    assert sizes(elsewhere / SECOND) == [50, 13, 14]
    assert (elsewhere / "checkpoint").read_bytes() == kept.seals[-1].note


def test_the_register_of_erasures_is_copied_and_never_loses_a_line(elsewhere: Path) -> None:
    register, copy = elsewhere.parent / "data" / "erasures", elsewhere / "erasures"
    one = of(elsewhere, Kept())
    one.deliver(seal(10))
    assert not copy.exists()
    register.write_bytes(b"aa 1\nbb 2\n")
    one.deliver(seal(11))
    assert copy.read_bytes() == b"aa 1\nbb 2\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    # As after a restore of a backup from before the second.
    register.write_bytes(b"aa 1\ncc 3\n")
    one.deliver(seal(12))

    assert copy.read_bytes() == b"aa 1\nbb 2\ncc 3\n"


def test_a_folder_on_the_disk_of_the_log_does_not_leave_the_machine(elsewhere: Path) -> None:
    assert not of(elsewhere, Kept()).leaves()
    assert Folder(Path("/proc"), elsewhere, Kept()).leaves()
    assert not Folder(elsewhere / "none", elsewhere, Kept()).leaves()


def test_an_old_log_that_has_outgrown_what_was_delivered_is_not_taken_for_the_same(elsewhere: Path) -> None:
    of(elsewhere, Kept(seal(20))).deliver(seal(20))
    before = {file.name: file.read_bytes() for file in elsewhere.iterdir()}
    other = Folder(elsewhere, elsewhere.parent / "data", Kept(seal(21)), lambda _size: b"another root")

    with pytest.raises(Contradicted, match="rewritten, or is an old one that went on") as told:
        other.deliver(seal(21))

    assert told.value.size == 20
    assert {file.name: file.read_bytes() for file in elsewhere.iterdir()} == before
    same = Folder(elsewhere, elsewhere.parent / "data", Kept(seal(21)), lambda _size: seal(20).root)
    same.deliver(seal(21))
    assert (elsewhere / "checkpoint").read_bytes() == seal(21).note
