"""The sealer: what it signs extends what it remembers, whatever happens to it in between."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.errors import AlreadyRunning, LogAltered, StartRefused
from core.key_chain import rotation_statement
from core.ledger import Frontier, leaf_hash
from core.notes import Checkpoint, VerifierKey, note_body, read_note
from core.records import Kind
from core.times import HOUR_US, MINUTE_US, SECOND_US
from store import sealer, sealer_memory
from store.ledger import FILE_NAME, reading
from tests.auth.reading import told
from tests.store.sealing import MEMORY, Sealed, sealed


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Sealed]:
    one = sealed(tmp_path)
    yield one
    one.close()


def kinds(log: Sealed) -> list[str]:
    return [one.kind.value for one in told(log.db, *Kind) if one.kind.value.startswith("ledger.")]


# --- what it does --------------------------------------------------------------------------------------


def test_a_new_log_begins_with_its_key_and_seals_what_was_there_before(log: Sealed) -> None:
    log.write(700)
    log.seal()

    log.check()
    assert kinds(log) == ["ledger.key_created"]
    assert log.told[-1].size == 701
    said = told(log.db, Kind.LEDGER_KEY_CREATED)[0].refs
    assert VerifierKey.read(str(said["key"])) == log.keys.public()
    assert said["fingerprint"] == log.keys.public().fingerprint


def test_what_comes_is_sealed_in_order_at_the_next_index(log: Sealed) -> None:
    with log.sealing() as one:
        one.turn(log.tick())
        for count in (1, 2, 300, 255, 257):
            log.write(count)
            assert one.turn(log.tick())
        assert not one.turn(log.tick())

    log.check()
    assert [seal.size for seal in log.told] == [1, 2, 4, 304, 559, 816]


def test_a_log_longer_than_one_turn_takes_is_sealed_turn_by_turn(
    log: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "AT_ONCE", 100)
    log.write(250)
    log.seal()

    log.check()
    assert [seal.size for seal in log.told] == [100, 200, 251]


def test_a_minute_of_silence_is_a_record_and_sealed(log: Sealed) -> None:
    log.write()
    log.seal()
    with log.sealing() as one:
        assert not one.turn(log.told[-1].at + MINUTE_US - 1)
        assert one.turn(log.told[-1].at + MINUTE_US)
        assert not one.turn(log.told[-1].at + SECOND_US)

    assert kinds(log) == ["ledger.key_created", "ledger.heartbeat"]
    log.check()


@pytest.mark.parametrize("jump", [-2 * HOUR_US, 2 * HOUR_US, -SECOND_US])
def test_a_clock_that_jumps_is_sealed_at_once_and_breaks_nothing(log: Sealed, jump: int) -> None:
    with log.sealing() as one:
        log.write(5)
        one.turn(log.tick())
        log.now += jump
        assert one.turn(log.now), "silence can't be told from a jump"
        assert not one.turn(log.tick())
        log.write(5)
        assert one.turn(log.tick())
        assert log.told[-1].at == log.now
        assert not one.turn(log.tick())
    log.seal()

    log.check()


def test_of_the_checkpoints_of_before_a_day_the_last_of_each_hour_is_kept(log: Sealed) -> None:
    with log.sealing() as one:
        for _ in range(30 * 4):
            log.write()
            one.turn(log.tick(900))
    with reading(log.ledger) as tree:
        kept = [seal.at for seal in tree.seals()]

    old = [at for at in kept if at < log.now - 24 * HOUR_US - HOUR_US]
    assert len({at // HOUR_US for at in old}) == len(old) > 3
    assert len([at for at in kept if at >= log.now - 24 * HOUR_US]) == 24 * 4 + 1
    log.check()


def test_it_says_since_when_records_wait(log: Sealed) -> None:
    with log.sealing() as one:
        one.turn(log.tick())
        assert one.waiting_since() == 0
        log.write()
        assert one.waiting_since() == log.now


# --- one of them ---------------------------------------------------------------------------------------


def test_of_two_sealers_one_is_refused_and_told_whose_place_it_is(log: Sealed) -> None:
    with log.sealing() as first:
        with pytest.raises(AlreadyRunning) as refused:
            log.sealer().open(log.now)
        assert refused.value.pid == os.getpid()
        log.write()
        assert first.turn(log.tick())

    log.seal()
    log.check()


# --- what it refuses -----------------------------------------------------------------------------------


def lose_memory(log: Sealed) -> None:
    (log.keys.folder / MEMORY).unlink()


def lose_memory_and_tree(log: Sealed) -> None:
    lose_memory(log)
    lose_tree(log)


def garble_memory(log: Sealed) -> None:
    file = log.keys.folder / MEMORY
    file.write_bytes(file.read_bytes()[:-9])


def other_edge(log: Sealed) -> None:
    """Let the memory be of another log of the same length."""
    memory = sealer_memory.recall(log.keys.folder)
    assert memory is not None
    edge = Frontier().extended(leaf_hash(b"%d" % number) for number in range(memory.edge.size))
    sealer_memory.remember(log.keys.folder, replace(memory, edge=edge))


def old_memory(log: Sealed) -> None:
    """Let the memory be of before."""
    file = log.keys.folder / MEMORY
    kept = file.read_bytes()
    log.write(10)
    log.seal()
    file.write_bytes(kept)


def lose_tree(log: Sealed) -> None:
    log.ledger.close()
    for file in log.keys.folder.parent.glob(f"{FILE_NAME}*"):
        file.unlink()


def other_tree(log: Sealed) -> None:
    with log.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 0")


def cut_log(log: Sealed) -> None:
    without_triggers(log, "DELETE FROM detail WHERE id > 5", "DELETE FROM leaf WHERE id > 5")


def without_triggers(log: Sealed, *statements: str) -> None:
    """Change the log as nothing of ours can."""
    with log.db.write() as connection:
        names = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        for name, _ in names:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for one in statements:
            connection.exec_driver_sql(one)
        for _, statement in names:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "damage",
    [lose_memory, lose_memory_and_tree, garble_memory, other_edge, old_memory, other_tree, cut_log],
)
def test_where_the_past_is_not_what_it_signed_it_signs_nothing(
    log: Sealed, damage: Callable[[Sealed], None]
) -> None:
    log.write(20)
    log.seal()
    damage(log)
    again = log.reopened()
    again.write()
    before, memory = list(again.told), again.memory()

    with pytest.raises(LogAltered):
        again.seal()

    assert (again.told, again.memory()) == (before, memory)
    again.close()


def test_a_record_missing_from_what_is_not_sealed_yet_is_not_passed_over(log: Sealed) -> None:
    log.write(5)
    log.seal()
    log.write(5)
    without_triggers(log, "DELETE FROM leaf WHERE id = 8")

    with pytest.raises(LogAltered, match="record 8 is missing"):
        log.seal()


def test_a_log_that_is_cut_while_it_seals_is_found_at_the_next_turn(log: Sealed) -> None:
    log.write(20)
    with log.sealing() as one:
        one.turn(log.tick())
        cut_log(log)
        with pytest.raises(LogAltered, match="the log ends at 5"):
            one.turn(log.tick())


def test_a_lost_tree_is_made_up_from_the_log(log: Sealed) -> None:
    log.write(700)
    log.seal()
    lose_tree(log)
    again = log.reopened()
    again.write(3)
    again.seal()

    again.check()
    again.close()


def test_a_lost_tree_is_not_made_up_from_another_log(log: Sealed) -> None:
    log.write(20)
    log.seal()
    lose_tree(log)
    without_triggers(log, "UPDATE leaf SET leaf = CAST('{}' AS BLOB) WHERE id = 7")
    again = log.reopened()

    with pytest.raises(LogAltered, match="not what was sealed"):
        again.seal()
    again.close()


def test_a_key_that_others_can_read_signs_nothing(log: Sealed) -> None:
    (log.keys.folder / "ledger.key").chmod(0o640)

    with pytest.raises(StartRefused, match="others can read"):
        log.sealer()


def test_a_next_key_that_others_can_read_is_not_taken(log: Sealed) -> None:
    log.seal()
    log.keys.lay_ready()
    (log.keys.folder / "ledger.next.key").chmod(0o604)

    with log.sealing() as one, pytest.raises(StartRefused, match="others can read"):
        one.turn(log.tick())
    assert kinds(log) == ["ledger.key_created"]


@pytest.mark.parametrize(
    "content", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_what_is_no_key_signs_nothing(log: Sealed, content: str) -> None:
    (log.keys.folder / "ledger.key").write_text(content)

    with pytest.raises(StartRefused):
        log.sealer()


def test_the_files_of_the_sealer_are_its_own(log: Sealed) -> None:
    log.seal()

    own = [one for one in log.keys.folder.iterdir() if "ledger" in one.name]
    assert {one.name: one.stat().st_mode & 0o077 for one in own} == dict.fromkeys(
        [one.name for one in own], 0
    )
    assert log.keys.folder.parent.joinpath(FILE_NAME).stat().st_mode & 0o077 == 0


# --- another key ---------------------------------------------------------------------------------------


def test_a_key_is_followed_by_another_that_both_have_signed(log: Sealed) -> None:
    log.write(5)
    log.seal()
    old = log.keys.public()
    laid = log.keys.lay_ready()
    log.seal()
    log.write(2)
    log.seal()

    assert log.keys.public() == laid != old
    assert log.public() == [old, laid]
    refs = told(log.db, Kind.LEDGER_KEY_ROTATED)[0].refs
    statement = rotation_statement(old, laid)
    assert old.verifies(bytes.fromhex(str(refs["old_signature"])), statement)
    assert laid.verifies(bytes.fromhex(str(refs["new_signature"])), statement)
    with reading(log.ledger) as tree:
        index = tree.index_of(7)
        assert index is not None
        over = tree.seal_over(index + 1)
        latest = tree.latest()
    assert over is not None
    assert latest is not None
    assert read_note(over.note, [old, laid])[1] == (old, laid)
    assert read_note(latest.note, [old, laid])[1] == (laid,)
    log.check()


def test_a_second_key_can_not_be_laid_ready_before_the_first_is_taken(log: Sealed) -> None:
    log.seal()
    log.keys.lay_ready()

    with pytest.raises(AlreadyRunning):
        log.keys.lay_ready()


def test_what_was_given_away_before_a_crash_is_what_goes_on_after_it(log: Sealed) -> None:
    """A note is on disk before anybody is told of it."""
    seen: list[bytes] = []

    with log.sealing() as one:
        one._tell = lambda _seal: seen.append(log.memory())
        log.write(5)
        one.turn(log.tick())

    memory = sealer_memory.recall(log.keys.folder)
    assert memory is not None
    assert seen == [log.memory()]
    assert Checkpoint.read(note_body(memory.note.encode())).size == memory.edge.size == 6
