"""Who was erased after a backup is erased again when it is put back, before anything starts there."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

import gatehouse
from core.records import Kind
from core.retention import Hold
from store.opening import open_database
from store.retention import place_hold, release_hold
from tests.commands.backing_up import House, restore
from tests.store.building import name_person, swipe, write
from tests.store.erasable import in_files
from tests.stores import new_store

NUMBER, NAME = "QZMARK-00001", "Zoe Qzmarkson"
OTHER, OTHER_NAME = "QZMARK-00002", "Yves Qzsteady"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    found = House(tmp_path).found(monkeypatch, new_store)
    with closing(open_database(found.data)) as db:
        for n, (number, name) in enumerate(((NUMBER, NAME), (OTHER, OTHER_NAME))):
            write(db, swipe("berlin", number, found.clock + n, n + 1))
            name_person(db, number, name)
    found.live(1)
    return found


def erase(house: House) -> None:
    assert gatehouse.main(["erase", NUMBER, "--basis", "a request", "--yes"]) == 0
    assert in_files(house.data, NUMBER, NAME) == []


def test_a_person_erased_since_is_nowhere_in_the_restored_folder(house: House) -> None:
    house.create()
    erase(house)
    assert restore(house) == 0
    house.live(1)

    assert in_files(house.data, NUMBER, NAME) == []
    assert in_files(house.data, OTHER_NAME) == ["gatehouse.db"]
    assert len(house.records(Kind.PERSON_ERASED)) == 1


def test_every_proof_holds_after_that(house: House) -> None:
    house.create()
    erase(house)
    assert restore(house) == 0
    house.live(1)
    again = house.above / "again.age"

    assert house.do("create", again) == 0
    assert house.do("check", again) == 0
    (told,) = house.records(Kind.LEDGER_RESTORED)
    assert told[1]["refs"]["agrees"] is True


def test_when_the_disk_is_lost_a_copy_of_the_register_does_it(house: House) -> None:
    house.create()
    erase(house)
    shutil.copy(house.data / "erasures", house.above / "register")
    house.lose()
    assert restore(house, "--erasures", house.above / "register") == 0

    assert in_files(house.data, NUMBER, NAME) == []
    assert (house.data / "erasures").read_bytes() == (house.above / "register").read_bytes()


def test_without_the_register_nobody_can_know(house: House) -> None:
    house.create()
    erase(house)
    house.lose()
    assert restore(house) == 0

    assert in_files(house.data, NAME) == ["gatehouse.db"]


def test_a_case_that_was_released_before_the_erasure_does_not_hold_it_up(house: House) -> None:
    with closing(open_database(house.data)) as db:
        place_hold(db, Hold(case="C-9", person=NUMBER), "a claim", now=house.clock, by="cli:me")
    house.create()
    with closing(open_database(house.data)) as db:
        release_hold(db, "C-9", now=house.clock, by="cli:me")
    erase(house)
    assert restore(house) == 0

    assert in_files(house.data, NUMBER, NAME) == []


def test_a_register_that_nobody_can_read_refuses_the_restore(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    house.create()
    before = house.files()

    assert restore(house, "--erasures", house.above / "nowhere") == 1
    assert "can't be read" in capsys.readouterr().err
    assert house.files() == before


def test_a_backup_without_the_registers_key_is_refused_where_somebody_was_erased(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("commands.backup.Register", lambda _folder: None)
    house.create()
    erase(house)
    shutil.copy(house.data / "erasures", house.above / "register")
    (house.data / "keys" / "erasure.key").unlink()

    assert restore(house) == 1
    assert "1 persons were erased after this backup" in capsys.readouterr().err
