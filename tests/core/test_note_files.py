"""Files of many notes give back each note, byte for byte, and nothing of what was cut off."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.note_files import join_notes, split_notes, whole_length
from core.notes import Checkpoint, Signer, write_note

SIGNERS = [
    Signer(f"log-{number}", Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"%d" % number).digest()))
    for number in range(2)
]
NOTES = tuple(
    write_note(Checkpoint("log-0", size, hashlib.sha256(b"%d" % size).digest()).body, SIGNERS[: 1 + size % 2])
    for size in range(6)
)


@given(st.lists(st.sampled_from(NOTES), max_size=8), st.data())
def test_every_whole_note_comes_back_from_a_file_that_ends_anywhere(
    notes: list[bytes], data: st.DataObject
) -> None:
    raw = join_notes(notes)
    cut = data.draw(st.integers(0, len(raw)))
    found = split_notes(raw[:cut])
    whole = whole_length(raw[:cut])

    assert split_notes(raw) == tuple(notes)
    assert raw[:whole] == join_notes(notes[: len(split_notes(raw[:whole]))])
    assert cut - whole <= max(map(len, NOTES))
    # The last may count without its empty line, and, signed twice, with one signature.
    assert list(found[:-1]) == notes[: max(0, len(found) - 1)]
    assert all(raw.startswith(one, raw.find(one)) for one in found)


def test_a_file_of_one_note_alone_is_read_as_well() -> None:
    assert split_notes(NOTES[1]) == (NOTES[1],)
    assert split_notes(b"") == ()
    assert split_notes(b"no note\n\nat all\n") == ()


def test_a_note_that_somebody_changed_is_handed_on_and_hides_none_after_it() -> None:
    changed = NOTES[1].replace(b"log-0\n", b"log-0\n\n", 1)

    assert split_notes(join_notes([NOTES[0], changed, NOTES[2]])) == (NOTES[0], changed, NOTES[2])
