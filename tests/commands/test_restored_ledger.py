"""What the log says of a restore, and under which name it is sealed from then on."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from core.notes import Checkpoint, VerifierKey, note_body, read_note
from core.records import Kind
from core.times import SECOND_US
from store.ledger import Seal, open_ledger, reading
from store.log import append
from store.opening import open_database
from store.restored import word_of
from store.sealer import Sealer
from tests.commands.backing_up import House, restore


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path).found(monkeypatch)


def note_file(house: House, seal: Seal | None) -> Path:
    assert seal is not None
    file = house.above / f"checkpoint-{seal.size}"
    file.write_bytes(seal.note)
    return file


def origin_of(seal: Seal | None) -> str:
    assert seal is not None
    return Checkpoint.read(note_body(seal.note)).origin


def the_restore(house: House) -> dict[str, object]:
    ((_, leaf),) = house.records(Kind.LEDGER_RESTORED)
    refs: dict[str, object] = leaf["refs"]
    return refs


def test_what_is_missing_is_recorded_and_sealed_under_another_name(house: House) -> None:
    sealed = house.live(1)
    house.create()
    lost = house.live(5)
    assert restore(house) == 0
    again = house.live(1)
    told = the_restore(house)

    assert sealed is not None
    assert lost is not None
    # The record of the backup itself was sealed after it, with the five: it is missing as well.
    assert (told["backup_size"], told["known_size"], told["missing"]) == (sealed.size, lost.size, 6)
    assert told["agrees"] is True
    assert told["before"] == origin_of(lost)
    assert told["origin"] == origin_of(again) == f"{origin_of(lost)}/{str(told['origin']).rpartition('/')[2]}"
    assert word_of(house.data / "keys") is None


def test_the_first_seal_under_the_new_name_is_signed_under_the_old_one_too(house: House) -> None:
    old = house.live(1)
    house.create()
    house.live(1)
    assert restore(house) == 0
    house.live(0)
    with closing(open_ledger(house.data)) as ledger, reading(ledger) as tree:
        first = next(seal for seal in tree.seals() if origin_of(seal) != origin_of(old))
        keys = [VerifierKey.read(key) for key in tree.keys()]  # noqa: SIM118 - a tree is no mapping

    assert [key.name for key in read_note(first.note, keys)[1]] == [origin_of(first), origin_of(old)]
    assert {key.public for key in keys} == {keys[0].public}


def test_where_nothing_is_missing_the_name_stays(house: House) -> None:
    before = house.live(2)
    house.create()
    assert restore(house) == 0
    again = house.live(1)

    assert the_restore(house)["missing"] == 0
    assert origin_of(again) == origin_of(before)


def test_without_the_old_folder_nobody_knows_and_the_name_changes(house: House) -> None:
    before = house.live(2)
    house.create()
    house.lose()
    assert restore(house) == 0
    again = house.live(1)

    assert the_restore(house)["missing"] == 0
    assert origin_of(again).startswith(f"{origin_of(before)}/")


def test_a_checkpoint_from_elsewhere_shows_what_is_missing(house: House) -> None:
    sealed = house.live(1)
    house.create()
    kept = note_file(house, house.live(7))
    house.lose()
    assert restore(house, "--checkpoint", kept) == 0
    house.live(0)
    told = the_restore(house)

    assert sealed is not None
    assert told["backup_size"] == sealed.size
    assert told["missing"] == 8


def test_the_folder_that_checkpoints_go_to_is_looked_into(house: House) -> None:
    (house.above / "elsewhere").mkdir()
    with (house.data / "gatehouse.toml").open("a", encoding="utf-8") as file:
        file.write(f'[checkpoints]\nfolder = "{house.above / "elsewhere"}"\n')
    config = house.above / "gatehouse.toml"
    shutil.copy(house.data / "gatehouse.toml", config)
    house.create()
    note_file(house, house.live(3)).rename(house.above / "elsewhere" / "checkpoint")
    house.lose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEHOUSE_CONFIG", str(config))
        assert restore(house) == 0
    house.live(0)

    assert the_restore(house)["missing"] == 4


def test_a_checkpoint_of_another_log_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    other = House(house.above / "other")
    other.data.parent.mkdir()
    kept = note_file(other, other.live(3))
    before = house.files()

    assert restore(house, "--checkpoint", kept) == 1
    assert "checkpoint of another log" in capsys.readouterr().err
    assert house.files() == before


def test_a_checkpoint_that_our_key_has_not_signed_is_refused(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.create()
    kept = note_file(house, house.live(3))
    text = kept.read_text(encoding="utf-8").split("\n")
    text[1] = str(int(text[1]) + 1)
    kept.write_text("\n".join(text), encoding="utf-8")

    assert restore(house, "--checkpoint", kept) == 1
    assert "is no checkpoint of this log" in capsys.readouterr().err


def test_records_that_were_not_sealed_when_the_backup_was_made_are_not_missing(house: House) -> None:
    house.live(1)
    house.live(4, seal=False)
    house.create()
    lost = house.live(2)
    assert restore(house) == 0
    house.live(0)
    told = the_restore(house)

    assert lost is not None
    assert told["backup_size"] == lost.size - 3
    assert told["missing"] == 3
    assert told["agrees"] is True


def test_a_log_that_contradicts_what_was_sealed_is_said_to(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.live(1)
    house.live(3, seal=False)
    # As if the backup's own record were not there: what is sealed next is exactly what it holds.
    monkeypatch.setattr("commands.backup.append", lambda *_: None)
    house.create()
    sealed = house.live(0)
    assert restore(house) == 0
    house.alter(
        """UPDATE leaf SET leaf = CAST(replace(leaf, '"v":1', '"v":2') AS BLOB)
        WHERE id = (SELECT max(id) FROM leaf)"""
    )
    again = house.live(0)
    told = the_restore(house)

    assert sealed is not None
    assert (told["backup_size"], told["missing"], told["agrees"]) == (sealed.size, 0, False)
    assert origin_of(again) != origin_of(sealed)


def test_two_restores_of_one_backup_never_give_one_name(house: House) -> None:
    house.create()
    house.live(1)
    names = []
    for turn in range(2):
        house.clock += turn * SECOND_US
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("commands.backup.now_us", lambda: house.clock + SECOND_US)
            assert restore(house) == 0
        names.append(origin_of(house.live(2)))

    assert len(set(names)) == 2
    assert names[0].rpartition("/")[0] == names[1].rpartition("/")[0]


@pytest.mark.parametrize("step", ["remember", "publish", "_seal", "forget_word"])
def test_a_sealer_that_dies_after_a_restore_takes_it_up_again(house: House, step: str) -> None:
    house.create()
    house.live(3)
    assert restore(house) == 0

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        if step == "_seal":
            patch.setattr(Sealer, "_seal", die)
        elif step == "publish":
            patch.setattr("auth.ledger_keys.LedgerKeys.adopt", die)
            patch.setattr("store.sealer.Sealer._catch_up", caught(2))
        else:
            patch.setattr(f"store.sealer.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            house.live(1)
    again = house.live(1)

    assert the_restore(house)["missing"] == 4
    assert word_of(house.data / "keys") is None
    assert again is not None
    assert "/" in origin_of(again)
    assert house.do("create", house.above / "second.age") == 0
    assert house.do("check", house.above / "second.age", "--identity-file", house.key) == 0


def caught(turn: int) -> object:
    """Die at the so-manieth call."""
    count = 0
    whole = Sealer._catch_up

    def counted(self: Sealer) -> None:
        nonlocal count
        count += 1
        if count == turn:
            raise KeyboardInterrupt
        whole(self)

    return counted


def test_a_backup_from_before_any_seal_is_put_back_too(house: House) -> None:
    fresh = House(house.above / "fresh")
    fresh.data.parent.mkdir()
    with closing(open_database(fresh.data)) as db:
        append(db, [])
    shutil.copy(house.data / "gatehouse.toml", fresh.data / "gatehouse.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEHOUSE_DATA", str(fresh.data))
        fresh.create()
        assert fresh.do("restore", fresh.backup, "--apply", "--identity-file", house.key) == 0
        assert fresh.live(1) is not None
