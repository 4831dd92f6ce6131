"""A log that is sealed in tests: its folder of keys, a sealer, and what a stranger can check of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from auth.ledger_keys import LedgerKeys
from core.leaf import Draft
from core.ledger import Frontier, check_consistency, leaf_hash
from core.notes import Checkpoint, VerifierKey, read_note
from core.records import Kind
from core.times import SECOND_US
from store.database import Database
from store.ledger import Seal, open_ledger, reading
from store.log import append
from store.opening import open_database
from store.sealer import Sealer
from tests.store.building import NOW, draft, swipe
from tests.stores import new_store

MEMORY: Final = "ledger.state"


@dataclass
class Sealed:
    """A data folder whose log is sealed: what was given away, and the records of it."""

    folder: Path
    db: Database
    ledger: Database
    keys: LedgerKeys
    told: list[Seal] = field(default_factory=list)
    now: int = NOW

    def sealer(self) -> Sealer:
        """Make a sealer, as a process that has just been started."""
        return Sealer(self.db, self.ledger, self.keys, self.told.append)

    @contextmanager
    def sealing(self) -> Iterator[Sealer]:
        """Open one for as long as the block lasts."""
        one = self.sealer()
        try:
            one.open(self.now)
            yield one
        finally:
            one.close()

    def seal(self) -> None:
        """Seal all there is, by a sealer of its own."""
        with self.sealing() as one:
            self.tick()
            while one.turn(self.now):
                pass

    def tick(self, seconds: float = 1) -> int:
        """Let time pass."""
        self.now += int(seconds * SECOND_US)
        return self.now

    def write(self, count: int = 1) -> None:
        """Let things happen: every third names somebody."""
        some = [
            swipe(person=f"u-{number % 7}", at=self.now)
            if number % 3 == 0
            else draft(Kind.DOOR_OPENED, at=self.now, refs={"n": number})
            for number in range(count)
        ]
        append(self.db, some)

    def say(self, one: Draft) -> int:
        """Write one record; gives its id."""
        return append(self.db, [one]).head

    def leaves(self) -> Sequence[tuple[int, bytes]]:
        """Give the leaves of the log in order."""
        with self.db.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql("SELECT id, leaf FROM leaf ORDER BY id")]

    def public(self) -> list[VerifierKey]:
        """Give every key that the ledger has kept."""
        with reading(self.ledger) as tree:
            return [VerifierKey.read(one) for one in tree.keys()]  # noqa: SIM118 - no mapping

    def check(self) -> None:
        """Hold the whole against RFC 6962: tree, ids, kept and given checkpoints, each extending the last."""
        leaves, known = self.leaves(), self.public()
        with reading(self.ledger) as tree:
            size, latest = tree.size, tree.latest()
            hashes = [leaf_hash(leaf) for _, leaf in leaves[:size]]
            assert tree.root(size) == Frontier().extended(hashes).root
            assert [tree.record_of(index) for index in range(size)] == [number for number, _ in leaves[:size]]
            assert [tree.index_of(number) for number, _ in leaves[:size]] == list(range(size))
            assert latest is not None
            assert latest.size == size
            for one in [*tree.seals(), *self.told]:
                body, _ = read_note(one.note, known)
                assert Checkpoint.read(body).root == one.root == Frontier().extended(hashes[: one.size]).root
                before, after = (one.size, one.root), (size, tree.root(size))
                check_consistency(before, after, tree.growth(one.size, size))
        assert [one.size for one in self.told] == sorted(one.size for one in self.told)

    def memory(self) -> bytes:
        """Give what the sealer remembers as it lies on disk, empty where it is gone."""
        file = self.keys.folder / MEMORY
        return file.read_bytes() if file.exists() else b""

    def reopened(self) -> "Sealed":
        """Let go of the folder and take it up again, as after a crash."""
        self.close()
        again = sealed(self.folder)
        again.told, again.now = self.told, self.now
        return again

    def close(self) -> None:
        """Close both files."""
        self.db.close()
        self.ledger.close()


def sealed(folder: Path) -> Sealed:
    """Open a folder with a key of its own, made where there is none."""
    data = folder / "data"
    db = new_store(data) if not (data / "gatehouse.db").exists() else open_database(data)
    keys = LedgerKeys(data, "https://door.example")
    keys.ensure()
    return Sealed(folder, db, open_ledger(data), keys)
