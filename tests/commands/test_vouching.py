"""The sealer vouches for the key of evidence by the log's own, and seals on whatever becomes of that key."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auth.evidence_keys import EvidenceKey
from auth.ledger_keys import LedgerKeys
from commands.sealing import Sealing
from core.leaf import Draft
from core.records import Kind
from settings import Settings, load_settings
from store.database import Database
from store.evidence_records import key_rows
from store.ledger import open_ledger, reading
from store.log import append
from store.opening import open_database
from store.rows import Row, read_head
from tests.stores import new_store
from tests.waiting import until

NOW = 1_790_000_000_000_000


@contextmanager
def sealing(folder: Path) -> Iterator[tuple[Database, Settings]]:
    settings = load_settings({"GATEHOUSE_DATA": str(folder)})
    db = open_database(folder)
    thread = Sealing(db, settings)
    thread.start()
    try:
        yield db, settings
    finally:
        thread.stop()
        db.close()


def vouched(db: Database, settings: Settings) -> list[Row]:
    log = LedgerKeys(settings.data, settings.public_url)
    if not (log.folder / "ledger.vkey").exists():
        return []
    return list(key_rows(db, EvidenceKey.of(settings.data).statement(log.public()).key.text))


def sealed(db: Database, folder: Path) -> bool:
    with db.read() as connection:
        newest = read_head(connection)
    ledger = open_ledger(folder)
    with reading(ledger) as tree:
        found = tree.index_of(newest)
    ledger.close()
    return newest > 0 and found is not None


def test_the_key_of_evidence_is_vouched_for_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    new_store(folder).close()
    for _ in range(2):
        once(folder)


def once(folder: Path) -> None:
    with sealing(folder) as (db, settings):
        until(lambda: vouched(db, settings))
        append(db, [Draft(kind=Kind.DOOR_OPENED, received=NOW, site="ber")])
        until(lambda: sealed(db, folder))
        assert len(vouched(db, settings)) == 1


def test_the_log_is_sealed_while_others_can_read_the_key_of_evidence(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    new_store(folder).close()
    EvidenceKey.of(folder)
    (folder / "keys" / "evidence.key").chmod(0o644)
    with sealing(folder) as (db, settings):
        append(db, [Draft(kind=Kind.DOOR_OPENED, received=NOW, site="ber")])
        until(lambda: sealed(db, folder))

        (folder / "keys" / "evidence.key").chmod(0o600)

        until(lambda: vouched(db, settings))
