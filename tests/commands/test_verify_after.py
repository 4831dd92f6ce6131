"""After a purge, an erasure, a restore and another key the log still is what was sealed."""

import json
from pathlib import Path
from typing import Any

import pytest

import gatehouse
from core.times import DAY_US
from store.erasing import Order, erase
from store.erasure_register import What
from store.ledger import Seal
from store.verifying import verify
from tests.commands.backing_up import House, restore
from tests.store.erasable import two_phases
from tests.store.sealing import Sealed
from tests.store.verified import sealed_log

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path).found(monkeypatch)


def holds(log: Sealed) -> int:
    verdict = verify(log.db, log.ledger, log.keys.folder)
    assert verdict.findings == []
    return verdict.counts.deleted


def test_after_purge_and_erasure_every_record_is_still_what_was_sealed(tmp_path: Path) -> None:
    log = sealed_log(tmp_path)
    order = Order(what=What.CARDHOLDER, number="u-3", basis="a request", by="cli:me", now=log.now)
    erase(log.db, order)
    log.seal()
    assert holds(log) == 35

    two_phases(log.db, log.now + 91 * DAY_US)
    log.now += 93 * DAY_US
    log.seal()
    assert holds(log) == 7 * 34
    log.close()


def answer(house: House, capsys: Capture, *seals: Seal | None) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    files: list[str] = []
    for number, seal in enumerate(seals):
        assert seal is not None
        file = house.above / f"note-{number}"
        file.write_bytes(seal.note)
        files += ["--checkpoint", str(file)]
    code = gatehouse.main(["verify", "--log", "--json", *files])
    return code, json.loads(capsys.readouterr().out)


def test_a_restored_log_is_fine_by_checkpoints_of_before_and_after(house: House, capsys: Capture) -> None:
    before = house.live(2)
    house.create()
    lost = house.live(5)
    assert restore(house, "--checkpoint", note_file(house, lost)) == 0
    after = house.live(2)

    code, found = answer(house, capsys, before, after)
    assert (code, found["findings"]) == (0, [])
    code, found = answer(house, capsys, lost)
    assert (code, found["findings"]) == (0, [])
    assert "records of before a restore are missing, as record" in found["remarks"][0]


def note_file(house: House, seal: Seal | None) -> Path:
    assert seal is not None
    file = house.above / "checkpoint-file"
    file.write_bytes(seal.note)
    return file
