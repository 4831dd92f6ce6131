"""Putting a backup back: what the folder is then, what the log says of it, and when it is refused."""

import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from auth.sessions import Sessions
from core.records import Kind
from store.opening import open_database
from tests.auth.people import LIMITS, person
from tests.commands.backing_up import House, restore


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(tmp_path).found(monkeypatch)


def test_the_folder_is_as_it_was_and_what_came_after_is_kept_aside(house: House) -> None:
    keys = (house.data / "keys" / "ledger.key").read_bytes()
    house.create()
    house.live(4)
    (house.data / "keys" / "ledger.key").write_bytes(b"spoilt")
    assert restore(house) == 0

    (aside,) = house.above.glob("data.before-*")
    assert (aside / "keys" / "ledger.key").read_bytes() == b"spoilt"
    assert (house.data / "keys" / "ledger.key").read_bytes() == keys
    assert len(house.records(Kind.INGEST_SESSION_LOST)) == 3
    modes = {stat.S_IMODE(path.stat().st_mode) for path in house.data.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(house.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((house.data / "keys").stat().st_mode) == 0o700
    assert sorted(path.name for path in house.above.glob("data*")) == ["data", aside.name]


def test_a_new_machine_gets_it_as_well(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    house.lose()
    assert restore(house) == 0

    assert len(house.records(Kind.INGEST_SESSION_LOST)) == 3
    assert not list(house.above.glob("data.before-*"))
    assert "before" not in capsys.readouterr().out


def test_who_is_asked_and_says_no_changes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.create()
    before = house.files()
    monkeypatch.setattr("commands.backup.agrees", lambda _question: False)

    assert house.do("restore", house.backup) == 1
    assert house.files() == before


def test_every_session_has_ended(house: House) -> None:
    with closing(open_database(house.data)) as db:
        _, actor = Sessions(db, LIMITS).start(person("ada"), address="192.0.2.1", agent="", now=house.clock)
    house.create()
    assert restore(house) == 0

    with closing(open_database(house.data)) as db:
        assert Sessions(db, LIMITS).of(actor.subject) == []
    (ended,) = house.records(Kind.OPERATOR_SESSION_ENDED)
    assert ended[1]["reason"] == "restored"


def test_a_folder_in_use_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    before = house.files()
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('SELECT count(*) FROM leaf').fetchone(); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, house.data / "gatehouse.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        refused = restore(house)
        other.communicate()

    assert refused == 1
    assert "stop all of Gatehouse" in capsys.readouterr().err
    assert house.files() == before


def test_a_folder_that_somebody_runs_on_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.create()
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path; from commands import lock\n"
        "with lock.hold(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, house.data, Path.cwd()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        refused = restore(house)
        other.communicate()

    assert refused == 1
    assert "runs already" in capsys.readouterr().err


def test_a_backup_of_a_later_program_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.alter("UPDATE alembic_version SET version_num = '9000'")
    # Today's program would not have made it.
    from store import sqlite  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "SCHEMA_VERSION", "9000")
        house.create()
    before = house.files()

    assert restore(house) == 1
    assert "of a later Gatehouse (schema 9000)" in capsys.readouterr().err
    assert house.files() == before


def test_without_room_beside_it_the_folder_stays(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house.create()
    before = house.files()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("operations.backups.unpack._write", full)

    assert restore(house) == 1
    assert "no room" in capsys.readouterr().err
    assert house.files() == before
    assert not list(house.above.glob("data.*"))


def test_an_exchange_that_fails_is_taken_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.create()
    before = house.files()
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if ".restoring-" in self.name:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)

    assert restore(house) == 1
    assert house.files() == before
    assert not list(house.above.glob("data.*"))


def test_what_a_killed_restore_left_in_the_clear_is_removed(house: House) -> None:
    house.create()
    left = house.above / "data.restoring-20260101T000000Z"
    left.mkdir()
    (left / "gatehouse.db").write_bytes(b"half")

    assert restore(house) == 0
    assert not left.exists()
