"""A folder of checkpoints on a disk that is full: nothing is written by halves, and room alone mends it."""

from pathlib import Path

import pytest

from connectors.checkpoints.folder import Folder
from core.errors import Undelivered
from core.note_files import join_notes
from tests.connectors.checkpoints.signing import Kept, seal
from tests.proof.filling import fill

pytestmark = [pytest.mark.slow, pytest.mark.alone]
# More than a block, so that the disk takes a part of it.
MANY = 200


def test_a_disk_that_is_full_takes_whole_notes_only_and_everything_once_there_is_room(
    small: Path, tmp_path: Path
) -> None:
    elsewhere, kept = small / "elsewhere", Kept(*(seal(size) for size in range(20, 20 + MANY)))
    elsewhere.mkdir()
    folder = Folder(elsewhere, tmp_path, kept)
    folder.deliver(seal(20))
    (file,) = elsewhere.glob("checkpoints-*.txt")
    before = file.read_bytes()
    fill(small / "filler")
    with pytest.raises(Undelivered, match="No space left on device"):
        folder.deliver(kept.seals[-1])
    assert file.read_bytes() == before
    (small / "filler").unlink()
    folder.deliver(kept.seals[-1])

    assert folder.leaves()
    assert file.read_bytes() == join_notes(one.note for one in kept.seals)
    assert (elsewhere / "checkpoint").read_bytes() == kept.seals[-1].note
