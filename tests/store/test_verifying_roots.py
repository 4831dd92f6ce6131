"""A log that was rewritten or cut whole is found by what was signed, here or elsewhere, and by whom."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from core.ledger import frontier_of
from core.note_files import join_notes, split_notes
from core.notes import Signer, note_body, write_note
from core.records import Kind
from core.verifying import What
from store.ledger import reading
from store.sealer_memory import recall, remember
from store.verifying import Asked, verify
from tests.store import tampering
from tests.store.building import draft
from tests.store.sealing import Sealed, sealed
from tests.store.tampering import Rewriting, rewrite
from tests.store.verified import BAD, LAST, SIZES, check, first, note_of, sealed_log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Sealed]:
    one = sealed_log(tmp_path)
    yield one
    one.close()


# --- a full rewrite ------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", [False, True])
def test_a_rewrite_is_found_by_the_checkpoints_that_are_kept(log: Sealed, *, memory: bool) -> None:
    rewrite(log, BAD, Rewriting(memory=memory))

    found = first(log)
    assert (found.what, found.record, found.until) == (What.REWRITTEN, 202, 301)


def test_a_rewrite_without_checkpoints_is_found_by_the_sealers_memory(log: Sealed) -> None:
    rewrite(log, BAD, Rewriting(notes="dropped"))

    found = first(log)
    assert (found.what, found.record, found.until) == (What.REWRITTEN, 1, LAST)


@pytest.mark.parametrize("notes", ["dropped", "forged"])
def test_a_rewrite_by_who_has_no_key_is_signed_by_nobody(log: Sealed, notes: str) -> None:
    rewrite(log, BAD, Rewriting(notes=notes, memory=True))

    found = first(log)
    assert (found.what, found.record, found.until) == (What.UNSIGNED, 1, LAST)
    assert any(one.what is What.MEMORY for one in check(log).findings)


def test_a_rewrite_by_who_has_no_key_is_bound_by_a_checkpoint_from_elsewhere(log: Sealed) -> None:
    outside = [note_of(log, size) for size in (101, 201, 601)]
    rewrite(log, BAD, Rewriting(notes="forged", memory=True))

    found = first(log, *outside)
    assert (found.what, found.record, found.until) == (What.REWRITTEN, 202, 601)


def test_a_rewrite_by_a_key_of_ones_own_is_found_only_from_elsewhere(log: Sealed) -> None:
    mine, outside = log.keys.public(), [note_of(log, size) for size in (1, 501)]
    rewrite(log, BAD, Rewriting(notes="forged", memory=True, own_key=True))

    assert check(log).findings == [], "it is whole in itself"
    by_key = first(log, key=mine.fingerprint)
    assert (by_key.what, by_key.record, by_key.until) == (What.KEY, 1, LAST)
    by_note = first(log, outside[1])
    assert (by_note.what, by_note.record, by_note.until) == (What.REWRITTEN, 1, 501)
    # The record of the key itself had to be another one.
    assert (first(log, *outside).record, first(log, *outside).until) == (1, 1)
    assert any("is not signed by this log" in one.words for one in check(log, *outside).findings)
    assert verify(log.db, log.ledger, log.keys.folder, Asked(key=mine)).first == by_key


def test_a_rewrite_is_bound_as_closely_as_the_checkpoints_from_elsewhere_allow(log: Sealed) -> None:
    every = [note_of(log, size) for size in SIZES]
    rewrite(log, BAD, Rewriting(notes="forged", memory=True))

    found = first(log, *split_notes(join_notes(every)))
    assert (found.record, found.until) == (202, 301)


def test_a_log_cut_with_everything_that_knows_of_the_rest_is_found_from_elsewhere(log: Sealed) -> None:
    outside, memory = note_of(log, 701), recall(log.keys.folder)
    assert memory is not None
    cut_whole(log, 401)

    assert check(log).findings == [], "it is as it once was"
    found = first(log, outside)
    assert (found.what, found.record, found.index) == (What.CUT_OFF, 402, 401)
    assert "300 records from here on were signed" in found.words


def cut_whole(log: Sealed, size: int) -> None:
    """Bring the whole folder to an older state of itself."""
    tampering.cut(log, size)
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE run SET length = ?", (size,))
        connection.exec_driver_sql("DELETE FROM checkpoint WHERE size > ?", (size,))
    memory = recall(log.keys.folder)
    seal = next(one for one in log.told if one.size == size)
    assert memory is not None
    with reading(log.ledger) as tree:
        edge = frontier_of(size, tree.node)
    remember(log.keys.folder, replace(memory, edge=edge, last_id=size, note=seal.note.decode(), at=seal.at))


# --- keys and checkpoints ------------------------------------------------------------------------------


def test_a_log_of_several_keys_is_fine_by_each_of_them(log: Sealed) -> None:
    old = log.keys.public()
    log.keys.lay_ready()
    log.seal()
    log.write(5)
    log.seal()

    for key in (old, log.keys.public()):
        assert check(log, *(one.note for one in log.told), key=key.fingerprint).findings == []


def test_an_old_key_signs_nothing_any_more(log: Sealed) -> None:
    old = log.keys.signer()
    log.keys.lay_ready()
    log.seal()
    log.write(5)
    log.seal()

    note = write_note(note_body(log.told[-1].note), [old])
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE checkpoint SET note = ? WHERE size = 707", (note,))

    assert [one.what for one in check(log).findings] == [What.CHECKPOINT]


def test_a_key_that_follows_by_nobodys_word_is_found(log: Sealed) -> None:
    old = log.keys.public()
    new = Signer(old.name, Ed25519PrivateKey.generate()).key
    refs = {"old_key": old.text, "new_key": new.text, "old_signature": "00" * 64, "new_signature": "00" * 64}
    log.say(draft(Kind.LEDGER_KEY_ROTATED, None, refs=refs))
    log.seal()

    found = first(log)
    assert (found.what, found.record) == (What.KEY, 702)
    assert "have not both signed" in found.words


def test_a_second_beginning_is_found(log: Sealed) -> None:
    log.say(draft(Kind.LEDGER_KEY_CREATED, None, refs={"key": log.keys.public().text}))
    log.seal()

    assert (first(log).what, first(log).record) == (What.KEY, 702)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (b"nonsense", "no signed note"),
        (b"other\n5\nAAAA\n\n\xe2\x80\x94 other AAAAAAAA\n", "base64|no checkpoint"),
    ],
)
def test_what_is_no_checkpoint_of_this_log_is_said(log: Sealed, note: bytes, words: str) -> None:
    findings = check(log, note).findings
    assert [one.what for one in findings] == [What.CHECKPOINT]
    assert re.search(words, findings[0].words)


def test_a_checkpoint_of_another_log_is_said(log: Sealed, tmp_path: Path) -> None:
    other = sealed(tmp_path / "other")
    other.write(5)
    other.seal()
    other.close()

    words = [one.words for one in check(log, other.told[0].note).findings]
    assert any("this is another one" in one for one in words)


def test_a_changed_kept_checkpoint_that_others_make_up_for_names_no_record(log: Sealed) -> None:
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE checkpoint SET note = 'x' WHERE size = 301")

    verdict = check(log)
    assert verdict.first is None
    assert [one.what for one in verdict.findings] == [What.CHECKPOINT]


@pytest.mark.parametrize("file", ["ledger.state", "ledger.vkey"])
def test_a_lost_or_changed_file_of_the_sealer_is_found(log: Sealed, file: str) -> None:
    (log.keys.folder / file).unlink()
    assert len(check(log).findings) == 1
    (log.keys.folder / file).write_text("x")
    assert len(check(log).findings) == 1


def test_a_log_that_was_never_sealed_is_not_called_fine(tmp_path: Path) -> None:
    log = sealed(tmp_path)
    log.write(5)

    assert [one.what for one in check(log).findings] == [What.NOTHING]
    log.close()
