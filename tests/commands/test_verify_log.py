"""`gatehouse.py verify --log`, `ledger key`, and what ingest checks of the log by itself."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gatehouse
from commands.ledger_checks import LedgerChecks
from commands.sealing import Sealing
from core.errors import StoreDamaged
from core.note_files import join_notes
from core.records import Kind
from settings import Settings, load_settings
from store.clock import now_us
from store.sealed import PART, is_sealing
from store.touch import PartState, parts
from tests.auth.reading import told
from tests.store import tampering
from tests.store.sealing import Sealed
from tests.store.tampering import Rewriting
from tests.store.verified import BAD, LAST, SIZES, note_of, sealed_log
from tests.waiting import until

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sealed]:
    for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "data"))
    one = sealed_log(tmp_path)
    yield one
    one.close()


def settings_of(log: Sealed) -> Settings:
    return load_settings({"GATEHOUSE_DATA": str(log.folder / "data")})


def say(*arguments: str) -> int:
    return gatehouse.main([*arguments])


def answer(capsys: Capture, *arguments: str) -> tuple[int, dict[str, Any]]:
    code = say("verify", "--log", "--json", *arguments)
    return code, json.loads(capsys.readouterr().out)


# --- verify --log --------------------------------------------------------------------------------------


def test_a_log_as_it_was_sealed_is_said_to_be_so(log: Sealed, capsys: Capture) -> None:
    log.write(2)
    file = log.folder / "checkpoints.txt"
    file.write_bytes(join_notes([note_of(log, size) for size in SIZES]))
    key = log.keys.public()

    assert say("verify", "--log", "--checkpoint", str(file), "--key", key.fingerprint) == 0
    shown = capsys.readouterr().out
    assert f"{LAST} records are sealed, 2 wait" in shown
    assert f"8 kept here, {len(SIZES)} from elsewhere" in shown
    assert key.fingerprint in shown
    assert shown.rstrip().endswith("The log is what was sealed.")
    code, found = answer(capsys, "--key", key.text)
    assert (code, found["ok"], found["first_bad"], found["records"]) == (0, True, None, LAST)
    assert found["details"] == {"there": 238, "deleted": 0}


def test_the_first_bad_record_is_named_and_the_answer_is_no(log: Sealed, capsys: Capture) -> None:
    tampering.edit(log, BAD, "site", "rome")

    assert say("verify", "--log") == 1
    shown = capsys.readouterr().out
    assert f"FIRST BAD RECORD: record {BAD} (index {BAD - 1}) was changed in a column" in shown
    assert "The log is NOT what was sealed." in shown
    code, found = answer(capsys)
    assert code == 1
    assert found["first_bad"]["what"] == "column_changed"
    assert (found["first_bad"]["record"], found["first_bad"]["index"]) == (BAD, BAD - 1)


def test_a_rewrite_is_named_as_closely_as_the_checkpoints_allow(log: Sealed, capsys: Capture) -> None:
    file = log.folder / "checkpoint"
    file.write_bytes(note_of(log, 501))
    other = log.folder / "older"
    other.write_bytes(note_of(log, 201))
    tampering.rewrite(log, BAD, Rewriting(notes="forged", memory=True))

    assert say("verify", "--log", "--checkpoint", str(file), "--checkpoint", str(other)) == 1
    assert "FIRST BAD RECORD: between records 202 and 501 (from index 201 on)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--checkpoint", "nowhere"), "nowhere can't be read"),
        (("--checkpoint", "/dev/null"), "holds no checkpoint"),
        (("--key", "nonsense"), "no key of a log"),
    ],
)
def test_wrong_use_is_told_from_a_no(
    log: Sealed, capsys: Capture, arguments: tuple[str, ...], words: str
) -> None:
    assert say("verify", "--log", *arguments) == 2
    assert words in capsys.readouterr().err


def test_where_there_is_no_log_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GATEHOUSE_DATA", str(tmp_path / "none"))

    assert say("verify", "--log") == 2
    assert not (tmp_path / "none" / "gatehouse.db").exists()


# --- ledger key ----------------------------------------------------------------------------------------


def test_the_key_is_shown_and_followed_by_another(log: Sealed, capsys: Capture) -> None:
    old = log.keys.public()
    assert say("ledger", "key", "show") == 0
    assert capsys.readouterr().out.split() == [old.text, old.fingerprint]
    assert say("ledger", "key", "rotate") == 0
    shown = capsys.readouterr().out.split()
    assert log.keys.public() == old, "until the sealer takes it"
    log.seal()

    new = log.keys.public()
    assert shown[:2] == [new.text, new.fingerprint]
    assert new != old
    assert say("verify", "--log", "--key", old.fingerprint) == 0
    capsys.readouterr()
    assert say("ledger", "key", "rotate") == 0
    assert say("ledger", "key", "rotate") == 1, "one waits already"


# --- what ingest checks by itself ----------------------------------------------------------------------


def test_the_last_records_are_checked_before_the_first_seal_and_damage_stops_nothing(log: Sealed) -> None:
    tampering.edit_leaf(log, BAD)
    log.write(1)
    sealing = Sealing(log.db, settings_of(log))
    sealing.start()
    until(lambda: is_sealing(log.db, now_us()))
    until(lambda: len(told(log.db, Kind.LEDGER_DAMAGED)) == 1)
    sealing.stop()

    said = next(one for one in parts(log.db) if one.name == PART)
    assert said.state is PartState.DEGRADED
    assert f"record {BAD} was changed" in str(said.info["trouble"])
    assert int(said.info["size"]) > LAST
    damaged = told(log.db, Kind.LEDGER_DAMAGED)[0]
    assert damaged.refs == {"what": "changed", "record": BAD, "index": BAD - 1}


def test_the_same_damage_is_recorded_once(log: Sealed) -> None:
    tampering.edit_leaf(log, BAD)
    for _ in range(2):
        checks = LedgerChecks(log.db, settings_of(log))
        checks.begin(log.ledger)
        checks.stop()
    tampering.edit_leaf(log, BAD - 1)
    checks = LedgerChecks(log.db, settings_of(log))
    checks.begin(log.ledger)
    checks.stop()

    assert [one.refs["record"] for one in told(log.db, Kind.LEDGER_DAMAGED)] == [BAD, BAD - 1]


@pytest.mark.slow
def test_all_of_it_is_checked_beside_everything_else(log: Sealed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.ledger_checks._FIRST_S", 0.0)
    monkeypatch.setattr("commands.ledger_checks.AT_START", 1)
    tampering.edit(log, 5, "site", "rome")
    checks = LedgerChecks(log.db, settings_of(log))
    checks.begin(log.ledger)
    assert "damage" not in checks.info
    until(lambda: "damage" in checks.info, seconds=60)
    checks.stop()

    assert checks.info["damage"] == "record 5 was changed in a column beside its leaf"
    assert checks.info["of"] == LAST
    assert [one.refs["record"] for one in told(log.db, Kind.LEDGER_DAMAGED)] == [5]


def test_a_record_that_can_not_be_read_does_not_stop_sealing(
    log: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise StoreDamaged("a page of the file is damaged")

    monkeypatch.setattr("commands.ledger_checks.verify", damaged)
    checks = LedgerChecks(log.db, settings_of(log))
    checks.begin(log.ledger)
    checks.stop()

    assert "can't be read" in str(checks.info["damage"])
