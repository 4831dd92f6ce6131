"""The data folder: private, current, durable, and safe to open more than once."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex

from core.errors import StoreUnavailable
from core.records import Kind
from store import schema, schema_retention, sqlite
from store.database import Database
from store.log import append
from store.opening import open_database
from tests.store.words import FIRST, event, records

MIGRATIONS = Path(sqlite.__file__).parent / "migrations"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "new" / "data")
    yield opened
    opened.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_and_every_file_in_it_are_their_owners_alone(db: Database) -> None:
    append(db, [event(FIRST, 1)])
    folder = db.file.parent

    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "gatehouse.db": 0o600,
        "gatehouse.db-wal": 0o600,
        "gatehouse.db-shm": 0o600,
        ".migration": 0o600,
    }


def test_a_folder_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    open_database(tmp_path).close()

    assert mode(tmp_path) == 0o700


def test_a_folder_that_can_not_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable, match="can't be used"):
        open_database(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("busy_timeout", sqlite.BUSY_MS),
    ],
)
def test_our_pragmas_are_in_force_on_every_pooled_connection(
    db: Database, pragma: str, value: str | int
) -> None:
    # `synchronous` is 2 (FULL) on the very connections that append: what is acknowledged is on the disk.
    with ExitStack() as stack:
        connections = [stack.enter_context(db.engine.connect()) for _ in range(12)]
        found = [one.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() for one in connections]

    assert found == [value] * 12


def test_the_transaction_that_appends_is_as_durable(db: Database) -> None:
    with db.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


# The index over an expression is compared by the test after it.
@pytest.mark.filterwarnings("ignore:.*expression-based index.*leaf_act")
def test_the_schema_and_the_migrations_agree(db: Database) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert schema_retention.retention.metadata is schema.metadata
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == sqlite.SCHEMA_VERSION


def test_the_index_of_acts_is_made_by_the_words_of_the_schema(db: Database) -> None:
    meant = next(one for one in schema.leaf.indexes if one.name == "leaf_act")
    with db.read() as connection:
        made = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'leaf_act'"
        ).scalar_one()

    assert made == str(CreateIndex(meant).compile(dialect=db.engine.dialect))


def test_the_version_that_spares_the_migrations_is_their_newest() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == sqlite.SCHEMA_VERSION


def test_an_open_store_is_opened_again_without_migrating(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(db, [event(FIRST, 1)])
    monkeypatch.setitem(sys.modules, "store.migrations", None)

    again = open_database(db.file.parent)

    assert [one.kind for one in records(again)] == [Kind.DOOR_OPENED]
    again.close()


def test_the_locks_of_a_store_outlive_its_second_opening(db: Database) -> None:
    append(db, [event(FIRST, 1)])
    wal = db.file.with_name(db.file.name + "-wal")
    open_database(db.file.parent).close()

    # The last connection to leave takes the log with it; whoever has no lock left is not counted.
    leave = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM leaf'); c.close()"
    )
    subprocess.run([sys.executable, "-c", leave, db.file], check=True)

    assert wal.exists()
    append(db, [event(FIRST, 2)])
    assert len(records(db)) == 2
    with db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
