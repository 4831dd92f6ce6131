"""A data folder with a sealed log and a backup of it, as the tests of backups want them."""

import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pyrage
import pytest

import gatehouse
from auth.ledger_keys import LedgerKeys
from core import age
from core.leaf import Draft
from core.records import Kind
from core.times import HOUR_US, SECOND_US
from store.clock import now_us
from store.database import Database
from store.ledger import Seal, open_ledger
from store.log import append
from store.opening import open_database
from store.sealer import Sealer
from tests.auth.people import peopled_store

IDENTITY: Final = "AGE-SECRET-KEY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG"


class House:
    """One data folder, with nothing running but what a test calls."""

    def __init__(self, folder: Path) -> None:
        self.above = folder
        self.data = folder / "data"
        self.backup = folder / "backup.age"
        self.key = folder / "key.txt"
        # Behind the real one: what is recorded here must not lie in the future of what commands do.
        self.clock = now_us() - HOUR_US

    def found(
        self, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Database] = peopled_store
    ) -> "House":
        """Make the folder, with people, a key of backups, and a few sealed records."""
        for name in ("GATEHOUSE_CONFIG", "GATEHOUSE_PORT", "GATEHOUSE_MQTT_PORT", "SSH_CONNECTION"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("GATEHOUSE_DATA", str(self.data))
        # The test's process is not to be kind, nor to take signals otherwise.
        monkeypatch.setattr("os.nice", lambda _by: 0)
        monkeypatch.setattr("signal.signal", lambda *_: None)
        make(self.data).close()
        key = age.identity_of(IDENTITY)
        self.key.write_text(f"# made for a test\n{IDENTITY}\n", encoding="utf-8")
        self.key.chmod(0o600)
        recipient = age.written_recipient(key.public_key())
        self.configure(f'[backup]\nrecipient = "{recipient}"\nidentity_file = "{self.key}"\n')
        self.live(3)
        return self

    def configure(self, text: str) -> None:
        (self.data / "gatehouse.toml").write_text(text, encoding="utf-8")

    def live(self, records: int, *, seal: bool = True) -> Seal | None:
        """Let so many things happen, and seal them; gives the newest checkpoint."""
        seals: list[Seal] = []
        db = open_database(self.data)
        ledger = open_ledger(self.data)
        keys = LedgerKeys(self.data, "https://doors.example.org")
        keys.ensure()
        sealer = Sealer(db, ledger, keys, seals.append)
        try:
            for _ in range(records):
                self.clock += SECOND_US
                append(db, [Draft(kind=Kind.INGEST_SESSION_LOST, received=self.clock)])
            if seal:
                sealer.open(self.clock)
                while sealer.turn(self.clock):
                    pass
        finally:
            sealer.close()
            db.close()
            ledger.close()
        return seals[-1] if seals else None

    def do(self, *arguments: str | Path) -> int:
        return gatehouse.main(["backup", *map(str, arguments)])

    def create(self) -> Path:
        assert self.do("create", self.backup) == 0
        return self.backup

    def lose(self) -> None:
        """Let the disk be gone."""
        shutil.rmtree(self.data)

    def records(self, kind: Kind) -> list[tuple[int, dict[str, Any]]]:
        with closing(open_database(self.data)) as db, db.read() as connection:
            rows = connection.exec_driver_sql("SELECT id, leaf FROM leaf ORDER BY id").all()
        return [(row.id, told) for row in rows if (told := json.loads(row.leaf))["kind"] == kind.value]

    def alter(self, *statements: str) -> None:
        """Change the log behind Gatehouse's back."""
        with closing(sqlite3.connect(self.data / "gatehouse.db", isolation_level=None)) as connection:
            for verb in ("update", "delete", "replace"):
                connection.execute(f"DROP TRIGGER IF EXISTS leaf_no_{verb}")
            for statement in statements:
                connection.execute(statement)

    def files(self) -> dict[str, bytes]:
        """Give what lies in the folder."""
        return {
            str(path.relative_to(self.data)): path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and path.name != "gatehouse.lock"
        }


def content(file: Path) -> dict[str, bytes]:
    """Decrypt and unpack by other code than the product's."""
    plain = pyrage.decrypt(file.read_bytes(), [pyrage.x25519.Identity.from_str(IDENTITY)])
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:gz") as archive:
        return {one.name: found.read() for one in archive if (found := archive.extractfile(one)) is not None}


def restore(house: House, *more: str | Path) -> int:
    return house.do("restore", house.backup, "--apply", "--identity-file", house.key, *more)
