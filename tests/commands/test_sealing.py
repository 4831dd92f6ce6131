"""The sealer's thread: whatever goes wrong, it begins anew, and nothing of before stays open."""

from pathlib import Path
from unittest.mock import Mock

import pytest

from auth.ledger_keys import LedgerKeys
from commands import sealing
from commands.sealing import Sealing
from core.errors import StartRefused, StoreUnavailable
from settings import load_settings
from store.database import Database
from store.ledger import open_ledger
from store.sealed import PART
from store.sealer import Sealer
from store.touch import parts
from tests.stores import new_store
from tests.waiting import until


@pytest.mark.parametrize("step", ["open", "turn"])
def test_after_each_trouble_the_tree_is_opened_anew_and_the_old_one_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    db = new_store(tmp_path / "data")
    opened: list[Database] = []
    closed = Mock()

    def opening(folder: Path) -> Database:
        ledger = open_ledger(folder)
        whole = ledger.close
        monkeypatch.setattr(ledger, "close", lambda: (closed(), whole()))
        opened.append(ledger)
        return ledger

    monkeypatch.setattr(sealing, "open_ledger", opening)
    monkeypatch.setattr(sealing, "_AGAIN_S", 0.0)
    monkeypatch.setattr(Sealer, step, Mock(side_effect=StoreUnavailable("the disk is gone")))
    one = Sealing(db, load_settings({"GATEHOUSE_DATA": str(tmp_path / "data")}))
    one.start()
    until(lambda: len(opened) > 3)
    one.stop()

    assert closed.call_count == len(opened)
    (part,) = [each for each in parts(db) if each.name == PART]
    assert part.info["trouble"] == "nothing is sealed: the disk is gone"
    db.close()


def test_a_folder_of_keys_that_can_t_be_written_is_named(tmp_path: Path) -> None:
    keys = LedgerKeys(tmp_path, "https://door.example")
    keys.folder.mkdir()
    (keys.folder / ".ledger.vkey").mkdir()

    with pytest.raises(StartRefused, match=r"keys can't be written: "):
        keys.ensure()


def test_a_key_that_is_there_needs_no_folder_that_can_be_written(tmp_path: Path) -> None:
    keys = LedgerKeys(tmp_path, "https://door.example")
    assert keys.ensure()
    (keys.folder / ".ledger").unlink()
    (keys.folder / ".ledger").mkdir()

    assert not keys.ensure()
